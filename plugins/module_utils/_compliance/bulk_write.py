# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Bring many device statuses to what is desired: read, compare, write in envelopes within the budget, read back."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from .._graph.batch import MAX_REQUESTS, Call
from .._graph.client import GraphClient
from .._graph.rate_limits import WRITE_LIMIT, WRITE_PERIOD
from .._transport.http import Purpose
from .bulk_items import Item, Outcome, differences, summarise
from .bulk_read import Reader, asks_to_wait, later
from .model import Plan, Row
from .routes import DeviceStatuses, entity_of, explain_refusal, item_path, only_one

_READING = Purpose("Reading the device statuses", Phase.READ)
_WRITING = Purpose("Updating device statuses", Phase.WRITE)
_DAY = 24 * 60 * 60
_VERIFYING = Purpose("Reading back the updated device statuses", Phase.VERIFY)


class Manner(NamedTuple):
    """How a bulk task goes about its work; see the module's options."""

    check_mode: bool
    verify: bool
    stop_on_error: bool
    write_limit: int
    write_limit_period: float

    @classmethod
    def from_options(cls, options: Mapping[str, Any], *, check_mode: bool) -> Manner:
        """Return what the module's options say.

        Raises:
            InvalidOptionsError: a limit is none.
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
        """What part of the application's budget of writes is this task's, as far as that is not all of it."""
        return (self.write_limit / self.write_limit_period) / (WRITE_LIMIT / WRITE_PERIOD)


Sending = tuple[Item, Plan]
"""An item, and what of its plan is still to be sent."""


@dataclasses.dataclass
class _Sent:
    """What became of an envelope.

    ``untaken`` was not carried out (throttled, mostly), of ``lost`` nobody knows. ``trouble`` is the error with the
    longest wait, ``fatal`` the one after which nothing more can be sent.
    """

    size: int
    untaken: list[Sending] = dataclasses.field(default_factory=list)
    lost: list[Sending] = dataclasses.field(default_factory=list)
    trouble: IntuneError | None = None
    fatal: IntuneError | None = None

    @property
    def holds(self) -> bool:
        """Whether no more may be sent before the trouble is over."""
        return self.trouble is not None and (
            bool(self.untaken) or len(self.lost) == self.size or asks_to_wait(self.trouble)
        )


class Bulk:
    """One bulk task."""

    def __init__(self, client: GraphClient, items: list[Item], manner: Manner) -> None:
        self._client = client
        self._items = items
        self._manner = manner
        client.share(manner.share)  # who writes less than all leaves room to others, who read too
        self._statuses = DeviceStatuses(client)
        self._reader = Reader(client, self._statuses, batch=not manner.check_mode)
        self._budget = client.budget("writes", manner.write_limit, manner.write_limit_period)

    def run(self) -> dict[str, Any]:
        """Do all that can be done, and return the module's result.

        Raises:
            IntuneError: not every item is as it should be; its ``result`` is the module's result all the same.
        """
        try:
            self._read()
        except InvalidOptionsError:
            raise
        except IntuneError as error:  # nobody can sign in any more
            _leave(self._items, error)
            return self._result()
        planned = [item for item in self._items if item.plan is not None]
        if self._manner.check_mode:
            stopped_by = self._first_wrong()
            for item in planned:
                if stopped_by is None or not self._manner.stop_on_error:
                    item.predict()
            if stopped_by is not None and self._manner.stop_on_error:
                _leave(planned, _stopped(stopped_by))
        else:
            self._write(planned)
        return self._result()

    def _result(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": any(item.changed_properties for item in self._items),
            "results": [item.result() for item in self._items],
            "summary": summarise(self._items),
            "diff": differences(self._items),
        }
        wrong = [(item, item.error) for item in self._items if item.wrong and item.error is not None]
        if not wrong:
            return result
        # One that failed tells more than one that was left for its sake.
        item, error = next(((item, error) for item, error in wrong if item.outcome is Outcome.FAILED), wrong[0])
        counts = result["summary"]
        raise IntuneError(
            f"{counts['failed']} of {counts['total']} statuses failed, {counts['not_attempted']} were not attempted; "
            f"running the task again touches only these; the first, statuses[{item.index}]: {error}",
            error.failure,
            result=result,
        )

    # Reading

    def _read(self) -> None:
        by_policy: dict[str, list[Item]] = {}
        for item in self._items:
            try:
                item.policy_id = self._statuses.policy_id(item.target)
            except IntuneError as error:
                _give_up([item], error)
            else:
                by_policy.setdefault(item.policy_id, []).append(item)
        for policy_id, items in by_policy.items():
            try:
                self._read_policy(policy_id, items)
            except IntuneError as error:
                unread = (item for item in items if item.plan is None and item.outcome is not Outcome.OK)
                _give_up([item for item in unread if item.error is None], error)
        self._refuse_doubles()

    def _read_policy(self, policy_id: str, items: list[Item]) -> None:
        matching = [item for item in items if item.target.match]
        by_id = {item.target.status_id: item for item in items if item.target.status_id is not None}
        if matching:  # exactly one row may match, so every row has to be seen
            self._match(matching, list(self._statuses.rows(policy_id, _READING)), by_id)
        found = self._reader.read(policy_id, list(by_id), _READING)
        for status_id, row in found:
            if isinstance(row, IntuneError):
                _give_up([by_id[status_id]], row)
            else:
                by_id[status_id].compare(row)

    def _match(self, items: list[Item], rows: list[Row], by_id: dict[str, Item]) -> None:
        # Looked up by the property that the fewest rows share: each item with each row would take their product.
        index: dict[tuple[str, str], list[Row]] = collections.defaultdict(list)
        names = {name for item in items for name in item.target.match}
        for row in rows:
            for name in names:
                index[name, str(row.get(name)).casefold()].append(row)
        for item in items:
            candidates = (index.get((name, text.casefold()), []) for name, text in item.target.match.items())
            fitting = [row for row in min(candidates, key=len) if item.target.fits(row)]
            try:
                item.compare(only_one(fitting, Purpose(f"Looking for {item.target}", Phase.READ), "status_id"))
            except IntuneError as error:
                item.fail(error)
        for row in rows:
            if item_by_id := by_id.pop(str(row.get("id")), None):
                item_by_id.compare(row)

    def _refuse_doubles(self) -> None:
        """Names and matches are known now: two items for one row would undo each other."""
        if not any(item.target.match or item.target.policy_name for item in self._items):
            return  # ids were compared before anything was read
        seen: dict[tuple[str, str], int] = {}
        problems = []
        for item in self._items:
            if item.status_id is not None:
                key = str(item.policy_id).casefold(), item.status_id.casefold()
                first = seen.setdefault(key, item.index)
                if first != item.index:
                    problems.append(f"statuses[{item.index}]: names the same status as statuses[{first}]; keep one")
        if problems:
            raise InvalidOptionsError(problems)

    # Writing

    def _first_wrong(self) -> Item | None:
        return next((item for item in self._items if item.error is not None), None)

    def _write(self, items: list[Item]) -> None:
        waiting = collections.deque((item, item.plan) for item in items if item.plan is not None)
        set_aside: list[Sending] = []
        trouble: IntuneError | None = None
        stopped_by = self._first_wrong()
        attempt = 0
        while (waiting or set_aside) and not (self._manner.stop_on_error and stopped_by):
            chunk = [waiting.popleft() for _place in range(self._budget.take(min(len(waiting), MAX_REQUESTS)))]
            sent = self._send(chunk)
            waiting.extendleft(reversed(sent.untaken))
            set_aside += sent.lost
            attempt = attempt + 1 if sent.trouble else 0
            trouble = later(trouble, sent.trouble) if sent.trouble else trouble
            # One status that stumbles does not hold the others: it is looked at when they are done.
            pause = trouble is not None and (sent.holds or not waiting)
            if pause and trouble is not None and sent.fatal is None:
                sent.fatal = self._wait(max(attempt, 1), trouble)
            if pause or sent.fatal is not None:
                # What may have been taken is looked at even out of time; what was not, is sent again if there is some.
                waiting.extend(self._read_back(set_aside))
                set_aside, trouble = [], None
            self._tell(len(items), len(waiting) + len(set_aside))
            if sent.fatal is not None:
                _leave((item for item, _plan in waiting), sent.fatal)
                break
            stopped_by = stopped_by or next((item for item, _plan in chunk if item.error is not None), None)
        else:
            if stopped_by is not None:
                _leave((item for item, _plan in (*waiting, *self._read_back(set_aside))), _stopped(stopped_by))
        self._verify([item for item in items if item.written])

    def _wait(self, attempt: int, trouble: IntuneError) -> IntuneError | None:
        """Wait before more is sent, and return the error of a task that is out of time."""
        try:
            self._client.retry_budget.wait(attempt, trouble)
        except IntuneError as out_of_time:
            return out_of_time
        return None

    def _tell(self, total: int, left: int) -> None:
        pace = f"{self._manner.write_limit} in {self._manner.write_limit_period:g} s"
        seconds = left / self._manner.write_limit * self._manner.write_limit_period
        self._client.progress.tell(
            f"{_WRITING.what}: {total - left} of {total} sent, the others take {seconds:.0f} s or more, {pace}"
        )

    def _send(self, chunk: list[Sending]) -> _Sent:
        """Send one envelope, and sort its answers."""
        calls = [Call("PATCH", item_path(str(item.policy_id), str(item.status_id)), plan.body) for item, plan in chunk]
        sent = _Sent(len(chunk))
        outcomes: list[Row | IntuneError]
        try:
            outcomes = list(self._client.batch(calls, _WRITING))
        except IntuneError as error:
            outcomes = [error] * len(chunk)
            if not error.may_have_applied:
                sent.fatal = error
        finally:
            self._budget.spend(len(chunk))
        for (item, plan), outcome in zip(chunk, outcomes, strict=True):
            if not isinstance(outcome, IntuneError):
                item.written = True
                if not self._manner.verify:
                    item.check({**plan.before, **plan.body, **entity_of(outcome)})
            elif outcome is sent.fatal and not _not_carried_out(outcome):
                item.fail(outcome)
            elif outcome.may_have_applied:
                item.tried = True
                sent.lost.append((item, plan))
                sent.trouble = later(sent.trouble, outcome)
            elif _not_carried_out(outcome):
                sent.untaken.append((item, plan))
                sent.trouble = later(sent.trouble, outcome)
            else:
                item.fail(explain_refusal(outcome, Purpose(f"Updating {item.target}", Phase.WRITE)))
        refusals = [item.error.failure.code for item, _plan in chunk if item.error is not None]
        if sent.fatal is None and refusals == [Code.WRITE_NOT_SUPPORTED] * len(chunk):
            message = "this service does not accept updates to device statuses: it refused all that were sent before"
            failure = Failure(Code.WRITE_NOT_SUPPORTED, message, Phase.WRITE)
            sent.fatal = IntuneError(f"Not sent, since {message}", failure)
        return sent

    def _read_back(self, lost: list[Sending]) -> list[Sending]:
        """Settle writes whose answer was lost: return those that were not taken, with what still differs."""
        again: list[Sending] = []
        for item, row in self._rows([item for item, _plan in lost]):
            if isinstance(row, IntuneError):
                item.fail(_unknown(row, "the update was sent and may have been taken"))
            elif (pending := Plan.between(row, item.desired)).changes:
                item.extend(pending, row)
                again.append((item, pending))
            else:
                item.check(row)
        return again

    def _verify(self, items: list[Item]) -> None:
        for item, row in self._rows([item for item in items if item.outcome is Outcome.NOT_ATTEMPTED]):
            if isinstance(row, IntuneError):
                item.fail(_unknown(row, "the service said that it took the update"))
            else:
                item.check(row)

    def _rows(self, items: list[Item]) -> Iterator[tuple[Item, Row | IntuneError]]:
        """Yield each item with its row as it is now, or with why that cannot be read."""
        by_policy: dict[str, dict[str, Item]] = {}
        for item in items:
            by_policy.setdefault(str(item.policy_id), {})[str(item.status_id)] = item
        for policy_id, by_id in by_policy.items():
            try:
                for status_id, row in self._reader.read(policy_id, list(by_id), _VERIFYING):
                    yield by_id.pop(status_id), row
            except IntuneError as error:
                yield from ((item, error) for item in by_id.values())


def _give_up(items: Iterable[Item], error: IntuneError) -> None:
    """Record an error of reading. Throttled to the end, nothing was attempted."""
    if error.failure.phase is Phase.AUTH:
        raise error
    if error.failure.code == Code.THROTTLED:
        _leave(items, error)
    else:
        for item in items:
            item.fail(error)


def _not_carried_out(error: IntuneError) -> bool:
    """Tell whether an update was surely not carried out, and may be another time."""
    failure = error.failure
    return failure.phase is Phase.AUTH or (failure.status in (401, 424, 429) and failure.retryable)


def _leave(items: Iterable[Item], error: IntuneError) -> None:
    """Record why items were not attempted; another run can do them.

    What was sent before and lost has failed, and so has what no other run can do.
    """
    final = error.failure.code == Code.WRITE_NOT_SUPPORTED
    left = error if final else IntuneError(error.sentence, dataclasses.replace(error.failure, retryable=True))
    for item in items:
        if item.tried or final:
            item.fail(left)
        elif item.outcome is Outcome.NOT_ATTEMPTED:
            item.error = left


def _stopped(by: Item) -> IntuneError:
    message = f"not sent, since statuses[{by.index}] failed and on_error is stop"
    code = by.error.failure.code if by.error is not None else Code.BAD_RESPONSE
    return IntuneError(message, Failure(code, message, Phase.WRITE, retryable=True))


def _unknown(error: IntuneError, known: str) -> IntuneError:
    """Return why an update cannot be read back. A new error: items that are read together share theirs."""
    return IntuneError(f"{error.sentence}; {known}; run the task again to see", error.failure)
