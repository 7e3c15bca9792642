# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One status converged while the service loses, refuses, throttles or drops the write."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._errors import Failure, IntuneError, Phase

from ...converging import Converge
from ...support import ITEM, LIST, STATUS, Clock, Renewable, Reply, Script, no_route, refusal, row

LOST: list[Reply | Exception] = [
    Reply(500),
    Reply(502),
    Reply(503),
    Reply(504),
    Reply(408),
    Reply(509),
    Reply(200, raw=b'{"half'),
    Reply(200, raw=b"<html>"),
    requests.exceptions.ReadTimeout(),
    requests.exceptions.ConnectionError("reset"),
]

MAYBE = "; the update was sent and may have been applied; run the task again to see"
ACCEPTED = "; the service accepted the update; run the task again to see"


# --- a write whose answer was lost


@pytest.mark.parametrize("lost", LOST, ids=repr)
def test_a_lost_write_that_was_applied_is_a_change(
    converge: Converge, script: Script, clock: Clock, lost: Reply | Exception
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, lost, body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    result = converge(status="error")
    assert (result["changed"], result["changed_properties"]) == (True, ["status"])
    assert result["diff"] == {"before": {"status": "compliant"}, "after": {"status": "error"}}
    assert result["device_compliance_status"]["status"] == "error"
    assert len(clock.slept) == 1
    assert converge.client.statistics()["writes"] == 1


@pytest.mark.parametrize("lost", LOST, ids=repr)
def test_a_lost_write_that_was_not_applied_is_repeated_with_what_still_differs(
    converge: Converge, script: Script, clock: Clock, lost: Reply | Exception
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, lost, body={"status": "error", "userName": "Bob"})
    script.expect("GET", ITEM, Reply(200, row(userName="Bob")))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error", userName="Bob")))
    result = converge(status="error", user_name="Bob")
    assert result["changed_properties"] == ["user_name", "status"]
    assert result["diff"] == {
        "before": {"user_name": "Ada", "status": "compliant"},
        "after": {"user_name": "Bob", "status": "error"},
    }
    assert len(clock.slept) == 1
    assert converge.client.statistics()["writes"] == 2


def test_without_verify_a_lost_write_is_read_back_too(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(504), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    assert converge(status="error", verify=False)["changed"]


def test_the_services_wait_is_observed_before_a_lost_write_is_read_back(
    converge: Converge, script: Script, clock: Clock
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(503, headers={"Retry-After": "17.5"}), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]
    assert clock.slept == [17.5]


def test_the_waits_between_lost_writes_grow(converge: Converge, script: Script, clock: Clock) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    for _time in range(4):
        script.expect("PATCH", ITEM, Reply(500), body={"status": "error"})
        script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]
    assert [seconds / 2**number for number, seconds in enumerate(clock.slept)] == [
        pytest.approx(0.75, abs=0.25) for _time in range(4)
    ]
    assert converge.client.statistics()["retries"] == 4


def test_what_somebody_else_changed_meanwhile_is_sent_along(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(500), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(userName="Mallory")))
    script.expect("PATCH", ITEM, Reply(204), body={"userName": "Ada", "status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    result = converge(status="error", user_name="Ada")
    assert result["changed"]
    assert "status" in result["changed_properties"]


@pytest.mark.parametrize("retry_timeout", [0.0, 0.4])
def test_after_retry_timeout_a_lost_write_is_read_back_once_more(
    converge: Converge, script: Script, clock: Clock, retry_timeout: float
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(504), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error", retry_timeout=retry_timeout)["changed"]
    assert clock.slept == []


def test_after_retry_timeout_a_lost_write_that_was_not_applied_fails(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, requests.exceptions.ReadTimeout(), body={"status": "error"}, takes=30)
    script.expect("GET", ITEM, Reply(200, row()))
    error = converge.fail(status="error", retry_timeout=30.0)
    assert (error.failure.code, error.failure.phase, error.failure.retryable) == ("timeout", Phase.WRITE, True)
    assert "retry_timeout (30 s) is used up" in error.sentence
    assert not error.result.get("changed")


def test_a_wait_beyond_retry_timeout_fails_at_once(converge: Converge, script: Script, clock: Clock) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(503, headers={"Retry-After": "900"}), body={"status": "error"})
    error = converge.fail(status="error")
    assert "the service asks to wait 900 s" in error.sentence
    assert error.failure.retry_after == 900
    assert clock.slept == []


@pytest.mark.parametrize("final", [refusal(403, "Forbidden", "no"), Reply(429, headers={"Retry-After": "900"})])
def test_what_a_lost_write_changed_is_reported_when_the_rest_is_refused(
    converge: Converge, script: Script, final: Reply
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(500), body={"status": "error", "userName": "Bob"})
    script.expect("GET", ITEM, Reply(200, row(userName="Bob")))
    script.expect("PATCH", ITEM, final, body={"status": "error"})
    error = converge.fail(status="error", user_name="Bob")
    assert error.failure.status == final.status
    assert error.result["changed"] is True
    assert error.result["changed_properties"] == ["user_name"]


def test_what_a_lost_write_changed_is_reported_after_retry_timeout(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(500), body={"status": "error", "userName": "Bob"})
    script.expect("GET", ITEM, Reply(200, row(userName="Bob")))
    error = converge.fail(status="error", user_name="Bob", retry_timeout=0.0)
    assert error.result["changed"] is True
    assert error.result["changed_properties"] == ["user_name"]


@pytest.mark.parametrize("document", [[], "done", {"value": []}], ids=["list", "text", "wrapped list"])
def test_a_write_answered_with_an_unexpected_structure_is_read_back(
    converge: Converge, script: Script, document: Any
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(200, document), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]


# --- reading back


@pytest.mark.parametrize(("answer", "known"), [(Reply(204), ACCEPTED), (Reply(500), MAYBE)], ids=["accepted", "lost"])
def test_a_write_that_cannot_be_read_back_may_have_been_applied(
    converge: Converge, script: Script, answer: Reply, known: str
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, answer, body={"status": "error"})
    script.expect("GET", ITEM, refusal(403, "Forbidden", "no"))
    error = converge.fail(status="error")
    assert error.sentence.startswith(f"Reading back device status {STATUS} of policy")
    assert error.sentence.endswith(known)
    assert (error.failure.status, error.failure.phase) == (403, Phase.VERIFY)
    assert error.failure.required_permissions[0] == "DeviceManagementConfiguration.Read.All"


def test_reading_back_is_repeated_as_any_read(converge: Converge, script: Script, clock: Clock) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(429, headers={"Retry-After": "3"}))
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]
    assert clock.slept == [3]


def test_a_row_that_vanished_after_the_write_is_reported(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, refusal(404, "ResourceNotFound", "gone"))
    error = converge.fail(status="error")
    assert (error.failure.code, error.failure.phase) == ("not_found", Phase.VERIFY)
    assert error.sentence.endswith(ACCEPTED)


# --- a write that the service does not keep


def test_a_value_that_was_not_kept_fails_the_task(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(200, row(status="error")), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="COMPLIANT")))
    error = converge.fail(status="error")
    assert "the service answered with success but did not keep status" in error.sentence
    shown = error.failure.as_dict()
    assert (shown["code"], shown["phase"], shown["retryable"]) == ("not_persisted", "verify", False)
    assert shown["properties"] == {"status": {"wanted": "error", "found": "compliant"}}
    assert error.result == {
        "changed": False,
        "changed_properties": [],
        "diff": {"before": {"status": "compliant"}, "after": {"status": "compliant"}},
    }


def test_what_was_kept_is_a_change_although_the_task_fails(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error", "userName": "Bob", "platform": 8})
    script.expect("GET", ITEM, Reply(200, row(userName="Bob", platform=4)))
    error = converge.fail(status="error", user_name="Bob", platform=8)
    assert error.failure.details == {
        "properties": {
            "platform": {"wanted": 8, "found": 4},
            "status": {"wanted": "error", "found": "compliant"},
        }
    }
    assert error.result["changed"] is True
    assert error.result["changed_properties"] == ["user_name", "platform"]
    assert error.result["diff"]["after"] == {"user_name": "Bob", "platform": 4, "status": "compliant"}


@pytest.mark.parametrize(
    ("name", "options", "kept"),
    [
        ("lastReportedDateTime", {"last_reported_date_time": "9999-12-31T23:59:59Z"}, "9999-12-31T23:59:59.9999999Z"),
        ("lastReportedDateTime", {"last_reported_date_time": "2020-01-01T08:00:00.50+08:00"}, "2020-01-01T00:00:00.5Z"),
        ("status", {"status": "nonCompliant"}, "noncompliant"),
    ],
)
def test_a_value_that_the_service_spells_differently_was_kept(
    converge: Converge, script: Script, name: str, options: dict[str, Any], kept: str
) -> None:
    (wanted,) = options.values()
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={name: wanted})
    script.expect("GET", ITEM, Reply(200, row(**{name: kept})))
    assert converge(**options)["changed"]


def test_a_date_cut_to_six_digits_was_not_kept(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"lastReportedDateTime": "2020-01-01T00:00:00.1234567Z"})
    script.expect("GET", ITEM, Reply(200, row(lastReportedDateTime="2020-01-01T00:00:00.123456Z")))
    assert converge.fail(last_reported_date_time="2020-01-01T00:00:00.1234567Z").failure.code == "not_persisted"


# --- a write that is refused


def nested(text: str) -> Reply:
    return refusal(400, "BadRequest", json.dumps({"_version": 3, "Message": text, "RetryAfter": None}))


@pytest.mark.parametrize(
    "answer",
    [
        no_route("patch"),
        nested(f"{no_route('patch').document['error']['message']} - Operation ID (for customer support): 0 - x"),
        refusal(405, "MethodNotAllowed", "no"),
        refusal(501, "NotImplemented", "no"),
    ],
    ids=["route", "nested", "405", "501"],
)
def test_a_service_without_the_write_is_final_and_the_message_names_what_works(
    converge: Converge, script: Script, clock: Clock, answer: Reply
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, answer, body={"status": "error"})
    error = converge.fail(status="error")
    failure = error.failure
    assert (failure.code, failure.phase, failure.retryable) == ("write_not_supported", Phase.WRITE, False)
    assert (failure.service_code, failure.status) == (answer.document["error"]["code"], answer.status)
    assert "this service does not accept updates to device statuses" in error.sentence
    assert "reading, check mode and reports work" in error.sentence
    assert clock.slept == []
    assert not error.result.get("changed")


def test_a_service_with_the_list_alone_is_reported_after_one_write(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, Reply(200, {"value": [row()]}))
    script.expect("PATCH", ITEM, no_route("patch"), body={"status": "error"})
    assert converge.fail(status="error").failure.code == "write_not_supported"


def test_any_other_400_keeps_the_message_of_the_service(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, refusal(400, "BadRequest", "platform is read-only"), body={"status": "error"})
    error = converge.fail(status="error")
    assert (error.failure.code, error.failure.phase) == ("BadRequest", Phase.WRITE)
    assert "platform is read-only" in error.sentence


def test_a_write_that_is_not_allowed_names_the_write_permission(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, refusal(403, "Forbidden", "no"), body={"status": "error"})
    error = converge.fail(status="error")
    assert error.failure.required_permissions == ["DeviceManagementConfiguration.ReadWrite.All"]


def test_a_throttled_write_is_repeated_as_it_was_after_exactly_its_wait(
    converge: Converge, script: Script, clock: Clock
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(429, headers={"Retry-After": "2.128"}), body={"status": "error"})
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]
    assert clock.slept == [2.128]
    assert converge.client.statistics() == {
        "requests": 4,
        "token_requests": 0,
        "writes": 2,
        "retries": 1,
        "throttled": 1,
        "waited_seconds": 2.128,
    }


def test_a_token_that_expires_before_the_write_is_renewed(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, refusal(401, "InvalidAuthenticationToken", "expired"), body={"status": "error"})
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]
    assert [request.headers["Authorization"][-1] for request in script.sent] == ["1", "1", "2", "2"]


def test_only_a_failure_that_was_read_back_reports_a_change(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, refusal(403, "Forbidden", "no"))
    error: IntuneError = converge.fail(status="error")
    assert not error.result.get("changed")


def test_a_refused_login_is_not_retryable(converge: Converge, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = IntuneError("Signing in failed: no", Failure("auth_failed", "no", Phase.AUTH))
    monkeypatch.setattr(Renewable, "token", mock.Mock(side_effect=refused))
    failure = converge.fail(status="error").failure
    assert (failure.code, failure.phase, failure.retryable) == ("auth_failed", Phase.AUTH, False)
