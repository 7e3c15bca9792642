# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the service and of the network, each in a real task.

The judge checks that no retry is early and that nothing is written twice; see conftest.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import Ansible, Ids

pytestmark = [pytest.mark.alone, pytest.mark.pipelined]

GET = {"method": "GET", "kind": "graph"}
PATCH = {"method": "PATCH", "kind": "graph"}
TOKEN = {"method": "POST", "kind": "authority"}
BUSY = "Resource has changed based on precondition"


def methods(emulator: RunningEmulator) -> list[tuple[str, int | None]]:
    return [(entry["method"], entry["status"]) for entry in emulator.log("graph")]


@pytest.mark.parametrize("match", [GET, PATCH, TOKEN], ids=["read", "write", "login"])
@pytest.mark.parametrize(
    "wait", ["1", "1.128", {"http_date_in": 1}, None], ids=["integer", "decimal", "http date", "absent"]
)
def test_a_throttled_request_is_repeated_after_a_wait(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, match: dict[str, str], wait: Any
) -> None:
    do = {"status": 429, "code": "TooManyRequests", **({} if wait is None else {"retry_after": wait})}
    emulator.faults({"match": match, "do": do})
    run = ansible.task(**ids.options, status="error").only
    assert run["changed"]
    assert (run["graph"]["throttled"], run["graph"]["retries"]) == (1, 1)
    # Without a Retry-After, the first pause is between half a second and one second.
    assert run["graph"]["waited_seconds"] >= (0.5 if wait is None else 1)
    assert ids.row(emulator)["status"] == "error"


@pytest.mark.parametrize("match", [GET, PATCH], ids=["read", "write"])
def test_a_wait_inside_intunes_own_json_is_observed(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, match: dict[str, str]
) -> None:
    emulator.faults({"match": match, "do": {"status": 429, "retry_after": {"nested": 1.5}}})
    run = ansible.task(**ids.options, status="error").only
    assert run["changed"]
    assert run["graph"]["waited_seconds"] >= 1.5


def test_a_wait_that_is_too_long_fails_at_once(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.faults({"match": PATCH, "do": {"status": 429, "retry_after": "700", "code": "TooManyRequests"}})
    run = ansible.task(**ids.options, status="error").only
    failure = run["failure"]
    assert (failure["code"], failure["service_code"], failure["phase"]) == ("throttled", "TooManyRequests", "write")
    assert (failure["retryable"], failure["retry_after"]) == (True, 700)
    assert "run the task again after 20" in run["msg"]
    assert not run["changed"]
    assert run["graph"]["waited_seconds"] == 0


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 509])
def test_transient_failures_are_repeated(ansible: Ansible, emulator: RunningEmulator, ids: Ids, status: int) -> None:
    emulator.faults({"match": GET, "do": {"status": status, "code": "Busy"}})
    run = ansible.task(**ids.options, status="error").only
    assert run["changed"]
    assert methods(emulator) == [("GET", status), ("GET", 200), ("PATCH", 200), ("GET", 200)]


@pytest.mark.parametrize("status", [400, 403, 405, 409, 410, 412, 423, 501])
def test_refusals_are_final(ansible: Ansible, emulator: RunningEmulator, ids: Ids, status: int) -> None:
    emulator.faults({"match": GET, "do": {"status": status, "code": "Refused", "message": BUSY}})
    run = ansible.task(**ids.options, status="error").only
    failure = run["failure"]
    assert (failure["code"], failure["service_code"], failure["status"]) == ("Refused", "Refused", status)
    assert (failure["phase"], failure["retryable"], failure["method"]) == ("read", False, "GET")
    assert failure["client_request_id"] == emulator.log("graph")[0]["client_request_id"]
    assert failure["request_id"]
    assert BUSY in run["msg"]
    assert methods(emulator) == [("GET", status)]


@pytest.mark.parametrize("form", ["graph", "nested", "flat", "html", "empty", "cut_json"])
def test_every_form_of_error_is_read(ansible: Ansible, emulator: RunningEmulator, ids: Ids, form: str) -> None:
    fault: dict[str, Any] = {"status": 400, "body_form": form, "message": BUSY}
    emulator.faults({"match": GET, "do": fault})
    run = ansible.task(**ids.options, status="error").only
    failure = run["failure"]
    assert failure["status"] == 400
    assert failure["request_id"]
    if form in ("graph", "nested", "flat"):
        assert BUSY in run["msg"]
        assert "Operation ID" not in run["msg"]
        assert "_version" not in run["msg"]
        assert bool(failure["activity_id"]) == (form != "graph")
    else:
        assert failure["code"] == "bad_response"
        assert failure["service_code"] is None
        assert {"html": "web page", "empty": "an empty answer", "cut_json": "not JSON"}[form] in run["msg"]


@pytest.mark.parametrize("form", ["html", "empty", "cut", "cut_json"])
@pytest.mark.parametrize("match", [GET, TOKEN], ids=["read", "login"])
def test_a_success_without_its_json_is_repeated(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, form: str, match: dict[str, str]
) -> None:
    emulator.faults({"match": match, "do": {"body_form": form}})
    run = ansible.task(**ids.options, status="error").only
    assert run["changed"]
    assert run["graph"]["retries"] == 1


@pytest.mark.parametrize(
    "lost",
    [
        {"drop": "after"},
        {"status": 500, "apply": True},
        {"status": 503, "apply": True, "retry_after": "1"},
        {"status": 504, "apply": True, "body_form": "html"},
        {"delay": 3},
        {"slow_body": 3},
        {"body_form": "cut"},
        {"body_form": "cut_json"},
    ],
    ids=["reset", "500", "503 with a wait", "504 of a gateway", "timeout", "slow body", "cut off", "half a JSON"],
)
def test_a_write_whose_answer_was_lost_is_not_repeated(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, lost: dict[str, Any]
) -> None:
    emulator.faults({"match": PATCH, "do": lost})
    run = ansible.task(**ids.options, status="error", timeout=1).only
    assert run["changed"]
    assert run["changed_properties"] == ["status"]
    assert run["graph"]["writes"] == 1
    assert ids.row(emulator)["status"] == "error"


@pytest.mark.parametrize(
    "lost", [{"drop": "before"}, {"status": 503, "retry_after": "1"}, {"status": 500}], ids=["reset", "503", "500"]
)
def test_a_write_that_was_not_applied_is_read_back_and_repeated(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, lost: dict[str, Any]
) -> None:
    emulator.faults({"match": PATCH, "do": lost})
    run = ansible.task(**ids.options, status="error").only
    assert run["changed"]
    assert [method for method, _status in methods(emulator)] == ["GET", "PATCH", "GET", "PATCH", "GET"]


def test_only_what_still_differs_is_sent_again(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.faults({"match": PATCH, "do": {"keep_only": ["status"], "drop": "after"}})
    run = ansible.task(**ids.options, status="error", platform=8).only
    assert run["changed_properties"] == ["platform", "status"]
    bodies = [entry["body"] for entry in emulator.log("graph") if entry["method"] == "PATCH"]
    assert bodies == [{"platform": 8, "status": "error"}, {"platform": 8}]


def test_a_lost_write_is_read_back_even_after_retry_timeout(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.faults({"match": PATCH, "do": {"drop": "after"}})
    assert ansible.task(**ids.options, status="error", retry_timeout=0).only["changed"]

    emulator.faults({"match": PATCH, "do": {"drop": "before"}})
    run = ansible.task(**ids.options, status="conflict", retry_timeout=0).only
    assert (run["failure"]["code"], run["failure"]["phase"]) == ("connection_failed", "write")
    assert not run["changed"]
    assert ids.row(emulator)["status"] == "error"


def test_a_read_that_is_lost_is_repeated(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.faults({"match": GET, "do": {"drop": "before"}}, {"match": GET, "do": {"delay": 3}})
    run = ansible.task(**ids.options, timeout=1).only
    assert not run["changed"]
    assert run["graph"]["retries"] == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 429, "code": "TooManyRequests"}, "throttled"),
        ({"status": 503, "code": "ServiceUnavailable"}, "ServiceUnavailable"),
        ({"status": 504, "body_form": "html"}, "timeout"),
        ({"status": 502, "body_form": "html"}, "bad_response"),
        ({"drop": "before"}, "connection_failed"),
        ({"delay": 3}, "timeout"),
        ({"body_form": "cut_json"}, "bad_response"),
    ],
    ids=["throttled", "unavailable", "gateway timeout", "bad gateway", "reset", "timeout", "not json"],
)
def test_retries_end_after_retry_timeout(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, fault: dict[str, Any], code: str
) -> None:
    emulator.faults({"match": GET, "times": None, "do": fault})
    run = ansible.task(**ids.options, status="error", retry_timeout=1, timeout=1).only
    assert run["failure"]["code"] == code
    assert run["failure"]["retryable"]
    assert "retry_timeout" in run["msg"]
    assert not run["changed"]


def test_a_dropped_value_is_not_reported_as_changed(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.faults({"match": PATCH, "do": {"keep_nothing": True}})
    run = ansible.task(**ids.options, status="error", platform=8).only
    assert (run["failure"]["code"], run["failure"]["phase"]) == ("not_persisted", "verify")
    assert run["failure"]["properties"] == {
        "platform": {"wanted": 8, "found": 0},
        "status": {"wanted": "error", "found": "compliant"},
    }
    assert not run["changed"]
    assert run["changed_properties"] == []

    emulator.faults({"match": PATCH, "do": {"keep_only": ["platform"]}})
    run = ansible.task(**ids.options, status="error", platform=8).only
    assert list(run["failure"]["properties"]) == ["status"]
    assert run["changed"]
    assert run["changed_properties"] == ["platform"]
    assert run["diff"]["after"] == {"platform": 8, "status": "compliant"}


def test_a_write_that_cannot_be_read_back_is_not_reported_as_changed(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.faults({"match": GET, "skip": 1, "times": None, "do": {"status": 403, "code": "Forbidden"}})
    run = ansible.task(**ids.options, status="error").only
    assert (run["failure"]["code"], run["failure"]["phase"]) == ("Forbidden", "verify")
    assert not run["changed"]
    assert "the service accepted the update" in run["msg"]


@pytest.mark.parametrize("match", [GET, PATCH, TOKEN], ids=["read", "write", "login"])
def test_redirects_are_not_followed(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, match: dict[str, str]
) -> None:
    elsewhere = emulator.env["INTUNE_AUTHORITY_URL"] + "/beta/deviceManagement"
    emulator.faults({"match": match, "do": {"redirect": elsewhere, "status": 307}})
    run = ansible.task(**ids.options, status="error").only
    assert run["failure"]["code"] == "bad_response"
    assert "redirect" in run["msg"]
    assert run["failure"]["status"] == 307
    assert run["graph"]["retries"] == 0
    assert not run["changed"]


def test_a_page_on_another_host_is_not_requested(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    elsewhere = emulator.env["INTUNE_AUTHORITY_URL"] + "/beta/deviceManagement"
    emulator.faults({"match": GET, "do": {"foreign_next_link": elsewhere}})
    match = {"device_display_name": "PC-0001"}
    run = ansible.task(policy_id=ids.policy_id, match=match, status="error").only
    assert run["failure"]["code"] == "foreign_link"
    assert emulator.env["INTUNE_AUTHORITY_URL"] in run["msg"]
    assert len(emulator.log("graph")) == 1


def test_a_page_that_cannot_be_read_fails_the_search(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(page_size=1)
    emulator.faults({"match": GET, "skip": 1, "do": {"status": 403, "code": "Forbidden"}})
    run = ansible.task(policy_id=ids.policy_id, match={"device_display_name": "PC-0001"}, status="error").only
    assert run["failure"]["code"] == "Forbidden"
    assert not run["changed"]


def test_half_a_character_and_a_deep_value_do_not_stop_ansible(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    deep: Any = "x"
    for _level in range(90):
        deep = [deep]
    answer = {**ids.row(emulator), "deviceModel": "A\ud800", "userName": deep, "status": "error"}
    emulator.faults({"match": GET, "do": {"answer_json": answer}})
    run = ansible.task(**ids.options, status="error")
    assert run.code == 0
    assert run.only["device_compliance_status"]["device_model"] == "A?"
    assert run.only["device_compliance_status"]["user_name"] == deep


def test_an_answer_with_an_unexpected_structure_is_refused(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    answers: list[Any] = [[], {"value": []}, "text"]
    for answer in answers:
        emulator.faults({"match": GET, "do": {"answer_json": answer}})
        run = ansible.task(**ids.options, status="error").only
        assert run["failure"]["code"] == "bad_response", answer
        assert not run["changed"]
