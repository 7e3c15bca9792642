# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source that is stopped or killed at any time: no event is lost, and none is repeated without need."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._events.memory import Change
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import StateFile
from ansible_collections.graphops.intune.plugins.plugin_utils._events.watcher import (
    EventQueue,
    StoppableClock,
    StoppedError,
    Watcher,
    watch,
)

from ...support import POLICIES, Reply, refusal
from .event_source import LIST, NEXT, POLICY, Source, TestClock, Wrapped, until


def stop(source: Source, interrupt_at: Callable[[Wrapped, asyncio.Task[Any]], Coroutine[Any, Any, None]]) -> list[Any]:
    """Start the source with one change to report, cancel it, and return the rest of the queue."""

    async def run() -> list[Any]:
        queue = Wrapped()
        file = source.open()
        task = asyncio.create_task(source.watcher(file, EventQueue(queue)).poll())
        await interrupt_at(queue, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        file.close()
        return [] if queue.queue.empty() else [queue.queue.get_nowait()]

    return asyncio.run(run())


def test_an_event_that_was_not_taken_out_of_the_queue_comes_again(changed: Source) -> None:
    async def interrupt_at(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        await asyncio.sleep(0)

    assert stop(changed, interrupt_at) == [], "the rule engine may continue to read, and must not get it now"
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == [("a", "compliant", "error")]


def test_an_event_that_was_not_put_into_the_queue_comes_again(changed: Source) -> None:
    async def interrupt_at(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await queue.queue.put({"of": "another source"})
        await until(lambda: bool(queue.queue._putters))  # type: ignore[attr-defined]  # asyncio has no public way to see that

    assert stop(changed, interrupt_at) == [{"of": "another source"}]
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == [("a", "compliant", "error")]


def test_a_signal_while_an_event_is_in_the_queue_takes_it_back(
    changed: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ansible-rulebook turns a signal into an exception in its main thread, here too, and continues to read."""

    async def interrupt(*_pause: float) -> None:
        raise KeyboardInterrupt

    queue = Wrapped()

    async def run() -> None:
        file = changed.open()
        monkeypatch.setattr(asyncio, "sleep", interrupt)
        try:
            await changed.watcher(file, EventQueue(queue)).poll()
        finally:
            file.close()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run())
    monkeypatch.undo()
    changed.script.install(monkeypatch)
    assert queue.queue.empty()
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == [("a", "compliant", "error")]


@pytest.mark.parametrize("left", [{"of": "another source"}, "a shutdown"])
def test_an_event_that_was_taken_does_not_come_again_although_something_else_is_in_the_queue(
    changed: Source, left: Any
) -> None:
    async def interrupt_at(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        queue.queue.get_nowait()
        queue.queue.put_nowait(left)

    assert stop(changed, interrupt_at) == [left]
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == []


def test_an_event_that_was_taken_just_before_the_end_does_not_come_again(changed: Source) -> None:
    async def interrupt_at(queue: Wrapped, _task: asyncio.Task[Any]) -> None:
        await until(queue.queue.full)
        queue.queue.get_nowait()  # and the source has had no time to notice

    assert stop(changed, interrupt_at) == []
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == []


def test_after_a_crash_an_event_comes_again_with_the_same_id(changed: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_file: StateFile, _change: Change) -> None:
        raise MemoryError

    monkeypatch.setattr(StateFile, "record", crash)
    with pytest.raises(MemoryError):
        changed.poll()
    monkeypatch.undo()
    changed.script.install(monkeypatch)
    changed.answer(("a", "error"))
    changed.poll()
    one, other = changed.events
    assert one["meta"]["uuid"] == other["meta"]["uuid"]
    assert changed.reported() == [("a", "compliant", "error")] * 2


def test_with_feedback_an_event_counts_when_it_is_confirmed(changed: Source) -> None:
    async def run(confirm: bool) -> None:
        queue = Wrapped()
        feedback: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
        file = changed.open()
        task = asyncio.create_task(changed.watcher(file, EventQueue(queue, feedback)).poll())
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
    assert len(changed.reported()) == 2
    changed.answer(("a", "error"))
    changed.poll()
    assert changed.reported() == []


def test_the_loop_runs_during_a_poll(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = threading.Event()
    monkeypatch.setattr(Watcher, "_read", lambda _watcher: alive.wait(20) or pytest.fail("the loop was blocked"))
    monkeypatch.setattr(Watcher, "_report", lambda _watcher, _poll: asyncio.sleep(0))

    async def run() -> None:
        file = source.open()
        task = asyncio.create_task(source.watcher(file, EventQueue(Wrapped())).poll())
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


def test_a_long_poll_ends_when_the_source_does(source: Source) -> None:
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    source.script.expect("GET", LIST, Reply(200, {"value": [], "@odata.nextLink": NEXT}))
    file, clock = source.open(), TestClock(source.clock)
    clock.stop()
    with pytest.raises(StoppedError):
        Watcher(source.options, file, source.client, EventQueue(Wrapped()), clock)._read()
    file.close()


def test_the_end_does_not_wait_for_the_time_of_the_service(source: Source) -> None:
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
