# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the inventory plugin agrees with its code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible_collections.graphops.intune.plugins.inventory import intune_devices
from ansible_collections.graphops.intune.plugins.module_utils._options import ENVIRONMENT, connection_argument_spec
from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import SEVERITY
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.devices import variables
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.host_names import read_hostnames
from ansible_collections.graphops.intune.plugins.plugin_utils._options import complete

from ..modules.test_documentation import from_documentation, from_spec, load_fragment

DOCUMENTATION = yaml.safe_load(intune_devices.DOCUMENTATION)
DESCRIPTION = " ".join(DOCUMENTATION["description"])
EXAMPLE = yaml.safe_load(intune_devices.EXAMPLES)

_CORES = {"constructed": constructed, "inventory_cache": inventory_cache}
FRAGMENTS: list[dict[str, Any]] = [
    yaml.safe_load(_CORES[name].ModuleDocFragment.DOCUMENTATION)["options"]
    if name in _CORES
    else load_fragment(name)["options"]
    for name in DOCUMENTATION["extends_documentation_fragment"]
]
"""The options of each fragment that the plugin extends."""


def documented_options() -> dict[str, Any]:
    """The plugin's options as ansible-core combines them: those of the plugin have precedence over the fragments."""
    options: dict[str, Any] = {}
    for fragment in FRAGMENTS:
        for name, option in fragment.items():
            options[name] = {**options.get(name, {}), **option}
    for name, option in DOCUMENTATION["options"].items():
        options[name] = {**options.get(name, {}), **option}
    return options


def test_the_connection_options_are_those_that_modules_take() -> None:
    spec = connection_argument_spec()
    documented = {name: option for name, option in documented_options().items() if name in spec}
    assert from_documentation(documented) == from_spec(spec)
    assert not set(spec) & set(DOCUMENTATION["options"])


def test_each_connection_option_names_the_environment_variables_of_modules() -> None:
    for name in connection_argument_spec():
        variables_named = tuple(entry["name"] for entry in documented_options()[name].get("env", ()))
        assert variables_named == ENVIRONMENT.get(name, ()), name


def test_the_fragment_for_plugins_adds_environment_variables_and_nothing_else() -> None:
    added = load_fragment("graphops.intune.graph.plugins")["options"]
    assert set(added) == set(ENVIRONMENT)
    assert all(set(option) == {"env"} for option in added.values())


def test_the_completed_options_have_the_documented_defaults() -> None:
    defaults = {name: option.get("default") for name, option in documented_options().items()}
    completed = complete({}, lambda _option, value: value, ("policies",))
    assert completed == {name: defaults[name] for name in completed}
    assert set(completed) == set(connection_argument_spec())


def test_options_of_ansible_itself_get_a_description_only() -> None:
    ours = DOCUMENTATION["options"]
    theirs = {name for fragment in FRAGMENTS for name in fragment}
    assert set(ours) & theirs == {"strict"}
    assert set(ours["strict"]) == {"description"}


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("intune_devices.yml", True),
        ("fleet.intune_devices.yml", True),
        ("fleet-intune_devices.yaml", True),
        ("intune.yml", False),
        ("intune_devices.json", False),
        ("intune_devices.yml.bak", False),
        ("intune_devices", False),
    ],
)
def test_a_file_is_identified_by_its_name(tmp_path: Path, name: str, accepted: bool) -> None:
    assert not intune_devices.InventoryModule().verify_file(str(tmp_path / name))  # it does not exist
    (tmp_path / name).write_text("---\n")
    assert intune_devices.InventoryModule().verify_file(str(tmp_path / name)) == accepted


def test_the_name_is_the_plugins() -> None:
    assert DOCUMENTATION["options"]["plugin"]["choices"] == [intune_devices.InventoryModule.NAME]
    assert intune_devices.InventoryModule.NAME.endswith(f".{DOCUMENTATION['name']}")


def test_exactly_the_variables_are_documented() -> None:
    assert set(re.findall(r"C\((intune_[a-z_]+)\)", DESCRIPTION)) == set(variables([{"id": "1"}]))


def test_the_order_of_the_statuses_is_documented() -> None:
    listed = DESCRIPTION[DESCRIPTION.index("the worst first") : DESCRIPTION.index("A status that this version")]
    assert tuple(re.findall(r"V\((\w+)\)", listed)) == SEVERITY


def test_the_example_uses_options_that_exist() -> None:
    assert set(EXAMPLE) <= set(documented_options())
    assert EXAMPLE["plugin"] == intune_devices.InventoryModule.NAME
    read_hostnames(EXAMPLE["hostnames"])


def test_the_default_of_hostnames_is_a_property() -> None:
    assert read_hostnames(DOCUMENTATION["options"]["hostnames"]["default"]) == ["device_display_name"]
