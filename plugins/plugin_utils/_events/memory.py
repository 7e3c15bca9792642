# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The statuses that an event source remembers, and the changes since then. Pure."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...module_utils._compliance.model import COMPLIANCE_STATUS, DATE_TIME
from ...module_utils._graph.resource import Row

FORGET_SECONDS = 30 * 86400.0
"""How long a status that is not listed is remembered. The service has been observed to omit rows for a while."""


class Known(NamedTuple):
    """What is remembered of one status.

    ``number`` counts its reported changes; ``missing`` is the epoch second since which it is not listed.
    """

    status: str
    number: int = 0
    missing: float | None = None


@dataclasses.dataclass(frozen=True)
class Change:
    """A status that differs from the one before; ``old`` is None where it was not listed before."""

    policy: Row
    row: Row
    old: str | None
    new: str
    number: int

    @property
    def key(self) -> tuple[str, str]:
        """The ids of the policy and of the status."""
        return str(self.policy["id"]), str(self.row["id"])

    @property
    def ticks(self) -> int:
        """The time at which the device reported it, to sort by; 0 where that is unknown."""
        ticks = DATE_TIME.key(self.row.get("lastReportedDateTime"))
        return ticks if isinstance(ticks, int) else 0


@dataclasses.dataclass
class Poll:
    """The result of one poll: the status of each row by policy, and the changes among them."""

    listed: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    changes: list[Change] = dataclasses.field(default_factory=list)
    unusable: int = 0
    """Rows without an id or a status, which cannot be identified or compared."""


@dataclasses.dataclass
class Memory:
    """The statuses as they were last reported, by policy and id.

    ``id`` makes the ids of its events differ from those of any other memory.
    """

    id: str
    policies: dict[str, dict[str, Known]] = dataclasses.field(default_factory=dict)

    @classmethod
    def new(cls) -> Memory:
        """Return an empty memory."""
        return cls(str(uuid.uuid4()))

    def compare(self, poll: Poll, policy: Row, rows: Iterable[Row], *, report_first: bool) -> None:
        """Add a policy's rows to a poll.

        Args:
            report_first: whether the statuses of a policy that is read for the first time are changes.
        """
        known = self.policies.get(str(policy["id"]))
        listed = poll.listed.setdefault(str(policy["id"]), {})
        for row in rows:
            status_id, status = row.get("id"), COMPLIANCE_STATUS.from_service(row.get("status"))
            if not (isinstance(status_id, str) and isinstance(status, str) and status_id and status):
                poll.unusable += 1
                continue
            listed[status_id] = status
            if known is None and not report_first:
                continue
            before = (known or {}).get(status_id)
            if before is None:
                poll.changes.append(Change(policy, row, None, status, 1))
            elif before.status != status:
                poll.changes.append(Change(policy, row, before.status, status, before.number + 1))

    def record(self, policy_id: str, status_id: str, status: str, number: int) -> None:
        """Remember that a change was reported. It can be recorded twice."""
        self.policies.setdefault(policy_id, {})[status_id] = Known(status, number)

    def update(self, listed: Mapping[str, Mapping[str, str]], now: float, *, report_first: bool) -> bool:
        """Remember what a poll found beside the changes; return whether that differs from before.

        A change that was not reported yet is not recorded, so that the next poll finds it again. A status that is not
        listed any more is not a change, and is compared with its last value when it is listed again.
        """
        before = {policy_id: dict(known) for policy_id, known in self.policies.items()}
        for policy_id, statuses in listed.items():
            if policy_id not in self.policies:
                first = {} if report_first else {status_id: Known(status) for status_id, status in statuses.items()}
                self.policies[policy_id] = first
        for policy_id, known in self.policies.items():
            _update_missing(known, listed.get(policy_id, {}), now)
        return self.policies != before

    def event_id(self, change: Change) -> str:
        """Return the id of a change's event, which is the same when the change is reported again."""
        parts = (*change.key, str(change.number), change.new)
        return str(uuid.uuid5(uuid.UUID(self.id), "\0".join(parts).encode("utf-8", "replace").decode()))


def _update_missing(known: dict[str, Known], listed: Mapping[str, str], now: float) -> None:
    """Note which statuses of a policy are not listed, and forget those that have been missing for long."""
    for status_id, entry in list(known.items()):
        if status_id in listed:
            known[status_id] = entry._replace(missing=None)
        elif entry.missing is None:
            known[status_id] = entry._replace(missing=now)
        elif now - entry.missing >= FORGET_SECONDS:
            del known[status_id]


def summary(poll: Poll) -> dict[str, Any]:
    """Return the numbers of a poll, for a log."""
    return {"policies": len(poll.listed), "statuses": sum(map(len, poll.listed.values())), "changes": len(poll.changes)}
