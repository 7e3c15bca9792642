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
  - Creates a host for each device that has a compliance status in Microsoft Intune, and groups the hosts by their
    statuses.
  - The name of the configuration file must end with C(intune_devices.yml) or C(intune_devices.yaml).
  - A device has a status for each of its policies and users. All of them are one host, and C(intune_statuses) is their
    list, each as M(graphops.intune.intune_device_compliance_status_info) returns it.
  - C(intune_compliance_status) is the worst of them. The order, the worst first, is V(error), V(conflict),
    V(nonCompliant), V(unknown), V(notAssigned), V(remediated), V(compliant), V(notApplicable). A status that this
    version does not know is between V(nonCompliant) and V(unknown).
  - C(intune_device_display_name), C(intune_device_model) and C(intune_last_reported_date_time) are those of the status
    that was reported last. C(intune_compliance_grace_period_expiration_date_time) is the earliest of all statuses.
  - C(intune_user_names), C(intune_user_principal_names), C(intune_policy_ids), C(intune_policy_display_names) and
    C(intune_policy_types) are lists without repetitions. The type of a policy includes its platform.
  - If anything cannot be read, even one page of one policy, the inventory fails and adds no host.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune.graph.plugins
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - The name of this plugin, which identifies the file.
    type: str
    required: true
    choices: [graphops.intune.intune_devices]
  policies:
    description:
      - The device compliance policies whose statuses are read, by id or by display name, case-insensitive. A display
        name must be that of exactly one policy. An id has precedence over a name.
      - If not set, or empty, every policy is read.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - Properties and templates for the name of a host, tried in order until one results in text that is not empty.
      - An entry is one of the properties in C(intune_statuses), such as V(device_display_name) or
        V(user_principal_name), or a Jinja2 template that uses them without a prefix, such as
        V({{ device_display_name | lower }}).
      - A status that gets no name from any entry is named by its V(id), so that none is omitted.
      - Statuses with the same name, in any case, are one host. Where the names of devices are not unique, make them
        unique here, for example with V(id).
      - Letters, digits and C(_), C(-), C(.) stay in a name. Any other character becomes C(_), and so does C(-) or C(.)
        at its start. If two devices get the same name that way, or if a device has the name of a group or is called
        C(localhost), C(_) and eight digits of a hash are added to the name, with a warning.
    type: list
    elements: str
    default: [device_display_name]
  strict:
    description:
      - If V(true), the inventory fails when an entry of O(hostnames), O(compose), O(groups) or O(keyed_groups) fails
        for a device. If V(false), the entry is ignored for that device.
notes:
  - The connection options and O(policies) can be templates, in which lookups and extra variables (C(--extra-vars)) can
    be used. Do not set a secret as an extra variable, because C(ansible-inventory) shows these with each host.
  - When an inventory source fails, ansible-core continues with a warning. To make it stop, set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true), or C(any_unparsed_is_failed) in the section C([inventory])
    of C(ansible.cfg).
  - Users choose the names of devices, which are never evaluated as templates. But the name of a host is also the
    address that Ansible connects to. Unless you trust the names, use O(compose) to set C(ansible_host) to a value that
    you trust, or delegate the tasks to C(localhost).
  - O(cache) stores the statuses, with the names of devices and users, and no credentials. It is not used for other
    O(policies), another tenant, application, token or version. Until it expires, no request is sent.
  - The service has been observed to list fewer statuses than it counts. To detect that, use
    O(graphops.intune.intune_device_compliance_status_info#module:overview).
seealso:
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
# compliance.intune_devices.yml: with the credentials in the environment, the first line is enough for all devices of
# all policies. Each part below is optional.
plugin: graphops.intune.intune_devices

# Only Windows devices.
policies:
  - Windows baseline

# Groups by the worst status (status_nonCompliant, status_error and so on) and by model.
keyed_groups:
  - prefix: status
    key: intune_compliance_status
  - prefix: model
    key: intune_device_model | default('unknown', true)

# The devices to remediate in one group, and connections by names in a domain that you trust. The inventory fails when
# an expression cannot be evaluated.
strict: true
groups:
  remediate: intune_compliance_status in ['nonCompliant', 'error', 'conflict']
  apple: intune_policy_types | select('match', '#microsoft.graph.(ios|macOS)') | list | length > 0
compose:
  ansible_host: inventory_hostname ~ '.clients.example.com'
  failed_policies: >-
    intune_statuses | selectattr('status', 'eq', 'nonCompliant') | map(attribute='policy_display_name') | unique | list

# One host for each device and user, in lower case.
hostnames:
  - "{{ device_display_name | lower }}-{{ user_name | lower }}"

# Cached for an hour.
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/intune
cache_timeout: 3600

# Another tenant, with its secret in another environment variable. A value that ansible-vault encrypted also works.
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
    """Reads the device compliance statuses, and adds the devices as hosts."""

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
                raise AnsibleParserError(f"hostnames: {template} cannot be evaluated: {error}") from None
            return None
