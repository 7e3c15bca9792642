# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""End an event source in good order when its process is asked to end.

ansible-rulebook means to do that for all its sources. But the Java machine of its rule engine, which starts later,
takes the signals for itself and ends the process on the spot, with events under way and playbooks running (seen with
ansible-rulebook 1.3.2). Where a source ends, ansible-rulebook lets the rule engine finish, and then ends too.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_GRACE_SECONDS = 1.0
"""The rule engine hands its results over from another thread; ansible-rulebook does not wait for those."""

_sources: set[asyncio.Task[Any]] = set()
_before: dict[signal.Signals, Any] = {}


async def run_until_asked(work: Coroutine[Any, Any, None]) -> None:
    """Do some work until it ends, is cancelled, or somebody asks the process to end; the last is no error.

    The second time that somebody asks, it is left to whoever would have got the signal.
    """
    task = asyncio.create_task(work)
    _sources.add(task)
    _listen()
    try:
        await task
    except asyncio.CancelledError:
        if task in _sources:  # somebody else wants it to end
            raise
        await asyncio.sleep(_GRACE_SECONDS)
    finally:
        _sources.discard(task)
        if not _sources:
            _leave()


def _listen() -> None:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        # Whoever runs without a terminal may have chosen to ignore one.
        if number in _before or signal.getsignal(number) in (None, signal.SIG_IGN):
            continue
        before = signal.getsignal(number)
        # Only the main thread of a process can have signals.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, _end)
            _before[number] = before


def _leave() -> None:
    loop = asyncio.get_running_loop()
    while _before:
        number, before = _before.popitem()
        loop.remove_signal_handler(number)
        signal.signal(number, before)


def _end() -> None:
    _leave()
    while _sources:
        _sources.pop().cancel()
