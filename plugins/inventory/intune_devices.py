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
# compliance.intune_devices.yml: every device of every policy. The credentials are in the environment.
plugin: graphops.intune.intune_devices

---
# Windows devices alone, in groups by their worst status (status_nonCompliant, status_error and so on) and by model.
plugin: graphops.intune.intune_devices
policies:
  - Windows baseline
keyed_groups:
  - prefix: status
    key: intune_compliance_status
  - prefix: model
    key: intune_device_model | default('unknown', true)

---
# What to remediate, in one group, whose hosts are connected to by a name in a domain that you trust.
plugin: graphops.intune.intune_devices
strict: true
groups:
  remediate: intune_compliance_status in ['nonCompliant', 'error', 'conflict']
  apple: intune_policy_types | select('match', '#microsoft.graph.(ios|macOS)') | list | length > 0
compose:
  ansible_host: inventory_hostname ~ '.clients.example.com'
  failed_policies: >-
    intune_statuses | selectattr('status', 'eq', 'nonCompliant') | map(attribute='policy_display_name') | unique | list

---
# One host for each device and user, in small letters, and kept for an hour.
plugin: graphops.intune.intune_devices
hostnames:
  - "{{ device_display_name | lower }}-{{ user_name | lower }}"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/intune
cache_timeout: 3600

---
# Another tenant, with its secret in another environment variable. A value that ansible-vault encrypted will do, too.
plugin: graphops.intune.intune_devices
tenant_id: fabrikam.onmicrosoft.com
client_id: 00001111-aaaa-2222-bbbb-3333cccc4444
client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
"""

from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._device_status import Row
from ..module_utils._errors import IntuneError
from ..plugin_utils._devices import variables
from ..plugin_utils._draft import draft, take_over
from ..plugin_utils._host_names import choose, group, read_hostnames, renamed
from ..plugin_utils._inert import MARKED, inert
from ..plugin_utils._options import complete, connect, is_secret, refuse_unknown
from ..plugin_utils._query import Query

_ATTEMPTS = 3
_OURS = frozenset(variables([{}]))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads the device compliance statuses, and makes hosts of the devices."""

    NAME = "graphops.intune.intune_devices"

    def verify_file(self, path: str) -> bool:
        """Tell whether a file is named as one for this plugin."""
        return super().verify_file(path) and path.endswith(("intune_devices.yml", "intune_devices.yaml"))

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Mapping[str, Any] | None = None
    ) -> None:
        """Take the options from the file, its templates filled in, and from the environment."""
        try:
            options = complete(direct or {}, self._render_option, ("policies",))
        except IntuneError as error:
            raise AnsibleParserError(error.sentence) from None
        super().set_options(task_keys, var_options, options)

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
        self._populate(inventory, devices)

    def _rows(self, query: Query, path: str, cache: bool) -> list[Row]:
        if not self.get_option("cache"):
            return query.read(self.display.warning)
        key = f"{self.get_cache_key(path)}_{query.digest()}"
        rows: list[Row] | None = self._cache.get(key) if cache else None
        if rows is None:
            rows = self._cache[key] = query.read(self.display.warning)
        return rows

    def _populate(self, inventory: InventoryData, devices: dict[str, list[Row]]) -> None:
        # Called like a group, or like this machine, a host would be taken for that.
        taken = {*constants.LOCALHOST, *inventory.groups, *map(self._sanitize_group_name, self.get_option("groups"))}
        for _attempt in range(_ATTEMPTS):
            hosts = choose(devices, taken)
            made = self.inventory = draft(inventory, hosts.values())
            # Variables before groups: set_variable() takes a name for a group's as soon as there is one.
            for name, host in hosts.items():
                self._describe(made, host, inert(variables(devices[name])))
            for host in hosts.values():
                self._assign(host)
            # What keyed_groups came to is known only now. Hosts yield to groups, which playbooks name.
            clashes = set(made.groups).intersection(hosts.values())
            if not clashes:
                take_over(made, inventory)
                if warning := renamed(hosts):
                    self.display.warning(warning)
                return
            taken |= clashes
        raise AnsibleParserError(
            f"keyed_groups makes groups with the names of hosts, such as {min(clashes)}; add a prefix"
        )

    def _describe(self, made: InventoryData, host: str, values: Row) -> None:
        made.hosts[host].vars.update(values)
        known = made.hosts[host].get_vars()
        self._set_composite_vars(self.get_option("compose"), known, host, self.get_option("strict"))

    def _assign(self, host: str) -> None:
        strict = self.get_option("strict")
        self._add_host_to_composed_groups(self.get_option("groups"), {}, host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, host, strict)

    def _compose(self, template: Any, variables: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        # The name of one of our variables alone, which most keyed_groups are: it is there already, and compiling the
        # expression anew for each host takes a millisecond.
        if str(template) in _OURS and not self.get_option("use_extra_vars") and variables.get(template):
            return variables[template]
        value = super()._compose(template, variables, *args, **kwargs)
        if isinstance(value, str) or not MARKED:
            return value
        # Before 2.19, text that looks like something else becomes that. A model called "True" would be a boolean, which
        # no group can be called.
        is_text = super()._compose(f"({template}) is string", variables, *args, **kwargs) is True
        return inert(super()._compose(f"({template}) | string", variables, *args, **kwargs)) if is_text else value

    def _render_option(self, option: str, value: Any) -> Any:
        try:
            self.templar.available_variables = self._vars or {}
            return self.templar.template(value)
        except Exception as error:
            reason = "it is a secret, and not shown" if is_secret(option) else str(error)
            raise AnsibleParserError(f"{option} is a template that cannot be filled in: {reason}") from None

    def _render_name(self, template: str, row: Row) -> Any:
        extra = (self._vars or {}) if self.get_option("use_extra_vars") else {}
        try:
            self.templar.available_variables = {**inert(row), **extra}
            return self.templar.template(template)
        except Exception as error:
            if self.get_option("strict"):
                raise AnsibleParserError(f"hostnames: {template} cannot be filled in: {error}") from None
            return None
