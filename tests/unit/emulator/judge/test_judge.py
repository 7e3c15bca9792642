# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of the judge, with a violation and without one."""

from __future__ import annotations

import time
import uuid

import pytest
import requests

from ..conftest import ADA, TIMEOUT, WINDOWS, Client, counts, item, policies, statuses


def test_it_lists_every_rule_without_findings_too(client: Client) -> None:
    client.get(statuses())
    verdict = client.emulator.judge()
    assert verdict == {
        "findings": [],
        "counts": {
            "patch_changes_nothing": 0,
            "property_sent_needlessly": 0,
            "retry_before_time": 0,
            "token_to_another_host": 0,
            "no_client_request_id": 0,
            "write_in_check_mode": 0,
            "secret_in_url": 0,
            "write_over_budget": 0,
            "request_over_budget": 0,
            "write_while_held": 0,
        },
        "total": 0,
    }


def test_a_finding_has_the_number_of_its_request(client: Client) -> None:
    client.patch(item(), {"status": "compliant"})
    [finding] = client.emulator.judge()["findings"]
    assert finding["rule"] == "patch_changes_nothing"
    assert finding["n"] == client.emulator.log()[-1]["n"]
    assert "status" in finding["detail"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"status": "COMPLIANT"}, "patch_changes_nothing"),
        ({"lastReportedDateTime": "2026-01-05T07:07:08.1234567+01:00"}, "patch_changes_nothing"),
        ({"complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z"}, "patch_changes_nothing"),
        ({"platform": 0, "userName": "Ada Example"}, "patch_changes_nothing"),
        ({}, "patch_changes_nothing"),
        ({"platform": 0, "userName": "Bea"}, "property_sent_needlessly"),
        ({"status": "error", "userName": "Ada Example"}, "property_sent_needlessly"),
        ({"userName": "ada example"}, None),
        ({"lastReportedDateTime": "2026-01-05T06:07:08.1234568Z"}, None),
        ({"deviceModel": None}, None),
        ({"deviceModel": ""}, None),
        ({"status": "nonsense"}, None),
    ],
)
def test_patches_are_compared_by_type(client: Client, body: dict[str, object], rule: str | None) -> None:
    client.patch(item(), body)
    assert counts(client.emulator) == ({} if rule is None else {rule: 1})


@pytest.mark.parametrize("do", [{"drop": "after"}, {"status": 504, "apply": True}])
def test_repeating_a_lost_write_without_reading_is_found(client: Client, do: dict[str, object]) -> None:
    client.emulator.faults({"do": do})
    for _turn in range(2):
        try:
            client.patch(item(), {"platform": 2})
        except requests.ConnectionError:
            continue
    assert counts(client.emulator) == {"patch_changes_nothing": 1}


@pytest.mark.parametrize("do", [{"drop": "before"}, {"status": 503}, {"keep_nothing": True}])
def test_repeating_a_write_that_was_not_kept_is_correct(client: Client, do: dict[str, object]) -> None:
    client.emulator.faults({"do": do})
    for _turn in range(2):
        try:
            client.patch(item(), {"platform": 2})
        except requests.ConnectionError:
            continue
    assert counts(client.emulator) == {}


@pytest.mark.parametrize("retry_after", ["30", "2.5", {"http_date_in": 30}, {"nested": 30}])
def test_each_early_repetition_is_counted(client: Client, retry_after: object) -> None:
    client.emulator.faults({"do": {"status": 429, "retry_after": retry_after}})
    for _turn in range(3):
        client.get(policies())
    assert counts(client.emulator) == {"retry_before_time": 2}


@pytest.mark.parametrize("retry_after", ["0", "0.2", {"http_date_in": 0}, {"nested": 0.2}])
def test_a_repetition_after_the_wait_is_correct(client: Client, retry_after: object) -> None:
    client.emulator.faults({"do": {"status": 429, "retry_after": retry_after}})
    client.get(policies())
    time.sleep(0.2)
    client.get(policies())
    assert counts(client.emulator) == {}


def test_a_wait_applies_to_one_client_and_one_request(client: Client) -> None:
    client.emulator.faults({"do": {"status": 429, "retry_after": "30"}})
    client.get(item())
    client.get(policies())
    client.patch(item(), {"platform": 2})
    client.log_in()
    client.get(item())
    assert counts(client.emulator) == {}


def test_the_authority_may_request_a_wait_too(anonymous: Client) -> None:
    anonymous.emulator.faults({"do": {"status": 503, "retry_after": "30"}})
    for _turn in range(2):
        anonymous.request_token(client_secret="x")
    assert counts(anonymous.emulator) == {"retry_before_time": 1}


def test_a_token_is_for_the_host_of_graph_only(client: Client) -> None:
    credentials = client.emulator.credentials
    headers = {"Authorization": f"Bearer {client.log_in()}"}
    client.get(credentials["authority_url"] + policies(), headers=headers)
    client.get(f"{credentials['authority_url']}/{credentials['tenant_id']}/v2.0/.well-known/openid-configuration")
    requests.get(f"{credentials['imds_url']}/msi/token", headers=headers, timeout=TIMEOUT)
    client.get(policies(), headers={"Host": "graph.microsoft.com"})
    assert counts(client.emulator) == {"token_to_another_host": 4}


def test_a_missing_token_is_not_a_violation(anonymous: Client) -> None:
    anonymous.get(policies())
    assert counts(anonymous.emulator) == {}


def test_each_graph_request_needs_its_own_id(client: Client) -> None:
    mine = str(uuid.uuid4())
    client.session.get(client.emulator.url + policies(), timeout=TIMEOUT)
    client.get(policies(), headers={"client-request-id": "mine"})
    client.get(policies(), headers={"client-request-id": mine})
    client.get(policies(), headers={"client-request-id": mine.upper()})
    assert counts(client.emulator) == {"no_client_request_id": 3}


def test_check_mode_must_not_write(client: Client) -> None:
    client.patch(item(), {"platform": 2})
    client.emulator.settings(expect_no_writes=True)
    client.get(item())
    client.log_in()
    assert counts(client.emulator) == {}
    client.patch(item(), {"platform": 3})
    client.send("DELETE", item())
    assert counts(client.emulator) == {"write_in_check_mode": 2}


def test_a_secret_in_a_url_is_found(client: Client) -> None:
    credentials = client.emulator.credentials
    client.get(policies(), params={"secret": credentials["client_secret"]})
    client.get(policies(), params={"access_token": client.log_in()})
    client.get(f"{policies()}/{credentials['app_service_header']}")
    assert counts(client.emulator) == {"secret_in_url": 3}
    client.get(policies(), params={"$skiptoken": "x"})
    assert counts(client.emulator) == {"secret_in_url": 3}


def test_no_secret_is_in_the_log(client: Client) -> None:
    credentials = client.emulator.credentials
    client.get(f"{policies()}/{credentials['client_secret']}", params={"t": client.log_in()})
    shown = str(client.emulator.log()) + str(client.emulator.judge())
    assert credentials["client_secret"] not in shown
    assert "eyJ" not in shown


def test_the_log_shows_the_requests(client: Client) -> None:
    client.patch(item(), {"platform": 2})
    token, patch = client.emulator.log()
    assert token["kind"] == "authority"
    assert token["body"] == ["client_id", "client_secret", "grant_type", "scope"]
    assert token["authorization"] is False
    assert (patch["kind"], patch["method"], patch["status"], patch["body"]) == ("graph", "PATCH", 200, {"platform": 2})
    assert patch["path"].endswith(f"/{WINDOWS}/deviceStatuses/{ADA}")
    assert patch["authorization"] is True
    assert uuid.UUID(patch["client_request_id"]).version == 4
    assert patch["user_agent"].startswith("python-requests/")
    assert patch["host"] == client.emulator.url.removeprefix("https://")
    assert (token["n"], patch["n"]) == (1, 2)
