# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A snapshot: the statuses of the fleet at one time, policy by policy, and what could not be read."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .._compliance import Group, group_of, worst


class Reading(enum.Enum):
    """How much of a policy's list was read."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"


class Row(NamedTuple):
    """One status: that of one device and user under one policy. Dates are timestamps, ``never``, or null."""

    id: str
    device: str | None
    user: str | None
    principal: str | None
    model: str | None
    status: str
    reported: str | None
    grace: str | None

    @property
    def device_key(self) -> tuple[str, ...]:
        """What all rows of one device have in common: the name, in any case. A row without a name is a device."""
        return (self.device.casefold(),) if self.device else ("", self.id)


@dataclasses.dataclass(frozen=True)
class Policy:
    """One policy and what was read of its list.

    ``counted`` is the number of statuses in the service's overview; ``problem`` is why the list could not be read.
    """

    id: str
    name: str | None
    type: str | None
    reading: Reading
    counted: int | None = None
    problem: str | None = None
    rows: Sequence[Row] = ()

    @property
    def label(self) -> str:
        """The name, or the id where it has none."""
        return self.name if self.name and self.name.strip() else self.id


class Tally(NamedTuple):
    """How many rows, and how many devices by their worst status, have each status."""

    rows: collections.Counter[str]
    devices: collections.Counter[str]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Tally:
        """Count rows."""
        statuses: collections.Counter[str] = collections.Counter()
        devices: dict[tuple[str, ...], str] = {}
        for row in rows:
            statuses[row.status] += 1
            found = devices.setdefault(row.device_key, row.status)
            if row.status != found:
                devices[row.device_key] = worst((row.status, found))
        return cls(statuses, collections.Counter(devices.values()))

    def devices_in(self, group: Group) -> int:
        """Return how many devices are in a group."""
        return sum(number for status, number in self.devices.items() if group_of(status) is group)

    def rows_in(self, group: Group) -> int:
        """Return how many rows are in a group."""
        return sum(number for status, number in self.rows.items() if group_of(status) is group)


class Header(NamedTuple):
    """The figures of a snapshot that the trend needs."""

    taken: str
    complete: bool
    policy_count: int
    policies_read: int
    row_count: int
    device_count: int
    not_compliant_devices: int


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """The policies and statuses that were read at one time, ``taken``."""

    taken: str
    policies: Sequence[Policy]

    @property
    def complete(self) -> bool:
        """Whether every list was read, and has as many statuses as the service counts."""
        return all(policy.reading is Reading.COMPLETE for policy in self.policies)

    @property
    def rows(self) -> Iterator[Row]:
        """Every row of every policy."""
        return (row for policy in self.policies for row in policy.rows)

    @functools.cached_property
    def tally(self) -> Tally:
        """The statuses of all rows and devices, counted once."""
        return Tally.of(self.rows)

    @functools.cached_property
    def header(self) -> Header:
        """The figures."""
        return Header(
            taken=self.taken,
            complete=self.complete,
            policy_count=len(self.policies),
            policies_read=sum(policy.reading is not Reading.UNREADABLE for policy in self.policies),
            row_count=self.tally.rows.total(),
            device_count=self.tally.devices.total(),
            not_compliant_devices=self.tally.devices_in(Group.NOT_COMPLIANT),
        )
