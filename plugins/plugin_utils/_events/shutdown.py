# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Shut an event source down in order when the process gets a signal to end.

ansible-rulebook intends to do that for all sources. But the Java virtual machine of its rule engine, which starts
later, replaces the signal handlers and ends the process at once, with events in progress and playbooks running (seen
with ansible-rulebook 1.3.2). When a source ends, ansible-rulebook lets the rule engine finish, and then ends too.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_GRACE_SECONDS = 1.0
"""The rule engine returns its results from another thread, for which ansible-rulebook does not wait."""

_sources: set[asyncio.Task[Any]] = set()
_handlers: dict[signal.Signals, Any] = {}
"""The handlers that were set before ours."""


async def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run a source until it ends, is canceled, or the process gets a signal to end, which is not an error.

    A second signal goes to the handler that was set before.
    """
    task = asyncio.create_task(work)
    _sources.add(task)
    _add_handlers()
    try:
        await task
    except asyncio.CancelledError:
        if task in _sources:  # canceled by ansible-rulebook, not by a signal
            raise
        await asyncio.sleep(_GRACE_SECONDS)
    finally:
        _sources.discard(task)
        if not _sources:
            _restore_handlers()


def _add_handlers() -> None:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        # A process without a terminal may have been started with a signal ignored.
        if number in _handlers or signal.getsignal(number) in (None, signal.SIG_IGN):
            continue
        before = signal.getsignal(number)
        # Only the main thread of a process can handle signals.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, _cancel_sources)
            _handlers[number] = before


def _restore_handlers() -> None:
    loop = asyncio.get_running_loop()
    while _handlers:
        number, before = _handlers.popitem()
        loop.remove_signal_handler(number)
        signal.signal(number, before)


def _cancel_sources() -> None:
    _restore_handlers()
    while _sources:
        _sources.pop().cancel()
