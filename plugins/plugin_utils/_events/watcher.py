# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Watch the statuses for a rule engine: poll, tell what has changed, remember what was told."""

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
from ...module_utils._graph.client import GraphClient
from .._client import open_client
from .event import make_event
from .memory import Change, Poll, summary
from .options import Watch, read_options
from .shutdown import run_until_asked
from .state_file import MemoryFile

LOG = logging.getLogger("graphops.intune.device_compliance")

_LOOK_SECONDS = 0.01


class StoppedError(Exception):
    """The source ends while a poll is under way."""


class StoppableClock:
    """Time for a poll in a thread, whose waits end when the source does."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float, /) -> None:
        """Wait.

        Raises:
            StoppedError: the source has ended.
        """
        if self._over.wait(seconds):
            raise StoppedError

    def stop(self) -> None:
        """End each wait, now and from now on."""
        self._over.set()


class Outlet:
    """Where events go: a queue that ansible-rulebook reads.

    Args:
        queue: takes one event at a time, so that whoever puts more has to wait.
        feedback: on which ansible-rulebook sends back each event that its rule engine has got, where it was asked to.
    """

    def __init__(self, queue: Any, feedback: Any = None) -> None:
        self._queue = queue
        self._feedback = feedback
        # What a source gets is wrapped for its filters. What lies in the queue itself can still be taken back.
        self._waiting = getattr(queue, "queue", queue)
        self._is_put = False

    async def deliver(self, event: dict[str, Any]) -> None:
        """Put an event into the queue, and wait until the rule engine has it.

        The rule engine takes it out of the queue and goes to work on it in one go.
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
            pause = _LOOK_SECONDS

    def end(self, event: dict[str, Any]) -> bool:
        """Tell whether the rule engine has an event whose delivery was broken off; where not, keep it from getting it.

        ansible-rulebook can end the source and go on reading the queue for a while.
        """
        try:
            found = self._waiting.get_nowait()
        except asyncio.QueueEmpty:
            pass
        else:
            if isinstance(found, dict) and found.get("meta", {}).get("uuid") == event["meta"]["uuid"]:
                return False
            self._waiting.put_nowait(found)  # another source's
        return self._is_put and (self._feedback is None or not self._feedback.empty())


class Watcher:
    """One event source: its options, its conversation with Graph, its memory, and where its events go.

    Args:
        file: what was told before.
        client: the conversation with Graph; its waits are those of *clock*.
    """

    def __init__(
        self, watch: Watch, file: MemoryFile, client: GraphClient, outlet: Outlet, clock: StoppableClock
    ) -> None:
        self._watch = watch
        self._file = file
        self._client = client
        self._outlet = outlet
        self._clock = clock
        self._has_read = False

    async def run(self) -> None:
        """Go on until somebody ends it.

        Raises:
            IntuneError: nothing will come of going on: the credentials or the permission, say.
        """
        while True:
            await asyncio.sleep(await self.round())

    async def round(self) -> float:
        """Poll once, and tell what has changed; return the seconds until the next poll."""
        try:
            poll = await asyncio.to_thread(self._poll)
        except IntuneError as error:
            if is_final(error, self._has_read):
                raise
            pause = max(self._watch.interval, error.failure.retry_after or 0.0)
            LOG.warning("%s; nothing is told of this poll, the next one is in %.0f s", error.sentence, pause)
            return pause
        self._has_read = True
        await self._tell(poll)
        return self._watch.interval

    def _poll(self) -> Poll:
        """Read everything, or fail."""
        # What one task may wait, each poll may.
        self._client.retry_budget.renew()
        statuses, memory, poll = DeviceStatuses(self._client), self._file.memory, Poll()
        for policy in chosen_policies(statuses, self._watch.filters):
            purpose = DEVICE_STATUS.reading(f"Listing the device statuses of policy {policy['id']}")
            for page in statuses.pages(str(policy["id"]), purpose):
                memory.look(poll, policy, page, tell_first=self._watch.tell_first)
                self._clock.sleep(0)  # so that a long reading ends when the source does
        return poll

    async def _tell(self, poll: Poll) -> None:
        now = self._clock.time()
        if poll.unusable:
            LOG.warning("%d statuses without an id or a status are passed over", poll.unusable)
        LOG.info("read %(policies)d policies with %(statuses)d statuses: %(changes)d changes", summary(poll))
        # The oldest first, so that none is held back for ever.
        changes = sorted(poll.changes, key=lambda change: change.reported)
        told = changes[: self._watch.max_events]
        for change in told:
            await self._put(change, now)
        if len(changes) > len(told):
            held = len(changes) - len(told)
            LOG.warning("%d changes wait for the next poll, max_events is %d", held, self._watch.max_events)
        if self._file.memory.settle(poll.listed, now, tell_first=self._watch.tell_first) or told:
            self._file.replace()

    async def _put(self, change: Change, now: float) -> None:
        event = make_event(change, self._file.memory.event_id(change), now)
        try:
            await self._outlet.deliver(event)
            self._file.take(change)
        except (asyncio.CancelledError, KeyboardInterrupt):
            # What the rule engine has must not come again, what it has not must.
            if self._outlet.end(event):
                self._file.take(change)
            raise


def is_final(error: IntuneError, has_read: bool) -> bool:
    """Tell whether an error ends the source.

    A service that is out of order, or busy, comes back. Of everything else, what a person has to mend ends the source,
    and so does any error until a poll has succeeded: it is an option that is wrong, most likely.
    """
    failure = error.failure
    if failure.retryable:
        return False
    return not has_read or failure.phase in (Phase.AUTH, Phase.VALIDATE) or failure.status in (401, 403)


async def watch(queue: Any, args: Mapping[str, Any]) -> None:
    """Watch for as long as the rule engine runs.

    Args:
        queue: takes the events.
        args: the source's arguments in the rulebook, and ansible-rulebook's own.

    Raises:
        IntuneError: an option is wrong, the service refuses, or the state cannot be kept. The text is for the user.
    """
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    options, connection, credential = read_options(given)
    tenant = f"{(connection.tenant_id or 'the tenant of the token').casefold()} at {connection.graph_url}"
    outlet = Outlet(queue, args.get("eda_feedback_queue"))
    clock = StoppableClock()
    with (
        contextlib.closing(MemoryFile(options.state_file, tenant)) as file,
        open_client(connection, credential, clock) as client,
    ):
        try:
            await run_until_asked(Watcher(options, file, client, outlet, clock).run())
        finally:
            clock.stop()
