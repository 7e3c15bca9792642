# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generate the connection options in the event source's documentation, and its JSON schema.

Modules and inventories extend the documentation fragment ``graph``; an event source cannot. So its options are copied
from there, and the schema, which forms are made of, from its documentation. After a change of either:

    make format
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FRAGMENT = ROOT / "plugins/doc_fragments/graph.py"
SOURCE = ROOT / "extensions/eda/plugins/event_source/device_compliance.py"
SCHEMA = SOURCE.parent / "schemas" / "device_compliance.json"

# The documentation does not mark these; a unit test compares them with the options' own definitions.
SECRETS = ("client_secret", "certificate_password", "federated_token", "access_token")
LIMITS = {
    "interval": {"exclusiveMinimum": 0},
    "max_events": {"minimum": 1},
    "timeout": {"exclusiveMinimum": 0},
    "retry_timeout": {"minimum": 0},
}

_BEGIN = "  # Copied from plugins/doc_fragments/graph.py by `make format`, down to the requirements. Edit them there.\n"
_END = "requirements:\n"
_TYPES = {"str": "string", "path": "string", "float": "number", "int": "integer", "bool": "boolean", "list": "array"}


def render() -> dict[Path, str]:
    """Return what the generated files should hold."""
    fragment = _documentation(FRAGMENT.read_text(encoding="utf-8"))
    options = fragment.partition("options:\n")[2].partition(_END)[0]
    before, _begin, rest = SOURCE.read_text(encoding="utf-8").partition(_BEGIN)
    source = before + _BEGIN + options + _END + rest.partition(_END)[2]
    schema = json.dumps(_schema(yaml.safe_load(_documentation(source))), indent=4, ensure_ascii=False)
    return {SOURCE: source, SCHEMA: schema + "\n"}


def _documentation(code: str) -> str:
    """Return the first documentation in a Python file."""
    return code.partition('DOCUMENTATION = r"""\n')[2].partition('"""')[0]


def _schema(documentation: dict[str, Any]) -> dict[str, Any]:
    options = documentation["options"]
    properties: dict[str, Any] = {}
    for name, option in options.items():
        title = name.replace("_", " ").capitalize()
        properties[name] = {"title": title, "description": _text(option["description"]), **_value(name, option)}
        for alias in option.get("aliases", ()):
            described = {"title": f"{title} (as {alias})", "description": f"An alias of {name}."}
            properties[alias] = {**described, **_value(name, option)}
            properties[alias].pop("default", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://github.com/graphops/intune/event_source/device_compliance.json",
        "title": "Device compliance of Microsoft Intune",
        "description": documentation["short_description"],
        "type": "object",
        "properties": properties,
        "required": [name for name, option in options.items() if option.get("required")],
        "additionalProperties": False,
    }


def _value(name: str, option: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an option's value."""
    value: dict[str, Any] = {"type": _TYPES[option["type"]]}
    if "choices" in option:
        value["enum"] = option["choices"]
    if "elements" in option:
        value["items"] = {"type": _TYPES[option["elements"]]}
    if name in SECRETS:
        value["format"] = "password"
    value |= LIMITS.get(name, {})
    return {**value, "default": option["default"]} if "default" in option else value


def _text(paragraphs: list[str]) -> str:
    """Return a description without its markup."""
    return re.sub(r"[CEMOV]\(([^)]*)\)", r"\1", " ".join(paragraphs))


if __name__ == "__main__":
    for path, content in render().items():
        path.write_text(content, encoding="utf-8")
