# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading statuses: of every policy and of one, filtered, and complete or failed."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import Ansible, Ids, requests_of

pytestmark = [pytest.mark.alone, pytest.mark.pipelined]

NEVER = "9999-12-31T23:59:59Z"


def names(result: dict[str, Any]) -> list[str]:
    return [row["device_display_name"] for row in result["device_compliance_statuses"]]


def test_every_policy_is_read(ansible: Ansible, emulator: RunningEmulator) -> None:
    result = ansible.info().only
    state = emulator.state()
    expected = [(policy_id, row["id"]) for policy_id, rows in state["statuses"].items() for row in rows]
    rows = result["device_compliance_statuses"]
    assert [(row["policy_id"], row["id"]) for row in rows] == expected
    assert result["count"] == len(expected)
    assert result["summary"] == dict(collections.Counter(row["status"] for row in rows))
    policies = {policy["id"]: policy["displayName"] for policy in state["policies"]}
    assert all(row["policy_display_name"] == policies[row["policy_id"]] for row in rows)
    assert all(row["policy_type"].startswith("#microsoft.graph.") for row in rows)
    assert not result["changed"]
    assert "complete" not in result
    assert "overviews" not in result
    assert result["graph"]["requests"] == 1 + len(policies)


def test_a_row_has_every_property_as_the_service_spells_it(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    row = ids.row(emulator)
    shown = ansible.info(**ids.options).only["device_compliance_statuses"]
    assert shown == [
        {
            "id": row["id"],
            "policy_id": ids.policy_id,
            "policy_display_name": "Windows baseline",
            "policy_type": "#microsoft.graph.windows10CompliancePolicy",
            "device_display_name": row["deviceDisplayName"],
            "user_name": row["userName"],
            "device_model": row["deviceModel"],
            "platform": row["platform"],
            "compliance_grace_period_expiration_date_time": row["complianceGracePeriodExpirationDateTime"],
            "status": row["status"],
            "last_reported_date_time": row["lastReportedDateTime"],
            "user_principal_name": row["userPrincipalName"],
        }
    ]
    assert "platform" not in ansible.info(**ids.options, api_version="v1.0").only["device_compliance_statuses"][0]


@pytest.mark.parametrize("option", ["policy_id", "policy_name"])
def test_one_policy_is_read(ansible: Ansible, emulator: RunningEmulator, ids: Ids, option: str) -> None:
    given = {"policy_id": ids.policy_id, "policy_name": "windows BASELINE"}[option]
    result = ansible.info(**{option: given}).only
    assert {row["policy_id"] for row in result["device_compliance_statuses"]} == {ids.policy_id}
    assert result["count"] == len(emulator.state()["statuses"][ids.policy_id])


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": ["error", "nonCompliant"]}, ["PC-0002", "KIOSK-0003"]),
        ({"status": []}, ["PC-0001", "PC-0002", "KIOSK-0003", "KIOSK-0003"]),
        ({"device_display_name": "kiosk-0003"}, ["KIOSK-0003", "KIOSK-0003"]),
        ({"device_display_name": "KIOSK"}, []),
        ({"user_principal_name": "ADA@contoso.example"}, ["PC-0001"]),
        ({"deviceDisplayName": "KIOSK-0003", "userPrincipalName": "bea@contoso.example"}, ["KIOSK-0003"]),
        # Strictly before, with a precision of 100 ns, whatever the offset.
        ({"reported_before": "2026-01-05T06:07:08.1234567Z"}, ["PC-0002", "KIOSK-0003"]),
        ({"reported_before": "2026-01-05T07:07:08.1234568+01:00"}, ["PC-0001", "PC-0002", "KIOSK-0003"]),
        ({"reported_before": "0001-01-01T00:00:00Z"}, []),
        # A grace period that never expires does not expire before any date.
        ({"grace_expires_before": NEVER}, ["PC-0002"]),
        ({"grace_expires_before": "9999-12-31T23:59:59.9999999Z"}, ["PC-0002"]),
        ({"grace_expires_before": "2026-02-01T00:00:00Z"}, []),
        ({"status": ["error"], "reported_before": "2026-01-05T00:00:00Z"}, ["KIOSK-0003"]),
    ],
    ids=repr,
)
def test_filters(ansible: Ansible, ids: Ids, filters: dict[str, Any], expected: list[str]) -> None:
    result = ansible.info(policy_id=ids.policy_id, **filters).only
    assert names(result) == expected
    assert result["count"] == len(expected)
    assert sum(result["summary"].values()) == len(expected)


def test_an_invalid_filter_is_refused_before_any_request(ansible: Ansible, emulator: RunningEmulator) -> None:
    run = ansible.info(reported_before="2026-01-05", grace_expires_before="soon", policy_id="..").only
    assert run["failure"]["phase"] == "validate"
    assert all(option in run["msg"] for option in ("reported_before", "grace_expires_before", "policy_id"))
    assert not emulator.log()


def test_pages_are_followed_to_the_end_and_empty_ones_are_skipped(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    complete = ansible.info(policy_id=ids.policy_id).only["device_compliance_statuses"]
    emulator.settings(page_size=1, empty_pages=True)
    before = len(emulator.log("graph"))
    result = ansible.info("--check", policy_id=ids.policy_id).only
    assert result["device_compliance_statuses"] == complete
    assert len(emulator.log("graph")) - before >= 2 * len(complete)


def test_a_list_as_long_as_its_overview_is_complete(ansible: Ansible, emulator: RunningEmulator) -> None:
    run = ansible.info(overview=True, status=["error"])
    result = run.only
    assert result["complete"]
    assert result["count"] < sum(overview["listed"] for overview in result["overviews"])
    state = emulator.state()
    assert [overview["policy_id"] for overview in result["overviews"]] == [p["id"] for p in state["policies"]]
    for overview in result["overviews"]:
        assert overview["listed"] == len(state["statuses"][overview["policy_id"]])
        assert {"pending_count", "success_count", "error_count", "failed_count", "conflict_count"} <= set(overview)
    assert "left some out" not in run.output


@pytest.mark.warns("The list of policy Windows baseline has 3 statuses")
def test_a_list_shorter_than_its_overview_is_reported(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(list_limit=3)
    run = ansible.info(policy_id=ids.policy_id, overview=True)
    assert run.code == 0
    assert not run.only["complete"]
    assert run.only["count"] == run.only["overviews"][0]["listed"] == 3
    printed = " ".join(run.output.split())  # older cores wrap warnings
    assert "The list of policy Windows baseline has 3 statuses, its overview counts 4" in printed


@pytest.mark.parametrize("overview", [False, True], ids=["rows", "overview"])
def test_a_policy_that_cannot_be_read_fails_the_task(
    ansible: Ansible, emulator: RunningEmulator, overview: bool
) -> None:
    emulator.settings(policies_unreadable=[emulator.state()["policies"][-1]["id"]])
    run = ansible.info(overview=overview)
    assert run.code != 0
    assert (run.only["failure"]["status"], run.only["failure"]["phase"]) == (403, "read")
    assert "device_compliance_statuses" not in run.only


def test_a_page_that_cannot_be_read_fails_the_task(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(page_size=1)
    refused = {"status": 403, "code": "Forbidden"}
    emulator.faults({"match": {"path": "/deviceStatuses$"}, "skip": 2, "do": refused})
    run = ansible.info(policy_id=ids.policy_id).only
    assert run["failure"]["code"] == "Forbidden"
    assert "device_compliance_statuses" not in run


def test_a_page_on_another_host_is_not_requested(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    elsewhere = emulator.env["INTUNE_AUTHORITY_URL"] + "/beta/deviceManagement"
    emulator.faults({"match": {"path": "/deviceStatuses$"}, "do": {"foreign_next_link": elsewhere}})
    run = ansible.info(policy_id=ids.policy_id).only
    assert run["failure"]["code"] == "foreign_link"
    assert "device_compliance_statuses" not in run


def test_statuses_that_only_the_service_knows_are_shown(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(ids.policy_id, ids.status_id, status="quarantined")
    result = ansible.info(policy_id=ids.policy_id).only
    assert result["summary"]["quarantined"] == 1
    emulator.settings(enum_case="upper")
    assert names(ansible.info(policy_id=ids.policy_id, status=["nonCompliant"]).only) == ["PC-0002"]


def test_a_service_without_a_route_to_the_item_is_read_too(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.settings(profile="observed")
    assert names(ansible.info(**ids.options).only) == ["PC-0001"]
    assert [line.split()[0] for line in requests_of(emulator)] == ["GET", "GET"]


def test_an_unknown_policy_is_reported(ansible: Ansible) -> None:
    assert ansible.info(policy_id="none").only["failure"]["status"] == 404
    assert ansible.info(policy_name="none").only["failure"]["code"] == "not_found"
    assert ansible.info(policy_name="none", policy_id="none").code != 0
