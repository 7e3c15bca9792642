# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The base of the inventory plugins: options, templates over untrusted text, and all hosts or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable

from ...module_utils._errors import IntuneError
from ...module_utils._graph.resource import Row
from .._options import complete, is_secret
from .._unsafe import mark_unsafe, needs_mark
from .host_names import choose, renamed
from .staging import merge, stage

_ATTEMPTS = 3


class GraphInventory(BaseInventoryPlugin, Constructable):
    """An inventory plugin with the connection options."""

    NAME: ClassVar[str]
    VARIABLES: ClassVar[frozenset[str]]
    """The names of the host variables that the plugin sets."""

    def verify_file(self, path: str) -> bool:
        """Return whether a file has a name for this plugin."""
        name = self.NAME.rpartition(".")[2]
        return super().verify_file(path) and path.endswith((f"{name}.yml", f"{name}.yaml"))

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Mapping[str, Any] | None = None
    ) -> None:
        """Take the options from the file, with its templates evaluated, and from the environment."""
        try:
            options = complete(direct or {}, self._render_option, ("policies",))
        except IntuneError as error:
            raise AnsibleParserError(error.sentence) from None
        super().set_options(task_keys, var_options, options)

    def _populate(self, inventory: InventoryData, found: Mapping[str, Row]) -> None:
        """Add a host for each name, with its variables; all of them or none."""
        # ansible-core would take a host with the name of a group, or of this machine, for that.
        taken = {*constants.LOCALHOST, *inventory.groups, *map(self._sanitize_group_name, self.get_option("groups"))}
        for _attempt in range(_ATTEMPTS):
            hosts = choose(found, taken)
            staged = self.inventory = stage(inventory, hosts.values())
            # Variables before groups, because set_variable() prefers a group of that name.
            for name, host in hosts.items():
                self._set_variables(staged, host, mark_unsafe(found[name]))
            for host in hosts.values():
                self._add_to_groups(host)
            # The groups of keyed_groups are known only now. Hosts are renamed, because playbooks name the groups.
            clashes = set(staged.groups).intersection(hosts.values())
            if not clashes:
                merge(staged, inventory)
                if warning := renamed(hosts):
                    self.display.warning(warning)
                return
            taken |= clashes
        raise AnsibleParserError(
            f"keyed_groups creates groups with the names of hosts, such as {min(clashes)}; add a prefix"
        )

    def _set_variables(self, staged: InventoryData, host: str, values: Row) -> None:
        staged.hosts[host].vars.update(values)
        known = staged.hosts[host].get_vars()
        self._set_composite_vars(self.get_option("compose"), known, host, self.get_option("strict"))

    def _add_to_groups(self, host: str) -> None:
        strict = self.get_option("strict")
        self._add_host_to_composed_groups(self.get_option("groups"), {}, host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, host, strict)

    def _compose(self, template: Any, variables: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        # Most keys of keyed_groups are just the name of a variable. Its value is known, and to compile the expression
        # for each host again takes a millisecond.
        is_variable = str(template) in self.VARIABLES
        if is_variable and not self.get_option("use_extra_vars") and variables.get(template):
            return variables[template]
        value = super()._compose(template, variables, *args, **kwargs)
        if isinstance(value, str) or not needs_mark():
            return value
        # Before 2.19, ansible-core converts text that looks like another type. A model called "True" would become a
        # boolean, which cannot name a group.
        is_text = super()._compose(f"({template}) is string", variables, *args, **kwargs) is True
        return mark_unsafe(super()._compose(f"({template}) | string", variables, *args, **kwargs)) if is_text else value

    def _render_option(self, option: str, value: Any) -> Any:
        try:
            self.templar.available_variables = self._vars or {}
            return self.templar.template(value)
        except Exception as error:
            reason = "it is a secret, which is not shown" if is_secret(option) else str(error)
            raise AnsibleParserError(f"{option} is a template that cannot be evaluated: {reason}") from None
