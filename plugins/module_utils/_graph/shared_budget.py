# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The opt-in file in which the tasks of one control node share the budget of one application in one tenant.

The service grants it to the application, not to the task. Forks that each use all of it exceed it together, and
refused requests count too.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from .._errors import IntuneError
from .._transport.private_file import PrivateFile
from .._transport.retry import Clock
from .rate_limits import Budget

_T = TypeVar("_T")

_SHORTEST_SLEEP = 0.001
_LONGEST_SLEEP = 0.5  # slots of requests under way may be free sooner

Slot = list[Any]
"""When it is free again, by the machine's monotonic clock; how many calls; and who holds them until the answer came."""


class BudgetFile(PrivateFile):
    """A file that holds slots by budget."""

    option = "budget_path"
    kind = "a file of budgets"
    harm = "change what is in it"

    def _fits(self, document: Any) -> bool:
        return isinstance(document, dict) and all(
            isinstance(slots, list) and all(_is_slot(slot) for slot in slots) for slots in document.values()
        )


def _is_slot(slot: Any) -> bool:
    if not (isinstance(slot, list) and len(slot) == 3):
        return False
    free_at, calls, owner = slot
    return (
        isinstance(free_at, (int, float))
        and isinstance(calls, int)
        and calls >= 0
        and (owner is None or isinstance(owner, str))
    )


class SharedBudget(Budget):
    """A budget that several tasks share.

    A slot that is taken is free again a period after the answer. Of a process that died with a request under way, it
    is free a period after the request would have timed out. Where the file cannot be used any more, each task keeps
    the budget by itself instead of failing.

    Args:
        file: the file.
        name: identifies this budget in the file.
        timeout: seconds after which a request times out.
    """

    def __init__(self, file: BudgetFile, name: str, limit: int, period: float, clock: Clock, timeout: float) -> None:
        super().__init__(limit, period, clock)
        self._file: BudgetFile | None = file
        self._name = name
        self._timeout = timeout
        self._owner = uuid.uuid4().hex

    def take(self, wanted: int, least: int = 1) -> int:
        """Wait until *least* slots are free for all, and return how many of the *wanted* calls may be made now."""
        wanted = super().take(wanted, least)
        while wanted:
            found = self._change(lambda slots, now: self._reserve(slots, now, wanted, least))
            if found is None:
                return wanted
            taken, delay = found
            if taken:
                return taken
            self._clock.sleep(delay)
        return 0

    def _reserve(self, slots: list[Slot], now: float, wanted: int, least: int) -> tuple[int, float]:
        """Return how many slots were taken and, where there were too few, when to look again."""
        free = self._limit - sum(calls for _free_at, calls, _owner in slots)
        if free >= least:
            slots.append([now + self._period + self._timeout, min(wanted, free), self._owner])
            return min(wanted, free), 0.0
        settled = (free_at - now for free_at, _calls, owner in slots if owner is None)
        return 0, min(max(min(settled, default=_LONGEST_SLEEP), _SHORTEST_SLEEP), _LONGEST_SLEEP)

    def spend(self, calls: int) -> None:
        """Count calls whose answer has just come, or cannot come any more."""
        super().spend(calls)
        self._change(lambda slots, now: self._settle(slots, now, calls))

    def _settle(self, slots: list[Slot], now: float, calls: int) -> None:
        slots[:] = [slot for slot in slots if slot[2] != self._owner]
        slots.append([now + self._period, calls, None])

    def _change(self, change: Callable[[list[Slot], float], _T]) -> _T | None:
        """Change the slots in use, in turn with others; None where the file cannot be used."""
        if self._file is None:
            return None
        try:
            with self._file.locked(self._clock, self._timeout):
                budgets: dict[str, list[Slot]] = json.loads(self._file.read())
                now = self._clock.monotonic()
                # That clock restarts with the machine: what is too far ahead is from before.
                latest = now + self._period + self._timeout
                slots = [slot for slot in budgets.get(self._name, []) if now < slot[0] <= latest]
                result = change(slots, now)
                if slots != budgets.get(self._name):
                    self._file.write(json.dumps({**budgets, self._name: slots}))
                return result
        except IntuneError:
            self._file = None
            return None
