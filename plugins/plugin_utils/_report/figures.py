# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The figures of a report: everything that its page, its table and its JSON say, counted once."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence

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
NO_PLATFORM = "not told"


@dataclasses.dataclass(frozen=True)
class Limits:
    """Where the report draws its lines, in days."""

    grace_days: int = 7
    healthy_days: int = 7
    stale_days: int = 30

    def problems(self) -> list[str]:
        """Return a sentence for each limit that cannot be."""
        found = [
            f"{field.name} is {getattr(self, field.name)}; it must be 0 days or more"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) < 0
        ]
        if self.stale_days < self.healthy_days:
            found.append(
                f"stale_days is {self.stale_days}, less than healthy_days, {self.healthy_days}; what is stale has "
                "reported longer ago than what is healthy"
            )
        return found


class Freshness(enum.Enum):
    """How long ago something last reported."""

    HEALTHY = "healthy"
    DRIFTING = "drifting"
    STALE = "stale"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True)
class Share:
    """The figures of a part of the fleet: a policy, or a platform. ``tally`` is None where nothing could be read."""

    tally: Tally | None
    policies: Sequence[Policy]

    @property
    def complete(self) -> bool:
        """Whether every list in it was read, and is complete."""
        return all(policy.reading is Reading.COMPLETE for policy in self.policies)

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
    header: Header
    tally: Tally
    policies: Sequence[Share]
    platforms: Mapping[str, Share]
    freshness: Mapping[Freshness, int]
    expiring: Sequence[Expiring]
    comparison: Comparison | None
    history: History

    @property
    def trend(self) -> tuple[Header, ...]:
        """The figures of all snapshots, the oldest first and this one last."""
        return (*self.history.headers, self.header)

    @property
    def statuses(self) -> list[str]:
        """The statuses that occur, from the worst to the most harmless."""
        return by_severity(self.tally.rows)

    def policies_with(self, reading: Reading) -> list[Policy]:
        """Return the policies that were read to this extent."""
        return [policy for policy in self.snapshot.policies if policy.reading is reading]


def count(snapshot: Snapshot, history: History, limits: Limits) -> Figures:
    """Return the figures of a snapshot in the light of the earlier ones."""
    by_platform: dict[str, list[Policy]] = {}
    for policy in snapshot.policies:
        by_platform.setdefault(platform(policy.type), []).append(policy)
    return Figures(
        snapshot=snapshot,
        limits=limits,
        header=snapshot.header(),
        tally=Tally.of(snapshot.rows),
        policies=[Share.of([policy]) for policy in snapshot.policies],
        platforms={name: Share.of(by_platform[name]) for name in sorted(by_platform)},
        freshness=_count_freshness(snapshot.rows, snapshot.taken, limits),
        expiring=_find_expiring(snapshot, limits),
        comparison=None if history.baseline is None else compare(snapshot, history.baseline),
        history=history,
    )


def platform(policy_type: str | None) -> str:
    """Return the platform that a policy's type tells, or the type itself where this version does not know it."""
    if not policy_type:
        return NO_PLATFORM
    if policy_type.startswith(_PREFIX) and policy_type.endswith(_SUFFIX):
        kind = policy_type[len(_PREFIX) : -len(_SUFFIX)]
        for start, name in _PLATFORMS.items():
            # windows10, androidWorkProfile, iosXy: the platform, and the kind of enrolment or its version after it.
            if kind.startswith(start) and not kind[len(start) : len(start) + 1].islower():
                return name
    return policy_type


def freshness(reported: str | None, now: str, limits: Limits) -> Freshness:
    """Return how fresh a report is; one from the future, by a clock that is fast, is fresh."""
    if reported is None:
        return Freshness.UNKNOWN
    if reported == _timestamps.NEVER:
        return Freshness.NEVER
    if reported >= _timestamps.days_after(now, -limits.healthy_days):
        return Freshness.HEALTHY
    return Freshness.DRIFTING if reported >= _timestamps.days_after(now, -limits.stale_days) else Freshness.STALE


def _count_freshness(rows: Iterable[Row], now: str, limits: Limits) -> dict[Freshness, int]:
    latest: dict[tuple[str, ...], str | None] = {}
    for row in rows:
        latest[row.device_key] = max(row.reported, latest.get(row.device_key), key=_recency)
    counts = dict.fromkeys(Freshness, 0)
    for reported in latest.values():
        counts[freshness(reported, now, limits)] += 1
    return counts


def _recency(reported: str | None) -> str:
    """Return a text by which moments sort, with "never" and null before all of them."""
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
