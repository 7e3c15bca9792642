# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source against a scripted service, with a queue as ansible-rulebook has it."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._auth import Credential
from ansible_collections.graphops.intune.plugins.module_utils._client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, Failure, IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._info import Filters
from ansible_collections.graphops.intune.plugins.plugin_utils import _watcher
from ansible_collections.graphops.intune.plugins.plugin_utils._watch import Change
from ansible_collections.graphops.intune.plugins.plugin_utils._watch_file import MemoryFile
from ansible_collections.graphops.intune.plugins.plugin_utils._watch_options import Watch
from ansible_collections.graphops.intune.plugins.plugin_utils._watcher import (
    Outlet,
    StoppableClock,
    StoppedError,
    Watcher,
    is_final,
    watch,
)

from ..support import POLICIES, Clock, Renewable, Reply, Script, connection, graph_client, refusal, row

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


@pytest.fixture
def source(tmp_path: Path, script: Script, clock: Clock) -> Source:
    return Source(tmp_path / "state", script, clock)


def test_a_change_is_told_once_also_after_a_restart(source: Source) -> None:
    source.answer(("a", "compliant"), ("b", "error"))
    assert source.rounds() == [300.0]
    assert source.told() == []
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.rounds(2)
    assert source.told() == [("a", "compliant", "nonCompliant")]
    source.answer(("a", "nonCompliant"), ("b", "compliant"))
    one = source.ids[-1]
    source.rounds()
    assert source.ids[-1] != one
    assert source.told() == [("b", "error", "compliant")]


def test_what_changed_while_it_was_stopped_is_told(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.rounds()
    source.answer(("a", "error"), ("b", "conflict"))
    source.rounds()
    assert source.told() == [("a", "compliant", "error"), ("b", None, "conflict")]


def test_no_more_than_so_many_are_told_at_once_and_the_oldest_first(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.watch = source.watch._replace(max_events=2)
    source.answer(*((name, "compliant") for name in "abc"))
    source.rounds()
    later = [
        row(id=name, status="error", lastReportedDateTime=f"2026-01-0{day}T00:00:00Z")
        for name, day in (("a", 3), ("b", 2), ("c", 1))
    ]
    source.answer(*later)
    source.rounds()
    assert source.told() == [("c", "compliant", "error"), ("b", "compliant", "error")]
    assert "1 changes wait for the next poll, max_events is 2" in caplog.text
    source.answer(*later)
    source.rounds()
    assert source.told() == [("a", "compliant", "error")]


def test_a_poll_that_cannot_be_read_whole_tells_and_remembers_nothing(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.answer(("a", "compliant"), ("b", "compliant"))
    source.rounds()
    before = source.path.read_bytes()
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    page = {"value": [row(id="a", status="error")], "@odata.nextLink": NEXT}
    source.script.expect("GET", LIST, Reply(200, page))
    source.script.expect("GET", NEXT, refusal(429, "TooManyRequests", "Slow down", Retry_After="400"))
    assert source.rounds() == [400.0], "no sooner than the service wants to be asked"
    assert source.told() == []
    assert source.path.read_bytes() == before
    assert "nothing is told of this poll, the next one is in 400 s" in caplog.text
    source.clock.now += 400
    source.answer(("a", "error"), ("b", "compliant"))
    source.rounds()
    assert source.told() == [("a", "compliant", "error")]


def test_each_poll_may_wait_as_long_as_a_task(source: Source) -> None:
    for _poll in range(3):
        source.script.expect("GET", POLICIES, refusal(429, "TooManyRequests", "Slow down", Retry_After="8"))
        source.answer(("a", "compliant"))
    source.rounds(3)
    assert source.clock.slept.count(8.0) == 3
    assert source.credential.rejected == [None], "and signs in but once"  # type: ignore[attr-defined]  # a stand-in


def test_rows_that_cannot_be_compared_are_told_of(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    source.answer(("a", "compliant"), {"id": None, "status": "error"})
    source.rounds()
    assert "1 statuses without an id or a status are passed over" in caplog.text


def stop_in(source: Source, moment: Callable[[Wrapped, asyncio.Task[Any]], Coroutine[Any, Any, None]]) -> list[Any]:
    """Start the source with one change to tell, and cancel it at a moment; what is left in the queue."""

    async def run() -> list[Any]:
        queue = Wrapped()
        file = source.open()
        task = asyncio.create_task(source.watcher(file, Outlet(queue)).round())
        await moment(queue, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        file.close()
        return [] if queue.queue.empty() else [queue.queue.get_nowait()]

    return asyncio.run(run())


async def until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < ends
        await asyncio.sleep(0)


@pytest.fixture
def changed(source: Source) -> Source:
    """A source that will find one change."""
    source.answer(("a", "compliant"))
    source.rounds()
    source.answer(("a", "error"))
    return source


def test_an_event_that_was_not_taken_out_of_the_queue_comes_again(changed: Source) -> None:
    async def moment(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        await asyncio.sleep(0)

    assert stop_in(changed, moment) == [], "the rule engine may go on reading, and must not get it now"
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == [("a", "compliant", "error")]


def test_an_event_for_which_there_was_no_place_comes_again(changed: Source) -> None:
    async def moment(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await queue.queue.put({"of": "another source"})
        await until(lambda: bool(queue.queue._putters))  # type: ignore[attr-defined]  # inside asyncio

    assert stop_in(changed, moment) == [{"of": "another source"}]
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == [("a", "compliant", "error")]


def test_a_signal_while_an_event_lies_in_the_queue_takes_it_back(
    changed: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ansible-rulebook turns a signal into an exception wherever its main thread is, here too, and goes on reading."""

    async def interrupt(*_pause: float) -> None:
        raise KeyboardInterrupt

    queue = Wrapped()

    async def run() -> None:
        file = changed.open()
        monkeypatch.setattr(asyncio, "sleep", interrupt)
        try:
            await changed.watcher(file, Outlet(queue)).round()
        finally:
            file.close()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run())
    monkeypatch.undo()
    changed.script.install(monkeypatch)
    assert queue.queue.empty()
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == [("a", "compliant", "error")]


@pytest.mark.parametrize("left", [{"of": "another source"}, "a shutdown"])
def test_an_event_that_was_taken_does_not_come_again_though_something_else_is_in_the_queue(
    changed: Source, left: Any
) -> None:
    async def moment(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        queue.queue.get_nowait()
        queue.queue.put_nowait(left)

    assert stop_in(changed, moment) == [left]
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == []


def test_an_event_that_was_taken_just_before_the_end_does_not_come_again(changed: Source) -> None:
    async def moment(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        queue.queue.get_nowait()  # and the source has had no time to notice

    assert stop_in(changed, moment) == []
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == []


def test_after_a_crash_an_event_comes_again_with_the_same_id(changed: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_file: MemoryFile, _change: Change) -> None:
        raise MemoryError

    monkeypatch.setattr(MemoryFile, "take", crash)
    with pytest.raises(MemoryError):
        changed.rounds()
    monkeypatch.undo()
    changed.script.install(monkeypatch)
    changed.answer(("a", "error"))
    changed.rounds()
    one, other = changed.events
    assert one["meta"]["uuid"] == other["meta"]["uuid"]
    assert changed.told() == [("a", "compliant", "error")] * 2


def test_with_feedback_an_event_counts_when_it_is_confirmed(changed: Source) -> None:
    async def run(confirm: bool) -> None:
        queue = Wrapped()
        feedback: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
        file = changed.open()
        task = asyncio.create_task(changed.watcher(file, Outlet(queue, feedback)).round())
        event = await queue.queue.get()
        changed.events.append(event)
        for _turn in range(10):
            await asyncio.sleep(0)
        assert not task.done(), "it is out of the queue, but not confirmed"
        if confirm:
            await feedback.put(event)
            assert await task == 300.0
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        file.close()

    asyncio.run(run(confirm=False))
    changed.answer(("a", "error"))
    asyncio.run(run(confirm=True))
    assert len(changed.told()) == 2
    changed.answer(("a", "error"))
    changed.rounds()
    assert changed.told() == []


def test_the_loop_stays_alive_during_a_poll(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = threading.Event()
    monkeypatch.setattr(Watcher, "_poll", lambda _watcher: alive.wait(20) or pytest.fail("the loop was blocked"))
    monkeypatch.setattr(Watcher, "_tell", lambda _watcher, _poll: asyncio.sleep(0))

    async def run() -> None:
        file = source.open()
        task = asyncio.create_task(source.watcher(file, Outlet(Wrapped())).round())
        await asyncio.sleep(0)
        alive.set()
        await task
        file.close()

    asyncio.run(run())


def test_a_wait_ends_when_the_source_does() -> None:
    clock = StoppableClock()
    threading.Timer(0.05, clock.stop).start()
    begun = clock.monotonic()
    with pytest.raises(StoppedError):
        clock.sleep(60)
    assert clock.monotonic() - begun < 30
    with pytest.raises(StoppedError):
        clock.sleep(0)
    assert clock.time() > 0


def test_a_long_reading_ends_when_the_source_does(source: Source) -> None:
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    source.script.expect("GET", LIST, Reply(200, {"value": [], "@odata.nextLink": NEXT}))
    file, clock = source.open(), TestClock(source.clock)
    clock.stop()
    with pytest.raises(StoppedError):
        Watcher(source.watch, file, source.client, Outlet(Wrapped()), clock)._poll()
    file.close()


def test_the_end_does_not_wait_for_what_the_service_wants(source: Source) -> None:
    source.script.expect("GET", POLICIES, refusal(429, "TooManyRequests", "Slow down", Retry_After="60"))

    async def run() -> None:
        args = {"state_file": str(source.path), "access_token": "t.o.k", "retry_timeout": 100}
        task = asyncio.create_task(watch(Wrapped(), args))
        await until(lambda: bool(source.script.sent))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    begun = time.monotonic()
    asyncio.run(run())  # which waits for the thread of the poll
    assert time.monotonic() - begun < 30


def error(phase: Phase = Phase.READ, **failure: Any) -> IntuneError:
    return IntuneError("It failed", Failure(Code.BAD_RESPONSE, "it failed", phase, **failure))


@pytest.mark.parametrize(
    ("one", "at_first", "later"),
    [
        (error(retryable=True, status=503), False, False),
        (error(Phase.AUTH, retryable=True), False, False),
        (error(Phase.AUTH), True, True),
        (error(Phase.VALIDATE), True, True),
        (error(status=401), True, True),
        (error(status=403), True, True),
        (error(status=404), True, False),
        (error(), True, False),
    ],
)
def test_what_a_person_has_to_mend_ends_the_source(one: IntuneError, at_first: bool, later: bool) -> None:
    assert (is_final(one, has_read=False), is_final(one, has_read=True)) == (at_first, later)


def test_a_policy_that_is_removed_meanwhile_does_not_end_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    source.script.expect("GET", LIST, refusal(404, "ResourceNotFound", "There is none"))
    source.answer(("a", "error"))
    source.rounds(3)
    assert source.told() == [("a", "compliant", "error")]


def test_a_missing_permission_ends_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, refusal(403, "Forbidden", "Not you"))
    with pytest.raises(IntuneError, match=r"grant the application DeviceManagementConfiguration\.Read\.All"):
        source.rounds(2)


# The whole source, as ansible-rulebook calls it


@pytest.fixture
def whole(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source whose clock and client are those of the test."""
    monkeypatch.setattr(_watcher, "StoppableClock", lambda: TestClock(source.clock))
    return source


def test_the_source_runs_until_it_is_cancelled_and_then_gives_its_file_back(
    whole: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    whole.answer(("a", "compliant"))
    whole.answer(("a", "error"))

    before = signal.getsignal(signal.SIGTERM)

    async def run() -> None:
        queue = Wrapped()
        args = {"state_file": str(whole.path), "access_token": "t.o.ken", "interval": 0.01, "tenant_id": "Contoso"}
        task = asyncio.create_task(watch(queue, {**args, "eda_feedback_queue": None}))
        event = await asyncio.wait_for(queue.queue.get(), 20)
        assert event["device_compliance"]["new_status"] == "error"
        assert signal.getsignal(signal.SIGTERM) is not before, "a signal would end it in the middle of something"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert signal.getsignal(signal.SIGTERM) is before
    assert "t.o.ken" not in caplog.text
    MemoryFile(str(whole.path), "contoso at https://graph.microsoft.com").close()


def test_options_that_are_wrong_end_the_source_before_anything_is_asked(whole: Source) -> None:
    with pytest.raises(IntuneError, match="state_file must be the path of a file"):
        asyncio.run(watch(Wrapped(), {"access_token": "t.o.k"}))
    assert whole.script.sent == []


def test_a_missing_library_is_named(whole: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: Any) -> GraphClient:
        raise ImportError("No module named msal", name="msal")

    monkeypatch.setattr(_watcher, "GraphClient", gone)
    with pytest.raises(IntuneError, match=r"required Python library \(msal\)"):
        asyncio.run(watch(Wrapped(), {"state_file": str(whole.path), "access_token": "t.o.k"}))
    MemoryFile(str(whole.path), "the tenant of the token at https://graph.microsoft.com").close()
    assert connection(access_token="t.o.k").tenant_id is None
