# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation agrees with the code, in every module."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.graphops.intune.plugins.module_utils import _options
from ansible_collections.graphops.intune.plugins.module_utils._compliance import model
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import PROPERTIES, argument_spec
from ansible_collections.graphops.intune.plugins.module_utils._devices.model import MANAGED_DEVICE
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, Failure, Phase
from ansible_collections.graphops.intune.plugins.module_utils._graph.resource import Resource
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule
from ansible_collections.graphops.intune.plugins.module_utils._options import ENVIRONMENT, connection_argument_spec
from ansible_collections.graphops.intune.plugins.modules import intune_device_compliance_status

from ..support import POLICY, STATUS, Clock, graph_client, module_args

PLUGINS = Path(str(_options.__file__)).parents[1]
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py") if path.stem != "__init__")
# The file of an action that is no module has the documentation alone; the action's own test compares it with the code.
WITH_CODE = [name for name in MODULES if "def main" in (PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8")]

RETURN = yaml.safe_load(intune_device_compliance_status.RETURN)


# The required options of each module.
REQUIRED: dict[str, dict[str, Any]] = {
    "intune_device_compliance_status": {"policy_id": POLICY, "status_id": STATUS},
    "intune_device_compliance_status_bulk": {"statuses": []},
}


def load(name: str) -> ModuleType:
    return importlib.import_module(f"ansible_collections.graphops.intune.plugins.modules.{name}")


def documented_options(module: ModuleType) -> dict[str, Any]:
    documentation = yaml.safe_load(module.DOCUMENTATION)
    fragments = documentation["extends_documentation_fragment"]
    assert "graphops.intune.graph" in fragments
    options: dict[str, Any] = documentation["options"]
    for fragment in fragments:
        shared = load_fragment(fragment)["options"]
        assert not set(options) & set(shared)
        options.update(shared)
    return options


def load_fragment(name: str) -> dict[str, Any]:
    """Return a fragment by the name that documentation uses: `collection.file`, or `collection.file.part`."""
    file, _dot, part = name.removeprefix("graphops.intune.").partition(".")
    module = importlib.import_module(f"ansible_collections.graphops.intune.plugins.doc_fragments.{file}")
    fragment: dict[str, Any] = yaml.safe_load(getattr(module.ModuleDocFragment, part.upper() or "DOCUMENTATION"))
    return fragment


FRAGMENT = load_fragment("graphops.intune.graph")


def from_documentation(options: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of the documentation that a program can compare."""
    keys = ("type", "elements", "aliases", "choices", "default", "required")
    return {
        name: {key: option[key] for key in keys if key in option}
        | ({"options": from_documentation(option["suboptions"])} if "suboptions" in option else {})
        for name, option in options.items()
    }


def from_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the same parts of an argument spec, without those for ansible-core alone."""
    return {
        name: {key: value for key, value in entry.items() if key not in ("fallback", "no_log", "options")}
        | ({"options": from_spec(entry["options"])} if "options" in entry else {})
        for name, entry in spec.items()
    }


def text(description: Any) -> str:
    return " ".join(description) if isinstance(description, list) else str(description)


def test_there_are_modules_to_check() -> None:
    names = ("policy_info", "status", "status_bulk", "status_info")
    assert {*(f"intune_device_compliance_{name}" for name in names), "intune_managed_device_info"} <= set(WITH_CODE)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_in_the_action_group_and_in_the_readme(name: str) -> None:
    runtime = yaml.safe_load((PLUGINS.parent / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert name in runtime["action_groups"]["graph"]
    assert f"| `{name}` |" in (PLUGINS.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "key", "resource", "more"),
    [
        ("intune_device_compliance_policy_info", "device_compliance_policies", model.POLICY, set()),
        (
            "intune_device_compliance_status_info",
            "device_compliance_statuses",
            model.DEVICE_STATUS,
            {"id", "policy_id", "policy_display_name", "policy_type"},
        ),
        ("intune_managed_device_info", "managed_devices", MANAGED_DEVICE, set()),
    ],
)
def test_a_listed_object_is_documented_property_by_property(
    name: str, key: str, resource: Resource, more: set[str]
) -> None:
    contains = yaml.safe_load(load(name).RETURN)[key]["contains"]
    assert set(contains) == more | {prop.option for prop in resource.properties}


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_documented_options_are_those_that_the_module_takes(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module = load(name)
    started: list[GraphModule] = []

    def run(self: GraphModule) -> None:
        started.append(self)

    monkeypatch.setattr(GraphModule, "run", run)
    with module_args(**REQUIRED.get(name, {})):
        module.main()
    (spec,) = (one.argument_spec for one in started)
    assert from_documentation(documented_options(module)) == from_spec(spec)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_use_options_that_exist(name: str) -> None:
    module = load(name)
    options = documented_options(module)
    known = {*options, *(alias for option in options.values() for alias in option.get("aliases", ()))}

    def tasks(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [found for entry in entries for found in (tasks(entry["block"]) if "block" in entry else [entry])]

    found = [task for task in tasks(yaml.safe_load(module.EXAMPLES)) if f"graphops.intune.{name}" in task]
    assert found
    for task in found:
        assert set(task[f"graphops.intune.{name}"]) <= known


def test_the_fragment_is_the_connections_argument_spec() -> None:
    assert from_documentation(FRAGMENT["options"]) == from_spec(connection_argument_spec())


def test_each_option_names_its_environment_variables_and_no_other() -> None:
    for name, option in FRAGMENT["options"].items():
        documented = re.findall(r"E\(((?:AZURE|INTUNE)_\w+)\)", text(option["description"]))
        assert tuple(documented) == ENVIRONMENT.get(name, ()), name


def test_secrets_are_never_logged_and_paths_are() -> None:
    hidden = {name for name, entry in connection_argument_spec().items() if entry.get("no_log")}
    assert hidden == {"client_secret", "certificate_password", "federated_token", "access_token"}


def test_the_returned_object_is_documented_property_by_property() -> None:
    contains = RETURN["device_compliance_status"]["contains"]
    wanted = {"id": "str", "policy_id": "str"} | {prop.option: prop.type.ansible_type for prop in PROPERTIES}
    assert {name: entry["type"] for name, entry in contains.items()} == wanted
    assert set(RETURN["device_compliance_status"]["sample"]) == set(wanted)


def test_the_failure_is_documented_key_by_key() -> None:
    fields = {field.name for field in dataclasses.fields(Failure)} - {"details"}
    assert set(RETURN["failure"]["contains"]) == fields | {"candidates", "properties"}


def test_every_failure_code_is_documented() -> None:
    codes = {value for name, value in vars(Code).items() if name.isupper()}
    documented = text(RETURN["failure"]["contains"]["code"]["description"])
    assert set(re.findall(r"V\((\w+)\)", documented)) == codes


def test_every_phase_is_documented() -> None:
    documented = text(RETURN["failure"]["contains"]["phase"]["description"])
    assert re.findall(r"V\((\w+)\)", documented) == [phase.value for phase in Phase]


def test_what_a_task_costs_is_documented() -> None:
    statistics = graph_client(Clock()).statistics()
    contains = RETURN["graph"]["contains"]
    assert {name: entry["type"] for name, entry in contains.items()} == {
        name: type(value).__name__ for name, value in statistics.items()
    }
    assert set(RETURN["graph"]["sample"]) == set(statistics)


def test_no_return_value_shadows_a_method_of_dict() -> None:
    def names(returned: dict[str, Any]) -> set[str]:
        return set(returned).union(*(names(entry.get("contains", {})) for entry in returned.values()))

    assert not names(RETURN) & set(dir(dict))


def test_the_role_takes_what_the_bulk_module_takes() -> None:
    """Each option of the module and each of an item's, by the same name and type; no alias, for roles have none."""
    path = PLUGINS.parent / "roles/compliance_converge/meta/argument_specs.yml"
    options = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    specs = {name.removeprefix("compliance_converge_"): from_spec({"x": entry})["x"] for name, entry in options.items()}

    def plain(entry: dict[str, Any]) -> dict[str, Any]:
        inner = {name: plain(one) for name, one in entry.get("options", {}).items()}
        kept = {key: entry[key] for key in ("type", "elements", "choices", "default") if key in entry}
        return kept | ({"options": inner} if inner else {})

    item = specs["statuses"]["options"]
    single = {name: plain(entry) for name, entry in from_spec(argument_spec()).items()}
    single["clear"]["choices"] = [prop.option for prop in PROPERTIES if prop.nullable]
    only_in_rows = {"id", "policy_display_name", "policy_type"}
    assert {name: plain(entry) for name, entry in item.items() if name not in only_in_rows} == single
    bulk = documented_options(load("intune_device_compliance_status_bulk"))
    shared = {"policy_id", "policy_name", "on_error", "verify", "write_limit", "write_limit_period"}
    assert {name: plain(specs[name]) for name in shared} == {name: plain(bulk[name]) for name in shared}


def test_the_roles_options_have_their_defaults_documented() -> None:
    for role in ("compliance_converge", "compliance_report"):
        folder = PLUGINS.parent / "roles" / role
        specs = yaml.safe_load((folder / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        entries = [entry["options"] for entry in specs["argument_specs"].values()]
        defaults = yaml.safe_load((folder / "defaults/main.yml").read_text(encoding="utf-8"))
        assert set(defaults) <= {name for options in entries for name in options}
        for options in entries:
            for name, option in options.items():
                if "default" in option:
                    assert defaults[name] == option["default"], name
