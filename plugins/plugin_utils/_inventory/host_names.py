# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The host of each device status, and the name of that host. Pure, without Ansible.

Users choose the names in Intune, so these can contain anything.
"""

from __future__ import annotations

import collections
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...module_utils._compliance.model import PROPERTIES
from ...module_utils._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from ...module_utils._graph.resource import Row

NAMING = ("id", "policy_id", "policy_display_name", "policy_type", *(p.option for p in PROPERTIES))
"""The properties that can name a host: the keys of a row."""

# A path separator would lead out of host_vars, a leading dash starts an option of ssh, and blanks, brackets, colons,
# commas and wildcards have a meaning in host patterns.
_INVALID = re.compile(r"[^\w.-]|^[.-]")

_MAX_SHOWN = 5


def is_template(entry: str) -> bool:
    """Return whether an entry is a template, and not the name of a property."""
    return "{{" in entry or "{%" in entry


def read_hostnames(entries: Iterable[Any]) -> list[str]:
    """Return the entries of ``hostnames``.

    Raises:
        InvalidOptionsError: names each that is neither a property nor a template.
    """
    hostnames = list(entries)  # unchanged, because str() would remove the trust of a template
    problems = [
        f"hostnames has {entry!r}, which is neither a Jinja2 template nor one of {', '.join(NAMING)}"
        for entry in hostnames
        if entry not in NAMING and not (isinstance(entry, str) and is_template(entry))
    ]
    if problems:
        raise InvalidOptionsError(problems)
    return hostnames


def group(rows: Iterable[Row], hostnames: Sequence[str], render: Callable[[str, Row], Any]) -> dict[str, list[Row]]:
    """Return the rows of each device, by its name.

    Names that differ in case only are one device, as everywhere in this collection. The alphabetically first spelling
    is the name, so that it does not depend on the order in which the service lists rows.

    Args:
        hostnames: properties and templates, tried in order. A row that gets no name from them is named by its id, so
            that none is omitted.
        render: evaluates a template with a row; returns None where that fails.

    Raises:
        IntuneError: a row without a name has no id either.
    """
    devices: dict[str, list[Row]] = collections.defaultdict(list)
    spellings: dict[str, str] = {}
    for row in rows:
        values = (render(entry, row) if is_template(entry) else row.get(entry) for entry in (*hostnames, "id"))
        name = next(filter(None, map(_text, values)), None)
        if name is None:
            message = "the response has device statuses without an id"
            raise IntuneError(f"Naming the hosts failed: {message}", Failure(Code.BAD_RESPONSE, message, Phase.READ))
        key = name.casefold()
        devices[key].append(row)
        spellings[key] = min(name, spellings.get(key, name))
    return {spellings[key]: found for key, found in devices.items()}


def _text(value: Any) -> str:
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def choose(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Return a valid, unique host name for each device's name.

    Characters that are invalid in a host name become underscores. Where that makes two names equal, and where a name is
    taken, a part of the name's hash is added. A device whose name is valid, and not taken, keeps it.

    Args:
        names: as `group` returns them.
        taken: names that no host may have, in any case: those of groups, and of the machine itself.
    """
    used = {name.casefold() for name in taken}
    valid = {name: _replace_invalid(name) for name in names}
    counts = collections.Counter(host.casefold() for host in valid.values())
    chosen = {}
    # Names that stay come first, because a device can have the very name that another one gets with a hash.
    for name, host in sorted(valid.items(), key=lambda item: item[0] != item[1] or item[1].casefold() in used):
        if host != name and counts[host.casefold()] > 1:
            host = _add_hash(host, name)
        while host.casefold() in used:
            host = _add_hash(host, name)
        used.add(host.casefold())
        chosen[name] = host
    return {name: chosen[name] for name in valid}


def renamed(hosts: Mapping[str, str]) -> str:
    """Return a warning that lists the names to which a hash was added, or empty text where no name got one."""
    # Quoted, because a name can contain control characters of a terminal.
    moved = [f"{name!r} is the host {host}" for name, host in hosts.items() if host != _replace_invalid(name)]
    if not moved:
        return ""
    more = [f"and {len(moved) - _MAX_SHOWN} more"] if len(moved) > _MAX_SHOWN else []
    reason = "Names of devices that are taken, or that differ only in characters that a host name cannot contain"
    return f"{reason}: {', '.join(moved[:_MAX_SHOWN] + more)}"


def _replace_invalid(name: str) -> str:
    return _INVALID.sub("_", name)


def _add_hash(host: str, name: str) -> str:
    return f"{host}_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
