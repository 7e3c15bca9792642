# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""An inventory that is built apart, and merged when it is complete, so that a source that fails adds nothing.

To read everything before the first host is not enough: an expression can fail at any host, a group can get the name of
a host after all hosts are there, and ansible-core keeps what a source added before it failed.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible.inventory.data import InventoryData

_MISSING = object()


def stage(inventory: InventoryData, hosts: Iterable[str]) -> InventoryData:
    """Return an inventory of these hosts, with the variables of those that *inventory* has already."""
    staged = InventoryData()
    staged.current_source = inventory.current_source
    for host in hosts:
        staged.add_host(host)
        if host in inventory.hosts:
            staged.hosts[host].vars = dict(inventory.hosts[host].vars)
    return staged


def merge(staged: InventoryData, inventory: InventoryData) -> None:
    """Add the hosts, groups and variables of a staged inventory to *inventory*."""
    for name, host in staged.hosts.items():
        known = inventory.hosts[name].vars if name in inventory.hosts else {}
        inventory.add_host(name)
        for variable, value in host.vars.items():
            if known.get(variable, _MISSING) is not value:
                inventory.set_variable(name, variable, value)
    for name in staged.groups:
        inventory.add_group(name)
    for name, group in staged.groups.items():
        for child in [*(group.name for group in group.child_groups), *(host.name for host in group.hosts)]:
            inventory.add_child(name, child)
