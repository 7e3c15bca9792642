# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The figures of a report: everything that its page, its table and its JSON show, counted once."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .. import _timestamps
from .._compliance import Group, by_severity, group_of
from .comparison import Comparison, compare
from .history import History
from .snapshot import Header, Policy, Reading, Row, Snapshot, Tally

_PLATFORMS = {
    "android": "Android",
    "aosp": "Android (AOSP)",
    "ios": "iOS and iPadOS",
    "macOS": "macOS",
    "windowsPhone": "Windows Phone",
    "windows": "Windows",
}
_PREFIX, _SUFFIX = "#microsoft.graph.", "CompliancePolicy"
NO_PLATFORM = "unknown"


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits of the report's groups, in days."""

    grace_days: int = 7
    healthy_days: int = 7
    stale_days: int = 30


class Freshness(enum.Enum):
    """How long ago something last reported."""

    HEALTHY = "healthy"
    DRIFTING = "drifting"
    STALE = "stale"
    NEVER = "never"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The name for a reader."""
        return self.value.capitalize()


class FreshnessRule(NamedTuple):
    """The timestamps since which a report is healthy, or drifting."""

    healthy_since: str
    drifting_since: str

    @classmethod
    def at(cls, now: str, limits: Limits) -> FreshnessRule:
        """Return the rule for a report of this time."""
        return cls(_timestamps.days_after(now, -limits.healthy_days), _timestamps.days_after(now, -limits.stale_days))

    def of(self, reported: str | None) -> Freshness:
        """Return how recent a report is. A time in the future, from a clock that is fast, is healthy."""
        if reported is None:
            return Freshness.UNKNOWN
        if reported == _timestamps.NEVER:
            return Freshness.NEVER
        if reported >= self.healthy_since:
            return Freshness.HEALTHY
        return Freshness.DRIFTING if reported >= self.drifting_since else Freshness.STALE


@dataclasses.dataclass(frozen=True)
class Share:
    """The figures of a part of the fleet: a policy, or a platform. Where nothing could be read, ``tally`` is null."""

    tally: Tally | None
    policies: Sequence[Policy]

    @property
    def complete(self) -> bool:
        """Whether every list in it was read, and is complete."""
        return all(policy.reading is Reading.COMPLETE for policy in self.policies)

    @property
    def devices(self) -> int:
        """How many devices were read."""
        return self.tally.devices.total() if self.tally else 0

    @property
    def failing_devices(self) -> int:
        """How many of them are not compliant."""
        return self.tally.devices_in(Group.NOT_COMPLIANT) if self.tally else 0

    @property
    def failing(self) -> float:
        """The share of devices that are not compliant, from 0 to 1; -1 where nothing could be read."""
        return -1 if self.tally is None else self.failing_devices / max(1, self.devices)

    @classmethod
    def of(cls, policies: Sequence[Policy]) -> Share:
        """Count the rows of some policies."""
        readable = [policy for policy in policies if policy.reading is not Reading.UNREADABLE]
        tally = Tally.of(row for policy in readable for row in policy.rows) if readable else None
        return cls(tally, policies)


@dataclasses.dataclass(frozen=True)
class Expiring:
    """A row whose grace period expires soon."""

    policy: Policy
    row: Row


@dataclasses.dataclass(frozen=True)
class Figures:
    """The figures of one report."""

    snapshot: Snapshot
    limits: Limits
    policies: Sequence[Share]
    platforms: Mapping[str, Share]
    freshness_rule: FreshnessRule
    freshness: Mapping[Freshness, int]
    expiring: Sequence[Expiring]
    comparison: Comparison | None
    history: History

    @property
    def header(self) -> Header:
        """The figures that the snapshot's file and the trend have."""
        return self.snapshot.header

    @property
    def tally(self) -> Tally:
        """The statuses of the fleet."""
        return self.snapshot.tally

    @property
    def trend(self) -> tuple[Header, ...]:
        """The figures of all snapshots, the oldest first and this one last."""
        return (*self.history.headers, self.header)

    @property
    def statuses(self) -> list[str]:
        """The statuses that occur, from the worst to the most harmless."""
        return by_severity(self.tally.rows)

    def statuses_in(self, group: Group) -> list[str]:
        """Return the statuses of a group that occur."""
        return [status for status in self.statuses if group_of(status) is group]

    @property
    def devices_expiring(self) -> int:
        """How many devices have a grace period that ends soon."""
        return len({expiring.row.device_key for expiring in self.expiring})

    @property
    def devices_not_reporting(self) -> int:
        """How many devices are stale or have never reported."""
        return self.freshness[Freshness.STALE] + self.freshness[Freshness.NEVER]

    def policies_with(self, reading: Reading) -> list[Policy]:
        """Return the policies that were read to this extent."""
        return [policy for policy in self.snapshot.policies if policy.reading is reading]


def count(snapshot: Snapshot, history: History, limits: Limits) -> Figures:
    """Return the figures of a snapshot, compared with the earlier ones."""
    rule = FreshnessRule.at(snapshot.taken, limits)
    by_platform: dict[str, list[Policy]] = {}
    for policy in snapshot.policies:
        by_platform.setdefault(platform(policy.type), []).append(policy)
    return Figures(
        snapshot=snapshot,
        limits=limits,
        policies=[Share.of([policy]) for policy in snapshot.policies],
        platforms={name: Share.of(by_platform[name]) for name in sorted(by_platform)},
        freshness_rule=rule,
        freshness=_count_freshness(snapshot.rows, rule),
        expiring=_find_expiring(snapshot, limits),
        comparison=None if history.baseline is None else compare(snapshot, history.baseline),
        history=history,
    )


@functools.cache
def platform(policy_type: str | None) -> str:
    """Return the platform of a policy's type, or the type itself where this version does not know it."""
    if not policy_type:
        return NO_PLATFORM
    if policy_type.startswith(_PREFIX) and policy_type.endswith(_SUFFIX):
        kind = policy_type[len(_PREFIX) : -len(_SUFFIX)]
        for start, name in _PLATFORMS.items():
            # windows10, androidWorkProfile, iosXy: the platform, and then its version or the kind of enrollment.
            if kind.startswith(start) and not kind[len(start) : len(start) + 1].islower():
                return name
    return policy_type


def _count_freshness(rows: Iterable[Row], rule: FreshnessRule) -> dict[Freshness, int]:
    latest: dict[tuple[str, ...], str | None] = {}
    for row in rows:
        latest[row.device_key] = max(row.reported, latest.get(row.device_key), key=_recency)
    counts = dict.fromkeys(Freshness, 0)
    for reported in latest.values():
        counts[rule.of(reported)] += 1
    return counts


def _recency(reported: str | None) -> str:
    """Return a text by which timestamps sort, with "never" and null before all of them."""
    return {None: "", _timestamps.NEVER: " "}.get(reported) or reported or ""


def _find_expiring(snapshot: Snapshot, limits: Limits) -> list[Expiring]:
    end = _timestamps.days_after(snapshot.taken, limits.grace_days)
    found = [
        Expiring(policy, row)
        for policy in snapshot.policies
        for row in policy.rows
        if row.grace is not None
        and row.grace != _timestamps.NEVER
        and snapshot.taken <= row.grace <= end
        and group_of(row.status) in (Group.NOT_COMPLIANT, Group.NOT_KNOWN)
    ]
    return sorted(found, key=lambda expiring: expiring.row.grace or "")
