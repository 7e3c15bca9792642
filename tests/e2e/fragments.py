# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check YAML and JSON in the documentation that is not a playbook for localhost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ..emulator.graph import seed
from .commands import COLLECTION, PACKAGES, role_variables
from .documents import ROOT, Block

_EDA = ROOT / "extensions/eda"


def is_rulebook(content: Any) -> bool:
    """Return whether YAML is for ansible-rulebook, which needs Java."""
    return isinstance(content, list) and all("rules" in entry for entry in content)


def check_yaml(block: Block, others: dict[str, str], page: str) -> None:
    """Fail if YAML is not valid for its kind.

    Args:
        others: the files that the reader of its document creates.
        page: all examples of its document.
    """
    content = block.content
    if is_rulebook(content):
        _check_rulebook(content)
    elif found := block.plays:
        _check_plays(found, others)
    elif any(name.startswith("compliance_") for name in content):
        assert set(content) <= role_variables("compliance_converge") | role_variables("compliance_report")
    elif set(content) == {"module_defaults"}:
        assert set(content["module_defaults"]) == {"group/graphops.intune.graph"}
    elif set(content) == {"condition"}:
        known = "condition: event.device_compliance." + (_EDA / "rulebooks/device_compliance.yml").read_text("utf-8")
        assert set(re.findall(r"event\.\w+\.\w+", content["condition"])) <= set(re.findall(r"event\.\w+\.\w+", known))
    elif content.get("plugin") == "graphops.intune.intune_devices":
        assert block.file.endswith("intune_devices.yml")
    elif content.get("version") == 3:
        assert content["dependencies"]["galaxy"]["collections"] == [COLLECTION.rstrip(".")]
        assert set(content["dependencies"]["python"]) <= PACKAGES
    else:  # a file that a playbook of the page reads
        assert f"[{block.file}]" in page or f"@{block.file}" in page


def _check_plays(plays: list[dict[str, Any]], others: dict[str, str]) -> None:
    if all(play["hosts"] != "localhost" for play in plays):  # for an inventory of the same page
        assert any(name.endswith("intune_devices.yml") for name in others)
    for play in plays:
        for role in play.get("roles", ()):
            assert set(role["vars"]) <= role_variables(role["role"].rsplit(".", 1)[-1])


def _check_rulebook(rulesets: list[dict[str, Any]]) -> None:
    for ruleset in rulesets:
        for source in ruleset["sources"]:
            [(name, options)] = ((key, value) for key, value in source.items() if key.startswith(COLLECTION))
            path = _EDA / f"plugins/event_source/{name.removeprefix(COLLECTION)}.py"
            documentation = yaml.safe_load(path.read_text("utf-8").split('DOCUMENTATION = r"""')[1].split('"""')[0])
            assert set(options) <= set(documentation["options"])
        for rule in ruleset["rules"]:
            playbook = rule["action"]["run_playbook"]["name"].removeprefix(COLLECTION)
            assert (ROOT / f"playbooks/{playbook}.yml").is_file()


def check_json(block: Block, folder: Path) -> None:
    """Fail if JSON is neither a fleet for the emulator, nor a snapshot, nor an event."""
    content = json.loads(block.text)
    if block.file:
        (folder / block.file).write_text(block.text, encoding="utf-8")
        assert seed.load(folder / block.file).policies
    elif "device_compliance" in content:
        documentation = (_EDA / "plugins/event_source/device_compliance.py").read_text("utf-8")
        assert set(content["device_compliance"]) <= set(re.findall(r"C\((\w+)\)", documentation))
    else:
        assert "graphops_intune_snapshot" in content
