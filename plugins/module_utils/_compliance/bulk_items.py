# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""How a task converges, and its items: the state of each, its outcome, and what the task returns."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from .._graph.plan import Desired, Plan
from .._graph.resource import Row
from .model import COMPLIANCE_POLICIES, Target

_DAY = 24 * 60 * 60

NOT_KEPT = (
    "it treats them as read-only or calculates them itself: do not declare them, or change the device or its policy "
    "instead"
)
"""What to do about values that the service accepted with success and did not keep."""


class BulkOptions(NamedTuple):
    """How a task writes; see the options of the bulk module. ``batch`` is whether envelopes are used for writing."""

    check_mode: bool
    verify: bool
    stop_on_error: bool = False
    write_limit: int = COMPLIANCE_POLICIES.writes
    write_limit_period: float = COMPLIANCE_POLICIES.period
    batch: bool = True

    @classmethod
    def from_options(cls, options: Mapping[str, Any], *, check_mode: bool) -> BulkOptions:
        """Return what the module's options mean.

        Raises:
            InvalidOptionsError: a limit is out of range.
        """
        problems = []
        if options["write_limit"] < 1:
            problems.append("write_limit must be 1 or more")
        if not 0 < options["write_limit_period"] <= _DAY:
            problems.append(f"write_limit_period must be more than 0 and at most {_DAY} seconds")
        if problems:
            raise InvalidOptionsError(problems)
        return cls(
            check_mode=check_mode,
            verify=options["verify"],
            stop_on_error=options["on_error"] == "stop",
            write_limit=options["write_limit"],
            write_limit_period=options["write_limit_period"],
        )

    @property
    def share(self) -> float:
        """The part of the application's write budget that is this task's; 1 and more is all of it."""
        family = COMPLIANCE_POLICIES
        return (self.write_limit / self.write_limit_period) / (family.writes / family.period)


class Outcome(str, enum.Enum):
    """The outcome of an item."""

    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"


class Item:
    """One item of the task.

    ``plan`` is set where the status differs, ``tried`` once the answer to an update was lost, ``written`` once the
    service answered an update with success, ``after`` is the row that was read back.

    Args:
        index: its place in the task, from 0.
    """

    def __init__(self, index: int, target: Target, desired: Desired) -> None:
        self.index = index
        self.target = target
        self.desired = desired
        self.policy_id = target.policy_id
        self.status_id = target.status_id
        self.device_display_name: str | None = None
        self.plan: Plan | None = None
        self.tried = False
        self.written = False
        self.outcome = Outcome.NOT_ATTEMPTED
        self.changed_properties: list[str] = []
        self.after: Row | None = None
        self.error: IntuneError | None = None

    def compare(self, row: Row) -> None:
        """Take the row as it is before the task."""
        self.status_id = str(row.get("id"))
        self.device_display_name = row.get("deviceDisplayName")
        plan = Plan.between(row, self.desired)
        if plan.changes:
            self.plan = plan
        else:
            self.outcome = Outcome.OK

    def fail(self, error: IntuneError) -> None:
        """Record why the item is not as it should be."""
        self.outcome = Outcome.FAILED
        self.error = error

    def not_attempted(self, error: IntuneError) -> IntuneError:
        """Return the error of an item that was not attempted because of another request: a later run can do it."""
        return IntuneError(error.sentence, dataclasses.replace(error.failure, retryable=True))

    def extend(self, pending: Plan, found: Row) -> None:
        """Add what differs by now: another declared property may have been changed meanwhile.

        What was kept of the update counts as changed, whatever happens to the rest.
        """
        if self.plan is not None:
            self.plan = Plan(self.plan.before, {**self.plan.changes, **pending.changes})
            self.after = found
            self.changed_properties = self.plan.moved(found)

    def predict(self) -> None:
        """Record what a run would do."""
        if self.plan is not None:
            self.outcome = Outcome.CHANGED
            self.changed_properties = self.plan.names

    def check(self, found: Row) -> None:
        """Take the row as it was read back after the write."""
        if self.plan is None:
            return
        # Everything that is declared counts, and not only what was sent: another writer, or the service itself, may
        # have changed the rest meanwhile.
        missed = Plan.between(found, self.desired).missed(found)
        self.after = found
        self.changed_properties = self.plan.moved(found) if missed else self.plan.names
        if not missed:
            self.outcome = Outcome.CHANGED
            return
        sent = [name for name in missed if name in self.plan.names]
        message = f"the service answered with success but did not keep {', '.join(sent)}"
        if not sent:
            message = f"the update was kept, but {', '.join(missed)} changed meanwhile and is not as declared"
        failure = Failure(Code.NOT_PERSISTED, message, Phase.VERIFY, details={"properties": missed})
        self.fail(IntuneError(f"Updating {self.target} failed: {message}; {NOT_KEPT}", failure))

    @property
    def wrong(self) -> bool:
        """Whether the item is not as it should be."""
        return self.outcome in (Outcome.FAILED, Outcome.NOT_ATTEMPTED)

    def result(self) -> dict[str, Any]:
        """Return the item's entry in ``results``."""
        return {
            "policy_id": self.policy_id,
            "status_id": self.status_id,
            "device_display_name": self.device_display_name,
            "outcome": self.outcome.value,
            "changed_properties": self.changed_properties,
            "failure": self.error.failure.as_dict() if self.error else None,
        }


def summarize(items: list[Item]) -> dict[str, int]:
    """Return how many items had which outcome."""
    counts = collections.Counter(item.outcome.value for item in items)
    return {**{outcome.value: counts[outcome.value] for outcome in Outcome}, "total": len(items)}


def differences(items: list[Item]) -> dict[str, dict[str, Any]]:
    """Return before and after of what differs, by policy and status."""
    before: dict[str, dict[str, Row]] = {}
    after: dict[str, dict[str, Row]] = {}
    for item in items:
        if item.plan is not None and item.changed_properties:
            diff = item.plan.diff(item.after)
            before.setdefault(str(item.policy_id), {})[str(item.status_id)] = diff["before"]
            after.setdefault(str(item.policy_id), {})[str(item.status_id)] = diff["after"]
    return {"before": before, "after": after}


def leave(items: Iterable[Item], error: IntuneError) -> None:
    """Record why items were not attempted; another run can do them.

    An item whose update was sent before, with its answer lost, has failed; and so has one that no other run can do.
    """
    final = error.failure.code == Code.WRITE_NOT_SUPPORTED
    for item in items:
        left = error if final else item.not_attempted(error)
        if item.tried or final:
            item.fail(left)
        elif item.outcome is Outcome.NOT_ATTEMPTED:
            item.error = left


def stopped(by: Item) -> IntuneError:
    """Return the error of an item that was not sent, since another one failed and ``on_error`` is ``stop``."""
    message = f"not sent, since statuses[{by.index}] failed and on_error is stop"
    code = by.error.failure.code if by.error is not None else Code.BAD_RESPONSE
    return IntuneError(message, Failure(code, message, Phase.WRITE, retryable=True))
