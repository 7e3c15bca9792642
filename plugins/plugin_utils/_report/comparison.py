# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The change of each row since an earlier snapshot.

Rows are compared by their id within one policy: a renamed device stays the same, and a device that is no longer listed
has not recovered.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .._compliance import Group, group_of
from .snapshot import Policy, Reading, Row, Snapshot, Tally


class Change(enum.Enum):
    """The change of a row. A row without one is as compliant as it was."""

    NEWLY_NOT_COMPLIANT = "newly_not_compliant"
    FIRST_LISTED_NOT_COMPLIANT = "first_listed_not_compliant"
    RECOVERED = "recovered"
    NO_LONGER_KNOWN = "no_longer_known"
    NO_LONGER_LISTED = "no_longer_listed"


class Changed(NamedTuple):
    """A changed row: as it is now, or as it was where it is no longer listed."""

    policy: Policy
    row: Row
    before: str | None
    """The status in the earlier snapshot; None where it was not listed."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A snapshot and an earlier one, over the policies whose lists are complete in both."""

    since: str
    compared: tuple[Policy, ...]
    left_out: tuple[Policy, ...]
    """Policies of either snapshot that cannot be compared: not in both, or not read in full in both."""
    changes: Mapping[Change, tuple[Changed, ...]]
    rows_before: int
    """Rows that were not compliant, in the policies that are compared."""
    rows_now: int
    devices_before: int
    """Devices that were not compliant, by the policies that are compared."""
    devices_now: int

    @property
    def covers_everything(self) -> bool:
        """Whether no policy had to be left out."""
        return not self.left_out

    @property
    def failing_no_longer_listed(self) -> int:
        """How many rows are no longer listed that were not compliant."""
        gone = self.changes[Change.NO_LONGER_LISTED]
        return sum(group_of(changed.row.status) is Group.NOT_COMPLIANT for changed in gone)

    def devices_in(self, change: Change) -> int:
        """Return how many devices have rows with a change."""
        return len({changed.row.device_key for changed in self.changes[change]})

    def change_of(self) -> dict[tuple[str, str], Change]:
        """Return the change of each changed row, by the ids of policy and row."""
        return {
            (changed.policy.id, changed.row.id): change for change, found in self.changes.items() for changed in found
        }


def compare(now: Snapshot, before: Snapshot) -> Comparison:
    """Compare a snapshot with an earlier one."""
    complete_before = {policy.id: policy for policy in before.policies if policy.reading is Reading.COMPLETE}
    compared = tuple(
        policy for policy in now.policies if policy.reading is Reading.COMPLETE and policy.id in complete_before
    )
    ids = {policy.id for policy in compared}
    current = {policy.id for policy in now.policies}
    left_out = [policy for policy in now.policies if policy.id not in ids]
    left_out += [policy for policy in before.policies if policy.id not in current]
    found: dict[Change, list[Changed]] = {change: [] for change in Change}
    for policy in compared:
        _compare_rows(policy, complete_before[policy.id].rows, found)
    tally_now = Tally.of(row for policy in compared for row in policy.rows)
    tally_before = Tally.of(row for policy in compared for row in complete_before[policy.id].rows)
    return Comparison(
        since=before.taken,
        compared=compared,
        left_out=tuple(left_out),
        changes={change: tuple(rows) for change, rows in found.items()},
        rows_before=tally_before.rows_in(Group.NOT_COMPLIANT),
        rows_now=tally_now.rows_in(Group.NOT_COMPLIANT),
        devices_before=tally_before.devices_in(Group.NOT_COMPLIANT),
        devices_now=tally_now.devices_in(Group.NOT_COMPLIANT),
    )


def _compare_rows(policy: Policy, rows_before: Iterable[Row], found: Mapping[Change, list[Changed]]) -> None:
    gone = {row.id: row for row in rows_before}
    for row in policy.rows:
        before = gone.pop(row.id, None)
        change = _change(None if before is None else group_of(before.status), group_of(row.status))
        if change is not None:
            found[change].append(Changed(policy, row, None if before is None else before.status))
    found[Change.NO_LONGER_LISTED] += [Changed(policy, row, row.status) for row in gone.values()]


def _change(before: Group | None, now: Group) -> Change | None:
    if now is Group.NOT_COMPLIANT:
        if before is None:
            return Change.FIRST_LISTED_NOT_COMPLIANT
        return Change.NEWLY_NOT_COMPLIANT if before is not now else None
    if before is Group.NOT_COMPLIANT:
        return Change.RECOVERED if now is Group.COMPLIANT else Change.NO_LONGER_KNOWN
    return None
