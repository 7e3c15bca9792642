# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many statuses in one task: what it costs, what it reports, and what it refuses; see test_bulk_trouble.py too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..emulator.process import RunningEmulator, start
from .conftest import BULK, INFO, Ansible, Ids

ROWS, DIFFERING, PAGE = 1000, 100, 100


@pytest.fixture(scope="module")
def running_fleet() -> Iterator[RunningEmulator]:
    with start(statuses=ROWS, time_scale=20) as emulator:
        yield emulator


@pytest.fixture
def fleet(running_fleet: RunningEmulator) -> Iterator[RunningEmulator]:
    """A policy with a thousand statuses; the judge must have no findings when the test ends."""
    running_fleet.reset()
    yield running_fleet
    verdict = running_fleet.judge()
    assert verdict["total"] == 0, verdict["findings"]


@pytest.fixture
def on_fleet(fleet: RunningEmulator, tmp_path: Path, collections: str) -> Ansible:
    return Ansible(fleet, tmp_path, collections)


def rows_of(emulator: RunningEmulator) -> tuple[str, list[dict[str, Any]]]:
    """Return the id of the first policy, and its current rows on the service."""
    policy_id, rows = next(iter(emulator.state()["statuses"].items()))
    return policy_id, rows


def statuses_of(emulator: RunningEmulator) -> dict[str, str]:
    return {row["id"]: row["status"] for rows in emulator.state()["statuses"].values() for row in rows}


def envelopes(emulator: RunningEmulator, method: str = "PATCH") -> list[int]:
    """Return the number of requests of this method in each envelope."""
    sizes: dict[int, int] = {}
    for entry in emulator.log("graph"):
        if entry["batch"] is not None and entry["method"] == method:
            sizes[entry["batch"]] = sizes.get(entry["batch"], 0) + 1
    return list(sizes.values())


def writes(emulator: RunningEmulator) -> list[dict[str, Any]]:
    return [entry for entry in emulator.log("graph") if entry["method"] == "PATCH"]


def outcomes(result: dict[str, Any]) -> list[str]:
    return [entry["outcome"] for entry in result["results"]]


def declare(rows: list[dict[str, Any]], every: int = ROWS // DIFFERING) -> list[dict[str, Any]]:
    """Return an item for each row: with its current status, but with another one for every *every*-th row."""
    return [
        {"status_id": row["id"], "status": other(row["status"]) if place % every == 0 else row["status"]}
        for place, row in enumerate(rows)
    ]


def other(status: str) -> str:
    return "conflict" if status != "conflict" else "error"


def test_a_thousand_with_a_hundred_that_differ(on_fleet: Ansible, fleet: RunningEmulator) -> None:
    policy_id, rows = rows_of(fleet)
    items = declare(rows)
    pages = -(-ROWS // PAGE)

    checked = on_fleet.bulk("--check", "--diff", policy_id=policy_id, statuses=items).only
    assert not writes(fleet)
    assert all(entry["method"] == "GET" for entry in fleet.log("graph"))

    begun = len(fleet.log("graph"))
    ran = on_fleet.bulk("--diff", policy_id=policy_id, statuses=items).only
    assert ran["summary"] == {"ok": 900, "changed": 100, "failed": 0, "not_attempted": 0, "total": 1000}
    assert [entry["status_id"] for entry in ran["results"]] == [item["status_id"] for item in items]
    assert all(entry["policy_id"] == policy_id and entry["failure"] is None for entry in ran["results"])
    assert envelopes(fleet) == [20] * 5
    assert ran["graph"]["requests"] <= pages + 5 + pages
    assert (ran["graph"]["writes"], ran["graph"]["retries"], ran["graph"]["throttled"]) == (100, 0, 0)
    sent = [entry for entry in fleet.log("graph")[begun:] if entry["batch"] is None]
    assert len(sent) == ran["graph"]["requests"]
    assert statuses_of(fleet) == {item["status_id"]: item["status"] for item in items}

    # What check mode predicted is what the run did.
    for key in ("changed", "results", "summary", "diff"):
        assert checked[key] == ran[key], key

    again = on_fleet.bulk("--diff", policy_id=policy_id, statuses=items).only
    assert not again["changed"]
    assert again["summary"]["ok"] == 1000
    assert again["diff"] == {"before": {}, "after": {}}
    assert again["graph"]["requests"] == pages
    assert len(writes(fleet)) == 100


def test_few_of_a_long_list_are_read_by_item(on_fleet: Ansible, fleet: RunningEmulator) -> None:
    policy_id, rows = rows_of(fleet)
    items = [{"status_id": rows[place]["id"], "status": other(rows[place]["status"])} for place in (0, 500, 999)]
    run = on_fleet.bulk(policy_id=policy_id, statuses=items).only
    assert outcomes(run) == ["changed"] * 3
    assert run["graph"]["requests"] == 3
    assert not [entry for entry in fleet.log("graph") if entry["path"].endswith("/deviceStatuses")]


def test_rows_of_the_info_module_are_items(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(ids.policy_id, ids.status_id, status="quarantined")  # which only the service knows
    read = {INFO: {}, "register": "found"}
    kept = ansible.playbook([read, {BULK: {"statuses": "{{ found.device_compliance_statuses }}"}}])
    info, bulk = kept.results
    assert kept.code == 0
    assert bulk["summary"]["ok"] == info["count"] == len(statuses_of(emulator))
    assert info["summary"]["quarantined"] == 1
    assert not writes(emulator)

    rows = "{{ found.device_compliance_statuses | map('combine', {'status': 'notApplicable'}) }}"
    moved = ansible.playbook([read, {BULK: {"statuses": rows}}]).results[1]
    assert moved["summary"]["failed"] == 0
    assert set(statuses_of(emulator).values()) == {"notApplicable"}
    assert {name for entry in writes(emulator) for name in entry["body"]} == {"status"}


@pytest.mark.parametrize("check", [True, False], ids=["check mode", "run"])
def test_every_bad_item_is_named_before_any_request(ansible: Ansible, emulator: RunningEmulator, check: bool) -> None:
    items: list[Any] = [
        {"policy_id": "p", "status_id": "a", "status": "inGracePeriod"},
        {"policy_id": "p", "status_id": "b", "status": "error"},
        {"policy_id": "p", "status_id": "c", "color": "red"},
        {"status_id": "d"},
        {"policy_id": "p", "status_id": "b", "status": "compliant"},
        {"policy_id": "p", "id": "e", "status_id": "f"},
        {"policy_id": "p", "status_id": "g", "match": {"device_display_name": "PC"}},
        {"policy_id": "p", "status_id": "h", "user_name": "x", "clear": ["userName", "status"]},
        {"policy_id": "p", "match": {"serial": "1"}},
        {"policy_id": "p", "status_id": "i", "platform": "many"},
    ]
    ran = ansible.bulk(*(["--check"] if check else []), statuses=items)
    assert ran.code != 0
    run = ran.only
    assert not run["changed"]
    assert run["failure"]["phase"] == "validate"
    for words in (
        "statuses[0]: status",
        "statuses[2]: 'color' is not an option",
        "statuses[9]: platform",
        "statuses[3]: exactly one of policy_id and policy_name",
        "statuses[4]: status_id names the same status as statuses[1]",
        "statuses[5]: id and status_id disagree",
        "statuses[6]: exactly one of status_id and match",
        "statuses[7]: user_name is given a value and named in clear",
        "statuses[7]: clear names 'status'",
        "statuses[8]: match has no 'serial'",
    ):
        assert words in run["msg"], words
    assert "statuses[1]:" not in run["msg"]
    assert not emulator.log()


def test_two_items_that_select_the_same_status_are_refused(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    for one in ({"match": {"device_display_name": "pc-0001"}}, {"policy_name": "Windows baseline", **ids.options}):
        one.pop("policy_id", None)
        items = [
            {**ids.options, "status": "error"},
            {"policy_name": "Windows baseline", **one, "status": "conflict"},
        ]
        run = ansible.bulk(statuses=items).only
        assert run["failure"]["code"] == "invalid_option"
        assert "statuses[1]: names the same status as statuses[0]" in run["msg"]
    assert not writes(emulator)


def test_a_match_without_exactly_one_row_fails_alone(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    items: list[dict[str, Any]] = [
        {"match": {"device_display_name": "KIOSK-0003"}, "status": "conflict"},
        {"match": {"device_display_name": "pc-0001"}, "status": "error"},
        {"match": {"device_display_name": "PC-9"}, "status": "conflict"},
        {"status_id": "none", "status": "error"},
        {"policy_name": "No such policy", "status_id": "x", "status": "error"},
    ]
    run = ansible.bulk(policy_name="windows BASELINE", statuses=items)
    assert run.code != 0
    result = run.only
    assert outcomes(result) == ["failed", "changed", "failed", "failed", "failed"]
    codes = [entry["failure"] and entry["failure"]["code"] for entry in result["results"]]
    assert codes == ["ambiguous_match", None, "not_found", "not_found", "not_found"]
    assert result["changed"]
    assert result["results"][1]["status_id"] == ids.status_id
    assert "statuses[0]" in result["msg"]
    assert len(writes(emulator)) == 1


def test_stop_writes_nothing_when_a_read_failed(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    items = [{**ids.options, "status": "error"}, {"policy_id": ids.policy_id, "status_id": "none", "status": "error"}]
    run = ansible.bulk(statuses=items, on_error="stop").only
    assert outcomes(run) == ["not_attempted", "failed"]
    assert run["results"][0]["failure"]["retryable"]
    assert not run["changed"]
    assert not writes(emulator)


def test_stop_sends_no_more_once_an_update_failed(on_fleet: Ansible, fleet: RunningEmulator) -> None:
    policy_id, rows = rows_of(fleet)
    fleet.faults({"match": {"method": "PATCH"}, "skip": 3, "do": {"status": 403, "code": "Forbidden"}})
    run = on_fleet.bulk(policy_id=policy_id, statuses=declare(rows[:50], 1), on_error="stop").only
    assert envelopes(fleet) == [20]
    assert run["summary"] == {"ok": 0, "changed": 19, "failed": 1, "not_attempted": 30, "total": 50}
    assert run["failure"]["code"] == "Forbidden"
    rest = on_fleet.bulk(policy_id=policy_id, statuses=declare(rows[:50], 1)).only
    assert rest["summary"] == {"ok": 19, "changed": 31, "failed": 0, "not_attempted": 0, "total": 50}


@pytest.mark.parametrize("profile", ["observed", "read-only"])
def test_a_service_without_the_route_fails_each_item_at_once(
    on_fleet: Ansible, fleet: RunningEmulator, profile: str
) -> None:
    fleet.settings(profile=profile)
    policy_id, rows = rows_of(fleet)
    items = declare(rows[:50], 2)
    run = on_fleet.bulk(policy_id=policy_id, statuses=items).only
    assert outcomes(run) == ["failed", "ok"] * 25
    failures = [entry["failure"] for entry in run["results"] if entry["failure"]]
    assert {(failure["code"], failure["retryable"]) for failure in failures} == {("write_not_supported", False)}
    assert run["graph"]["retries"] == 0
    assert not run["changed"]
    # After an envelope in which every update was refused, the others are not sent.
    assert len(writes(fleet)) == 20
    assert "Not sent" not in failures[19]["message"]
    assert "it refused all that were sent before" in failures[20]["message"]
    assert "does not accept updates" in run["msg"]
    checked = on_fleet.bulk("--check", policy_id=policy_id, statuses=items).only
    assert outcomes(checked) == ["changed", "ok"] * 25


def test_each_item_reports_what_the_service_does_not_keep(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    emulator.faults({"match": {"method": "PATCH", "path": rows[0]["id"]}, "do": {"keep_nothing": True}})
    emulator.faults({"match": {"method": "PATCH", "path": rows[1]["id"]}, "do": {"keep_only": ["platform"]}})
    items = [{"status_id": row["id"], "status": other(row["status"]), "platform": 8} for row in rows[:3]]
    run = ansible.bulk("--diff", policy_id=policy_id, statuses=items).only
    assert outcomes(run) == ["failed", "failed", "changed"]
    assert [entry["changed_properties"] for entry in run["results"]] == [[], ["platform"], ["platform", "status"]]
    first, second = (run["results"][place]["failure"] for place in (0, 1))
    assert (first["code"], first["phase"]) == (second["code"], second["phase"]) == ("not_persisted", "verify")
    assert list(second["properties"]) == ["status"]
    assert run["changed"]
    assert list(run["diff"]["after"][policy_id]) == [row["id"] for row in rows[1:3]]
    assert run["diff"]["after"][policy_id][rows[1]["id"]] == {"platform": 8, "status": rows[1]["status"]}


def test_without_verify_nothing_is_read_back(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    for answer in (200, 204):
        emulator.settings(patch_answer=answer)
        items = [{"status_id": row["id"], "status": "error" if answer == 200 else "conflict"} for row in rows[:2]]
        run = ansible.bulk(policy_id=policy_id, statuses=items, verify=False).only
        assert outcomes(run) == ["changed", "changed"]
        assert run["graph"]["requests"] == 2


def test_nothing_to_do_is_no_request(ansible: Ansible, emulator: RunningEmulator) -> None:
    run = ansible.bulk(statuses=[]).only
    assert run["summary"] == {"ok": 0, "changed": 0, "failed": 0, "not_attempted": 0, "total": 0}
    assert not emulator.log("graph")
