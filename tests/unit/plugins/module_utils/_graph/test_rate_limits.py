# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A budget is never exceeded, whatever is requested, and is used completely."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._graph.rate_limits import Budget
from hypothesis import given
from hypothesis import strategies as st

from ...support import Clock


def test_within_the_limit_no_call_waits(clock: Clock) -> None:
    budget = Budget(100, 20, clock)
    for _envelope in range(5):
        assert budget.take(20) == 20
        budget.spend(20)
    assert clock.slept == []


def test_beyond_the_limit_a_call_waits_for_the_oldest_ones(clock: Clock) -> None:
    budget = Budget(100, 20, clock)
    for _envelope in range(5):
        budget.take(20)
        clock.now += 1  # the answer takes a second
        budget.spend(20)
    assert budget.take(20) == 20
    assert clock.slept == [16]


def test_what_is_free_is_used(clock: Clock) -> None:
    budget = Budget(7, 20, clock)
    assert budget.take(20) == 7
    budget.spend(5)
    assert budget.take(20) == 2
    assert clock.slept == []


def test_what_must_go_together_waits_for_all_of_its_slots(clock: Clock) -> None:
    budget = Budget(10, 20, clock)
    for _place in range(2):
        budget.take(5, least=5)
        clock.now += 1
        budget.spend(5)
    assert budget.take(10, least=6) == 10
    assert clock.slept == [19, 1]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_period_after_the_answer_all_is_free_again(clock: Clock, limit: int) -> None:
    budget = Budget(limit, 0.5, clock)
    budget.take(limit)
    budget.spend(limit)
    clock.now += 0.5
    assert budget.take(limit) == limit
    assert clock.slept == []


@given(
    limit=st.integers(1, 40),
    period=st.floats(0.1, 60),
    rounds=st.lists(st.tuples(st.integers(1, 20), st.floats(0, 5), st.floats(0, 5)), max_size=40),
)
def test_no_window_holds_more_than_the_limit(limit: int, period: float, rounds: list[tuple[int, float, float]]) -> None:
    clock = Clock()
    clock.now = 0.0
    budget = Budget(limit, period, clock)
    counted: list[tuple[float, int]] = []
    for wanted, answer_takes, pause in rounds:
        size = budget.take(wanted)
        assert 1 <= size <= wanted
        # The service counts at some time between request and answer; the latest is the worst for later calls.
        clock.now += answer_takes
        counted.append((clock.now, size))
        budget.spend(size)
        clock.now += pause
    for start, _size in counted:
        assert sum(size for time, size in counted if start <= time < start + period) <= limit


@given(limit=st.integers(1, 40), calls=st.integers(1, 300))
def test_every_slot_is_used(limit: int, calls: int) -> None:
    clock = Clock()
    begun = clock.now = 0.0
    budget = Budget(limit, 20, clock)
    left = calls
    while left:
        size = budget.take(min(left, 20))
        budget.spend(size)
        left -= size
    # With answers that take no time this is the least that the limit allows.
    assert clock.now - begun == 20 * ((calls - 1) // limit)
