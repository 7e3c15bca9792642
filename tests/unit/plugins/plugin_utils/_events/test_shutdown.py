# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._events import shutdown
from ansible_collections.graphops.intune.plugins.plugin_utils._events.shutdown import run_until_signal

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def got(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The signals that the handlers from before got."""
    monkeypatch.setattr(shutdown, "_GRACE_SECONDS", 0.0)
    found: list[int] = []

    def handler(number: int, _frame: Any) -> None:
        found.append(number)

    before = {number: signal.signal(number, handler) for number in SIGNALS}
    yield found
    assert {signal.getsignal(number) for number in SIGNALS} <= {handler, signal.SIG_IGN}, "they were not restored"
    for number, previous in before.items():
        signal.signal(number, previous)


class Work:
    """A source that never ends by itself."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.cancelled = 0

    async def run(self) -> None:
        self.began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def send(number: signal.Signals, before: Any) -> None:
    """Send this process a signal, which would end it without a handler."""
    assert signal.getsignal(number) not in (before, signal.SIG_DFL), "there is no handler"
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_source_and_is_not_an_error(number: signal.Signals, got: list[int]) -> None:
    async def run() -> int:
        work, before = Work(), signal.getsignal(number)
        task = asyncio.create_task(run_until_signal(work.run()))
        await work.began.wait()
        send(number, before)
        await asyncio.wait_for(task, 20)
        return work.cancelled

    assert asyncio.run(run()) == 1
    assert got == []


def test_a_second_signal_goes_to_the_handler_from_before(got: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "_GRACE_SECONDS", 60.0)

    async def run() -> None:
        work, before = Work(), signal.getsignal(signal.SIGTERM)
        task = asyncio.create_task(run_until_signal(work.run()))
        await work.began.wait()
        send(signal.SIGTERM, before)
        while not work.cancelled:
            await asyncio.sleep(0)
        assert signal.getsignal(signal.SIGTERM) is before
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert got == [signal.SIGTERM]


def test_one_signal_ends_all_sources() -> None:
    async def run() -> None:
        one, other, before = Work(), Work(), signal.getsignal(signal.SIGINT)
        tasks = [asyncio.create_task(run_until_signal(work.run())) for work in (one, other)]
        await one.began.wait()
        await other.began.wait()
        send(signal.SIGINT, before)
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert (one.cancelled, other.cancelled) == (1, 1)

    asyncio.run(run())


def test_the_handlers_stay_as_long_as_one_source_runs() -> None:
    async def run() -> None:
        one, other, before = Work(), Work(), signal.getsignal(signal.SIGINT)
        first, second = (asyncio.create_task(run_until_signal(work.run())) for work in (one, other))
        await other.began.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        send(signal.SIGINT, before)
        await asyncio.wait_for(second, 20)

    asyncio.run(run())


def test_a_cancellation_is_raised() -> None:
    async def run() -> int:
        work = Work()
        task = asyncio.create_task(run_until_signal(work.run()))
        await work.began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return work.cancelled

    assert asyncio.run(run()) == 1


def test_an_error_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("It failed")

    with pytest.raises(ValueError, match="It failed"):
        asyncio.run(run_until_signal(fail()))


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def look() -> None:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    asyncio.run(run_until_signal(look()))
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_runs_without_handlers() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("worked")

    def run() -> None:
        asyncio.run(run_until_signal(work()))
        done.append("ended")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert done == ["worked", "ended"]
