# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many statuses in one task against a service that throttles, fails temporarily and loses answers.

``INTUNE_CHAOS_RUNS`` is the number of seeds to try; the seed is in the test's id and is sufficient to repeat a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ..emulator.process import RunningEmulator, start
from .conftest import Ansible
from .test_bulk import declare, envelopes, other, outcomes, rows_of, statuses_of, writes

pytestmark = [pytest.mark.alone, pytest.mark.pipelined]

ROWS, SCALE = 400, 10
PERIOD = 20 / SCALE
SEEDS = range(1, int(os.environ.get("INTUNE_CHAOS_RUNS", "2")) + 1)


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    """An emulator with a fast clock for its budgets, instead of the session's emulator."""
    with start(statuses=ROWS, time_scale=SCALE) as emulator:
        yield emulator


def write_times(emulator: RunningEmulator) -> list[float]:
    return [entry["at"] for entry in writes(emulator)]


def test_the_budget_is_used_completely_and_not_exceeded(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    items = declare(rows, 1)
    run = ansible.bulk(policy_id=policy_id, statuses=items, write_limit_period=PERIOD).only
    assert run["summary"]["changed"] == ROWS
    assert run["graph"]["throttled"] == 0
    assert emulator.budget()["peak"]["writes"] <= 100
    least = (ROWS / 100 - 1) * PERIOD
    times = write_times(emulator)
    assert least <= times[-1] - times[0] <= least * 1.15


def test_a_limit_that_is_no_multiple_of_an_envelope(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    run = ansible.bulk(
        policy_id=policy_id, statuses=declare(rows[:70], 1), write_limit=7, write_limit_period=PERIOD / 10
    ).only
    assert run["summary"]["changed"] == 70
    assert max(envelopes(emulator)) == 7
    times = write_times(emulator)
    assert len(times) == 70
    assert all(later - earlier >= PERIOD / 10 for earlier, later in zip(times, times[7:], strict=False))


@pytest.mark.parametrize("form", ["decimal", "integer", "http_date", "nested", "absent"])
def test_a_smaller_budget_than_configured_delays_and_loses_nothing(
    unjudged: Ansible, running_emulator: RunningEmulator, form: str
) -> None:
    running_emulator.reset()
    running_emulator.settings(write_budget=15, retry_after_form=form)
    policy_id, rows = rows_of(running_emulator)
    items = declare(rows[:50], 1)
    run = unjudged.bulk(policy_id=policy_id, statuses=items, write_limit_period=PERIOD).only
    assert run["summary"]["changed"] == 50
    assert run["graph"]["throttled"] > 0
    state = statuses_of(running_emulator)
    assert all(state[item["status_id"]] == item["status"] for item in items)
    # The judge counts each refusal by the budget, which a client cannot foresee; it must have no other findings.
    counts = running_emulator.judge()["counts"]
    assert {rule for rule, times in counts.items() if times} == {"write_over_budget"}


def test_only_what_was_throttled_is_repeated(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    throttled = {"status": 429, "code": "TooManyRequests"}
    emulator.faults(
        {"match": {"method": "PATCH", "path": rows[3]["id"]}, "do": {**throttled, "retry_after": "0.5"}},
        {"match": {"method": "PATCH", "path": rows[7]["id"]}, "do": {**throttled, "retry_after": {"nested": 1.25}}},
    )
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:30], 1)).only
    assert run["summary"]["changed"] == 30
    assert (run["graph"]["writes"], run["graph"]["throttled"], run["graph"]["retries"]) == (32, 2, 1)
    assert 1.25 <= run["graph"]["waited_seconds"] < 3
    assert envelopes(emulator) == [20, 12]


@pytest.mark.parametrize(
    "lost",
    [
        {"drop": "after"},
        {"drop": "before"},
        {"status": 504, "apply": True, "body_form": "html"},
        {"status": 503, "retry_after": "0.2"},
        {"body_form": "cut"},
        {"body_form": "cut_json"},
        {"body_form": "html"},
        {"delay": 4},
        {"answer_json": {"responses": []}},
        {"answer_json": {}},
        {"answer_json": []},
    ],
    ids=["reset", "not sent", "gateway", "503", "cut off", "half a JSON", "page", "timeout", "none", "else", "list"],
)
def test_a_lost_envelope_is_read_back_before_anything_is_repeated(
    ansible: Ansible, emulator: RunningEmulator, lost: dict[str, Any]
) -> None:
    policy_id, rows = rows_of(emulator)
    emulator.faults({"match": {"method": "POST", "path": "batch", "kind": "graph"}, "do": lost})
    items = declare(rows[:100], 4)
    run = ansible.bulk(policy_id=policy_id, statuses=items, timeout=2).only
    assert run["summary"] == {"ok": 75, "changed": 25, "failed": 0, "not_attempted": 0, "total": 100}
    state = statuses_of(emulator)
    assert all(state[item["status_id"]] == item["status"] for item in items)


@pytest.mark.parametrize(
    "do",
    [{"body_form": "html"}, {"body_form": "cut_json"}, {"drop": "after"}, {"drop": "before"}, {"status": 424}],
    ids=["page", "half a JSON", "reset", "not applied", "424"],
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_transient_error_inside_an_envelope_is_retried(
    ansible: Ansible, emulator: RunningEmulator, do: dict[str, Any], method: str
) -> None:
    policy_id, rows = rows_of(emulator)
    emulator.faults({"match": {"method": method, "path": rows[3]["id"], "batch": True}, "do": do})
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:10], 1)).only
    assert outcomes(run) == ["changed"] * 10
    assert run["graph"]["retries"] == 1


def test_an_item_that_is_refused_does_not_stop_the_others(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    do = {"status": 409, "code": "Conflict", "message": "Resource has changed"}
    emulator.faults({"match": {"method": "PATCH", "path": rows[5]["id"]}, "do": do})
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:45], 1)).only
    assert (run["summary"]["changed"], run["summary"]["failed"]) == (44, 1)
    failure = run["results"][5]["failure"]
    assert (failure["status"], failure["service_code"], failure["phase"]) == (409, "Conflict", "write")
    assert "statuses[5]" in run["msg"]
    again = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:45], 1)).only
    assert again["summary"] == {"ok": 44, "changed": 1, "failed": 0, "not_attempted": 0, "total": 45}


def test_after_retry_timeout_written_items_are_reported(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    before = statuses_of(emulator)
    emulator.faults(
        {"match": {"method": "PATCH"}, "skip": 30, "times": None, "do": {"status": 429, "retry_after": "0.7"}}
    )
    items = declare(rows[:70], 1)
    ran = ansible.bulk(policy_id=policy_id, statuses=items, retry_timeout=1)
    assert ran.code != 0
    run = ran.only
    assert outcomes(run) == ["changed"] * 30 + ["not_attempted"] * 40
    assert all(entry["failure"]["retryable"] for entry in run["results"][30:])
    assert {entry["failure"]["code"] for entry in run["results"][30:]} == {"throttled"}
    assert run["changed"]
    state = statuses_of(emulator)
    for item, entry in zip(items, run["results"], strict=True):
        key = item["status_id"]
        assert state[key] == (item["status"] if entry["outcome"] == "changed" else before[key])
    emulator.clear_faults()
    again = ansible.bulk(policy_id=policy_id, statuses=items).only
    assert again["summary"] == {"ok": 30, "changed": 40, "failed": 0, "not_attempted": 0, "total": 70}


def test_an_envelope_that_is_forbidden_is_not_repeated(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    emulator.faults({"match": {"method": "POST", "path": "batch", "kind": "graph"}, "do": {"status": 403}})
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:100], 2)).only
    assert run["summary"] == {"ok": 50, "changed": 0, "failed": 20, "not_attempted": 30, "total": 100}
    assert not run["changed"]
    assert not writes(emulator)


def agree(run: dict[str, Any], items: list[dict[str, Any]], before: dict[str, str], after: dict[str, str]) -> None:
    """Check each item's outcome against the state of the service."""
    for item, entry in zip(items, run["results"], strict=True):
        key = item["status_id"]
        failure = entry["failure"] or {}
        if failure.get("phase") == "verify" and failure["code"] != "not_persisted":
            continue  # sent, and not read back within retry_timeout: both are possible
        wanted = item["status"] if entry["outcome"] in ("ok", "changed") else before[key]
        assert after[key] == wanted, entry
        assert (entry["outcome"] == "changed") == (after[key] != before[key]), entry


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos_ends_as_declared(ansible: Ansible, emulator: RunningEmulator, seed: int) -> None:
    policy_id, rows = rows_of(emulator)
    before = statuses_of(emulator)
    items = declare(rows[:120], 2)
    emulator.chaos(seed, 0.1)
    run = ansible.bulk(policy_id=policy_id, statuses=items, write_limit_period=PERIOD).only
    emulator.stop_chaos()
    assert run["summary"] == {"ok": 60, "changed": 60, "failed": 0, "not_attempted": 0, "total": 120}, run["msg"]
    agree(run, items, before, statuses_of(emulator))


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos_that_keeps_nothing_is_reported_correctly(ansible: Ansible, emulator: RunningEmulator, seed: int) -> None:
    policy_id, rows = rows_of(emulator)
    before = statuses_of(emulator)
    items = [{"status_id": row["id"], "status": other(row["status"])} for row in rows[:60]]
    kinds = ["keep_nothing", "429_decimal", "429_absent", "504_applied", "424", "drop_after", "drop_before", "cut_json"]
    emulator.chaos(seed, 0.2, kinds)
    run = ansible.bulk(policy_id=policy_id, statuses=items, write_limit_period=PERIOD, retry_timeout=2 + seed % 7).only
    emulator.stop_chaos()
    agree(run, items, before, statuses_of(emulator))
