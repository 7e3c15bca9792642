# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each form of fault, as a client sees it."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

import pytest
import requests

from ....emulator import EmulatorError, RunningEmulator
from ..conftest import ADA, TIMEOUT, WINDOWS, Client, item, policies, statuses


def platform(emulator: RunningEmulator) -> int:
    """The platform of Ada's row as kept."""
    [row] = [row for row in emulator.state()["statuses"][WINDOWS] if row["id"] == ADA]
    value: int = row["platform"]
    return value


class TestRule:
    """To which requests a rule applies."""

    def test_once_by_default(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 503}})
        assert [client.get(policies()).status_code for _turn in range(2)] == [503, 200]

    def test_times_and_skip(self, client: Client) -> None:
        client.emulator.faults({"times": 2, "skip": 1, "do": {"status": 503}})
        assert [client.get(policies()).status_code for _turn in range(4)] == [200, 503, 503, 200]

    def test_always_until_cleared(self, client: Client) -> None:
        client.emulator.faults({"times": None, "do": {"status": 500}})
        assert [client.get(policies()).status_code for _turn in range(3)] == [500] * 3
        client.emulator.clear_faults()
        assert client.get(policies()).status_code == 200

    def test_match(self, client: Client) -> None:
        client.emulator.faults(
            {"match": {"method": "patch", "path": r"/deviceStatuses/[^/]+$", "kind": "graph"}, "do": {"status": 502}}
        )
        assert client.get(item()).status_code == 200
        assert client.patch(item(), {"platform": 1}).status_code == 502

    def test_the_first_rule_that_matches_wins(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 503}}, {"do": {"status": 504}})
        assert [client.get(policies()).status_code for _turn in range(3)] == [503, 504, 200]

    def test_the_log_names_the_fault(self, client: Client) -> None:
        client.emulator.faults({"match": {"kind": "graph"}, "do": {"status": 429, "retry_after": "1"}})
        client.get(policies())
        assert client.emulator.log("graph")[-1]["fault"] == {"status": 429, "retry_after": "1"}

    @pytest.mark.parametrize(
        "rule",
        [
            {},
            [1],
            {"do": {"stauts": 500}},
            {"do": {"status": "500"}},
            {"do": {"retry_after": "1"}},
            {"do": {"body_form": "nested"}},
            {"do": {"body_form": "xml", "status": 500}},
            {"do": {"drop": "during"}},
            {"do": {"delay": -1}},
            {"do": {"keep_only": ["device_model"]}},
            {"do": {"status": 429, "retry_after": {"http_date_in": 1, "nested": 1}}},
            {"do": {"apply": "yes", "status": 500}},
            {"match": {"path": "("}, "do": {}},
            {"match": {"kind": "mail"}, "do": {}},
            {"times": -1, "do": {}},
            {"when": 1, "do": {}},
        ],
    )
    def test_a_rule_with_a_mistake_is_refused(self, emulator: RunningEmulator, rule: Any) -> None:
        with pytest.raises(EmulatorError, match="400"):
            emulator.control("POST", "faults", rule)


class TestStatus:
    """An error instead of the answer."""

    @pytest.mark.parametrize(
        ("status", "code"), [(429, "TooManyRequests"), (503, "ServiceUnavailable"), (504, "GatewayTimeout")]
    )
    def test_the_code_that_goes_with_it(self, client: Client, status: int, code: str) -> None:
        client.emulator.faults({"do": {"status": status}})
        answer = client.get(policies())
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert "Retry-After" not in answer.headers

    def test_a_code_and_message_can_be_given(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 409, "code": "Odd", "message": "so it is"}})
        error = client.get(policies()).json()["error"]
        assert (error["code"], error["message"]) == ("Odd", "so it is")

    def test_nothing_is_applied(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 500}})
        assert client.patch(item(), {"platform": 5}).status_code == 500
        assert platform(client.emulator) == 0

    def test_unless_apply_is_set(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 504, "apply": True}})
        assert client.patch(item(), {"platform": 5}).status_code == 504
        assert platform(client.emulator) == 5

    def test_the_authority_has_its_own_form_of_errors(self, anonymous: Client) -> None:
        anonymous.emulator.faults({"match": {"kind": "authority"}, "do": {"status": 503, "retry_after": "1"}})
        answer = anonymous.request_token(client_secret="x")
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "1"

    def test_managed_identity_has_its_own_form_of_errors(self, anonymous: Client) -> None:
        anonymous.emulator.faults({"match": {"kind": "imds"}, "do": {"status": 500, "code": "unknown"}})
        answer = requests.get(f"{anonymous.emulator.credentials['imds_url']}/msi/token", timeout=TIMEOUT)
        assert (answer.status_code, answer.json()["error"]) == (500, "unknown")


class TestRetryAfter:
    """Each form in which a service gives the time to wait."""

    @pytest.mark.parametrize("value", ["7", "2.128", "Wed, 21 Oct 2037 07:28:00 GMT", "soon"])
    def test_literally(self, client: Client, value: str) -> None:
        client.emulator.faults({"do": {"status": 429, "retry_after": value}})
        assert client.get(policies()).headers["Retry-After"] == value

    def test_as_a_date(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 429, "retry_after": {"http_date_in": 100}}})
        until = email.utils.parsedate_to_datetime(client.get(policies()).headers["Retry-After"]).timestamp()
        assert 90 < until - time.time() <= 100

    def test_inside_intunes_json(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 429, "retry_after": {"nested": 12}}})
        answer = client.get(policies())
        assert "Retry-After" not in answer.headers
        assert json.loads(answer.json()["error"]["message"])["RetryAfter"] == 12


class TestBody:
    """Other bodies than a complete JSON document."""

    def test_nested(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 500, "body_form": "nested", "message": "An error has occurred"}})
        nested = json.loads(client.get(policies()).json()["error"]["message"])
        assert nested["Message"].startswith("An error has occurred - Operation ID (for customer support): 0000")

    def test_flat(self, client: Client) -> None:
        client.emulator.faults({"do": {"status": 500, "body_form": "flat", "message": "An error has occurred"}})
        message = client.get(policies()).json()["error"]["message"]
        assert message.startswith("An error has occurred - Operation ID (for customer support): 0000")

    @pytest.mark.parametrize("status", [None, 502])
    def test_html(self, client: Client, status: int | None) -> None:
        client.emulator.faults({"do": {"body_form": "html"} | ({} if status is None else {"status": status})})
        answer = client.get(policies())
        assert answer.status_code == (status or 200)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.startswith("<!DOCTYPE html>")

    @pytest.mark.parametrize("status", [None, 503])
    def test_empty(self, client: Client, status: int | None) -> None:
        client.emulator.faults({"do": {"body_form": "empty"} | ({} if status is None else {"status": status})})
        answer = client.get(policies())
        assert (answer.status_code, answer.content) == (status or 200, b"")

    @pytest.mark.parametrize("status", [None, 500])
    def test_cut_by_the_connection(self, client: Client, status: int | None) -> None:
        client.emulator.faults({"do": {"body_form": "cut"} | ({} if status is None else {"status": status})})
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            client.get(policies())
        assert client.get(policies()).status_code == 200

    def test_cut_json_of_correct_length(self, client: Client) -> None:
        client.emulator.faults({"do": {"body_form": "cut_json"}})
        answer = client.get(policies())
        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()

    def test_a_cut_answer_to_a_write_that_was_done(self, client: Client) -> None:
        client.emulator.faults({"match": {"method": "PATCH"}, "do": {"body_form": "cut"}})
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            client.patch(item(), {"platform": 6})
        assert platform(client.emulator) == 6

    def test_any_json(self, client: Client) -> None:
        client.emulator.faults({"do": {"answer_json": None}}, {"do": {"answer_json": {"value": "x"}}})
        assert [client.get(statuses()).json() for _turn in range(2)] == [None, {"value": "x"}]


class TestConnection:
    """Answers that are not sent, or are late."""

    @pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 4)])
    def test_drop(self, client: Client, drop: str, kept: int) -> None:
        client.emulator.faults({"do": {"drop": drop}})
        with pytest.raises(requests.exceptions.ConnectionError):
            client.patch(item(), {"platform": 4})
        assert platform(client.emulator) == kept
        assert client.emulator.log("graph")[-1]["status"] is None
        assert client.get(policies()).status_code == 200

    def test_drop_at_the_plain_listener(self, anonymous: Client) -> None:
        anonymous.emulator.faults({"match": {"kind": "imds"}, "do": {"drop": "before"}})
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(f"{anonymous.emulator.credentials['imds_url']}/msi/token", timeout=TIMEOUT)

    def test_delay(self, client: Client) -> None:
        client.emulator.faults({"do": {"delay": 0.3}})
        started = time.monotonic()
        assert client.patch(item(), {"platform": 4}).status_code == 200
        assert time.monotonic() - started >= 0.3

    def test_a_request_is_applied_even_if_the_client_disconnects(self, client: Client) -> None:
        client.emulator.faults({"do": {"delay": 60}})
        with pytest.raises(requests.exceptions.ReadTimeout):
            client.patch(item(), {"platform": 4}, timeout=0.2)
        assert platform(client.emulator) == 4

    def test_slow_body(self, client: Client) -> None:
        client.emulator.faults({"do": {"slow_body": 0.3}})
        started = time.monotonic()
        answer = client.send("GET", policies(), stream=True)
        headers_after = time.monotonic() - started
        assert len(answer.json()["value"]) == 2
        assert headers_after < 0.3 <= time.monotonic() - started


class TestFalseAnswer:
    """Answers that are wrong."""

    def test_keep_nothing(self, client: Client) -> None:
        client.emulator.faults({"do": {"keep_nothing": True}})
        answer = client.patch(item(), {"platform": 9})
        assert (answer.status_code, answer.json()["platform"]) == (200, 9)
        assert client.get(item()).json()["platform"] == 0

    def test_keep_only(self, client: Client) -> None:
        client.emulator.faults({"do": {"keep_only": ["status"]}})
        answer = client.patch(item(), {"platform": 9, "status": "error"})
        assert (answer.json()["platform"], answer.json()["status"]) == (9, "error")
        kept = client.get(item()).json()
        assert (kept["platform"], kept["status"]) == (0, "error")

    @pytest.mark.parametrize("status", [None, 307])
    def test_redirect(self, client: Client, status: int | None) -> None:
        target = "https://elsewhere.invalid/beta"
        client.emulator.faults({"do": {"redirect": target} | ({} if status is None else {"status": status})})
        answer = client.patch(item(), {"platform": 9})
        assert (answer.status_code, answer.headers["Location"]) == (status or 302, target)
        assert platform(client.emulator) == 0

    def test_foreign_next_link(self, client: Client) -> None:
        client.emulator.faults({"do": {"foreign_next_link": "https://elsewhere.invalid/next"}})
        content = client.get(statuses()).json()
        assert content["@odata.nextLink"] == "https://elsewhere.invalid/next"
        assert len(content["value"]) == 4
