# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets: the window with a clock for tests, and what a client sees of it."""

from __future__ import annotations

import email.utils
import json
import time

import pytest

from ....emulator import EmulatorError
from ....emulator.graph.resource import Family
from ..conftest import Client, counts, item, policies
from ..graph.test_batch import get, patch, responses, send

POLICIES, DEVICES = Family.COMPLIANCE_POLICIES, Family.MANAGED_DEVICES


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
    figures = client.emulator.budget()
    assert figures.pop("managed_devices")["throttled_requests"] == 0
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
    figures = client.emulator.budget()
    assert (figures["writes_in_window"], figures["requests_in_window"]) == (0, 1)


def test_a_request_without_a_valid_token_counts_for_no_application(client: Client) -> None:
    client.emulator.settings(request_budget=1)
    for _turn in range(3):
        assert client.get(policies(), headers={"Authorization": "Bearer x"}).status_code == 401
        client.log_in()
    assert client.get(policies()).status_code == 200
    assert client.emulator.budget()["requests_in_window"] == 1


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
    assert client.emulator.budget()["peak"] == {"writes": 3, "requests": 3}


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
