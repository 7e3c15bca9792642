# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Watch the statuses for a rule engine: poll, report the changes, remember what was reported."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from ...module_utils._compliance.listing import chosen_policies
from ...module_utils._compliance.model import DEVICE_STATUS
from ...module_utils._compliance.routes import DeviceStatuses
from ...module_utils._errors import IntuneError, Phase
from ...module_utils._graph.client import LONGEST_HOLD, GraphClient
from ...module_utils._preflight import mask, open_client
from .event import make_event
from .memory import Change, Poll, summary
from .options import WatchOptions, read_options
from .shutdown import run_until_signal
from .state_file import StateFile

LOG = logging.getLogger("graphops.intune.device_compliance")

_CHECK_SECONDS = 0.01


class StoppedError(Exception):
    """The source ends during a poll."""


class StoppableClock:
    """Time for a poll in a thread, whose waits end when the source does."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float, /) -> None:
        """Wait.

        Raises:
            StoppedError: the source has ended.
        """
        if self._stopped.wait(seconds):
            raise StoppedError

    def stop(self) -> None:
        """End every wait, now and later."""
        self._stopped.set()


class EventQueue:
    """The queue that ansible-rulebook reads.

    Args:
        queue: holds one event, so that a source has to wait until it is read.
        feedback: the queue on which ansible-rulebook returns each event that its rule engine has received, where the
            rulebook requests that.
    """

    def __init__(self, queue: Any, feedback: Any = None) -> None:
        self._queue = queue
        self._feedback = feedback
        # A source gets a wrapper that applies its filters. Only from the queue itself can an event be taken back.
        self._waiting = getattr(queue, "queue", queue)
        self._is_put = False

    async def deliver(self, event: dict[str, Any]) -> None:
        """Put an event into the queue, and wait until the rule engine has it.

        The rule engine takes an event out of the queue and processes it without a pause between the two.
        """
        self._is_put = False
        await self._queue.put(event)
        self._is_put = True
        if self._feedback is not None:
            await self._feedback.get()
            return
        pause = 0.0
        while not self._waiting.empty():
            await asyncio.sleep(pause)
            pause = _CHECK_SECONDS

    def withdraw(self, event: dict[str, Any]) -> bool:
        """Return whether the rule engine has an event whose delivery was interrupted; take it back where it has not.

        ansible-rulebook can end the source and continue to read the queue for a while.
        """
        try:
            found = self._waiting.get_nowait()
        except asyncio.QueueEmpty:
            pass
        else:
            if isinstance(found, dict) and found.get("meta", {}).get("uuid") == event["meta"]["uuid"]:
                return False
            self._waiting.put_nowait(found)  # the event of another source
        return self._is_put and (self._feedback is None or not self._feedback.empty())


class Watcher:
    """One event source.

    Args:
        file: the state, with what was reported before.
        client: a client of Graph that waits by *clock*.
        queue: takes the events.
    """

    def __init__(
        self, options: WatchOptions, file: StateFile, client: GraphClient, queue: EventQueue, clock: StoppableClock
    ) -> None:
        self._options = options
        self._file = file
        self._client = client
        self._queue = queue
        self._clock = clock
        self._has_read = False

    async def run(self) -> None:
        """Poll until the source is canceled.

        Raises:
            IntuneError: the source cannot continue, for example without a permission.
        """
        while True:
            await asyncio.sleep(await self.poll())

    async def poll(self) -> float:
        """Poll once and report the changes; return the seconds until the next poll."""
        try:
            poll = await asyncio.to_thread(self._read)
        except IntuneError as error:
            if is_final(error, self._has_read):
                raise
            pause = max(self._options.interval, min(error.failure.retry_after or 0.0, LONGEST_HOLD))
            LOG.warning("%s; this poll makes no events, the next one starts in %.0f s", error.sentence, pause)
            return pause
        self._has_read = True
        await self._report(poll)
        return self._options.interval

    def _read(self) -> Poll:
        """Read all statuses, or fail."""
        # Each poll may wait as long as a task.
        self._client.retry_budget.renew()
        statuses, memory, poll = DeviceStatuses(self._client), self._file.memory, Poll()
        for policy in chosen_policies(statuses, self._options.filters):
            operation = DEVICE_STATUS.reading(f"Listing the device statuses of policy {policy['id']}")
            try:
                for page in statuses.pages(str(policy["id"]), operation):
                    memory.compare(poll, policy, page, report_first=self._options.report_first)
                    self._clock.sleep(0)  # ends a long poll when the source does
            except IntuneError as error:
                if not statuses.is_gone(policy, error):
                    raise
                LOG.warning("policy %r was deleted while it was read", policy.get("displayName") or policy["id"])
        return poll

    async def _report(self, poll: Poll) -> None:
        now = self._clock.time()
        if poll.unusable:
            LOG.warning("%d statuses without an id or a status are ignored", poll.unusable)
        LOG.info("read %(policies)d policies with %(statuses)d statuses: %(changes)d changes", summary(poll))
        # The oldest first, so that max_events delays none forever.
        changes = sorted(poll.changes, key=lambda change: change.ticks)
        reported = changes[: self._options.max_events]
        for change in reported:
            await self._deliver(change, now)
        if waiting := len(changes) - len(reported):
            LOG.warning("%d changes wait for the next poll, max_events is %d", waiting, self._options.max_events)
        is_new = self._file.memory.update(poll.listed, now, report_first=self._options.report_first)
        if is_new or reported:
            self._file.replace()

    async def _deliver(self, change: Change, now: float) -> None:
        event = make_event(change, self._file.memory.event_id(change), now)
        try:
            await self._queue.deliver(event)
            self._file.record(change)
        except (asyncio.CancelledError, KeyboardInterrupt):
            # An event that the rule engine has must not be repeated, any other must.
            if self._queue.withdraw(event):
                self._file.record(change)
            raise


def is_final(error: IntuneError, has_read: bool) -> bool:
    """Return whether an error ends the source.

    A service that is busy or not available is polled again. An error that a user has to fix ends the source, and so
    does any error before the first successful poll, because an option is the most likely reason.
    """
    failure = error.failure
    if failure.retryable:
        return False
    return not has_read or failure.phase in (Phase.AUTH, Phase.VALIDATE) or failure.status in (401, 403)


async def watch(queue: Any, args: Mapping[str, Any]) -> None:
    """Watch as long as the rule engine runs.

    Args:
        queue: takes the events.
        args: the arguments of the source in the rulebook, and those that ansible-rulebook adds.

    Raises:
        IntuneError: an option is invalid, the service refuses, or the state cannot be kept. The text is for the user.
    """
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    options, connection, credential = read_options(given)
    tenant = f"{(connection.tenant_id or 'the tenant of the token').casefold()} at {connection.graph_url}"
    events = EventQueue(queue, args.get("eda_feedback_queue"))
    clock = StoppableClock()
    with (
        contextlib.closing(StateFile(options.state_file, tenant)) as file,
        open_client(connection, credential, mask, clock) as client,
    ):
        try:
            await run_until_signal(Watcher(options, file, client, events, clock).run())
        finally:
            clock.stop()
