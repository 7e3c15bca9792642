# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches in the log, and before the judge."""

from __future__ import annotations

import contextlib

import pytest
import requests

from ..conftest import ADA, Client, counts, item, policies
from ..graph.test_batch import COLLECTION, ROW, get, patch, platform, send


class TestLog:
    """The log of a batch."""

    def test_the_envelope_and_each_request_have_an_entry(self, client: Client) -> None:
        client.emulator.faults({"match": {"method": "PATCH"}, "do": {"status": 503}})
        send(client, get("1"), patch("2", {"platform": 1}), get("3", dependsOn=["2"]))
        envelope, *steps = client.emulator.log("graph")
        assert (envelope["method"], envelope["path"], envelope["batch"]) == ("POST", "/beta/$batch", None)
        assert envelope["status"] == 200
        assert [step["batch"] for step in steps] == [envelope["n"]] * 3
        assert [step["method"] for step in steps] == ["GET", "PATCH", "GET"]
        assert [step["status"] for step in steps] == [200, 503, 424]
        assert steps[1]["body"] == {"platform": 1}
        assert steps[1]["fault"] == {"status": 503}
        assert steps[0]["path"] == f"/beta/{COLLECTION}/{ADA}"
        assert steps[0]["authorization"] is True
        assert steps[0]["client_request_id"] == envelope["client_request_id"]

    def test_a_request_outside_a_batch_has_no_envelope(self, client: Client) -> None:
        client.get(policies())
        assert client.emulator.log("graph")[0]["batch"] is None


class TestJudge:
    """The rules for requests inside a batch."""

    def test_only_the_envelope_needs_an_id(self, client: Client) -> None:
        send(client, get("1"), get("2"))
        assert counts(client.emulator) == {}
        send(client, get("1"), get("2"), headers={"client-request-id": "none"})
        assert counts(client.emulator) == {"no_client_request_id": 1}

    def test_a_batch_that_only_reads_is_no_write(self, client: Client) -> None:
        client.emulator.settings(expect_no_writes=True)
        send(client, get("1"))
        assert counts(client.emulator) == {}
        send(client, get("1"), patch("2", {"platform": 1}), {"id": "3", "method": "DELETE", "url": ROW})
        assert counts(client.emulator) == {"write_in_check_mode": 2}

    def test_needless_writes_are_found_inside(self, client: Client) -> None:
        send(
            client,
            patch("1", {"platform": 1}),
            patch("2", {"platform": 1}),
            patch("3", {"platform": 1, "userName": ""}),
        )
        assert counts(client.emulator) == {"patch_changes_nothing": 1, "property_sent_needlessly": 1}
        envelope, _rest, second, _rest = client.emulator.log("graph")
        assert client.emulator.judge()["findings"][0]["n"] == second["n"] == envelope["n"] + 2

    def test_a_secret_in_a_url_inside_is_found(self, client: Client) -> None:
        secret = client.emulator.credentials["client_secret"]
        send(client, get("1", f"/deviceManagement?x={secret}"))
        assert counts(client.emulator) == {"secret_in_url": 1}

    def test_repeating_a_request_too_early_is_found_inside_and_outside(self, client: Client) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": {"status": 429, "retry_after": "30"}})
        send(client, get("1"), get("2", f"/{COLLECTION}"))
        assert counts(client.emulator) == {}
        send(client, get("1", f"/{COLLECTION}"))
        assert counts(client.emulator) == {}
        send(client, get("x"))
        client.get(item())
        assert counts(client.emulator) == {"retry_before_time": 2}

    def test_repeating_a_throttled_envelope_too_early_is_found(self, client: Client) -> None:
        client.emulator.faults({"match": {"path": "batch"}, "do": {"status": 429, "retry_after": "30"}})
        send(client, get("1"))
        send(client, get("2"))
        assert counts(client.emulator) == {"retry_before_time": 1}

    @pytest.mark.parametrize(
        "do", [{"drop": "after"}, {"body_form": "cut"}, {"body_form": "html"}, {"body_form": "empty"}]
    )
    def test_without_retry_after_there_is_no_wait(self, client: Client, do: dict[str, str]) -> None:
        client.emulator.faults(
            {"match": {"batch": False, "method": "POST"}, "do": do},
            {"match": {"batch": True}, "do": {"status": 429, "retry_after": "30"}},
        )
        with contextlib.suppress(requests.RequestException):
            send(client, patch("1", {"platform": 1}))
        send(client, patch("1", {"platform": 1}))
        assert counts(client.emulator) == {}
        assert platform(client) == 1
