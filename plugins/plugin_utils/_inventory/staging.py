# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""An inventory that is made aside and taken over when it is whole: one that fails half-way leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable

from ansible.inventory.data import InventoryData

_MISSING = object()


def draft(inventory: InventoryData, hosts: Iterable[str]) -> InventoryData:
    """Return an inventory with these hosts, and with the variables of those that are in *inventory* already."""
    made = InventoryData()
    made.current_source = inventory.current_source
    for host in hosts:
        made.add_host(host)
        if host in inventory.hosts:
            made.hosts[host].vars = dict(inventory.hosts[host].vars)
    return made


def take_over(made: InventoryData, inventory: InventoryData) -> None:
    """Add a draft's hosts, groups and variables to *inventory*."""
    for name, host in made.hosts.items():
        known = inventory.hosts[name].vars if name in inventory.hosts else {}
        inventory.add_host(name)
        for variable, value in host.vars.items():
            if known.get(variable, _MISSING) is not value:
                inventory.set_variable(name, variable, value)
    for name in made.groups:
        inventory.add_group(name)
    for name, group in made.groups.items():
        for child in [*(group.name for group in group.child_groups), *(host.name for host in group.hosts)]:
            inventory.add_child(name, child)
