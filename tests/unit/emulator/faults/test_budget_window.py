# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets: requests in the window, with a clock for tests."""

from __future__ import annotations

import email.utils
import time
from typing import Any

import pytest

from ....emulator.faults.budget import Budget, Limit
from ....emulator.graph.resource import Family
from ....emulator.settings import CurrentSettings, RetryForm, Settings

POLICIES, DEVICES = Family.COMPLIANCE_POLICIES, Family.MANAGED_DEVICES


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def figures(budget: Budget) -> Any:
    """The figures of compliance policies."""
    shown = budget.as_json()
    del shown[DEVICES.value]
    return shown


class TestWindow:
    """Requests over time."""

    def budget(self, **settings: Any) -> tuple[Budget, Clock]:
        """A budget of three writes and five requests in ten seconds."""
        clock = Clock()
        defaults = {"write_budget": 3, "request_budget": 5, "budget_period": 10}
        return Budget(CurrentSettings(Settings(**defaults | settings)), clock), clock

    def test_the_limit_is_the_number_of_requests(self) -> None:
        budget, _rest = self.budget()
        assert [budget.take("a", POLICIES, is_write=False) is None for _turn in range(6)] == [True] * 5 + [False]

    def test_writes_are_requests_too(self) -> None:
        budget, _rest = self.budget()
        writes = [budget.take("a", POLICIES, is_write=True) for _turn in range(4)]
        assert writes[:3] == [None] * 3
        assert writes[3] is not None
        assert writes[3].limits == (Limit.WRITES,)
        assert budget.take("a", POLICIES, is_write=False) is None
        excess = budget.take("a", POLICIES, is_write=True)
        assert excess is not None
        assert excess.limits == (Limit.WRITES, Limit.REQUESTS)

    def test_reads_are_no_writes(self) -> None:
        budget, _rest = self.budget()
        assert [budget.take("a", POLICIES, is_write=False) for _turn in range(4)] == [None] * 4
        assert budget.take("a", POLICIES, is_write=True) is None

    def test_the_window_slides(self) -> None:
        budget, clock = self.budget()
        for _turn in range(3):
            assert budget.take("a", POLICIES, is_write=True) is None
            clock.now += 3
        clock.now += 0.999
        assert budget.take("a", POLICIES, is_write=True) is not None
        clock.now += 3.001
        assert budget.take("a", POLICIES, is_write=True) is None

    def test_a_client_that_waits_is_accepted(self) -> None:
        budget, clock = self.budget()
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=True)
            clock.now += 1
        excess = budget.take("a", POLICIES, is_write=True)
        assert excess is not None
        assert excess.wait == 8
        clock.now += excess.wait
        assert budget.take("a", POLICIES, is_write=True) is None

    def test_a_client_that_does_not_wait_has_to_wait_longer(self) -> None:
        budget, clock = self.budget()
        waits = []
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=True)
            clock.now += 1
        for _turn in range(3):
            excess = budget.take("a", POLICIES, is_write=True)
            assert excess is not None
            waits.append(clock.now + excess.wait - 1000)
            clock.now += 1
        assert waits == [11, 12, 13]

    def test_applications_do_not_share(self) -> None:
        budget, _rest = self.budget()
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=True)
        assert budget.take("b", POLICIES, is_write=True) is None

    def test_families_do_not_share(self) -> None:
        budget, _clock = self.budget(device_write_budget=1, device_request_budget=2)
        assert [budget.take("a", DEVICES, is_write=False) is None for _turn in range(3)] == [True, True, False]
        excess = budget.take("a", DEVICES, is_write=True)
        assert excess is not None
        assert excess.limits == (Limit.REQUESTS,)
        excess = budget.take("a", DEVICES, is_write=True)
        assert excess is not None
        assert excess.limits == (Limit.WRITES, Limit.REQUESTS)
        assert [budget.take("a", POLICIES, is_write=True) for _turn in range(3)] == [None] * 3
        of_devices: Any = budget.as_json()["managed_devices"]
        assert (of_devices["peak"], of_devices["throttled_requests"]) == ({"writes": 2, "requests": 5}, 3)
        assert (figures(budget)["peak"], figures(budget)["throttled_requests"]) == ({"writes": 3, "requests": 3}, 0)

    def test_a_faster_clock(self) -> None:
        budget, clock = self.budget(time_scale=20)
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=True)
        excess = budget.take("a", POLICIES, is_write=True)
        assert excess is not None
        assert excess.wait == 0.5
        clock.now += 0.5
        assert budget.take("a", POLICIES, is_write=True) is None

    def test_figures(self) -> None:
        budget, clock = self.budget()
        nothing = {"writes_in_window": 0, "requests_in_window": 0, "peak": {"writes": 0, "requests": 0}}
        assert figures(budget) == nothing | {"throttled_writes": 0, "throttled_requests": 0}
        for _turn in range(4):
            budget.take("a", POLICIES, is_write=True)
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=False)
        budget.take("b", POLICIES, is_write=True)
        peak = {"writes": 4, "requests": 7}
        throttled = {"throttled_writes": 1, "throttled_requests": 2}
        assert figures(budget) == {"writes_in_window": 4, "requests_in_window": 7, "peak": peak} | throttled
        clock.now += 10
        assert figures(budget) == {"writes_in_window": 0, "requests_in_window": 0, "peak": peak} | throttled
        budget.clear()
        assert figures(budget)["throttled_writes"] == 0

    def test_it_may_only_count(self) -> None:
        budget, _rest = self.budget(budgets_enforced=False)
        assert [budget.take("a", POLICIES, is_write=True) for _turn in range(9)] == [None] * 9
        assert figures(budget)["writes_in_window"] == 9

    @pytest.mark.parametrize("wait", [0.0001, 0.25, 1.0, 2.1281, 19.9999])
    @pytest.mark.parametrize("form", RetryForm)
    def test_no_form_is_shorter_than_the_wait(self, form: RetryForm, wait: float) -> None:
        budget, clock = self.budget(budget_period=wait)
        for _turn in range(3):
            budget.take("a", POLICIES, is_write=True)
        excess = budget.take("a", POLICIES, is_write=True)
        assert excess is not None
        before = time.time()
        retry = excess.effect(form).retry_after
        if form is RetryForm.ABSENT:
            assert retry is None
            return
        assert retry is not None
        if form is RetryForm.HTTP_DATE:
            assert email.utils.parsedate_to_datetime(retry.header).timestamp() >= before + excess.wait
            return
        shown = retry.seconds if form is RetryForm.NESTED else float(retry.header)
        clock.now += shown
        assert budget.take("a", POLICIES, is_write=True) is None
        assert shown < wait + (1 if form is RetryForm.INTEGER else 0.0011)
