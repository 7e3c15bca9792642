# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import email.utils
import math
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, Failure, IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import (
    FIRST_BACKOFF,
    LONGEST_BACKOFF,
    REPEATED_STATUS,
    RetryBudget,
    parse_http_date,
    parse_retry_after,
)
from hypothesis import given
from hypothesis import strategies as st

from ...support import Clock

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc).timestamp()


def failed(retry_after: float | None = None, *, may_have_applied: bool = False) -> IntuneError:
    failure = Failure("throttled", "busy", Phase.READ, retryable=True, retry_after=retry_after)
    return IntuneError("Reading failed: busy", failure, result={"changed": True}, may_have_applied=may_have_applied)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("5", 5.0),
        (" 5 ", 5.0),
        (5, 5.0),
        ("2.128", 2.128),
        (2.128, 2.128),
        ("600", 600.0),
        ("-1", 0.0),
        (-3.5, 0.0),
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 12:00:30 -0000", 30.0),
        ("Monday, 01-Jun-26 12:00:30 GMT", 30.0),  # the two forms that HTTP made obsolete
        ("Mon Jun  1 12:00:30 2026", 30.0),
        ("Mon, 01 Jun 2026 11:59:00 GMT", 0.0),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0.0),
    ],
)
def test_a_retry_after_is_read_in_each_form(value: Any, seconds: float) -> None:
    assert parse_retry_after(value, NOON) == seconds


NOTHING: list[Any] = [None, True, False, "", " ", "soon", "nan", "inf", "-inf", math.nan, math.inf, "1e400", 10**400]
NOTHING += ["5 s", [5], {}, "00:00:05", "Mon, 31 Feb 2026 12:00:30 GMT", "Mon, 01 Jun 2026 12:00:30 +9999"]


@pytest.mark.parametrize("value", NOTHING, ids=lambda value: repr(value)[:20])
def test_an_invalid_retry_after_counts_as_absent(value: Any) -> None:
    assert parse_retry_after(value, NOON) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_date_counts_from_the_answers_own_date(now: int, seconds: int) -> None:
    then = email.utils.formatdate(now + seconds, usegmt=True)
    assert parse_retry_after(then, now) == seconds
    assert parse_http_date(email.utils.formatdate(now, usegmt=True)) == now


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.binary()))
def test_any_value_is_a_wait_or_nothing(value: Any) -> None:
    seconds = parse_retry_after(value, NOON)
    assert seconds is None or 0 <= seconds < math.inf


def test_what_is_repeated_is_what_the_documentation_states() -> None:
    assert {408, 429, 500, 502, 503, 504, 509} == REPEATED_STATUS


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_without_a_retry_after_the_wait_doubles_within_its_jitter(clock: Clock, chance: float, share: float) -> None:
    retry_budget = RetryBudget(10_000, clock, lambda: chance)
    for attempt in range(1, 9):
        retry_budget.wait(attempt, failed())
    assert clock.slept == [share * seconds for seconds in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert retry_budget.retries == 8


@given(attempt=st.integers(1, 10**6), chance=st.floats(0, 1))
def test_a_wait_is_never_shorter_than_half_and_never_longer_than_the_longest(attempt: int, chance: float) -> None:
    clock = Clock()
    RetryBudget(LONGEST_BACKOFF, clock, lambda: chance).wait(attempt, failed())
    longest = min(FIRST_BACKOFF * 2 ** min(attempt - 1, 10), LONGEST_BACKOFF)
    assert longest / 2 <= clock.slept[0] <= longest


def test_the_requested_wait_is_observed_to_the_fraction(clock: Clock) -> None:
    retry_budget = RetryBudget(300, clock)
    retry_budget.wait(1, failed(2.128))
    retry_budget.wait(1, failed(0.0))
    assert clock.slept == [2.128, 0.0]
    assert (retry_budget.retries, retry_budget.waited, retry_budget.left) == (2, 2.128, 300 - 2.128)


@pytest.mark.parametrize("wish", [0.0, 0.001])
def test_a_requested_wait_of_0_does_not_repeat_without_end(clock: Clock, wish: float) -> None:
    retry_budget = RetryBudget(30, clock)
    for attempt in range(1, 61):
        if retry_budget.left < 1:
            break
        retry_budget.wait(attempt, failed(wish))
    assert retry_budget.left < 1


def test_without_a_retry_timeout_nothing_is_repeated(clock: Clock) -> None:
    with pytest.raises(IntuneError):
        RetryBudget(0, clock).wait(1, failed(0.0))


def test_a_wait_that_just_fits_is_made(clock: Clock) -> None:
    retry_budget = RetryBudget(300, clock)
    retry_budget.wait(1, failed(300.0))
    assert (clock.slept, retry_budget.left) == ([300.0], 0.0)


def test_a_wait_beyond_the_budget_fails_at_once_and_names_the_time_to_run_again(clock: Clock) -> None:
    retry_budget = RetryBudget(300, clock)
    retry_budget.wait(1, failed(100.0))
    clock.now = NOON
    with pytest.raises(IntuneError) as caught:
        retry_budget.wait(2, failed(200.5))
    assert clock.slept == [100.0]
    assert (
        str(caught.value)
        == caught.value.sentence
        == (
            "Reading failed: busy; the service asks to wait 200.5 s and 200 s of retry_timeout are left; "
            "run the task again after 2026-06-01T12:03:21Z, or raise retry_timeout"
        )
    )
    assert caught.value.failure.retry_after == 200.5
    assert retry_budget.retries == 1


def test_the_error_after_the_last_attempt_keeps_its_details(clock: Clock) -> None:
    with pytest.raises(IntuneError) as caught:
        RetryBudget(0, clock).wait(1, failed(1.0, may_have_applied=True))
    assert caught.value.may_have_applied
    assert caught.value.result == {"changed": True}
    assert caught.value.failure.retryable


def test_without_a_retry_after_the_error_states_that_the_budget_is_used_up(clock: Clock) -> None:
    with pytest.raises(IntuneError, match=r"retry_timeout \(0 s\) is used up; run the task again later"):
        RetryBudget(0, clock).wait(1, failed())
    assert clock.slept == []


def test_without_a_connection_the_error_names_what_to_check(clock: Clock) -> None:
    refused = Failure(Code.CONNECTION_FAILED, "no connection", Phase.READ, retryable=True)
    with pytest.raises(IntuneError, match="used up; check the address, look for a firewall or a proxy in between"):
        RetryBudget(0, clock).wait(1, IntuneError("no connection", refused))


@pytest.mark.parametrize("seconds", [1e10, 1e20, 1e300])
def test_an_excessive_requested_wait_is_an_error_with_a_reason(clock: Clock, seconds: float) -> None:
    with pytest.raises(IntuneError, match="the service asks to wait"):
        RetryBudget(300, clock).wait(1, failed(seconds))


def test_the_time_of_failed_requests_counts_towards_the_budget(clock: Clock) -> None:
    retry_budget = RetryBudget(60, clock)
    retry_budget.charge(30)
    assert (retry_budget.left, retry_budget.retries) == (30, 0)
    retry_budget.charge(45)
    assert retry_budget.left == 0
    with pytest.raises(IntuneError):
        retry_budget.wait(1, failed())
    assert (clock.slept, retry_budget.waited) == ([], 75)


@given(budget=st.floats(0, 1000), wishes=st.lists(st.one_of(st.none(), st.floats(0, 400)), max_size=30))
def test_a_task_never_waits_longer_than_its_budget(budget: float, wishes: list[float | None]) -> None:
    clock = Clock()
    retry_budget = RetryBudget(budget, clock)
    for attempt, wish in enumerate(wishes, 1):
        try:
            retry_budget.wait(attempt, failed(wish))
        except IntuneError:
            break
    assert sum(clock.slept) <= budget * (1 + 1e-9)
    assert retry_budget.retries == len(clock.slept)
