# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented example, and the documented behavior of converging one status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import MODULE, Ansible, Ids, requests_of

# The body of the page "Update deviceComplianceDeviceStatus".
DOCUMENTED: dict[str, Any] = {
    "deviceDisplayName": "Device Display Name value",
    "userName": "User Name value",
    "deviceModel": "Device Model value",
    "platform": 8,
    "complianceGracePeriodExpirationDateTime": "2016-12-31T23:56:44.951111-08:00",
    "status": "notApplicable",
    "lastReportedDateTime": "2017-01-01T00:00:17.7769392-08:00",
    "userPrincipalName": "User Principal Name value",
}
OPTIONS: dict[str, Any] = {
    "device_display_name": "Device Display Name value",
    "user_name": "User Name value",
    "device_model": "Device Model value",
    "platform": 8,
    "compliance_grace_period_expiration_date_time": "2016-12-31T23:56:44.951111-08:00",
    "status": "notApplicable",
    "last_reported_date_time": "2017-01-01T00:00:17.7769392-08:00",
    "user_principal_name": "User Principal Name value",
}


def patches(emulator: RunningEmulator) -> list[dict[str, Any]]:
    return [entry["body"] for entry in emulator.log("graph") if entry["method"] == "PATCH"]


def test_documented_example_converges(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    before = ids.row(emulator)
    checked = ansible.task("--check", "--diff", **ids.options, **OPTIONS)
    assert checked.only["changed"]
    assert ids.row(emulator) == before
    assert '+    "last_reported_date_time": "2017-01-01T00:00:17.7769392-08:00"' in checked.output

    ran = ansible.task("--diff", **ids.options, **OPTIONS)
    assert ran.only["changed"]
    assert ran.only["changed_properties"] == list(OPTIONS)
    # Exactly the digits, the offset and the order of the documentation.
    assert [json.dumps(body) for body in patches(emulator)] == [json.dumps(DOCUMENTED)]
    assert ids.row(emulator)["lastReportedDateTime"] == "2017-01-01T08:00:17.7769392Z"
    assert ran.only["device_compliance_status"]["platform"] == 8

    again = ansible.task("--diff", **ids.options, **OPTIONS)
    assert not again.only["changed"]
    assert again.only["changed_properties"] == []
    assert again.only["diff"] == {"before": {}, "after": {}}
    assert len(patches(emulator)) == 1

    # The run did what check mode predicted.
    for key in ("changed", "changed_properties", "diff"):
        assert checked.only[key] == ran.only[key]


def test_body_holds_the_differing_properties_alone(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.task(**ids.options, device_display_name="PC-0001", status="error", device_model="Latitude 7440")
    assert patches(emulator) == [{"status": "error"}]
    assert run.only["diff"] == {"before": {"status": "compliant"}, "after": {"status": "error"}}


def test_a_change_costs_five_requests_and_no_change_three(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    changed = ansible.task(**ids.options, status="error").only
    assert requests_of(emulator, "authority") == ["GET openid-configuration", "POST token"]
    assert [line.split()[0] for line in requests_of(emulator)] == ["GET", "PATCH", "GET"]
    assert changed["graph"] == {
        "requests": 3,
        "token_requests": 2,
        "writes": 1,
        "retries": 0,
        "throttled": 0,
        "waited_seconds": 0.0,
    }
    unchanged = ansible.task(**ids.options, status="error").only
    assert not unchanged["changed"]
    assert (unchanged["graph"]["token_requests"], unchanged["graph"]["requests"]) == (2, 1)


def test_adhoc_takes_every_scalar_option(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    values = " ".join(f'{name}="{value}"' for name, value in OPTIONS.items())
    checked = ansible.adhoc(f"{ids.arguments} {values}", "--check", "--diff")
    assert checked.code == 0
    assert patches(emulator) == []
    assert ansible.adhoc(f"{ids.arguments} {values}").only["changed"]
    assert [json.dumps(body) for body in patches(emulator)] == [json.dumps(DOCUMENTED)]
    assert not ansible.adhoc(f"{ids.arguments} {values}").only["changed"]


def test_camel_case_is_accepted(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.task(**ids.options, **DOCUMENTED)
    assert run.only["changed_properties"] == list(OPTIONS)
    assert patches(emulator) == [DOCUMENTED]


def test_unquoted_yaml_timestamps_work(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    tasks = f"""
- {MODULE}:
    policy_id: {ids.policy_id}
    status_id: {ids.status_id}
    last_reported_date_time: 2017-01-01T00:00:17.776939-08:00
    compliance_grace_period_expiration_date_time: 2016-12-31 23:56:44 Z
"""
    assert ansible.playbook(tasks).only["changed"]
    row = ids.row(emulator)
    assert row["lastReportedDateTime"] == "2017-01-01T08:00:17.776939Z"
    assert row["complianceGracePeriodExpirationDateTime"] == "2016-12-31T23:56:44Z"
    assert not ansible.playbook(tasks).only["changed"]


def test_dates_are_compared_as_instants(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(
        ids.policy_id,
        ids.status_id,
        lastReportedDateTime="2017-01-01T08:00:17.7769392Z",
        complianceGracePeriodExpirationDateTime="9999-12-31T23:59:59Z",
    )
    same: dict[str, Any] = {
        "last_reported_date_time": "2017-01-01T00:00:17.7769392-08:00",
        "compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59.9999999Z",
    }
    assert not ansible.task(**ids.options, **same).only["changed"]
    # One tick, 100 ns.
    run = ansible.task(**ids.options, last_reported_date_time="2017-01-01T08:00:17.7769393Z")
    assert patches(emulator) == [{"lastReportedDateTime": "2017-01-01T08:00:17.7769393Z"}]
    assert run.only["changed"]


@pytest.mark.parametrize("case", ["lower", "upper"])
def test_enums_are_compared_in_any_case(ansible: Ansible, emulator: RunningEmulator, ids: Ids, case: str) -> None:
    emulator.settings(enum_case=case)
    unchanged = ansible.task(**ids.options, status="compliant").only
    assert not unchanged["changed"]
    assert unchanged["device_compliance_status"]["status"] == "compliant"
    assert ansible.task(**ids.options, status="nonCompliant").only["changed"]


def test_clear_sets_null_and_empty_text_is_a_value(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    assert ansible.task(**ids.options, clear=["deviceModel", "user_name"]).only["changed"]
    assert patches(emulator) == [{"userName": None, "deviceModel": None}]
    assert not ansible.task(**ids.options, clear=["device_model"]).only["changed"]
    emptied = ansible.task(**ids.options, device_model="").only
    assert emptied["diff"] == {"before": {"device_model": None}, "after": {"device_model": ""}}
    assert ids.row(emulator)["deviceModel"] == ""


def test_match_and_policy_name_find_the_row(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    match = {"device_display_name": "pc-0001", "user_principal_name": "ADA@contoso.example"}
    run = ansible.task(policy_name="windows BASELINE", match=match, status="error").only
    assert run["device_compliance_status"]["id"] == ids.status_id
    assert ids.row(emulator)["status"] == "error"


def test_match_must_find_exactly_one(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    rows = emulator.state()["statuses"][ids.policy_id]
    shared = [row["id"] for row in rows if row["deviceDisplayName"] == "KIOSK-0003"]
    assert len(shared) == 2
    failed = ansible.task(policy_id=ids.policy_id, match={"device_display_name": "kiosk-0003"}, status="error").only
    assert failed["failure"]["code"] == "ambiguous_match"
    assert failed["failure"]["candidates"] == shared
    assert all(candidate in failed["msg"] for candidate in shared)

    missing = ansible.task(policy_id=ids.policy_id, match={"device_display_name": "PC-9"}, status="error").only
    assert (missing["failure"]["code"], missing["failure"]["candidates"]) == ("not_found", [])
    assert patches(emulator) == []


def test_pages_are_followed_to_the_end(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(page_size=1)
    run = ansible.task(policy_name="Windows baseline", match={"device_display_name": "PC-0001"}).only
    assert run["device_compliance_status"]["id"] == ids.status_id
    assert len(emulator.log("graph")) == len(emulator.state()["policies"]) + len(
        emulator.state()["statuses"][ids.policy_id]
    )


def test_v1_has_no_platform(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.task(**ids.options, status="error", api_version="v1.0").only
    assert run["changed"]
    assert "platform" not in run["device_compliance_status"]
    assert all(entry["path"].startswith("/v1.0/") for entry in emulator.log("graph"))


def test_an_answer_without_a_body_is_accepted(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(patch_answer=204)
    for verify in (True, False):
        status = "error" if verify else "conflict"
        run = ansible.task(**ids.options, status=status, verify=verify).only
        assert run["changed"]
        assert run["device_compliance_status"]["status"] == status


def test_a_wrapped_entity_is_unwrapped(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(wrap_item=True)
    assert ansible.task(**ids.options, status="error").only["changed"]
    assert not ansible.task(**ids.options, status="error").only["changed"]


def test_without_verify_one_request_is_saved(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.task(**ids.options, status="error", verify=False).only
    assert run["changed"]
    assert run["graph"]["requests"] == 2
    assert ids.row(emulator)["status"] == "error"


def test_ids_are_opaque_and_encoded(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    odd = "a/b c%2F?#ä"
    row = {name: value for name, value in ids.row(emulator).items() if name != "id"}
    emulator.put_status(ids.policy_id, odd, **row)
    run = ansible.task(policy_id=ids.policy_id, status_id=odd, status="error").only
    assert run["changed"]
    assert run["device_compliance_status"]["id"] == odd
    assert ids.row(emulator)["status"] == "compliant"


def test_credentials_can_be_set_once_for_the_group(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "INTUNE_GRAPH_URL", "INTUNE_AUTHORITY_URL")
    defaults = {
        "tenant_id": emulator.env["AZURE_TENANT_ID"],
        "client_id": emulator.env["AZURE_CLIENT_ID"],
        "client_secret": "{{ lookup('ansible.builtin.env', 'VAULTED') }}",
        "graph_url": emulator.env["INTUNE_GRAPH_URL"],
        "authority_url": emulator.env["INTUNE_AUTHORITY_URL"],
    }
    run = ansible.playbook(
        [{MODULE: {**ids.options, "status": "error"}}],
        play={"module_defaults": {"group/graphops.intune.graph": defaults}},
        env={**dict.fromkeys(names), "VAULTED": emulator.env["AZURE_CLIENT_SECRET"]},
    )
    assert run.only["changed"]


@pytest.mark.warns("This service has no route to device status")
def test_observed_profile_reads_by_listing_and_reports_that_it_cannot_write(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.settings(profile="observed")
    unchanged = ansible.task(**ids.options, status="compliant").only
    assert not unchanged["changed"]
    assert unchanged["device_compliance_status"]["id"] == ids.status_id

    checked = ansible.task("--check", **ids.options, status="error")
    assert checked.only["changed"]
    assert "may refuse its update" in " ".join(checked.output.split())  # older cores wrap warnings

    refused = ansible.task(**ids.options, status="error").only
    assert not refused["changed"]
    assert refused["failure"]["code"] == "write_not_supported"
    assert refused["failure"]["service_code"] == "No method match route template"
    assert (refused["failure"]["phase"], refused["failure"]["retryable"]) == ("write", False)
    assert refused["graph"]["retries"] == 0
    assert "does not accept updates" in refused["msg"]
    assert len(patches(emulator)) == 1


def test_read_only_profile_refuses_the_write_once(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(profile="read-only")
    refused = ansible.task(**ids.options, status="error").only
    assert refused["failure"]["code"] == "write_not_supported"
    assert requests_of(emulator) == [f"GET {ids.status_id}", f"PATCH {ids.status_id}"]
