# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.inventory.data import InventoryData
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.staging import draft, take_over


def test_a_draft_knows_what_others_said_of_its_hosts_and_touches_nothing() -> None:
    inventory = InventoryData()
    inventory.current_source = "/etc/static.ini"
    for host in ("PC-1", "other"):
        inventory.add_host(host)
        inventory.set_variable(host, "site", "Berlin")
    inventory.current_source = "/etc/x.intune_devices.yml"
    made = draft(inventory, ["PC-1", "PC-2"])
    assert set(made.hosts) == {"PC-1", "PC-2"}
    assert made.hosts["PC-1"].vars == inventory.hosts["PC-1"].vars
    made.set_variable("PC-1", "site", "Bonn")
    made.add_group("remediate")
    assert set(inventory.hosts) == {"PC-1", "other"}
    assert inventory.hosts["PC-1"].vars["site"] == "Berlin"
    assert set(inventory.groups) == {"all", "ungrouped"}


def test_a_draft_is_taken_over_whole() -> None:
    inventory = InventoryData()
    inventory.current_source = "/etc/static.ini"
    inventory.add_host("PC-1")
    inventory.set_variable("PC-1", "site", "Berlin")
    inventory.add_group("servers")
    inventory.add_host("PC-1", "servers")
    inventory.current_source = "/etc/x.intune_devices.yml"

    made = draft(inventory, ["PC-1", "PC-2"])
    made.set_variable("PC-2", "intune_statuses", [])
    for group in ("parent", "remediate"):
        made.add_group(group)
    made.add_child("parent", "remediate")
    for host in made.hosts:
        made.add_child("remediate", host)
    take_over(made, inventory)
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
