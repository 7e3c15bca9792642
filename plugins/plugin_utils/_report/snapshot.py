# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A snapshot: what was read of the fleet at one moment, and what could not be; kept as one JSON file.

The file's first line holds its figures, so that a trend over a year of snapshots does not read their rows.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...module_utils._transport.json_document import parse_json
from .. import _timestamps
from .._compliance import UNKNOWN, Group, group_of, worst

VERSION = 1
_KIND = "graphops_intune_snapshot"


class SnapshotError(ValueError):
    """What was given is no snapshot, or none can be made of it. The text is a sentence for the user."""


class Reading(enum.Enum):
    """How much of a policy's list was read."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"


class Row(NamedTuple):
    """One status: that of one device and user under one policy. Dates are moments, ``never``, or null."""

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
        """What two rows of one device have in common: the name, in any case; a row without one stands alone."""
        return (self.device.casefold(),) if self.device else ("", self.id)


_ID, _STATUS = Row._fields.index("id"), Row._fields.index("status")


@dataclasses.dataclass(frozen=True)
class Policy:
    """One policy and what was read of its list.

    ``counted`` is how many the service's overview counts; ``problem`` why the list could not be read.
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
    """The figures of a snapshot: what a trend needs of it."""

    taken: str
    complete: bool
    policy_count: int
    policies_read: int
    row_count: int
    device_count: int
    not_compliant_devices: int


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What was read at one moment, ``taken``."""

    taken: str
    policies: Sequence[Policy]

    @property
    def complete(self) -> bool:
        """Whether every list was read, and is as long as the service counts."""
        return all(policy.reading is Reading.COMPLETE for policy in self.policies)

    @property
    def rows(self) -> Iterator[Row]:
        """Every row of every policy."""
        return (row for policy in self.policies for row in policy.rows)

    def header(self) -> Header:
        """Return the figures."""
        tally = Tally.of(self.rows)
        return Header(
            taken=self.taken,
            complete=self.complete,
            policy_count=len(self.policies),
            policies_read=sum(policy.reading is not Reading.UNREADABLE for policy in self.policies),
            row_count=tally.rows.total(),
            device_count=tally.devices.total(),
            not_compliant_devices=tally.devices_in(Group.NOT_COMPLIANT),
        )

    def to_json(self) -> str:
        """Return the file's text, a row a line."""
        first = json.dumps({_KIND: VERSION, **self.header()._asdict()})
        return f'{first[:-1]},\n"columns": {json.dumps(Row._fields)},\n"policies": [{_policies_to_json(self)}]}}\n'


def _policies_to_json(snapshot: Snapshot) -> str:
    texts = []
    for policy in snapshot.policies:
        about = {field: getattr(policy, field) for field in ("id", "name", "type", "counted", "problem")}
        head = json.dumps({**about, "reading": policy.reading.value})
        rows = ",\n".join(json.dumps(row) for row in policy.rows)
        texts.append(f'\n{head[:-1]}, "rows": [\n{rows}\n]}}')
    return ",".join(texts)


def file_name(taken: str, text: str) -> str:
    """Return a snapshot's file name: two of one moment have different ones unless they are the same."""
    return f"{_timestamps.stamp(taken)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"


def from_json(text: str) -> Snapshot:
    """Return the snapshot that a file holds.

    Raises:
        SnapshotError: the text is no snapshot, or one of a later version.
    """
    document = _document(text)
    try:
        taken = _header(document).taken
        if document["columns"] != list(Row._fields):
            raise SnapshotError("its columns are not those of this version")
        policies = [
            Policy(
                **_about(policy),
                reading=Reading(policy["reading"]),
                rows=[Row._make(_checked(row)) for row in policy["rows"]],
            )
            for policy in document["policies"]
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SnapshotError):
            raise
        raise SnapshotError(f"it is damaged: {error}") from error
    return Snapshot(taken, policies)


def header_from_json(text: str) -> Header:
    """Return the figures of a file, of which its first line is enough.

    Raises:
        SnapshotError: the text is no snapshot, or one of a later version.
    """
    return _header(_document(text.rstrip().rstrip(",") + "}" if text.rstrip().endswith(",") else text))


def _document(text: str) -> dict[str, Any]:
    try:
        document = parse_json(text)
    except ValueError as error:
        raise SnapshotError(f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or _KIND not in document:
        raise SnapshotError("it is not a snapshot of this collection")
    if document[_KIND] != VERSION:
        raise SnapshotError(f"it has version {document[_KIND]!r}; this collection reads version {VERSION}")
    return document


def _header(document: Mapping[str, Any]) -> Header:
    try:
        fields: dict[str, Any] = {field: document[field] for field in Header._fields}
    except KeyError as error:
        raise SnapshotError(f"it is damaged: it lacks {error}") from error
    header = Header(**fields)
    taken, complete, *numbers = fields.values()
    sound = isinstance(complete, bool) and all(isinstance(number, int) and number >= 0 for number in numbers)
    if not sound or not _timestamps.is_moment(taken):
        raise SnapshotError("it is damaged: its figures are none")
    return header


def _checked(row: Any) -> list[Any]:
    whole = isinstance(row, list) and len(row) == len(Row._fields)
    if not whole or not all(cell is None or isinstance(cell, str) for cell in row):
        raise SnapshotError("it is damaged: a row is none")
    if row[_ID] is None or row[_STATUS] is None:
        raise SnapshotError("it is damaged: a row has no id or no status")
    return list(map(_string, row))


def _about(policy: Mapping[str, Any]) -> dict[str, Any]:
    texts = {field: policy[field] for field in ("id", "name", "type", "problem")}
    counted = policy["counted"]
    whole = isinstance(texts["id"], str) and all(text is None or isinstance(text, str) for text in texts.values())
    if not whole or not (counted is None or isinstance(counted, int)):
        raise SnapshotError("it is damaged: what it tells of a policy is none")
    return {**{field: _string(text) for field, text in texts.items()}, "counted": counted}


def from_results(policies: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], taken: str) -> Snapshot:
    """Return the snapshot of what was read.

    Args:
        policies: as the module ``intune_device_compliance_policy_info`` returns them.
        results: for each policy what the module ``intune_device_compliance_status_info`` returned, or its failure.
        taken: the moment of the reading.

    Raises:
        SnapshotError: these do not belong together, or the moment is none.
    """
    if not _timestamps.is_moment(taken):
        raise SnapshotError(f"the moment is {taken!r}; write it in UTC, like 2026-11-24T06:00:00Z")
    if len(policies) != len(results):
        raise SnapshotError(f"there are {len(policies)} policies but {len(results)} results of reading them")
    return Snapshot(taken, [_policy(*pair) for pair in zip(policies, results, strict=True)])


def _policy(policy: Mapping[str, Any], result: Mapping[str, Any]) -> Policy:
    about = Policy(
        str(_string(policy["id"])), _string(policy.get("display_name")), _string(policy.get("type")), Reading.UNREADABLE
    )
    rows = result.get("device_compliance_statuses")
    if not isinstance(rows, Sequence):
        problem = _string(result.get("msg")) or "the reading was skipped"
        return dataclasses.replace(about, problem=problem)
    if not result.get("overviews"):
        raise SnapshotError("read the statuses with overview: true; whether a list is complete is not known otherwise")
    counted = sum(number for name, number in result["overviews"][0].items() if name.endswith("_count"))
    # A row that moves from one page to the next while they are read is listed twice, and another one not at all.
    once = list({row.id: row for row in map(_row, rows)}.values())
    reading = Reading.COMPLETE if result["complete"] and len(once) >= counted else Reading.INCOMPLETE
    return dataclasses.replace(about, reading=reading, counted=counted, rows=once)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        id=str(_string(row["id"])),
        device=_string(row.get("device_display_name")),
        user=_string(row.get("user_name")),
        principal=_string(row.get("user_principal_name")),
        model=_string(row.get("device_model")),
        status=_string(row.get("status")) or UNKNOWN,
        reported=_moment(row.get("last_reported_date_time")),
        grace=_moment(row.get("compliance_grace_period_expiration_date_time")),
    )


def _moment(value: Any) -> str | None:
    return _timestamps.canonical(str(value)) if value is not None else None


def _string(value: Any) -> str | None:
    # Half of a surrogate pair is valid in JSON, but in no file and on no page.
    return None if value is None else str(value).encode("utf-8", "replace").decode()
