# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What may be repeated, how long to wait, and when to give up. Clock, sleep and chance are injected."""

from __future__ import annotations

import datetime
import email.utils
import math
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

from .._errors import Code, IntuneError

REPEATED_STATUS = frozenset({408, 429, 500, 502, 503, 504, 509})
"""Answers after which the same request may succeed. Every other 4xx, and 501, is final."""

FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0
"""Seconds to wait where the service named none: doubled from the first to the longest."""

NOTICEABLE = 5.0
"""Seconds after which a person expects to see something."""


class Clock(Protocol):
    """What this module needs of time; the standard module `time` is one."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary time."""

    def time(self) -> float:
        """Return seconds since the epoch."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


def parse_retry_after(value: Any, now: float) -> float | None:
    """Return the seconds that a Retry-After asks for, or None where it cannot be read.

    Args:
        value: an integer or decimal number of seconds (Graph sends both), or an HTTP date; from a header, the header
            of a batch's answer, or Intune's nested JSON.
        now: the epoch second that a date counts from, best the one in the answer's own ``Date``: the clocks of
            service and control node differ.
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        date = parse_http_date(value)
        if date is None:
            return None
        seconds = date - now
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def parse_http_date(value: Any) -> float | None:
    """Return the epoch second of an HTTP date, or None."""
    try:
        date = email.utils.parsedate_to_datetime(str(value))
    except (TypeError, ValueError, OverflowError):
        return None
    # "-0000" comes back without a zone; an HTTP date is always UTC.
    return (date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)).timestamp()


def show_time(timestamp: float) -> str:
    """Return an epoch second as a person reads it."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))
    except (OverflowError, ValueError, OSError):
        return "a time beyond the calendar"


class RetryBudget:
    """What one task may spend on waiting because the service asked for it or failed.

    Args:
        budget: seconds in all (``retry_timeout``).
        clock: where time comes from.
        chance: a number from 0 to 1, for the jitter.
        notify: called with a line for each wait that a person would notice.
    """

    def __init__(
        self,
        budget: float,
        clock: Clock = time,
        chance: Callable[[], float] = random.random,
        notify: Callable[[str], object] = str,
    ) -> None:
        self._budget = budget
        self._chance = chance
        self._notify = notify
        self.clock = clock
        self.retries = 0
        self.waited = 0.0

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        return max(self._budget - self.waited, 0.0)

    def renew(self) -> None:
        """Reset what was spent: each poll of an event source counts as a task."""
        self.waited = 0.0

    def charge(self, seconds: float) -> None:
        """Count *seconds* that went by on a request that failed."""
        self.waited += seconds

    def wait(self, attempt: int, error: IntuneError) -> None:
        """Wait before a request is repeated, or raise *error* where that would take longer than what is left.

        Args:
            attempt: how often this request has failed so far, from 1.
            error: the failure; its ``retry_after`` is the wait that the service asked for.
        """
        asked = error.failure.retry_after
        if asked is None:
            delay = self._backoff(attempt)
        elif attempt == 1:
            delay = asked
        else:  # the wait was kept without effect: repeated waits of 0 s would never end
            delay = max(asked, self._backoff(1))
        if delay > self.left or not self.left:
            raise self._give_up(error, asked)
        if delay >= NOTICEABLE:
            self._notify(f"Waiting {delay:.0f} s: {error.sentence}")
        self.clock.sleep(delay)
        self.waited += delay
        self.retries += 1

    def _backoff(self, attempt: int) -> float:
        # Half of it fixed, half random: forks that failed together do not retry together.
        longest = min(FIRST_BACKOFF * 2.0 ** min(attempt - 1, 16), LONGEST_BACKOFF)
        return longest * (0.5 + self._chance() / 2)

    def _give_up(self, error: IntuneError, asked: float | None) -> IntuneError:
        if asked is None:
            advice = f"retry_timeout ({self._budget:g} s) is used up; "
            if self.left:
                advice = f"{self.left:g} s of retry_timeout ({self._budget:g} s) are left, less than the next wait; "
            if error.failure.code == Code.CONNECTION_FAILED:
                advice += "check the address, look for a firewall or a proxy in between, or run the task again later"
            else:
                advice += "run the task again later, or raise retry_timeout"
        else:
            when = show_time(math.ceil(self.clock.time() + asked))
            advice = (
                f"the service asks to wait {asked:g} s and {self.left:g} s of retry_timeout are left; "
                f"run the task again after {when}, or raise retry_timeout"
            )
        return IntuneError(
            f"{error.sentence}; {advice}", error.failure, result=error.result, may_have_applied=error.may_have_applied
        )


def asks_to_wait(error: IntuneError) -> bool:
    """Return whether the service requests a wait before any other request."""
    return error.failure.code == Code.THROTTLED or error.failure.retry_after is not None


def later(one: IntuneError | None, other: IntuneError) -> IntuneError:
    """Return the error that asks for the longer wait."""
    return max((one or other, other), key=lambda error: (asks_to_wait(error), error.failure.retry_after or 0))
