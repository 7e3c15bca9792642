# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The sentences and numbers of the report as text."""

from __future__ import annotations

from .. import _timestamps
from .._compliance import Group
from .comparison import Comparison
from .figures import Figures
from .snapshot import Policy, Reading

_PLURALS = {"device": "devices", "day": "days", "policy": "policies", "snapshot": "snapshots", "status": "statuses"}


def number(value: int) -> str:
    """Return a number with a comma between thousands."""
    return f"{value:,}"


def share(part: int, total: int) -> str:
    """Return a share in percent. A small part never reads as 0, and an incomplete one never as 100."""
    if not total:
        return "\u2013"
    percent = 100 * part / total
    if 0 < percent < 0.1:
        return "under 0.1%"
    if 99.9 < percent < 100:
        return "over 99.9%"
    return f"{percent:.1f}%"


def count(value: int, noun: str) -> str:
    """Return a number with its noun: 1 device, 2,000 devices, 3 policies."""
    return f"{number(value)} {noun if value == 1 else _PLURALS[noun]}"


def headline(figures: Figures) -> str:
    """Return the report in one sentence."""
    devices = figures.tally.devices.total()
    failing = figures.tally.devices_in(Group.NOT_COMPLIANT)
    if not figures.snapshot.policies:
        return "No compliance policies were found."
    if not figures.header.policies_read:
        return "No compliance policy could be read."
    if not devices:
        return "No devices are listed" + ("." if figures.header.complete else ", as far as could be read.")
    of_all = f"{number(failing)} of {count(devices, 'device')}"
    verb = "is" if failing == 1 else "are"
    start = of_all if figures.header.complete else f"As far as could be read, {of_all[0].lower()}{of_all[1:]}"
    return f"{start} ({share(failing, devices)}) {verb} not compliant{_difference(figures)}."


def _difference(figures: Figures) -> str:
    comparison = figures.comparison
    if comparison is None or not comparison.compared:
        return ""
    more = comparison.devices_now - comparison.devices_before
    amount = f"{number(abs(more))} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
    within = ""
    if not comparison.covers_everything:
        within = f"in the {count(len(comparison.compared), 'policy')} read in full both times, "
        if len(comparison.compared) == 1:
            within = "in the one policy read in full both times, "
    return f"; {within}{amount} on {_since(comparison, figures.snapshot.taken)}"


def _since(comparison: Comparison, today: str) -> str:
    day = _timestamps.spell_day(comparison.since, today=today)
    same_day = comparison.since[:10] == today[:10]
    return f"{day} at {comparison.since[11:16]} UTC" if same_day else day


def not_read(policy: Policy) -> str:
    """Return what is missing of a policy, and why."""
    if policy.reading is Reading.UNREADABLE:
        return f"{policy.label} could not be read: {policy.problem}"
    return (
        f"{policy.label} is incomplete: {count(len(policy.rows), 'status')} listed, "
        f"{number(policy.counted or 0)} counted by the service"
    )


def missing(figures: Figures) -> list[str]:
    """Return a sentence for all that could not be read or is incomplete."""
    lines = [
        not_read(policy)
        for reading in (Reading.UNREADABLE, Reading.INCOMPLETE)
        for policy in figures.policies_with(reading)
    ]
    return lines + [f"Snapshot {file} was left out: {problem}" for file, problem in figures.history.unreadable]
