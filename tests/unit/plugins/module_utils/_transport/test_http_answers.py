# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error for an answer without success; see test_http.py for the exchange itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Answer, Purpose, Transport, origin
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget
from hypothesis import given
from hypothesis import strategies as st

from ...support import GRAPH, Clock, Reply, Script, connection, refusal

READING = Purpose("Reading", Phase.READ)
HTTP_DATE = "Mon, 01 Jun 2026 12:00:00 GMT"


@pytest.fixture
def transport(clock: Clock) -> Transport:
    return Transport(connection(), RetryBudget(0, clock))


def explain(transport: Transport, reply: Reply) -> IntuneError:
    answer = Answer(reply.status, requests.structures.CaseInsensitiveDict(reply.headers), reply.body)
    return transport.failure(answer, "GET", f"{GRAPH}/beta/x?$top=1", READING)


@pytest.mark.parametrize(
    ("reply", "code", "retryable", "may_have_applied"),
    [
        (refusal(400, "BadRequest", "no"), "BadRequest", False, False),
        (refusal(404, "ResourceNotFound", "no"), "ResourceNotFound", False, False),
        (refusal(409, "Conflict", "no"), "Conflict", False, False),
        (refusal(501, "NotImplemented", "no"), "NotImplemented", False, False),
        (refusal(505, "Odd", "no"), "Odd", False, False),
        (refusal(429, "TooManyRequests", "slow"), "throttled", True, False),
        (refusal(408, "Odd", "slow"), "Odd", True, True),
        (refusal(500, "InternalServerError", "oops"), "InternalServerError", True, True),
        (refusal(503, "ServiceUnavailable", "oops"), "ServiceUnavailable", True, True),
        (refusal(504, "GatewayTimeout", "oops"), "GatewayTimeout", True, True),
        (Reply(504, raw=b"<html>"), "timeout", True, True),
        (Reply(408), "timeout", True, True),
        (Reply(429), "throttled", True, False),
        (Reply(502, raw=b"<title>Bad Gateway</title>"), "bad_response", True, True),
        (Reply(509), "bad_response", True, True),
        (Reply(404), "bad_response", False, False),
    ],
)
def test_a_refusal_has_a_code_and_states_whether_it_is_retryable(
    transport: Transport, reply: Reply, code: str, retryable: bool, may_have_applied: bool
) -> None:
    error = explain(transport, reply)
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == (code, retryable, may_have_applied)
    assert error.failure.status == reply.status
    assert error.failure.service_code == (reply.document["error"]["code"] if reply.document else None)


def test_the_message_names_the_host_and_its_answer(transport: Transport) -> None:
    error = explain(transport, refusal(400, "BadRequest", "No such thing", request_id="r", client_request_id="c"))
    assert error.sentence == f"Reading failed: {GRAPH} answered 400 BadRequest: No such thing"
    failure = error.failure
    assert (failure.message, failure.phase, failure.method) == ("No such thing", Phase.READ, "GET")
    assert failure.path == "/beta/x"  # the query may be long, and may contain names of people
    assert (failure.request_id, failure.client_request_id) == ("r", "c")
    sentence = explain(transport, Reply(502, raw=b"<title>Bad Gateway</title>")).sentence
    assert sentence == f"Reading failed: {GRAPH} answered 502: a web page titled 'Bad Gateway'"


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, "slow", None),
        ({"Retry-After": "2.128"}, "slow", 2.128),
        ({"retry-after": "7"}, "slow", 7.0),
        ({"Retry-After": "junk"}, "slow", None),
        ({"Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT", "Date": HTTP_DATE}, "slow", 30.0),
        # Without a Date, the local time is used.
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, "slow", 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT", "Date": "junk"}, "slow", 30.0),
        ({}, json.dumps({"Message": "slow", "RetryAfter": 12}), 12.0),
        ({}, json.dumps({"Message": "slow", "RetryAfter": "12.5"}), 12.5),
        ({}, json.dumps({"Message": "slow", "RetryAfter": None}), None),
        ({"Retry-After": "junk"}, json.dumps({"Message": "slow", "RetryAfter": 12}), 12.0),
        ({"Retry-After": "0"}, json.dumps({"Message": "slow", "RetryAfter": 12}), 0.0),
    ],
)
def test_the_wait_is_read_in_every_form(
    transport: Transport, headers: dict[str, str], message: str, seconds: float | None
) -> None:
    reply = Reply(429, {"error": {"code": "TooManyRequests", "message": message}}, headers)
    assert explain(transport, reply).failure.retry_after == seconds


def test_no_wait_is_reported_where_a_repeat_has_no_effect(transport: Transport) -> None:
    assert explain(transport, refusal(404, "X", "no", Retry_After="5")).failure.retry_after is None


def test_permissions_are_named_for_a_403_alone(transport: Transport) -> None:
    text = "Needs DeviceManagementConfiguration.Read.All"
    assert explain(transport, refusal(403, "Forbidden", text)).failure.required_permissions == [
        "DeviceManagementConfiguration.Read.All"
    ]
    assert explain(transport, refusal(400, "X", text)).failure.required_permissions == []


def test_a_success_that_is_not_json_is_described(transport: Transport) -> None:
    answer = Answer(200, {"request-id": "r"}, b"<title>Sign in to the hotel</title>")
    error = transport.not_json(answer, "GET", f"{GRAPH}/x", READING)
    assert (
        f"{GRAPH} answered 200 with a web page titled 'Sign in to the hotel' where JSON was expected" in error.sentence
    )
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("bad_response", True, True)


def test_requests_are_counted_by_destination(transport: Transport, script: Script) -> None:
    for method, phase, status in (
        ("GET", Phase.READ, 200),
        ("PATCH", Phase.WRITE, 429),
        ("GET", Phase.VERIFY, 500),
        ("GET", Phase.AUTH, 200),
        ("POST", Phase.AUTH, 429),
    ):
        script.expect(method, "/x", Reply(status))
        transport.send(method, f"{GRAPH}/x", Purpose("x", phase), only=GRAPH)
    script.expect("PATCH", "/x", requests.exceptions.ConnectionError("reset"))
    with pytest.raises(IntuneError):
        transport.send("PATCH", f"{GRAPH}/x", Purpose("x", Phase.WRITE), only=GRAPH)
    counters = transport.counters
    assert (counters.requests, counters.token_requests) == (4, 2)
    # Writes are counted by the client, which knows what an envelope carries.
    assert (counters.writes, counters.throttled) == (0, 2)


def test_each_request_has_the_timeout_and_is_sent_unchanged(clock: Clock, script: Script) -> None:
    transport = Transport(connection(timeout=12.5), RetryBudget(0, clock))
    script.expect("PATCH", "/x", Reply(), body={"ä": None})
    transport.send("PATCH", f"{GRAPH}/x", READING, json_body={"ä": None}, headers={"X-Y": "z"}, only=GRAPH)
    assert script.settings[0]["timeout"] == 12.5
    assert script.sent[0].headers["Content-Type"] == "application/json"
    assert script.sent[0].headers["X-Y"] == "z"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://graph.microsoft.com/beta?x#y", "https://graph.microsoft.com"),
        ("HTTPS://GRAPH.Microsoft.COM:443/", "https://graph.microsoft.com"),
        ("http://a:80", "http://a"),
        ("https://a:80", "https://a:80"),
        ("https://user:swordfish@a:8443/x", "https://a:8443"),
        ("https://[::1]:8443/x", "https://[::1]:8443"),
        ("https://[::1]", "https://[::1]"),
        ("https://[", ""),
        ("https://a:port", ""),
        ("/relative", ""),
        ("", ""),
    ],
)
def test_an_origin_has_one_spelling(url: str, shown: str) -> None:
    assert origin(url) == shown


@given(st.one_of(st.text(), st.text().map("https://{}".format)))
def test_no_text_crashes_the_parser_of_origins(url: str) -> None:
    assert isinstance(origin(url), str)


@given(
    status=st.sampled_from([400, 401, 403, 404, 408, 429, 500, 501, 502, 503, 504, 509]),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "Date", "request-id"]), st.text()),
    body=st.binary(),
)
def test_every_refusal_can_be_explained(status: int, headers: dict[str, str], body: bytes) -> None:
    transport = Transport(connection(), RetryBudget(0, Clock()))
    error = transport.failure(Answer(status, headers, body), "GET", f"{GRAPH}/x", READING)
    shown: dict[str, Any] = error.failure.as_dict()
    assert json.loads(json.dumps(shown)) == shown
    assert "\n" not in error.sentence
