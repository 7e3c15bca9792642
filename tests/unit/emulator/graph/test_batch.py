# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: refused batches, the answer to each request inside, the log and the judge."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
import requests

from ..conftest import ADA, WINDOWS, Client, counts, item, policies

COLLECTION = f"deviceManagement/deviceCompliancePolicies/{WINDOWS}/deviceStatuses"
ROW = f"{COLLECTION}/{quote(ADA, safe='')}"
JSON = {"Content-Type": "application/json"}


def get(identifier: str, url: str = ROW, **members: Any) -> dict[str, Any]:
    """A request to read."""
    return {"id": identifier, "method": "GET", "url": url, **members}


def patch(identifier: str, body: Any, url: str = ROW, **members: Any) -> dict[str, Any]:
    """A request to write."""
    return {"id": identifier, "method": "PATCH", "url": url, "headers": JSON, "body": body, **members}


def send(client: Client, *steps: Any, version: str = "beta", **kwargs: Any) -> requests.Response:
    """The answer to a batch."""
    return client.send("POST", f"/{version}/$batch", json={"requests": list(steps)}, **kwargs)


def responses(client: Client, *steps: Any, version: str = "beta") -> dict[str, dict[str, Any]]:
    """The answers to the requests of a batch, by id."""
    answer = send(client, *steps, version=version)
    assert answer.status_code == 200, answer.text
    listed = answer.json()["responses"]
    by_id = {response["id"]: response for response in listed}
    assert len(by_id) == len(listed) == len(steps)
    return by_id


def platform(client: Client) -> int:
    """The platform of Ada's row as kept."""
    [row] = [row for row in client.emulator.state()["statuses"][WINDOWS] if row["id"] == ADA]
    value: int = row["platform"]
    return value


class TestEnvelope:
    """The batch itself."""

    def test_each_request_is_answered_as_if_it_came_alone(self, client: Client) -> None:
        alone = client.get(item()).json()
        by_id = responses(client, get("read"), get("Missing", f"{COLLECTION}/nowhere"), patch("write", {"platform": 3}))
        assert by_id["read"] == {"id": "read", "status": 200, "headers": JSON, "body": alone}
        assert (by_id["Missing"]["status"], by_id["Missing"]["body"]["error"]["code"]) == (404, "ResourceNotFound")
        assert (by_id["write"]["status"], by_id["write"]["body"]["platform"]) == (200, 3)
        assert platform(client) == 3
        assert counts(client.emulator) == {}

    def test_the_answers_come_in_another_order_and_always_the_same(self, client: Client) -> None:
        def order() -> list[str]:
            client.emulator.reset()
            answer = send(client, *[get(str(number)) for number in range(20)])
            return [response["id"] for response in answer.json()["responses"]]

        sent = [str(number) for number in range(20)]
        assert sorted(order()) == sorted(sent)
        assert order() != sent
        assert order() == order()

    def test_twenty_is_the_limit(self, client: Client) -> None:
        assert len(responses(client, *[get(str(number)) for number in range(20)])) == 20
        answer = send(client, *[patch(str(number), {"platform": 1}) for number in range(21)])
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "MaximumValueExceeded"
        assert platform(client) == 0

    @pytest.mark.parametrize(
        "content",
        [
            [],
            {},
            {"requests": []},
            {"requests": {"id": "1"}},
            {"requests": ["x"]},
            {"requests": [{"method": "GET", "url": "/x"}]},
            {"requests": [{"id": "", "method": "GET", "url": "/x"}]},
            {"requests": [{"id": 1, "method": "GET", "url": "/x"}]},
            {"requests": [{"id": "1", "url": "/x"}]},
            {"requests": [{"id": "1", "method": "FETCH", "url": "/x"}]},
            {"requests": [{"id": "1", "method": "GET"}]},
            {"requests": [get("1", headers={"a": 1})]},
            {"requests": [get("1", headers=[])]},
            {"requests": [get("1", dependson=["0"])]},
            {"requests": [get("1", dependsOn="1")]},
            {"requests": [get("1", dependsOn=["2"]), get("2")]},
            {"requests": [get("1", dependsOn=["1"])]},
            {"requests": [patch("1", {"platform": 1}), get("1")]},
            {"requests": [patch("a", {"platform": 1}), get("A")]},
        ],
    )
    def test_an_invalid_batch_is_refused_as_one(self, client: Client, content: object) -> None:
        answer = client.send("POST", "/beta/$batch", json=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
        assert platform(client) == 0
        assert len(client.emulator.log("graph")) == 1

    def test_it_is_json_sent_with_post(self, client: Client) -> None:
        assert client.get("/beta/$batch").status_code == 405
        assert client.send("POST", "/beta/$batch", data=b"{}").status_code == 415
        assert client.send("POST", "/beta/$batch", data=b"{", headers=JSON).status_code == 400

    def test_it_needs_a_token_but_no_role(self, client: Client, anonymous: Client) -> None:
        client.emulator.settings(roles=["DeviceManagementConfiguration.Read.All"])
        client.log_in()
        by_id = responses(client, get("1"), patch("2", {"platform": 1}))
        assert (by_id["1"]["status"], by_id["2"]["status"]) == (200, 403)
        anonymous.token = None
        answer = send(anonymous, get("1"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")

    def test_its_version_is_that_of_its_requests(self, client: Client) -> None:
        by_id = responses(client, get("1"), patch("2", {"platform": 1}), version="v1.0")
        assert "platform" not in by_id["1"]["body"]
        assert by_id["2"]["status"] == 400

    @pytest.mark.parametrize(
        ("profile", "read", "write"), [("documented", 200, 200), ("observed", 400, 400), ("read-only", 200, 400)]
    )
    def test_it_works_in_each_profile(self, client: Client, profile: str, read: int, write: int) -> None:
        client.emulator.settings(profile=profile)
        by_id = responses(
            client, get("1"), patch("2", {"platform": 1}), get("3", f"{COLLECTION}?$filter=status eq 'x'")
        )
        assert [by_id[key]["status"] for key in "123"] == [read, write, 501]


class TestStep:
    """One request of a batch."""

    @pytest.mark.parametrize("url", [ROW, f"/{ROW}"])
    def test_its_url_is_relative_to_the_version(self, client: Client, url: str) -> None:
        assert responses(client, get("1", url))["1"]["body"]["id"] == ADA

    def test_its_url_may_have_a_query(self, client: Client) -> None:
        [first, *_rest] = responses(client, get("1", f"/{COLLECTION}?$top=1"))["1"]["body"]["value"]
        assert first["id"] == ADA

    @pytest.mark.parametrize("url", [f"https://localhost/beta/{ROW}", "/$batch", "$batch?x=1", f"/beta/{ROW}"])
    def test_another_url_fails_alone(self, client: Client, url: str) -> None:
        by_id = responses(client, {"id": "1", "method": "POST", "url": url, "headers": JSON, "body": {}}, get("2"))
        assert (by_id["1"]["status"], by_id["2"]["status"]) == (400, 200)

    @pytest.mark.parametrize("status_id", ["a/b c", "ü_%_+", "a?b#c", "p'q(r)"])
    def test_an_id_may_hold_anything_when_encoded(self, client: Client, status_id: str) -> None:
        client.emulator.put_status(WINDOWS, status_id)
        by_id = responses(client, get("1", f"/{COLLECTION}/{quote(status_id, safe='')}"))
        assert by_id["1"]["body"]["id"] == status_id

    def test_a_url_that_is_not_encoded_is_encoded(self, client: Client) -> None:
        by_id = responses(client, get("1", f"/{COLLECTION}/ü \ud800"))
        assert by_id["1"]["status"] == 404

    @pytest.mark.parametrize("headers", [None, {}, {"Accept": "application/json"}])
    def test_a_body_needs_a_content_type(self, client: Client, headers: dict[str, str] | None) -> None:
        by_id = responses(client, patch("1", {"platform": 1}, headers=headers), patch("2", {"userName": "Bea"}))
        assert (by_id["1"]["status"], by_id["1"]["body"]["error"]["code"]) == (400, "BadRequest")
        assert "Content-Type" in by_id["1"]["body"]["error"]["message"]
        assert by_id["2"]["status"] == 200
        assert platform(client) == 0

    def test_the_name_of_a_header_may_be_in_any_case(self, client: Client) -> None:
        assert responses(client, patch("1", {"platform": 1}, headers={"content-type": "application/json"}))
        assert platform(client) == 1

    def test_the_token_is_that_of_the_envelope(self, client: Client) -> None:
        by_id = responses(client, get("1", headers={"Authorization": "Bearer x", "Host": "elsewhere.invalid"}))
        assert by_id["1"]["status"] == 200

    def test_a_write_needs_a_body(self, client: Client) -> None:
        by_id = responses(client, patch("1", None), {"id": "2", "method": "DELETE", "url": ROW})
        assert (by_id["1"]["status"], by_id["2"]["status"]) == (400, 204)

    def test_204_has_no_body(self, client: Client) -> None:
        client.emulator.settings(patch_answer=204)
        assert responses(client, patch("1", {"platform": 1}))["1"] == {"id": "1", "status": 204, "headers": {}}

    def test_a_body_that_is_not_json_is_in_base64(self, client: Client) -> None:
        step = responses(client, get("1", f"/{COLLECTION}/$count"))["1"]
        assert base64.urlsafe_b64decode(step["body"]) == b"4"

    def test_values_are_kept_as_outside_a_batch(self, client: Client) -> None:
        client.emulator.settings(wrap_item=True)
        date = "2017-01-01T00:00:17.7769392-08:00"
        by_id = responses(client, patch("1", {"lastReportedDateTime": date, "status": "ERROR"}), get("2"))
        row = by_id["2"]["body"]["value"]
        assert (row["lastReportedDateTime"], row["status"]) == ("2017-01-01T08:00:17.7769392Z", "error")


class TestDependency:
    """Requests that depend on others."""

    def test_after_a_success(self, client: Client) -> None:
        by_id = responses(client, patch("a", {"platform": 1}), get("2", dependsOn=["A"]))
        assert by_id["2"]["body"]["platform"] == 1

    def test_after_a_failure_all_dependents_fail(self, client: Client) -> None:
        by_id = responses(
            client,
            get("1", f"/{COLLECTION}/nowhere"),
            patch("2", {"platform": 1}, dependsOn=["1"]),
            patch("3", {"platform": 2}, dependsOn=["2"]),
            get("4"),
        )
        assert [by_id[key]["status"] for key in "1234"] == [404, 424, 424, 200]
        assert by_id["2"]["body"]["error"]["code"] == "FailedDependency"
        assert platform(client) == 0


class TestFault:
    """Faults of the envelope, and of a request inside."""

    def test_partial_failure(self, client: Client) -> None:
        rule = {"match": {"batch": True, "method": "PATCH"}, "skip": 1, "times": 2, "do": {"status": 503}}
        client.emulator.faults(rule)
        client.patch(item(), {"userName": "not inside a batch"})
        by_id = responses(client, *[patch(str(number), {"platform": number}) for number in range(1, 5)])
        assert [by_id[key]["status"] for key in "1234"] == [200, 503, 503, 200]
        assert platform(client) == 4

    def test_retry_after_is_in_the_headers_of_the_request(self, client: Client) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": {"status": 429, "retry_after": "2.128"}})
        answer = send(client, get("1"))
        assert "Retry-After" not in answer.headers
        [response] = answer.json()["responses"]
        assert (response["status"], response["headers"]["Retry-After"]) == (429, "2.128")

    def test_the_envelope_can_be_throttled(self, client: Client) -> None:
        client.emulator.faults({"match": {"path": r"\$batch$"}, "do": {"status": 429, "retry_after": "7"}})
        answer = send(client, patch("1", {"platform": 1}))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
        assert [entry["path"] for entry in client.emulator.log("graph")] == ["/beta/$batch"]
        assert platform(client) == 0

    def test_a_rule_can_exclude_requests_inside_batches(self, client: Client) -> None:
        client.emulator.faults({"match": {"batch": False, "method": "GET"}, "do": {"status": 503}})
        assert responses(client, get("1"))["1"]["status"] == 200
        assert client.get(policies()).status_code == 503

    @pytest.mark.parametrize(
        ("do", "kept"), [({"drop": "after"}, 1), ({"body_form": "cut"}, 1), ({"drop": "before"}, 0)]
    )
    def test_an_envelope_may_be_lost(self, client: Client, do: dict[str, str], kept: int) -> None:
        client.emulator.faults({"match": {"batch": False, "method": "POST"}, "do": do})
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            send(client, patch("1", {"platform": 1}))
        assert platform(client) == kept

    @pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 1)])
    def test_a_connection_lost_behind_the_gateway_is_a_504(self, client: Client, drop: str, kept: int) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": {"drop": drop}})
        assert responses(client, patch("1", {"platform": 1}))["1"]["status"] == 504
        assert platform(client) == kept

    def test_a_body_inside_may_not_be_json(self, client: Client) -> None:
        client.emulator.faults(
            {"match": {"batch": True}, "do": {"status": 502, "body_form": "html"}},
            {"match": {"batch": True}, "do": {"body_form": "cut_json"}},
            {"match": {"batch": True}, "do": {"body_form": "cut"}},
            {"match": {"batch": True}, "do": {"body_form": "empty"}},
        )
        by_id = responses(client, *[get(key) for key in "1234"])
        assert base64.urlsafe_b64decode(by_id["1"]["body"]).startswith(b"<!DOCTYPE html>")
        for key in "23":
            with pytest.raises(json.JSONDecodeError):
                json.loads(base64.urlsafe_b64decode(by_id[key]["body"]))
        assert "body" not in by_id["4"]

    def test_a_slow_request_makes_the_envelope_slow(self, client: Client) -> None:
        client.emulator.faults({"match": {"batch": True}, "times": 2, "do": {"delay": 0.2}})
        started = time.monotonic()
        responses(client, get("1"), get("2"))
        assert 0.2 <= time.monotonic() - started < 0.4

    @pytest.mark.parametrize("match", [{"batch": True}, {"batch": False, "method": "POST"}])
    def test_keep_nothing(self, client: Client, match: dict[str, object]) -> None:
        client.emulator.faults({"match": match, "do": {"keep_nothing": True}})
        assert responses(client, patch("1", {"platform": 1}))["1"]["body"]["platform"] == 1
        assert platform(client) == 0

    def test_no_fault_applies_to_a_request_that_is_not_processed(self, client: Client) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": {"status": 503}})
        by_id = responses(client, get("1", "https://localhost/"), get("2", dependsOn=["1"]), get("3"))
        assert [by_id[key]["status"] for key in "123"] == [400, 424, 503]
