# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Keep within a budget of calls per period, and use all of it."""

from __future__ import annotations

import collections

from .._transport.retry import Clock


class Budget:
    """A sliding window: at most *limit* calls in any *period* seconds.

    A call's slot is free again a period after its **answer** came. The service counted it before that, so no slot
    is used early, whatever the network's delay.
    """

    def __init__(self, limit: int, period: float, clock: Clock) -> None:
        self._limit = limit
        self._period = period
        self._clock = clock
        # One entry per answer, not per call: the slots of an envelope are taken and freed together.
        self._spent: collections.deque[tuple[float, int]] = collections.deque()
        self._used = 0

    def take(self, wanted: int, least: int = 1) -> int:
        """Wait until *least* slots are free, and return how many of the *wanted* calls may be made now."""
        while True:
            now = self._clock.monotonic()
            while self._spent and self._spent[0][0] <= now:
                self._used -= self._spent.popleft()[1]
            free = self._limit - self._used
            if free >= least:
                return min(wanted, free)
            self._clock.sleep(self._spent[0][0] - now)

    def spend(self, calls: int) -> None:
        """Count calls whose answer has just come, or cannot come any more."""
        self._spent.append((self._clock.monotonic() + self._period, calls))
        self._used += calls

    def reduce(self, limit: int) -> None:
        """Grant no more than this from now on."""
        self._limit = min(self._limit, limit)
