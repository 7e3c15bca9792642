# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What one policy of a slice declares, marked so that the policies of a slice can be put into one list. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_MAX_SHOWN = 3


class Declared(NamedTuple):
    """The items with their policy's id, what to call each of them, and why they cannot be used, or None."""

    statuses: list[Any]
    places: list[str]
    problem: str | None


def mark(statuses: Sequence[Any], places: Sequence[str], host: str, policy_id: str, name: str | None) -> Declared:
    """Return items that name their policy by its id.

    Args:
        statuses: what the policy declares; an entry that is no dictionary is left to the module, which refuses it.
        places: what to call each of them; empty to count them from 0.
        host: what the policy's host is called.
        policy_id: the policy's id.
        name: its display name, if it has one.
    """
    known = {"policy_id": policy_id.casefold(), "policy_name": (name or "").casefold()}
    foreign = {
        str(item[option]): None
        for item in statuses
        if isinstance(item, Mapping)
        for option, own in known.items()
        if item.get(option) and str(item[option]).casefold() != own
    }
    called = places or [f"statuses[{index}]" for index in range(len(statuses))]
    marked = [
        {**item, "policy_id": policy_id, "policy_name": None} if isinstance(item, Mapping) else item
        for item in statuses
    ]
    problem = None
    if foreign:
        # Quoted: whoever wrote the list can have put anything there.
        shown = [repr(text) for text in list(foreign)[:_MAX_SHOWN]]
        more = f" and {len(foreign) - _MAX_SHOWN} more" if len(foreign) > _MAX_SHOWN else ""
        problem = (
            f"the statuses that {host} declares name other policies: {', '.join(shown)}{more}; declare them for these, "
            "which may be in another slice"
        )
    return Declared(marked, [f"{host}, {place}" for place in called], problem)
