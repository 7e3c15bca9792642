# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Which host each device status belongs to, and what that host is called. Pure: nothing is known of Ansible here.

The names in Intune are what devices and their users call themselves, so anything can be in them.
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

# A path separator would lead out of host_vars, a leading dash is an option to ssh, and blanks, brackets, colons, commas
# and wildcards mean something in host patterns.
_UNFIT = re.compile(r"[^\w.-]|^[.-]")

_MAX_SHOWN = 5


def is_template(entry: str) -> bool:
    """Tell a template from the name of a property."""
    return "{{" in entry or "{%" in entry


def read_hostnames(entries: Iterable[Any]) -> list[str]:
    """Return the entries of ``hostnames``.

    Raises:
        InvalidOptionsError: names each that is neither a property nor a template.
    """
    hostnames = list(entries)  # as they are: str() would take away from a template that it is trusted
    problems = [
        f"hostnames has {entry!r}, which is neither a Jinja2 template nor one of {', '.join(NAMING)}"
        for entry in hostnames
        if entry not in NAMING and not (isinstance(entry, str) and is_template(entry))
    ]
    if problems:
        raise InvalidOptionsError(problems)
    return hostnames


def group(rows: Iterable[Row], hostnames: Sequence[str], render: Callable[[str, Row], Any]) -> dict[str, list[Row]]:
    """Return the rows of each device, under its name.

    Spellings that differ in case alone are one device, as wherever this collection compares names. The first of them in
    alphabetical order is the name, so that it does not depend on the order in which the service lists.

    Args:
        hostnames: properties and templates, tried in order. A row to which none gives a name goes by its id: nothing is
            left out.
        render: turns a template and a row into a text, or into None where it cannot.

    Raises:
        IntuneError: a row has no id either.
    """
    devices: dict[str, list[Row]] = collections.defaultdict(list)
    spellings: dict[str, str] = {}
    for row in rows:
        values = (render(entry, row) if is_template(entry) else row.get(entry) for entry in (*hostnames, "id"))
        name = next(filter(None, map(_text, values)), None)
        if name is None:
            message = "the answer has device statuses without an id"
            raise IntuneError(f"Naming the hosts failed: {message}", Failure(Code.BAD_RESPONSE, message, Phase.READ))
        key = name.casefold()
        devices[key].append(row)
        spellings[key] = min(name, spellings.get(key, name))
    return {spellings[key]: found for key, found in devices.items()}


def _text(value: Any) -> str:
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def choose(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Return a valid host name for each device's name, no two of them alike.

    What does not fit into a host name becomes an underscore. Where that makes two names alike, and where a name is
    taken, a part of the name's hash is added. A device whose name is fit, and not taken, keeps it.

    Args:
        names: as `group` returns them.
        taken: what no host may be called, in any case: the names of groups, and those of the machine itself.
    """
    used = {name.casefold() for name in taken}
    fitted = {name: _fit(name) for name in names}
    alike = collections.Counter(host.casefold() for host in fitted.values())
    chosen = {}
    # Who can keep the name comes first: a name that is made up to be another's second choice must not get in its way.
    for name, host in sorted(fitted.items(), key=lambda item: item[0] != item[1] or item[1].casefold() in used):
        if host != name and alike[host.casefold()] > 1:
            host = _distinct(host, name)
        while host.casefold() in used:
            host = _distinct(host, name)
        used.add(host.casefold())
        chosen[name] = host
    return {name: chosen[name] for name in fitted}


def renamed(hosts: Mapping[str, str]) -> str:
    """Return a warning of the names to which a hash was added, or nothing: playbooks may ask for the host in vain."""
    # Quoted: a name can hold anything, what steers a terminal too.
    moved = [f"{name!r} is the host {host}" for name, host in hosts.items() if host != _fit(name)]
    if not moved:
        return ""
    more = [f"and {len(moved) - _MAX_SHOWN} more"] if len(moved) > _MAX_SHOWN else []
    reason = "Names of devices that are taken, or alike but for what a host name cannot hold"
    return f"{reason}: {', '.join(moved[:_MAX_SHOWN] + more)}"


def _fit(name: str) -> str:
    return _UNFIT.sub("_", name)


def _distinct(host: str, name: str) -> str:
    return f"{host}_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
