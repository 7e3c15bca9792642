# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What the inventory plugins share: options, templates over hostile text, and an inventory that is whole or none."""

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
from .staging import draft, take_over

_ATTEMPTS = 3


class GraphInventory(BaseInventoryPlugin, Constructable):
    """An inventory plugin with the connection options."""

    NAME: ClassVar[str]
    VARIABLES: ClassVar[frozenset[str]]
    """The names of the host variables that the plugin makes."""

    def verify_file(self, path: str) -> bool:
        """Tell whether a file is named as one for this plugin."""
        name = self.NAME.rpartition(".")[2]
        return super().verify_file(path) and path.endswith((f"{name}.yml", f"{name}.yaml"))

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Mapping[str, Any] | None = None
    ) -> None:
        """Take the options from the file, its templates filled in, and from the environment."""
        try:
            options = complete(direct or {}, self._render_option, ("policies",))
        except IntuneError as error:
            raise AnsibleParserError(error.sentence) from None
        super().set_options(task_keys, var_options, options)

    def _populate(self, inventory: InventoryData, found: Mapping[str, Row]) -> None:
        """Add a host for each name, with its variables; all of them or none."""
        # Called like a group, or like this machine, a host would be taken for that.
        taken = {*constants.LOCALHOST, *inventory.groups, *map(self._sanitize_group_name, self.get_option("groups"))}
        for _attempt in range(_ATTEMPTS):
            hosts = choose(found, taken)
            made = self.inventory = draft(inventory, hosts.values())
            # Variables before groups: set_variable() takes a name for a group's as soon as there is one.
            for name, host in hosts.items():
                self._describe(made, host, mark_unsafe(found[name]))
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
        ours = str(template) in self.VARIABLES
        if ours and not self.get_option("use_extra_vars") and variables.get(template):
            return variables[template]
        value = super()._compose(template, variables, *args, **kwargs)
        if isinstance(value, str) or not needs_mark():
            return value
        # Before 2.19, text that looks like something else becomes that. A model called "True" would be a boolean, which
        # no group can be called.
        is_text = super()._compose(f"({template}) is string", variables, *args, **kwargs) is True
        return mark_unsafe(super()._compose(f"({template}) | string", variables, *args, **kwargs)) if is_text else value

    def _render_option(self, option: str, value: Any) -> Any:
        try:
            self.templar.available_variables = self._vars or {}
            return self.templar.template(value)
        except Exception as error:
            reason = "it is a secret, and not shown" if is_secret(option) else str(error)
            raise AnsibleParserError(f"{option} is a template that cannot be filled in: {reason}") from None
