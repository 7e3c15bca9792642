# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.inventory.data import InventoryData
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.staging import merge, stage


def test_a_staged_inventory_has_the_variables_of_known_hosts_and_changes_nothing() -> None:
    inventory = InventoryData()
    inventory.current_source = "/etc/static.ini"
    for host in ("PC-1", "other"):
        inventory.add_host(host)
        inventory.set_variable(host, "site", "Berlin")
    inventory.current_source = "/etc/x.intune_devices.yml"
    staged = stage(inventory, ["PC-1", "PC-2"])
    assert set(staged.hosts) == {"PC-1", "PC-2"}
    assert staged.hosts["PC-1"].vars == inventory.hosts["PC-1"].vars
    staged.set_variable("PC-1", "site", "Bonn")
    staged.add_group("remediate")
    assert set(inventory.hosts) == {"PC-1", "other"}
    assert inventory.hosts["PC-1"].vars["site"] == "Berlin"
    assert set(inventory.groups) == {"all", "ungrouped"}


def test_a_staged_inventory_is_merged_completely() -> None:
    inventory = InventoryData()
    inventory.current_source = "/etc/static.ini"
    inventory.add_host("PC-1")
    inventory.set_variable("PC-1", "site", "Berlin")
    inventory.add_group("servers")
    inventory.add_host("PC-1", "servers")
    inventory.current_source = "/etc/x.intune_devices.yml"

    staged = stage(inventory, ["PC-1", "PC-2"])
    staged.set_variable("PC-2", "intune_statuses", [])
    for group in ("parent", "remediate"):
        staged.add_group(group)
    staged.add_child("parent", "remediate")
    for host in staged.hosts:
        staged.add_child("remediate", host)
    merge(staged, inventory)
    inventory.reconcile_inventory()

    assert {name: [host.name for host in group.hosts] for name, group in inventory.groups.items()} == {
        "all": [],
        "ungrouped": [],
        "servers": ["PC-1"],
        "parent": [],
        "remediate": ["PC-1", "PC-2"],
    }
    assert [group.name for group in inventory.groups["parent"].child_groups] == ["remediate"]
    assert inventory.hosts["PC-1"].vars["site"] == "Berlin"
    assert inventory.hosts["PC-1"].vars["inventory_file"] == "/etc/static.ini"
    assert inventory.hosts["PC-2"].vars["inventory_file"] == "/etc/x.intune_devices.yml"
    assert inventory.hosts["PC-2"].vars["intune_statuses"] == []
