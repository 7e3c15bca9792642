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
from ansible_collections.graphops.intune.plugins.plugin_utils._events.options import Watch
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import MemoryFile
from ansible_collections.graphops.intune.plugins.plugin_utils._events.watcher import Outlet, StoppableClock, Watcher

from ...support import POLICIES, Clock, Renewable, Reply, Script, graph_client, row

LIST = f"{POLICIES}/p1/deviceStatuses"
NEXT = f"https://graph.microsoft.com{LIST}?$skiptoken=2"
POLICY = {"id": "p1", "displayName": "Windows baseline"}

Told = tuple[str, "str | None", str]


class Wrapped:
    """A queue as ansible-rulebook wraps it for a source's filters."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)

    async def put(self, event: dict[str, Any]) -> None:
        await self.queue.put(event)


class TestClock(StoppableClock):
    """A source's clock whose waits take no time."""

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
        self.watch = Watch(Filters(), str(path), 300.0, False, 100)

    def answer(self, *rows: tuple[str, str] | dict[str, Any]) -> None:
        """Let the service answer one poll with these rows: each an id and a status, or whole."""
        whole = [one if isinstance(one, dict) else row(id=one[0], status=one[1]) for one in rows]
        self.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
        self.script.expect("GET", LIST, Reply(200, {"value": whole}))

    def open(self) -> MemoryFile:
        return MemoryFile(str(self.path), "contoso")

    def watcher(self, file: MemoryFile, outlet: Outlet) -> Watcher:
        return Watcher(self.watch, file, self.client, outlet, TestClock(self.clock))

    def rounds(self, number: int = 1) -> list[float]:
        """Start the source, poll so often, and stop it; the pauses after the polls."""

        async def run() -> list[float]:
            queue = Wrapped()
            engine = asyncio.create_task(self._engine(queue))
            file = self.open()
            try:
                watcher = self.watcher(file, Outlet(queue))
                return [await watcher.round() for _number in range(number)]
            finally:
                file.close()
                engine.cancel()

        return asyncio.run(run())

    async def _engine(self, queue: Wrapped) -> None:
        while True:
            event = await queue.queue.get()
            self.events.append(event)
            self.ids.append(event["meta"]["uuid"])

    def told(self) -> list[Told]:
        """The id, the old and the new status of each event since the last call."""
        events, self.events = self.events, []
        found = [event["device_compliance"] for event in events]
        return [(one["status_id"], one["old_status"], one["new_status"]) for one in found]


async def until(happened: Callable[[], bool]) -> None:
    """Let the others go on until something happened."""
    ends = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < ends
        await asyncio.sleep(0)
