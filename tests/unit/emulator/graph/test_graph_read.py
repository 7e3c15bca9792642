# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading: policies, overview, lists with paging, and one row."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ..conftest import ADA, WINDOWS, Client, item, policies, statuses

ADA_ROW = {
    "id": ADA,
    "deviceDisplayName": "PC-0001",
    "userName": "Ada Example",
    "deviceModel": "Latitude 7440",
    "platform": 0,
    "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59.9999999Z",
    "status": "compliant",
    "lastReportedDateTime": "2026-01-05T06:07:08.1234567Z",
    "userPrincipalName": "ada@contoso.example",
}


def pages(client: Client, url: str) -> list[list[dict[str, Any]]]:
    """The values of every page, following the links."""
    found = []
    following: str | None = url
    while following is not None:
        content = client.get(following).json()
        found.append(content["value"])
        following = content.get("@odata.nextLink")
    return found


def test_policies_show_their_type(client: Client) -> None:
    content = client.get(policies()).json()
    assert [(policy["displayName"], policy["@odata.type"]) for policy in content["value"]] == [
        ("Windows baseline", "#microsoft.graph.windows10CompliancePolicy"),
        ("iOS baseline", "#microsoft.graph.iosCompliancePolicy"),
    ]
    assert content["@odata.context"].endswith("/beta/$metadata#deviceManagement/deviceCompliancePolicies")


def test_one_policy(client: Client) -> None:
    assert client.get(f"{policies()}/{WINDOWS}").json()["displayName"] == "Windows baseline"


def test_the_overview_counts_rows_by_status(client: Client) -> None:
    beta = client.get(f"{policies()}/{WINDOWS}/deviceStatusOverview").json()
    names = ("pendingCount", "notApplicableCount", "successCount", "errorCount", "failedCount")
    assert [beta[name] for name in names] == [0, 0, 2, 1, 1]
    assert (beta["conflictCount"], beta["notApplicablePlatformCount"]) == (0, 0)
    stable = client.get(f"{policies('v1.0')}/{WINDOWS}/deviceStatusOverview").json()
    assert stable.keys() == beta.keys() - {"conflictCount", "notApplicablePlatformCount"}


@pytest.mark.parametrize("version", ["beta", "v1.0"])
def test_a_row_has_a_platform_in_beta_alone(client: Client, version: str) -> None:
    wanted = dict(ADA_ROW) if version == "beta" else {k: v for k, v in ADA_ROW.items() if k != "platform"}
    listed = client.get(statuses(version=version)).json()["value"][0]
    single = client.get(item(version=version)).json()
    assert listed == wanted
    assert single == wanted | {
        "@odata.type": "#microsoft.graph.deviceComplianceDeviceStatus",
        "@odata.context": f"{client.emulator.url}/{version}/$metadata#deviceManagement/deviceCompliancePolicies"
        f"('{WINDOWS}')/deviceStatuses/$entity",
    }


def test_a_list_comes_in_pages_linked_absolutely(client: Client) -> None:
    client.emulator.settings(page_size=3)
    first = client.get(statuses()).json()
    assert len(first["value"]) == 3
    assert first["@odata.nextLink"].startswith(f"{client.emulator.url}{statuses()}?$skiptoken=")
    assert [len(page) for page in pages(client, statuses())] == [3, 1]
    assert len({row["id"] for page in pages(client, statuses()) for row in page}) == 4


def test_a_page_that_ends_with_the_rows_has_no_link(client: Client) -> None:
    client.emulator.settings(page_size=4)
    assert [len(page) for page in pages(client, statuses())] == [4]


def test_top_makes_pages_smaller_but_not_larger(client: Client) -> None:
    client.emulator.settings(page_size=3)
    assert [len(page) for page in pages(client, f"{statuses()}?$top=2")] == [2, 2]
    assert [len(page) for page in pages(client, f"{statuses()}?$top=999")] == [3, 1]
    link = client.get(f"{statuses()}?$top=2").json()["@odata.nextLink"]
    assert parse_qs(urlsplit(link).query)["$top"] == ["2"]


def test_pages_may_be_empty_and_have_a_link(client: Client) -> None:
    client.emulator.settings(page_size=3, empty_pages=True)
    assert [len(page) for page in pages(client, statuses())] == [0, 3, 0, 1]


def test_a_list_may_have_fewer_rows_than_the_overview_counts(client: Client) -> None:
    client.emulator.settings(list_limit=1)
    assert [len(page) for page in pages(client, statuses())] == [1]
    assert client.get(f"{policies()}/{WINDOWS}/deviceStatusOverview").json()["successCount"] == 2


@pytest.mark.parametrize("query", ["$top=0", "$top=x", "$skiptoken=%21", "$skiptoken=abcd"])
def test_an_invalid_query_option_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{statuses()}?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("profile", ["documented", "observed", "read-only"])
def test_filter_is_not_implemented_in_any_profile(client: Client, profile: str) -> None:
    client.emulator.settings(profile=profile)
    answer = client.get(f"{statuses()}?$filter=status eq 'error'")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotImplemented")


def test_rows_can_be_counted(client: Client) -> None:
    assert client.get(f"{statuses()}/$count").text == "4"


@pytest.mark.parametrize("status_id", ["a/b c", "ü_%_+", "$count ", "a?b#c", "p'q(r)"])
def test_an_id_may_hold_anything_when_encoded(client: Client, status_id: str) -> None:
    client.emulator.put_status(WINDOWS, status_id, deviceDisplayName="odd")
    answer = client.get(item(status_id))
    assert (answer.status_code, answer.json().get("id")) == (200, status_id)


@pytest.mark.parametrize("path", [f"{policies()}/nowhere", statuses("nowhere"), item("nowhere")])
def test_an_unknown_id_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert "'nowhere' was not found" in answer.json()["error"]["message"]
    assert "Activity ID: " in answer.json()["error"]["message"]


def test_a_segment_that_does_not_exist_is_named(client: Client) -> None:
    answer = client.get(f"{policies()}/{WINDOWS}/deviceStates")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Resource not found for the segment 'deviceStates'."


def test_a_policy_may_be_unreadable(client: Client) -> None:
    client.emulator.settings(policies_unreadable=[WINDOWS])
    assert client.get(statuses()).status_code == 403
    assert client.get(f"{policies()}/{WINDOWS}/deviceStatusOverview").status_code == 403
    assert client.get(policies()).status_code == 200


def test_one_row_may_come_wrapped_as_in_the_sample(client: Client) -> None:
    client.emulator.settings(wrap_item=True)
    assert client.get(item()).json()["value"]["id"] == ADA


@pytest.mark.parametrize(("case", "shown"), [("lower", "noncompliant"), ("upper", "NONCOMPLIANT")])
def test_a_status_may_be_shown_in_another_case(client: Client, case: str, shown: str) -> None:
    client.emulator.settings(enum_case=case)
    assert shown in [row["status"] for row in client.get(statuses()).json()["value"]]


def test_each_answer_has_its_ids(client: Client) -> None:
    mine = str(uuid.uuid4())
    for path in (item(), item("nowhere")):
        answer = client.get(path, headers={"client-request-id": mine})
        assert answer.headers["client-request-id"] == mine
        assert uuid.UUID(answer.headers["request-id"]).version == 4
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Date"]
    inner = answer.json()["error"]["innerError"]
    assert inner["client-request-id"] == mine
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["date"]
