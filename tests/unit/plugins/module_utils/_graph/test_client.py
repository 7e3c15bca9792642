# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to Graph, as an ordered list of calls: any other or missing call fails the test."""

from __future__ import annotations

import base64
import functools
import json
import uuid
from typing import Any
from unittest import mock

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._errors import Failure, IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._version import USER_AGENT

from ...support import GRAPH, Clock, Renewable, Reply, Script, graph_client, refusal

READING = DEVICE_STATUS.reading("Reading")
WRITING = DEVICE_STATUS.writing("Updating")
NEXT = f"{GRAPH}/beta/rows?$skiptoken=2"


@pytest.fixture
def client(clock: Clock) -> GraphClient:
    return graph_client(clock)


def failed(client: GraphClient, method: str = "get", body: Any = None) -> IntuneError:
    send = functools.partial(client.patch, "/rows", body, WRITING)
    with pytest.raises(IntuneError) as caught:
        client.get("/rows", READING) if method == "get" else send()
    return caught.value


def pages(client: GraphClient) -> list[list[dict[str, Any]]]:
    return list(client.pages("/rows", READING))


# --- what is sent


def test_each_request_names_its_client_and_has_an_id(client: GraphClient, script: Script) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {}))
    script.expect("PATCH", "/beta/rows", Reply(200, {}), body={"a": None})
    client.get("/rows", READING)
    client.patch("/rows", {"a": None}, WRITING)
    for request in script.sent:
        assert request.headers["Authorization"] == "Bearer token-1"
        assert request.headers["User-Agent"] == USER_AGENT
        assert request.headers["Accept"] == "application/json"
        assert request.headers["return-client-request-id"] == "true"
        assert uuid.UUID(request.headers["client-request-id"]).version == 4
    assert len({request.headers["client-request-id"] for request in script.sent}) == 2
    assert script.sent[1].headers["Content-Type"] == "application/json"
    assert "Content-Type" not in script.sent[0].headers


def test_the_version_and_the_host_are_the_connections(clock: Clock, script: Script) -> None:
    script.expect("GET", "https://dod-graph.microsoft.us/v1.0/rows", Reply(200, {}))
    graph_client(clock, cloud="us_gov_dod", api_version="v1.0").get("/rows", READING)


def test_a_client_that_is_not_used_sends_nothing(client: GraphClient, script: Script) -> None:
    client.close()
    assert script.sent == []
    assert client.statistics()["requests"] == 0


# --- what is repeated


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 509])
def test_a_read_is_repeated_after_a_transient_error(
    client: GraphClient, script: Script, clock: Clock, status: int
) -> None:
    script.expect("GET", "/beta/rows", Reply(status))
    script.expect("GET", "/beta/rows", Reply(200, {"a": 1}))
    assert client.get("/rows", READING) == {"a": 1}
    assert len(clock.slept) == 1
    assert 0.5 <= clock.slept[0] <= 1
    assert client.statistics()["retries"] == 1
    first, second = (request.headers["client-request-id"] for request in script.sent)
    assert first != second


@pytest.mark.parametrize(
    "answer",
    [
        requests.exceptions.ConnectionError("reset"),
        requests.exceptions.ChunkedEncodingError("half"),
        requests.exceptions.ReadTimeout(),
        requests.exceptions.ConnectTimeout(),
        Reply(200, raw=b'{"half'),
        Reply(200, raw=b""),
        Reply(200, raw=b"<title>Sign in</title>"),
        Reply(200, raw=b"{}", headers={"Content-Length": "100"}),
    ],
    ids=repr,
)
def test_a_read_is_repeated_after_an_incomplete_or_missing_answer(
    client: GraphClient, script: Script, clock: Clock, answer: Reply | Exception
) -> None:
    script.expect("GET", "/beta/rows", answer)
    script.expect("GET", "/beta/rows", Reply(200, {"a": 1}))
    assert client.get("/rows", READING) == {"a": 1}
    assert len(clock.slept) == 1


@pytest.mark.parametrize("status", [400, 402, 403, 404, 405, 409, 410, 412, 422, 501, 505])
@pytest.mark.parametrize("method", ["get", "patch"])
def test_every_other_refusal_is_final(
    client: GraphClient, script: Script, clock: Clock, status: int, method: str
) -> None:
    body = {"a": 1} if method == "patch" else None
    script.expect(method.upper(), "/beta/rows", refusal(status, "X", "no", Retry_After="1"), body=body)
    error = failed(client, method, body)
    assert (error.failure.status, error.failure.service_code) == (status, "X")
    assert not error.failure.retryable
    assert clock.slept == []


@pytest.mark.parametrize("document", [[], [{}], "text", 5, True, None])
def test_json_that_is_no_object_is_an_error(client: GraphClient, script: Script, document: Any) -> None:
    script.expect("GET", "/beta/rows", Reply(200, raw=json.dumps(document).encode()))
    assert failed(client).failure.code == "bad_response"


def test_json_too_deep_to_be_read_is_an_error(clock: Clock, script: Script) -> None:
    script.expect("GET", "/beta/rows", Reply(200, raw=b'{"value": ' + b"[" * 100_000))
    assert failed(graph_client(clock, retry_timeout=0.0)).failure.code == "bad_response"


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_throttled_request_is_repeated_after_exactly_the_requested_wait(
    client: GraphClient, script: Script, clock: Clock, method: str
) -> None:
    body = {"a": 1} if method == "patch" else None
    nested = {"error": {"code": "TooManyRequests", "message": json.dumps({"Message": "x", "RetryAfter": 11})}}
    script.expect(method.upper(), "/beta/rows", Reply(429, headers={"Retry-After": "2.128"}), body=body)
    script.expect(method.upper(), "/beta/rows", Reply(429, nested), body=body)
    script.expect(method.upper(), "/beta/rows", Reply(200, {}), body=body)
    getattr(client, method)("/rows", *([body] if body else []), READING)
    assert clock.slept == [2.128, 11]
    statistics = client.statistics()
    assert (statistics["throttled"], statistics["retries"], statistics["waited_seconds"]) == (2, 2, 13.128)


def test_a_wait_beyond_retry_timeout_fails_at_once_and_names_the_time_to_run_again(
    clock: Clock, script: Script
) -> None:
    script.expect("GET", "/beta/rows", Reply(429, headers={"Retry-After": "120"}))
    error = failed(graph_client(clock, retry_timeout=60.0))
    assert "the service asks to wait 120 s and 60 s of retry_timeout are left" in error.sentence
    assert "run the task again after 2023-11-14T22:15:20Z" in error.sentence
    assert (error.failure.code, error.failure.retryable, error.failure.retry_after) == ("throttled", True, 120.0)
    assert clock.slept == []


def test_retry_timeout_0_repeats_nothing(clock: Clock, script: Script) -> None:
    script.expect("GET", "/beta/rows", Reply(503))
    assert "retry_timeout (0 s) is used up" in failed(graph_client(clock, retry_timeout=0.0)).sentence


def test_a_service_that_stays_down_fails_the_task_within_retry_timeout(clock: Clock, script: Script) -> None:
    # 30 s for each timeout, and the waits between them.
    for _timeout in range(3):
        script.expect("GET", "/beta/rows", requests.exceptions.ReadTimeout(), takes=30)
    client = graph_client(clock, retry_timeout=90.0)
    error = failed(client)
    assert error.failure.code == "timeout"
    assert 0 < sum(clock.slept) < 4
    assert client.statistics()["waited_seconds"] > 90


@pytest.mark.parametrize("answer", [Reply(500), Reply(504), Reply(408), requests.exceptions.ReadTimeout()], ids=repr)
def test_a_write_that_may_have_been_applied_is_not_repeated(
    client: GraphClient, script: Script, clock: Clock, answer: Reply | Exception
) -> None:
    script.expect("PATCH", "/beta/rows", answer, body={"a": 1})
    assert failed(client, "patch", {"a": 1}).may_have_applied
    assert clock.slept == []


@pytest.mark.parametrize("raw", [b'{"half', b"<html>", b"\xff"])
def test_a_write_with_an_incomplete_answer_may_have_been_applied(
    client: GraphClient, script: Script, raw: bytes
) -> None:
    script.expect("PATCH", "/beta/rows", Reply(200, raw=raw), body={"a": 1})
    assert failed(client, "patch", {"a": 1}).may_have_applied


@pytest.mark.parametrize("reply", [Reply(204), Reply(200), Reply(200, raw=b" \r\n")], ids=repr)
def test_a_write_may_have_an_empty_answer(client: GraphClient, script: Script, reply: Reply) -> None:
    script.expect("PATCH", "/beta/rows", reply, body={"a": 1})
    assert client.patch("/rows", {"a": 1}, WRITING) == {}


# --- signing in


def test_a_refused_token_is_renewed_once(clock: Clock, script: Script) -> None:
    credential = Renewable()
    client = graph_client(clock, credential)
    script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "expired"))
    script.expect("GET", "/beta/rows", Reply(200, {"a": 1}))
    assert client.get("/rows", READING) == {"a": 1}
    assert credential.rejected == [None, "token-1"]
    assert [request.headers["Authorization"] for request in script.sent] == ["Bearer token-1", "Bearer token-2"]
    assert clock.slept == []


def test_a_token_that_is_refused_again_is_final(client: GraphClient, script: Script) -> None:
    for _time in range(2):
        script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "expired"))
    error = failed(client)
    assert (error.failure.code, error.failure.service_code) == ("auth_failed", "InvalidAuthenticationToken")
    assert (error.failure.status, error.failure.retryable) == (401, False)


def test_a_token_that_was_given_is_not_renewed(clock: Clock, script: Script) -> None:
    script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "expired"))
    error = failed(graph_client(clock, Renewable(renewable=False)))
    assert "the token (audience unknown) is not accepted; check cloud, graph_url and tenant_id" in error.sentence


def test_a_failed_login_is_not_repeated_by_the_client(clock: Clock, script: Script) -> None:
    busy = IntuneError("Signing in failed", Failure("throttled", "busy", Phase.AUTH, retryable=True))
    credential = Renewable()
    credential.token = mock.Mock(side_effect=busy)  # type: ignore[method-assign]  # a stand-in
    assert failed(graph_client(clock, credential)) is busy
    assert credential.token.call_count == 1
    assert (clock.slept, script.sent) == ([], [])


def claiming(**claims: Any) -> Renewable:
    """Return a credential whose token has these claims."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    credential = Renewable(renewable=False)
    credential.token = lambda *_args: f"e30.{payload}.x"  # type: ignore[method-assign]  # a stand-in
    return credential


def test_a_token_that_has_expired_is_reported(clock: Clock, script: Script) -> None:
    script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "no"))
    error = failed(graph_client(clock, claiming(exp=1_690_000_000)))
    assert error.sentence.endswith("; the token expired at 2023-07-22T04:26:40Z; get a new one")


@pytest.mark.parametrize("exp", [-(10**30), -1e300, True, "soon", None])
def test_no_expiry_raises(clock: Clock, script: Script, exp: Any) -> None:
    script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "no"))
    assert failed(graph_client(clock, claiming(exp=exp))).failure.code == "auth_failed"


def test_a_token_for_another_audience_is_reported(clock: Clock, script: Script) -> None:
    script.expect("GET", "/beta/rows", refusal(401, "InvalidAuthenticationToken", "no"))
    error = failed(graph_client(clock, claiming(aud="https://management.azure.com", exp=1_800_000_000)))
    assert "the token (audience https://management.azure.com) is not accepted" in error.sentence


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        ("no", ["DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"]),
        ("needs Policy.Read.All", ["Policy.Read.All"]),
    ],
)
def test_a_403_names_the_missing_permission_and_those_of_the_token(
    clock: Clock, script: Script, message: str, needed: list[str]
) -> None:
    script.expect("GET", "/beta/rows", refusal(403, "Forbidden", message))
    error = failed(graph_client(clock, claiming(roles=["User.Read.All"])))
    assert error.failure.required_permissions == needed
    assert error.failure.token_roles == ["User.Read.All"]
    assert f"grant the application {' or '.join(needed)} in Microsoft Entra" in error.sentence
    assert error.sentence.endswith("its token carries User.Read.All")


def test_a_403_to_a_write_names_the_write_permission(clock: Clock, script: Script) -> None:
    script.expect("PATCH", "/beta/rows", refusal(403, "Forbidden", "no"), body={"a": 1})
    error = failed(graph_client(clock, claiming()), "patch", {"a": 1})
    assert error.failure.required_permissions == ["DeviceManagementConfiguration.ReadWrite.All"]
    assert error.sentence.endswith("its token carries no permission")


def test_a_404_names_what_to_check(client: GraphClient, script: Script) -> None:
    script.expect("GET", "/beta/rows", refusal(404, "ResourceNotFound", "no"))
    error = failed(client)
    assert (error.failure.code, error.failure.service_code) == ("not_found", "ResourceNotFound")
    assert error.sentence.endswith("; check policy_id and status_id, and that tenant_id and cloud fit them")


# --- pages


def test_every_page_is_read_empty_ones_too(client: GraphClient, script: Script) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [{"id": 1}], "@odata.nextLink": NEXT}))
    script.expect("GET", NEXT, Reply(200, {"value": [], "@odata.nextLink": f"{NEXT}3"}))
    script.expect("GET", f"{NEXT}3", Reply(200, {"value": [{"id": 2}], "@odata.nextLink": None}))
    assert pages(client) == [[{"id": 1}], [], [{"id": 2}]]
    assert client.statistics()["requests"] == 3


def test_a_page_is_repeated_as_any_read(client: GraphClient, script: Script, clock: Clock) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [], "@odata.nextLink": NEXT}))
    script.expect("GET", NEXT, Reply(504))
    script.expect("GET", NEXT, Reply(200, {"value": [{"id": 1}]}))
    assert pages(client) == [[], [{"id": 1}]]
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://evil.example/beta/rows", "foreign_link"),
        ("http://graph.microsoft.com/beta/rows", "foreign_link"),
        ("https://graph.microsoft.com:8443/beta/rows", "foreign_link"),
        ("https://graph.microsoft.com@evil.example/", "foreign_link"),
        ("https://evil.example\\@graph.microsoft.com/", "foreign_link"),
        ("/beta/rows?$skip=2", "bad_response"),
        ("rows", "bad_response"),
        ("", "bad_response"),
        (5, "bad_response"),
        (["https://graph.microsoft.com"], "bad_response"),
        (False, "bad_response"),
    ],
)
def test_a_link_to_another_host_ends_the_task(client: GraphClient, script: Script, link: Any, code: str) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [{"id": 1}], "@odata.nextLink": link}))
    with pytest.raises(IntuneError) as caught:
        pages(client)
    assert (caught.value.failure.code, caught.value.failure.retryable) == (code, False)


@pytest.mark.parametrize("link", ["https://[", "https://[nonsense]/", "https://graph.microsoft.com:port/"])
def test_a_link_that_is_no_url_ends_the_task_with_an_explanation(
    client: GraphClient, script: Script, link: str
) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [], "@odata.nextLink": link}))
    with pytest.raises(IntuneError):
        pages(client)


def test_circular_links_end_the_task(client: GraphClient, script: Script) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [], "@odata.nextLink": NEXT}))
    script.expect("GET", NEXT, Reply(200, {"value": [{"id": "a"}], "@odata.nextLink": NEXT}))
    with pytest.raises(IntuneError, match="the pages' links form a circle"):
        pages(client)


@pytest.mark.parametrize(
    "document",
    [{}, {"value": None}, {"value": {}}, {"value": "x"}, {"value": [1]}, {"value": [{}, None]}],
    ids=str,
)
def test_a_page_with_an_unexpected_structure_ends_the_task(client: GraphClient, script: Script, document: Any) -> None:
    script.expect("GET", "/beta/rows", Reply(200, {"value": [], "@odata.nextLink": NEXT}))
    script.expect("GET", NEXT, Reply(200, document))
    with pytest.raises(IntuneError) as caught:
        pages(client)
    assert caught.value.failure.code == "bad_response"
    assert caught.value.sentence == "Reading failed: a page without a list of objects in 'value'"
