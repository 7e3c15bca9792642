# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: intune_devices
short_description: Hosts from the device compliance statuses of Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Makes a host of each device that has a compliance status in Microsoft Intune, and groups the hosts by what the
    statuses say.
  - The configuration file must end with C(intune_devices.yml) or C(intune_devices.yaml).
  - A device has a status for each of its policies and users. Together they are one host, and C(intune_statuses) is
    their list, each as M(graphops.intune.intune_device_compliance_status_info) returns it.
  - C(intune_compliance_status) is the worst of them. The order, the worst first, is V(error), V(conflict),
    V(nonCompliant), V(unknown), V(notAssigned), V(remediated), V(compliant), V(notApplicable). A status that this
    version does not know comes between V(nonCompliant) and V(unknown).
  - C(intune_device_display_name), C(intune_device_model) and C(intune_last_reported_date_time) are those of the status
    that was reported last, and C(intune_compliance_grace_period_expiration_date_time) is the earliest.
  - C(intune_user_names), C(intune_user_principal_names), C(intune_policy_ids), C(intune_policy_display_names) and
    C(intune_policy_types) are lists without repetitions. The type of a policy tells the platform.
  - If anything cannot be read, be it one page of one policy, the inventory fails and adds no host.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune.graph.plugins
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Marks the file as one for this plugin.
    type: str
    required: true
    choices: [graphops.intune.intune_devices]
  policies:
    description:
      - The device compliance policies whose statuses to read, by id or by display name, case-insensitive. Exactly one
        policy must have a name. An id wins over a name.
      - If not set, or empty, every policy is read.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - What names a host, tried in order until something gives a text that is not empty.
      - An entry is one of the properties in C(intune_statuses), such as V(device_display_name) or
        V(user_principal_name), or a Jinja2 template over them, such as V({{ device_display_name | lower }}). In a
        template, they are called as there, without a prefix.
      - A status to which no entry gives a name is named by its V(id), so that none is lost.
      - Statuses with the same name, in any case, are one host. Where the names of devices are not unique, make them so
        here, with V(id) for example.
      - In a name, letters, digits and C(_), C(-), C(.) stay. Anything else becomes C(_), and so does a C(-) or C(.) in
        front. Where two devices come to the same name by that, and where a device is called as a group is, or
        C(localhost), C(_) and eight digits of a hash are added to its name, and a warning tells.
    type: list
    elements: str
    default: [device_display_name]
  strict:
    description:
      - If V(true), an entry of O(hostnames), O(compose), O(groups) or O(keyed_groups) that fails for a device fails the
        inventory. If not, it is passed over for that device.
notes:
  - The connection options and O(policies) can be templates, in which lookups and extra variables (C(--extra-vars)) can
    be used. Give no secret as an extra variable, since C(ansible-inventory) shows these with each host.
  - ansible-core itself goes on, with a warning, when an inventory source fails. Set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true), or C(any_unparsed_is_failed) in the section C([inventory])
    of C(ansible.cfg), to have it stop.
  - The names of devices and users are what people chose, and are never taken for templates. But a host's name is also
    the address that Ansible connects to. Unless you trust the names, set C(ansible_host) by O(compose) from something
    that you do trust, or let tasks about the hosts run on C(localhost).
  - O(cache) keeps the statuses, with names of devices and users in them, and no credentials. What was read with other
    O(policies), another tenant, application, token or version is not taken from it. Nothing is asked of the service
    while it lasts.
  - The service has been seen to list fewer statuses than it counts.
    O(graphops.intune.intune_device_compliance_status_info#module:overview) finds that.
seealso:
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
# compliance.intune_devices.yml: the first line alone gives every device of every policy, with the credentials in the
# environment. Each part below it can be left out.
plugin: graphops.intune.intune_devices

# Windows devices alone.
policies:
  - Windows baseline

# Groups by the worst status (status_nonCompliant, status_error and so on) and by model.
keyed_groups:
  - prefix: status
    key: intune_compliance_status
  - prefix: model
    key: intune_device_model | default('unknown', true)

# What to remediate, in one group, whose hosts are connected to by a name in a domain that you trust. An expression that
# cannot be evaluated fails the inventory.
strict: true
groups:
  remediate: intune_compliance_status in ['nonCompliant', 'error', 'conflict']
  apple: intune_policy_types | select('match', '#microsoft.graph.(ios|macOS)') | list | length > 0
compose:
  ansible_host: inventory_hostname ~ '.clients.example.com'
  failed_policies: >-
    intune_statuses | selectattr('status', 'eq', 'nonCompliant') | map(attribute='policy_display_name') | unique | list

# One host for each device and user, in small letters.
hostnames:
  - "{{ device_display_name | lower }}-{{ user_name | lower }}"

# Kept for an hour.
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/intune
cache_timeout: 3600

# Another tenant, with its secret in another environment variable. A value that ansible-vault encrypted will do, too.
tenant_id: fabrikam.onmicrosoft.com
client_id: 00001111-aaaa-2222-bbbb-3333cccc4444
client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
"""

from typing import Any

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import Cacheable

from ..module_utils._errors import IntuneError
from ..module_utils._graph.resource import Row
from ..plugin_utils._inventory.devices import variables
from ..plugin_utils._inventory.host_names import group, read_hostnames
from ..plugin_utils._inventory.plugin import GraphInventory
from ..plugin_utils._inventory.query import Query
from ..plugin_utils._options import connect, refuse_unknown
from ..plugin_utils._unsafe import mark_unsafe


class InventoryModule(GraphInventory, Cacheable):
    """Reads the device compliance statuses, and makes hosts of the devices."""

    NAME = "graphops.intune.intune_devices"
    VARIABLES = frozenset(variables([{}]))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Add the devices to the inventory, all of them or none."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            refuse_unknown(config, self.option_definitions)
            hostnames = read_hostnames(self.get_option("hostnames"))
            query = Query(connect(self.get_option), tuple(map(str, self.get_option("policies"))))
            devices = group(self._rows(query, path, cache), hostnames, self._render_name)
        except IntuneError as error:
            raise AnsibleParserError(error.sentence) from None
        self._populate(inventory, {name: variables(rows) for name, rows in devices.items()})

    def _rows(self, query: Query, path: str, cache: bool) -> list[Row]:
        if not self.get_option("cache"):
            return query.read(self.display.warning)
        key = f"{self.get_cache_key(path)}_{query.digest()}"
        rows: list[Row] | None = self._cache.get(key) if cache else None
        if rows is None:
            rows = self._cache[key] = query.read(self.display.warning)
        return rows

    def _render_name(self, template: str, row: Row) -> Any:
        extra = (self._vars or {}) if self.get_option("use_extra_vars") else {}
        try:
            self.templar.available_variables = {**mark_unsafe(row), **extra}
            return self.templar.template(template)
        except Exception as error:
            if self.get_option("strict"):
                raise AnsibleParserError(f"hostnames: {template} cannot be filled in: {error}") from None
            return None
