# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets: the window with a clock for tests, and what a client sees of it."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

import pytest

from ....emulator import EmulatorError
from ....emulator.faults.budget import Budget, Limit
from ....emulator.graph.resource import Family
from ....emulator.settings import CurrentSettings, RetryForm, Settings
from ..conftest import Client, connect, counts, item, policies
from ..graph.test_batch import get, patch, responses, send

POLICIES, DEVICES = Family.COMPLIANCE_POLICIES, Family.MANAGED_DEVICES


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def figures(budget: Budget) -> Any:
    """The figures of the policies' family."""
    return budget.as_json()[POLICIES.value]


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


def write(client: Client, number: int) -> int:
    """The status of a write that changes something."""
    return client.patch(item(), {"platform": number}).status_code


def test_the_documented_figures_are_the_default(client: Client) -> None:
    settings = client.emulator.settings()
    assert (settings["write_budget"], settings["request_budget"], settings["budget_period"]) == (100, 1000, 20)
    assert (settings["budgets_enforced"], settings["time_scale"]) == (True, 1.0)


def test_the_write_after_the_hundredth_is_throttled(client: Client) -> None:
    for number in range(5):
        steps = [patch(str(step), {"platform": 20 * number + step + 1}) for step in range(20)]
        assert {response["status"] for response in responses(client, *steps).values()} == {200}
    assert counts(client.emulator) == {}
    answer = client.patch(item(), {"platform": 101})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "TooManyRequests")
    assert 10 < float(answer.headers["Retry-After"]) <= 20
    assert client.get(item()).json()["platform"] == 100
    assert counts(client.emulator) == {"write_over_budget": 1}
    assert client.emulator.log("graph")[-2]["fault"] == {"over_budget": ["writes"]}
    figures = client.emulator.budget()["compliance_policies"]
    assert figures == {
        "writes_in_window": 101,
        "requests_in_window": 102,
        "peak": {"writes": 101, "requests": 102},
        "throttled_writes": 1,
        "throttled_requests": 0,
    }


def test_each_request_inside_counts_and_the_envelope_does_not(client: Client) -> None:
    client.emulator.settings(write_budget=2, request_budget=4)
    by_id = responses(client, *[patch(str(number), {"platform": number}) for number in range(1, 4)], get("4"))
    assert [by_id[key]["status"] for key in "1234"] == [200, 200, 429, 200]
    assert by_id["3"]["body"]["error"]["code"] == "TooManyRequests"
    assert 0 < float(by_id["3"]["headers"]["Retry-After"]) <= 20
    assert counts(client.emulator) == {"write_over_budget": 1}
    assert send(client, get("5")).json()["responses"][0]["status"] == 429
    assert counts(client.emulator) == {"write_over_budget": 1, "request_over_budget": 1}


def test_a_request_that_is_not_processed_does_not_count(client: Client) -> None:
    responses(client, get("1", "https://localhost/"), patch("2", {"platform": 1}, dependsOn=["1"]), get("3"))
    figures = client.emulator.budget()["compliance_policies"]
    assert (figures["writes_in_window"], figures["requests_in_window"]) == (0, 1)


def test_a_request_without_a_valid_token_counts_for_no_application(client: Client) -> None:
    client.emulator.settings(request_budget=1)
    for _turn in range(3):
        assert client.get(policies(), headers={"Authorization": "Bearer x"}).status_code == 401
        client.log_in()
    assert client.get(policies()).status_code == 200
    assert client.emulator.budget()["compliance_policies"]["requests_in_window"] == 1


def test_the_clock_can_run_faster(client: Client) -> None:
    client.emulator.settings(write_budget=2, time_scale=40)
    assert [write(client, number) for number in (1, 2)] == [200, 200]
    answer = client.patch(item(), {"platform": 3})
    wait = float(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert 0 < wait <= 0.5
    time.sleep(wait)
    assert write(client, 3) == 200
    assert counts(client.emulator) == {"write_over_budget": 1}


@pytest.mark.parametrize("form", ["integer", "http_date", "nested", "absent"])
def test_the_form_of_the_wait_can_be_set(client: Client, form: str) -> None:
    client.emulator.settings(write_budget=1, retry_after_form=form)
    write(client, 1)
    answer = client.patch(item(), {"platform": 2})
    header = answer.headers.get("Retry-After")
    assert answer.status_code == 429
    if form == "integer":
        assert header is not None
        assert 10 < int(header) <= 20
    elif form == "http_date":
        assert header is not None
        assert 9 < email.utils.parsedate_to_datetime(header).timestamp() - time.time() <= 21
    else:
        assert header is None
    if form == "nested":
        assert 10 < json.loads(answer.json()["error"]["message"])["RetryAfter"] <= 20
    write(client, 2)
    early = {} if form == "absent" else {"retry_before_time": 1}
    assert counts(client.emulator) == {"write_over_budget": 2} | early


def test_budgets_can_be_switched_off(client: Client) -> None:
    client.emulator.settings(write_budget=1, request_budget=1, budgets_enforced=False)
    assert [write(client, number) for number in (1, 2, 3)] == [200] * 3
    assert counts(client.emulator) == {}
    assert client.emulator.budget()["compliance_policies"]["peak"] == {"writes": 3, "requests": 3}


def test_no_fault_applies_to_a_request_over_budget(client: Client) -> None:
    client.emulator.settings(request_budget=1)
    client.emulator.faults({"skip": 1, "do": {"status": 503}})
    assert [client.get(policies()).status_code for _turn in range(2)] == [200, 429]
    client.emulator.settings(request_budget=9)
    assert client.get(policies()).status_code == 503


def test_a_reset_restores_the_budget(client: Client) -> None:
    client.emulator.settings(write_budget=1)
    assert [write(client, number) for number in (1, 2)] == [200, 429]
    client.emulator.reset()
    client.emulator.settings(write_budget=1)
    assert write(client, 1) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"write_budget": 0},
        {"request_budget": 1.5},
        {"budget_period": 0},
        {"budget_period": "20"},
        {"time_scale": True},
        {"time_scale": -1},
        {"budgets_enforced": "yes"},
        {"retry_after_form": "minutes"},
    ],
)
def test_an_invalid_setting_is_refused(client: Client, changes: dict[str, object]) -> None:
    with pytest.raises(EmulatorError, match=next(iter(changes))):
        client.emulator.settings(**changes)


class TestHold:
    """A throttled write inside a batch holds all writes."""

    THROTTLED = {"match": {"batch": True}, "do": {"status": 429, "retry_after": "0.3"}}  # noqa: RUF012

    def test_any_write_before_its_time_is_found(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}), patch("2", {"userName": "Bea"}))
        assert counts(client.emulator) == {}
        client.patch(item("nowhere"), {"platform": 1})
        send(client, patch("1", {"platform": 1}, url="deviceManagement/deviceCompliancePolicies/x/deviceStatuses/y"))
        assert counts(client.emulator) == {"write_while_held": 2}
        send(client, patch("1", {"platform": 1}))
        assert counts(client.emulator) == {"write_while_held": 3, "retry_before_time": 1}

    def test_reads_are_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        client.get(item())
        send(client, get("1"))
        assert counts(client.emulator) == {}

    def test_after_the_wait_writes_are_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        time.sleep(0.3)
        send(client, patch("1", {"platform": 1}), patch("2", {"userName": "Bea"}))
        assert counts(client.emulator) == {}

    @pytest.mark.parametrize(
        "do", [{"status": 429}, {"status": 503, "retry_after": "30"}, {"status": 429, "retry_after": "0"}]
    )
    def test_nothing_else_holds(self, client: Client, do: dict[str, object]) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": do})
        send(client, patch("1", {"platform": 1}))
        client.patch(item("nowhere"), {"platform": 1})
        assert counts(client.emulator) == {}

    def test_a_throttled_read_does_not_hold(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, get("1"))
        client.patch(item(), {"platform": 1})
        assert counts(client.emulator) == {}

    def test_a_reset_ends_the_hold(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        client.emulator.reset()
        send(client, patch("1", {"platform": 1}))
        assert counts(client.emulator) == {}

    def test_another_client_is_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        with connect(client.emulator) as other:
            other.token = None
            other.emulator.settings(token_lifetime=3000)
            other.log_in()
            assert other.token != client.token
            other.patch(item(), {"platform": 1})
        assert counts(client.emulator) == {}
