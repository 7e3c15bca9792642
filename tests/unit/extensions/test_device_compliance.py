# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as ansible-rulebook finds it: a file that it runs, its documentation and its schema."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.graphops.intune.plugins.doc_fragments.graph import ModuleDocFragment
from ansible_collections.graphops.intune.plugins.module_utils import _options
from ansible_collections.graphops.intune.plugins.module_utils._options import connection_argument_spec
from ansible_collections.graphops.intune.plugins.plugin_utils._events.event import NAME, make_event
from ansible_collections.graphops.intune.plugins.plugin_utils._events.memory import Change
from ansible_collections.graphops.intune.plugins.plugin_utils._events.options import SPEC

from ...eda import generate

ROOT = Path(str(_options.__file__)).parents[2]
EDA = ROOT / "extensions/eda"
FILE = EDA / "plugins/event_source/device_compliance.py"
SCHEMA = json.loads((FILE.parent / "schemas/device_compliance.json").read_text(encoding="utf-8"))
SOURCE = "graphops.intune.device_compliance"
TYPES = {"str": "string", "path": "string", "float": "number", "int": "integer", "bool": "boolean", "list": "array"}

ALL = {**SPEC, **connection_argument_spec()}


@pytest.fixture(scope="module")
def module() -> dict[str, Any]:
    """The names in the file, which ansible-rulebook runs by its path.

    `runpy` does not work here, because ansible-core's loader under ansible-test expects a package at every path.
    """
    found: dict[str, Any] = {"__file__": str(FILE), "__name__": "<run_path>"}
    exec(compile(FILE.read_bytes(), str(FILE), "exec"), found)  # noqa: S102 - a file of this collection
    return found


@pytest.fixture(scope="module")
def options(module: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(module["DOCUMENTATION"])["options"]
    return found


def test_exactly_the_options_are_documented(options: dict[str, Any]) -> None:
    keys = ("type", "elements", "aliases", "choices", "default", "required")
    documented = {name: {key: entry[key] for key in keys if key in entry} for name, entry in options.items()}
    accepted = {name: {key: entry[key] for key in keys if key in entry} for name, entry in ALL.items()}
    assert documented == accepted


def test_the_generated_parts_are_up_to_date() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in generate.render()}
    assert written == generate.render(), "run `make format`"


def test_the_secrets_of_the_generated_schema_are_those_that_are_not_logged() -> None:
    assert set(generate.SECRETS) == {name for name, entry in ALL.items() if entry.get("no_log")}


def test_the_connection_options_are_those_of_the_fragment(options: dict[str, Any]) -> None:
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert {name: options[name] for name in shared} == shared


def test_the_schema_agrees_with_the_documentation(options: dict[str, Any]) -> None:
    names = {name: option for option, entry in ALL.items() for name in (option, *entry.get("aliases", ()))}
    assert set(SCHEMA["properties"]) == set(names)
    assert SCHEMA["required"] == [option for option, entry in ALL.items() if entry.get("required")]
    assert SCHEMA["additionalProperties"] is False
    for name, option in names.items():
        entry, value = ALL[option], SCHEMA["properties"][name]
        assert value["type"] == TYPES[entry["type"]], name
        assert value.get("enum") == entry.get("choices"), name
        assert value.get("format") == ("password" if entry.get("no_log") else None), name
        if name == option:
            assert value.get("default") == entry.get("default"), name
            text = re.sub(r"[CEMOV]\(([^)]*)\)", r"\1", " ".join(options[name]["description"]))
            assert value["description"] == text, name


def sources(text: str) -> list[dict[str, Any]]:
    """The arguments of this source in each ruleset of a rulebook."""
    return [source[SOURCE] for ruleset in yaml.safe_load(text) for source in ruleset["sources"]]


def test_the_examples_and_the_rulebooks_use_arguments_that_exist(module: dict[str, Any]) -> None:
    books = [path.read_text(encoding="utf-8") for path in (EDA / "rulebooks").glob("*.yml")]
    assert books
    for text in (module["EXAMPLES"], *books):
        for given in sources(text):
            assert set(given) <= set(SCHEMA["properties"])
            assert "state_file" in given


def test_conditions_and_documentation_name_properties_of_an_event(module: dict[str, Any]) -> None:
    event = make_event(Change({"id": "p"}, {"id": "s"}, None, "error", 1), "an-id", 0.0)[NAME]
    books = [path.read_text(encoding="utf-8") for path in (EDA / "rulebooks").glob("*.yml")]
    used = {name for text in (module["EXAMPLES"], *books) for name in re.findall(rf"event\.{NAME}\.(\w+)", text)}
    assert {"old_status", "new_status"} <= used <= set(event)
    description = " ".join(yaml.safe_load(module["DOCUMENTATION"])["description"])
    assert set(event) <= set(re.findall(r"C\((\w+)\)", description))
    playbook = (ROOT / "playbooks/device_not_compliant.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\bdevice\.(\w+)", playbook)) <= set(event)


def test_the_playbook_of_the_rulebook_exists() -> None:
    text = (EDA / "rulebooks/device_compliance.yml").read_text(encoding="utf-8")
    [playbook] = re.findall(r"name: graphops\.intune\.(\w+)$", text, re.MULTILINE)
    assert (ROOT / f"playbooks/{playbook}.yml").is_file()


def test_main_is_a_coroutine_and_finds_its_code(module: dict[str, Any]) -> None:
    assert asyncio.iscoroutinefunction(module["main"])
    with pytest.raises(Exception, match="state_file must be the path of a file"):
        asyncio.run(module["main"](asyncio.Queue(1), {"access_token": "t.o.k"}))


def test_it_finds_its_code_without_ansible_cores_import_of_collections(tmp_path: Path) -> None:
    """In a separate Python, in a folder where another copy of the collection would be found first."""
    other = tmp_path / "ansible_collections/graphops/intune/plugins/plugin_utils/_events/watcher.py"
    assert (ROOT / other.relative_to(tmp_path / "ansible_collections/graphops/intune")).is_file()
    other.parent.mkdir(parents=True)
    (other.parent / "__init__.py").touch()
    other.write_text("raise SystemExit('another copy was used')")
    code = (
        "import asyncio, runpy, sys\n"
        "main = runpy.run_path(sys.argv[1])['main']\n"
        "try:\n    asyncio.run(main(asyncio.Queue(1), {'policy': 'x'}))\n"
        "except Exception as error:\n    sys.exit(f'{type(error).__name__}: {error}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(FILE)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "InvalidOptionsError: there is no option 'policy'"


def test_a_missing_ansible_core_is_named(module: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("graphops_intune_plugins")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("ansible.module_utils")]:
        monkeypatch.setitem(sys.modules, name, None)  # as Python marks a module that does not exist
    with pytest.raises(ImportError, match="ansible-core must be installed in the Python that runs ansible-rulebook"):
        asyncio.run(module["main"](asyncio.Queue(1), {}))
