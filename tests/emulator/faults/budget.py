# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests an application may send in a period, and the answer to a request beyond that.

The limits are those of learn.microsoft.com/graph/throttling-limits for each family of resources. How the service
measures is not documented; here the period slides, and a request that was refused counts like any other, because Graph
"continues to log resource usage while a client is being throttled" (learn.microsoft.com/graph/throttling).
"""

from __future__ import annotations

import dataclasses
import email.utils
import enum
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from ..graph.resource import Family
from ..settings import CurrentSettings, RetryForm
from .faults import Effect, RetryAfter, RetryIn


class Limit(enum.Enum):
    """The two limits of a family."""

    WRITES = "writes"
    REQUESTS = "requests"


@dataclasses.dataclass(frozen=True)
class Excess:
    """A request beyond some limits: which, and the seconds until all of them allow a request again."""

    limits: tuple[Limit, ...]
    wait: float

    def effect(self, form: RetryForm) -> Effect:
        """The effect on the answer."""
        return Effect(
            given={"over_budget": [limit.value for limit in self.limits]},
            status=429,
            message="Too many requests. Please try again later.",
            retry_after=_retry_after(form, self.wait),
        )


class _Window:
    """The times of one application's requests within the period that ends now."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self.peak = 0
        self.refused = 0

    def count(self, now: float, period: float) -> int:
        """The number of requests in it."""
        while self._times and now - self._times[0] >= period:
            self._times.popleft()
        return len(self._times)

    def add(self, now: float) -> None:
        """Counts a request."""
        self._times.append(now)
        self.peak = max(self.peak, len(self._times))

    def free_at(self, limit: int, period: float) -> float:
        """The time at which one more request is within the limit."""
        return self._times[len(self._times) - limit] + period


class Budget:
    """Counts the requests of every application."""

    def __init__(self, settings: CurrentSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._windows: defaultdict[tuple[str, Family, Limit], _Window] = defaultdict(_Window)

    def take(self, application: str, family: Family, is_write: bool) -> Excess | None:
        """Counts a request; the excess if it is beyond a limit."""
        settings, now = self._settings.values, self._clock()
        period = settings.budget_seconds
        exceeded: dict[Limit, float] = {}
        for limit, most in self._limits(family, is_write):
            window = self._windows[application, family, limit]
            full = window.count(now, period) >= most
            window.add(now)
            if full and settings.budgets_enforced:
                window.refused += 1
                exceeded[limit] = window.free_at(most, period) - now
        return Excess(tuple(exceeded), max(exceeded.values())) if exceeded else None

    def as_json(self) -> dict[str, object]:
        """The figures of compliance policies, and under its name those of each other family."""
        others = {family.value: self._figures(family) for family in Family if family is not Family.COMPLIANCE_POLICIES}
        return self._figures(Family.COMPLIANCE_POLICIES) | others

    def _figures(self, of: Family) -> dict[str, object]:
        """The figures of the busiest application, and how many requests of all applications were refused."""
        now, period = self._clock(), self._settings.values.budget_seconds
        by_limit: dict[Limit, list[_Window]] = {limit: [] for limit in Limit}
        for (_application, family, limit), window in self._windows.items():
            if family is of:
                by_limit[limit].append(window)
        return {
            "writes_in_window": max((window.count(now, period) for window in by_limit[Limit.WRITES]), default=0),
            "requests_in_window": max((window.count(now, period) for window in by_limit[Limit.REQUESTS]), default=0),
            "peak": {
                limit.value: max((window.peak for window in windows), default=0) for limit, windows in by_limit.items()
            },
            "throttled_writes": sum(window.refused for window in by_limit[Limit.WRITES]),
            "throttled_requests": sum(window.refused for window in by_limit[Limit.REQUESTS]),
        }

    def clear(self) -> None:
        """Resets all counts."""
        self._windows.clear()

    def _limits(self, family: Family, is_write: bool) -> list[tuple[Limit, int]]:
        settings = self._settings.values
        most = {
            Family.COMPLIANCE_POLICIES: (settings.write_budget, settings.request_budget),
            Family.MANAGED_DEVICES: (settings.device_write_budget, settings.device_request_budget),
        }
        writes, requests = most[family]
        counted = [(Limit.REQUESTS, requests)]
        return [(Limit.WRITES, writes), *counted] if is_write else counted


def _retry_after(form: RetryForm, wait: float) -> RetryAfter | None:
    # Always rounded up, so that a client that waits so long is not too early.
    if form is RetryForm.ABSENT:
        return None
    if form is RetryForm.INTEGER:
        return RetryAfter(RetryIn.HEADER, header=str(math.ceil(wait)))
    if form is RetryForm.HTTP_DATE:
        date = email.utils.formatdate(math.ceil(time.time() + wait), usegmt=True)
        return RetryAfter(RetryIn.HEADER, header=date)
    seconds = math.ceil(wait * 1000) / 1000
    if form is RetryForm.NESTED:
        return RetryAfter(RetryIn.NESTED, seconds=seconds)
    return RetryAfter(RetryIn.HEADER, header=f"{seconds:.3f}")
