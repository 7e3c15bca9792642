# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What an event source remembers of the statuses, and which of those that it reads are changes. Pure."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...module_utils._compliance.model import COMPLIANCE_STATUS, DATE_TIME
from ...module_utils._graph.resource import Row

FORGET_SECONDS = 30 * 86400.0
"""How long a status that is no longer listed is remembered. Lists have been seen to leave rows out for a while."""


class Known(NamedTuple):
    """What is remembered of one status.

    ``number`` counts the changes that were told of it; ``missing`` is the epoch second since which no list has it.
    """

    status: str
    number: int = 0
    missing: float | None = None


@dataclasses.dataclass(frozen=True)
class Change:
    """A status that is another one than before; ``old`` is None where it was never listed before."""

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
    def reported(self) -> int:
        """When the device reported it, to sort by."""
        ticks = DATE_TIME.key(self.row.get("lastReportedDateTime"))
        return ticks if isinstance(ticks, int) else 0


@dataclasses.dataclass
class Poll:
    """What one reading found: the status of each row by policy, and the changes among them."""

    listed: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    changes: list[Change] = dataclasses.field(default_factory=list)
    unusable: int = 0
    """Rows without an id or a status, which cannot be told from others or compared."""


@dataclasses.dataclass
class Memory:
    """The statuses as they were last told, by policy and id.

    ``id`` makes the ids of its events differ from those of any other memory.
    """

    id: str
    policies: dict[str, dict[str, Known]] = dataclasses.field(default_factory=dict)

    @classmethod
    def new(cls) -> Memory:
        """Return a memory of nothing."""
        return cls(str(uuid.uuid4()))

    def look(self, poll: Poll, policy: Row, rows: Iterable[Row], *, tell_first: bool) -> None:
        """Add a policy's rows to a poll.

        Args:
            tell_first: whether the statuses of a policy that was never read before are changes.
        """
        known = self.policies.get(str(policy["id"]))
        listed = poll.listed.setdefault(str(policy["id"]), {})
        for row in rows:
            status_id, status = row.get("id"), COMPLIANCE_STATUS.from_service(row.get("status"))
            if not (isinstance(status_id, str) and isinstance(status, str) and status_id and status):
                poll.unusable += 1
                continue
            listed[status_id] = status
            if known is None and not tell_first:
                continue
            before = (known or {}).get(status_id)
            if before is None:
                poll.changes.append(Change(policy, row, None, status, 1))
            elif before.status != status:
                poll.changes.append(Change(policy, row, before.status, status, before.number + 1))

    def take(self, policy_id: str, status_id: str, status: str, number: int) -> None:
        """Remember that a change was told. Doing it twice does no harm."""
        self.policies.setdefault(policy_id, {})[status_id] = Known(status, number)

    def settle(self, listed: Mapping[str, Mapping[str, str]], now: float, *, tell_first: bool) -> bool:
        """Remember what a poll found beside its changes; tell whether anything of that is new.

        A change that is still to be told is left alone, so that the next poll finds it again. What is no longer listed
        is no change, and is compared with its last status if it comes back.
        """
        before = {policy_id: dict(known) for policy_id, known in self.policies.items()}
        for policy_id, statuses in listed.items():
            if policy_id not in self.policies:
                self.policies[policy_id] = {}
                if not tell_first:
                    self.policies[policy_id] = {status_id: Known(status) for status_id, status in statuses.items()}
        for policy_id, known in self.policies.items():
            here = listed.get(policy_id, {})
            for status_id, entry in list(known.items()):
                if status_id in here:
                    known[status_id] = entry._replace(missing=None)
                elif entry.missing is None:
                    known[status_id] = entry._replace(missing=now)
                elif now - entry.missing >= FORGET_SECONDS:
                    del known[status_id]
        return self.policies != before

    def event_id(self, change: Change) -> str:
        """Return the id of a change's event: the same when it has to be told again."""
        parts = (*change.key, str(change.number), change.new)
        return str(uuid.uuid5(uuid.UUID(self.id), "\0".join(parts).encode("utf-8", "replace").decode()))


def summary(poll: Poll) -> dict[str, Any]:
    """Return how much a poll read, for a log."""
    return {"policies": len(poll.listed), "statuses": sum(map(len, poll.listed.values())), "changes": len(poll.changes)}
