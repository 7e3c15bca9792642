# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the inventory plugin and the code say the same."""

from __future__ import annotations

import re

import yaml
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible_collections.graphops.intune.plugins.doc_fragments.graph import ModuleDocFragment
from ansible_collections.graphops.intune.plugins.inventory import intune_devices
from ansible_collections.graphops.intune.plugins.module_utils._options import ENVIRONMENT
from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import SEVERITY
from ansible_collections.graphops.intune.plugins.plugin_utils._devices import variables
from ansible_collections.graphops.intune.plugins.plugin_utils._host_names import read_hostnames

DOCUMENTATION = yaml.safe_load(intune_devices.DOCUMENTATION)
SAID = " ".join(DOCUMENTATION["description"])
EXAMPLES = list(yaml.safe_load_all(intune_devices.EXAMPLES))


def test_a_plugin_is_told_of_the_environment_variables_that_modules_read() -> None:
    documented = yaml.safe_load(ModuleDocFragment.PLUGINS)["options"]
    assert {name: tuple(entry["name"] for entry in option["env"]) for name, option in documented.items()} == ENVIRONMENT
    assert all(set(option) == {"env"} for option in documented.values())


def test_the_connection_options_are_those_of_the_modules() -> None:
    fragments = DOCUMENTATION["extends_documentation_fragment"]
    assert {"graphops.intune.graph", "graphops.intune.graph.plugins", "constructed", "inventory_cache"} == {*fragments}


def test_the_name_is_the_plugins() -> None:
    assert DOCUMENTATION["options"]["plugin"]["choices"] == [intune_devices.InventoryModule.NAME]
    assert intune_devices.InventoryModule.NAME.endswith(f".{DOCUMENTATION['name']}")


def test_every_variable_is_told_of_and_no_other() -> None:
    assert set(re.findall(r"C\((intune_[a-z_]+)\)", SAID)) == set(variables([{"id": "1"}]))


def test_the_order_of_the_statuses_is_told() -> None:
    listed = SAID[SAID.index("the worst first") : SAID.index("A status that this version")]
    assert tuple(re.findall(r"C\((\w+)\)", listed)) == SEVERITY


def test_the_examples_use_options_that_exist() -> None:
    fragments = (ModuleDocFragment, constructed.ModuleDocFragment, inventory_cache.ModuleDocFragment)
    known = {*DOCUMENTATION["options"]}.union(*(yaml.safe_load(one.DOCUMENTATION)["options"] for one in fragments))
    assert len(EXAMPLES) >= 4
    for example in EXAMPLES:
        assert set(example) <= known
        assert example["plugin"] == intune_devices.InventoryModule.NAME
        read_hostnames(example.get("hostnames", []))


def test_the_default_of_hostnames_is_a_property() -> None:
    assert read_hostnames(DOCUMENTATION["options"]["hostnames"]["default"]) == ["device_display_name"]
