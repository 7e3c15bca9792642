# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The section of the report's page that tells what has changed."""

from __future__ import annotations

from ... import _timestamps
from ..._compliance import Group, group_of, label
from ..comparison import Change, Changed, Comparison
from ..figures import Figures
from ..wording import count, number
from .html import Content, Html, element, fragment
from .tables import (
    Column,
    Line,
    device,
    figures_table,
    list_table,
    policy_name,
    section,
    status,
    under,
    user,
)

_MINUS = "\u2212"
_LISTS = {
    Change.NEWLY_NOT_COMPLIANT: "Newly not compliant",
    Change.FIRST_LISTED_NOT_COMPLIANT: "First listed, and not compliant",
    Change.RECOVERED: "Recovered",
    Change.NO_LONGER_KNOWN: "Now unknown, not assigned or not applicable",
    Change.NO_LONGER_LISTED: "No longer listed",
}


def changes(figures: Figures) -> Html:
    """What has changed since the earlier snapshot."""
    comparison = figures.comparison
    if comparison is None:
        text = (
            "There is no earlier snapshot to compare with. The next report will tell what has changed since this one."
        )
        return section("changes", "What has changed", element("p", text))
    heading = f"Since {_timestamps.spell_day(comparison.since, today=figures.snapshot.taken)}"
    if not comparison.compared:
        text = (
            f"No policy was read in full both now and on {_timestamps.spell(comparison.since)}: "
            "nothing can be compared."
        )
        return section("changes", heading, element("p", text))
    return section(
        "changes",
        heading,
        element("p", _scope(comparison), class_="note"),
        _bridge(comparison),
        [_list(comparison, change, words) for change, words in _LISTS.items()],
    )


def _scope(comparison: Comparison) -> Content:
    text = f"Compared with the snapshot of {_timestamps.spell(comparison.since)}, status by status."
    if comparison.covers_everything:
        return text
    names = [["; " if index else "", policy_name(policy)] for index, policy in enumerate(comparison.left_out)]
    return [text, " Left out, since they were not read in full both times: ", names, "."]


def _bridge(comparison: Comparison) -> Html:
    """Return the way from what was not compliant then to what is not now. The steps add up."""
    found = comparison.changes
    vanished = [
        changed for changed in found[Change.NO_LONGER_LISTED] if group_of(changed.row.status) is Group.NOT_COMPLIANT
    ]
    steps = {
        Change.RECOVERED: -len(found[Change.RECOVERED]),
        Change.NO_LONGER_KNOWN: -len(found[Change.NO_LONGER_KNOWN]),
        Change.NO_LONGER_LISTED: -len(vanished),
        Change.NEWLY_NOT_COMPLIANT: len(found[Change.NEWLY_NOT_COMPLIANT]),
        Change.FIRST_LISTED_NOT_COMPLIANT: len(found[Change.FIRST_LISTED_NOT_COMPLIANT]),
    }
    lines = [
        Line(["Not compliant then", number(comparison.rows_before)], "sum"),
        *(
            Line([_LISTS[change], f"{_MINUS if step < 0 else '+'}{number(abs(step))}"], "part")
            for change, step in steps.items()
            if step
        ),
        Line(["Not compliant now", number(comparison.rows_now)], "all"),
    ]
    return figures_table(
        "Counted in statuses: one device, one user, one policy", [Column("Step"), Column("Statuses")], lines
    )


def _list(comparison: Comparison, change: Change, heading: str) -> Html | None:
    found = comparison.changes[change]
    if not found:
        return None
    devices = len({changed.row.device_key for changed in found})
    gone = change is Change.NO_LONGER_LISTED
    return fragment(
        element("h3", heading),
        list_table(
            f"{count(len(found), 'status')} of {count(devices, 'device')}",
            ["Device", "User", "Policy", "Last status" if gone else "Status"],
            [_row(changed, gone) for changed in found],
            "the JSON file" if gone else "the CSV and the JSON file",
        ),
    )


def _row(changed: Changed, gone: bool) -> list[Content]:
    was = None if gone or changed.before is None else under(f"was {label(changed.before).lower()}")
    return [device(changed.row), user(changed.row), policy_name(changed.policy), [status(changed.row.status), was]]
