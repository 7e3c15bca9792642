# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source against a scripted service, with a queue as ansible-rulebook has it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import Filters
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import Credential
from ansible_collections.graphops.intune.plugins.plugin_utils._events.options import WatchOptions
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import StateFile
from ansible_collections.graphops.intune.plugins.plugin_utils._events.watcher import EventQueue, StoppableClock, Watcher

from ...support import POLICIES, Clock, Renewable, Reply, Script, graph_client, row

LIST = f"{POLICIES}/p1/deviceStatuses"
NEXT = f"https://graph.microsoft.com{LIST}?$skiptoken=2"
POLICY = {"id": "p1", "displayName": "Windows baseline"}

Event = tuple[str, "str | None", str]


class Wrapped:
    """A queue as ansible-rulebook wraps it for a source's filters."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)

    async def put(self, event: dict[str, Any]) -> None:
        await self.queue.put(event)


class TestClock(StoppableClock):
    """The clock of a source, whose waits take no time."""

    __test__ = False

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def time(self) -> float:
        return self._clock.time()

    def sleep(self, seconds: float, /) -> None:
        super().sleep(0)
        self._clock.sleep(seconds)


class Source:
    """An event source, and the rule engine that reads its events."""

    def __init__(self, path: Path, script: Script, clock: Clock) -> None:
        self.path = path
        self.script = script
        self.clock = clock
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.credential: Credential = Renewable()
        self.client = graph_client(clock, self.credential, retry_timeout=10.0)
        self.options = WatchOptions(Filters(), str(path), 300.0, False, 100)

    def answer(self, *rows: tuple[str, str] | dict[str, Any]) -> None:
        """Let the service answer one poll with these rows, each an id and a status, or a complete row."""
        complete = [one if isinstance(one, dict) else row(id=one[0], status=one[1]) for one in rows]
        self.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
        self.script.expect("GET", LIST, Reply(200, {"value": complete}))

    def open(self) -> StateFile:
        return StateFile(str(self.path), "contoso")

    def watcher(self, file: StateFile, queue: EventQueue) -> Watcher:
        return Watcher(self.options, file, self.client, queue, TestClock(self.clock))

    def poll(self, number: int = 1) -> list[float]:
        """Start the source, poll this number of times, and stop it; return the pauses after the polls."""

        async def run() -> list[float]:
            queue = Wrapped()
            engine = asyncio.create_task(self._engine(queue))
            file = self.open()
            try:
                watcher = self.watcher(file, EventQueue(queue))
                return [await watcher.poll() for _number in range(number)]
            finally:
                file.close()
                engine.cancel()

        return asyncio.run(run())

    async def _engine(self, queue: Wrapped) -> None:
        while True:
            event = await queue.queue.get()
            self.events.append(event)
            self.ids.append(event["meta"]["uuid"])

    def reported(self) -> list[Event]:
        """Return the id, the old and the new status of each event since the last call."""
        events, self.events = self.events, []
        found = [event["device_compliance"] for event in events]
        return [(one["status_id"], one["old_status"], one["new_status"]) for one in found]


async def until(happened: Callable[[], bool]) -> None:
    """Let the other tasks run until something happened."""
    ends = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < ends
        await asyncio.sleep(0)
