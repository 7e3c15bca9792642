# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Write what differs, within the budget, and read it back."""

from __future__ import annotations

import collections
from collections.abc import Iterator

from .._errors import Code, Failure, IntuneError, Phase
from .._graph.call import MAX_REQUESTS, Call
from .._graph.client import GraphClient
from .._graph.plan import Plan
from .._graph.resource import Operation, Row
from .._transport.retry import asks_to_wait, later
from .bulk_items import BulkOptions, Item, Outcome, leave, stopped
from .bulk_read import RowReader
from .model import DEVICE_STATUS
from .routes import entity_of, explain_refusal, item_path

PendingWrite = tuple[Item, Plan]
"""An item, and what of its plan is still to be sent."""

_MAYBE = "the update was sent and may have been applied; run the task again to see"
_ACCEPTED = "the service accepted the update; run the task again to see"


class _Sent:
    """The outcome of one envelope, or of one update sent alone.

    ``not_applied`` was not carried out (mostly throttled), ``unknown`` may have been. ``trouble`` is the error with the
    longest wait, ``fatal`` the one after which nothing more can be sent.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.not_applied: list[PendingWrite] = []
        self.unknown: list[PendingWrite] = []
        self.trouble: IntuneError | None = None
        self.fatal: IntuneError | None = None

    @property
    def holds(self) -> bool:
        """Whether no more may be sent before the trouble is over."""
        return self.trouble is not None and (
            bool(self.not_applied) or len(self.unknown) == self.size or asks_to_wait(self.trouble)
        )


class BulkWrite:
    """The writes of one task."""

    def __init__(
        self, client: GraphClient, reader: RowReader, options: BulkOptions, writing: Operation, verifying: Operation
    ) -> None:
        self._client = client
        self._reader = reader
        self._options = options
        self._writing = writing
        self._verifying = verifying
        family = writing.resource.family
        self._budget = client.budget(f"{family.name} writes", options.write_limit, options.write_limit_period)

    def run(self, items: list[Item], stopped_by: Item | None) -> None:
        """Send what differs in these items, read back, and record the outcome of each.

        Args:
            stopped_by: an item that failed while it was read, if there is one.
        """
        waiting = collections.deque((item, item.plan) for item in items if item.plan is not None)
        set_aside: list[PendingWrite] = []
        trouble: IntuneError | None = None
        attempt = 0
        while (waiting or set_aside) and not (self._options.stop_on_error and stopped_by):
            chunk = [waiting.popleft() for _place in range(self._budget.take(min(len(waiting), self._chunk)))]
            sent = self._send(chunk)
            waiting.extendleft(reversed(sent.not_applied))
            set_aside += sent.unknown
            attempt = attempt + 1 if sent.trouble else 0
            trouble = later(trouble, sent.trouble) if sent.trouble else trouble
            # One status that fails does not hold the others: it is read back when they are done.
            pause = trouble is not None and (sent.holds or not waiting)
            if pause and trouble is not None and sent.fatal is None:
                sent.fatal = self._wait(max(attempt, 1), trouble)
            if pause or sent.fatal is not None:
                # What may have been applied is read back even out of time; the rest is sent again if there is time.
                waiting.extend(self._read_back(set_aside, sent.fatal))
                set_aside, trouble = [], None
            self._report(len(items), len(waiting) + len(set_aside))
            if sent.fatal is not None:
                leave((item for item, _plan in waiting), sent.fatal)
                break
            stopped_by = stopped_by or next((item for item, _plan in chunk if item.error is not None), None)
        else:
            if stopped_by is not None:
                leave((item for item, _plan in (*waiting, *self._read_back(set_aside))), stopped(stopped_by))
        self._verify([item for item in items if item.written])

    @property
    def _chunk(self) -> int:
        return MAX_REQUESTS if self._options.batch else 1

    def _wait(self, attempt: int, trouble: IntuneError) -> IntuneError | None:
        """Wait before more is sent, and return the error of a task that is out of time."""
        try:
            self._client.retry_budget.wait(attempt, trouble)
        except IntuneError as out_of_time:
            return out_of_time
        return None

    def _report(self, total: int, left: int) -> None:
        limit, period = self._options.write_limit, self._options.write_limit_period
        self._client.progress.report(
            f"{self._writing.what}: {total - left} of {total} sent, the others take {left / limit * period:.0f} s or "
            f"more, {limit} in {period:g} s"
        )

    def _send(self, chunk: list[PendingWrite]) -> _Sent:
        """Send one envelope, or one update alone, and sort the answers."""
        calls = [Call("PATCH", item_path(str(item.policy_id), str(item.status_id)), plan.body) for item, plan in chunk]
        sent = _Sent(len(chunk))
        outcomes: list[Row | IntuneError]
        try:
            if self._options.batch:
                outcomes = self._client.batch(calls, self._writing)
            else:
                outcomes = [self._client.once(call, self._writing) for call in calls]
        except IntuneError as error:
            outcomes = [error] * len(chunk)
            if not error.may_have_applied and self._options.batch:
                sent.fatal = error
        finally:
            self._budget.spend(len(chunk))
        # Nothing more can be sent without a token, even where other updates of the envelope were answered.
        errors = [outcome for outcome in outcomes if isinstance(outcome, IntuneError)]
        sent.fatal = next((error for error in errors if error.failure.phase is Phase.AUTH), sent.fatal)
        for pending, outcome in zip(chunk, outcomes, strict=True):
            self._sort(pending, outcome, sent)
        refusals = [item.error.failure.code for item, _plan in chunk if item.error is not None]
        if sent.fatal is None and refusals == [Code.WRITE_NOT_SUPPORTED] * len(chunk):
            sent.fatal = _all_refused()
        return sent

    def _sort(self, pending: PendingWrite, outcome: Row | IntuneError, sent: _Sent) -> None:
        item, plan = pending
        if not isinstance(outcome, IntuneError):
            item.written = True
            if not self._options.verify:
                item.check({**plan.before, **plan.body, **entity_of(outcome)})
        elif outcome is sent.fatal and not _not_carried_out(outcome):
            item.fail(outcome)
        elif outcome.may_have_applied:
            item.tried = True
            sent.unknown.append(pending)
            sent.trouble = later(sent.trouble, outcome)
        elif _not_carried_out(outcome):
            sent.not_applied.append(pending)
            sent.trouble = later(sent.trouble, outcome)
        else:
            item.fail(explain_refusal(outcome, DEVICE_STATUS.writing(f"Updating {item.target}")))

    def _read_back(self, unknown: list[PendingWrite], out_of_time: IntuneError | None = None) -> list[PendingWrite]:
        """Read the statuses that may have been updated; return what still differs of each.

        Args:
            out_of_time: the error of a task that has no time left. Nothing is read where the service says how
                long to wait.
        """
        again: list[PendingWrite] = []
        if out_of_time is not None and out_of_time.failure.retry_after is not None:
            for item, _plan in unknown:
                item.fail(_unknown(out_of_time, _MAYBE))
            return again
        for item, row in self._rows([item for item, _plan in unknown]):
            if isinstance(row, IntuneError):
                item.fail(_unknown(row, _MAYBE))
            elif (pending := Plan.between(row, item.desired)).changes:
                item.extend(pending, row)
                again.append((item, pending))
            else:
                item.check(row)
        return again

    def _verify(self, items: list[Item]) -> None:
        for item, row in self._rows([item for item in items if item.outcome is Outcome.NOT_ATTEMPTED]):
            if isinstance(row, IntuneError):
                item.fail(_unknown(row, _ACCEPTED))
            else:
                item.check(row)

    def _rows(self, items: list[Item]) -> Iterator[tuple[Item, Row | IntuneError]]:
        """Yield each item with its row as it is now, or with why that cannot be read."""
        by_policy: dict[str, dict[str, Item]] = {}
        for item in items:
            by_policy.setdefault(str(item.policy_id), {})[str(item.status_id)] = item
        for policy_id, by_id in by_policy.items():
            try:
                for status_id, row in self._reader.read(policy_id, list(by_id), self._verifying):
                    yield by_id.pop(status_id), row
            except IntuneError as error:
                yield from ((item, error) for item in by_id.values())


def _all_refused() -> IntuneError:
    message = "this service does not accept updates to device statuses: it refused all that were sent before"
    failure = Failure(Code.WRITE_NOT_SUPPORTED, message, Phase.WRITE)
    return IntuneError(f"Not sent, since {message}", failure)


def _not_carried_out(error: IntuneError) -> bool:
    """Return whether an update was not carried out for certain, and may be another time."""
    failure = error.failure
    return failure.phase is Phase.AUTH or (
        failure.retryable and (failure.code == Code.THROTTLED or failure.status in (401, 424))
    )


def _unknown(error: IntuneError, known: str) -> IntuneError:
    """Return why an update cannot be read back. A new error: items that are read together share theirs."""
    return IntuneError(f"{error.sentence}; {known}", error.failure)
