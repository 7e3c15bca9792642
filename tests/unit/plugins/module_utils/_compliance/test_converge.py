# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One status converged, as an ordered list of calls; see test_converge_trouble.py for what can go wrong on the way."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, Phase

from ...converging import Converge
from ...support import GRAPH, ITEM, LIST, POLICIES, POLICY, STATUS, Reply, Script, no_route, row

STUCK = {"changed": False, "changed_properties": [], "diff": {"before": {}, "after": {}}}


def page(*rows: Any, link: str | None = None) -> Reply:
    return Reply(200, {"value": list(rows)} | ({"@odata.nextLink": link} if link else {}))


def test_nothing_to_change_is_one_read(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row(status="COMPLIANT")))
    result = converge(status="compliant", last_reported_date_time="2017-01-01T00:00:17.7769392-08:00", user_name="Ada")
    shown = result.pop("device_compliance_status")
    assert result == STUCK
    assert (shown["id"], shown["policy_id"], shown["status"]) == (STATUS, POLICY, "compliant")


def test_nothing_declared_is_one_read(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    assert not converge()["changed"]


def test_a_change_is_read_written_and_read_back(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect(
        "PATCH",
        ITEM,
        Reply(200, row(status="error")),
        body={"status": "error", "lastReportedDateTime": "2017-01-01T00:00:17.7769393-08:00", "deviceModel": ""},
    )
    after = row(status="Error", lastReportedDateTime="2017-01-01T08:00:17.7769393Z", deviceModel="")
    script.expect("GET", ITEM, Reply(200, after))
    result = converge(
        status="error",
        last_reported_date_time="2017-01-01 00:00:17.7769393-0800",
        device_model="",
        user_name="Ada",
        platform=0,
    )
    shown = result.pop("device_compliance_status")
    assert result == {
        "changed": True,
        "changed_properties": ["device_model", "status", "last_reported_date_time"],
        "diff": {
            "before": {
                "device_model": None,
                "status": "compliant",
                "last_reported_date_time": "2017-01-01T08:00:17.7769392Z",
            },
            "after": {
                "device_model": "",
                "status": "error",
                "last_reported_date_time": "2017-01-01T00:00:17.7769393-08:00",
            },
        },
    }
    # As after the task: the values of the service, not those that were sent.
    assert shown["last_reported_date_time"] == "2017-01-01T08:00:17.7769393Z"
    assert shown["status"] == "error"


def test_clear_sends_null(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"userName": None})
    script.expect("GET", ITEM, Reply(200, row(userName=None)))
    result = converge(clear=["userName", "device_model"])
    assert result["changed_properties"] == ["user_name"]
    assert result["device_compliance_status"]["user_name"] is None


def test_check_mode_is_one_read_and_the_predicted_object(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    result = converge(status="error", platform=0, check_mode=True)
    assert (result["changed"], result["changed_properties"]) == (True, ["status"])
    assert result["diff"] == {"before": {"status": "compliant"}, "after": {"status": "error"}}
    assert result["device_compliance_status"]["status"] == "error"
    assert result["device_compliance_status"]["user_name"] == "Ada"
    assert converge.warnings == []


@pytest.mark.parametrize("options", [{"status": "error", "clear": ["user_name"]}, {"platform": 8}, {"user_name": ""}])
def test_check_mode_and_a_run_return_the_same(converge: Converge, script: Script, options: dict[str, Any]) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    predicted = converge(**options, check_mode=True)
    body: dict[str, Any] = {"status": "error", "userName": None} if "status" in options else {}
    body |= {"platform": 8} if "platform" in options else {}
    body |= {"userName": ""} if "user_name" in options else {}
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body=body)
    script.expect("GET", ITEM, Reply(200, row(**body)))
    assert converge(**options) == predicted


def test_without_verify_the_result_is_that_of_the_answer(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(200, row(status="error", userName="Bob")), body={"status": "error"})
    shown = converge(status="error", verify=False)["device_compliance_status"]
    assert (shown["status"], shown["user_name"]) == ("error", "Bob")


@pytest.mark.parametrize("answer", [Reply(204), Reply(200), Reply(200, {})], ids=repr)
def test_without_verify_and_without_an_entity_the_prediction_is_shown(
    converge: Converge, script: Script, answer: Reply
) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, answer, body={"status": "error"})
    result = converge(status="error", verify=False)
    assert result["changed"]
    assert result["device_compliance_status"]["status"] == "error"


def test_without_verify_an_answer_with_another_value_is_not_success(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(200, row()), body={"status": "error"})
    assert converge.fail(status="error", verify=False).failure.code == "not_persisted"


def test_a_write_answered_with_204_is_read_back(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    assert converge(status="error")["changed"]


def test_an_entity_wrapped_in_value_is_unwrapped(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, {"value": row()}))
    script.expect("PATCH", ITEM, Reply(200, {"value": row(status="error")}), body={"status": "error"})
    assert converge(status="error", verify=False)["device_compliance_status"]["status"] == "error"


@pytest.mark.parametrize("value", [[], [{"id": STATUS}], "x", None])
def test_an_answer_that_is_not_an_entity_is_an_error(converge: Converge, script: Script, value: Any) -> None:
    script.expect("GET", ITEM, Reply(200, {"value": value}))
    error = converge.fail(status="error")
    assert (error.failure.code, error.failure.phase) == ("bad_response", Phase.READ)


def test_an_entity_without_an_id_is_the_one_that_was_requested(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, {"status": "compliant"}))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, {"status": "error"}))
    assert converge(status="error")["device_compliance_status"] == {
        "id": STATUS,
        "policy_id": POLICY,
        "status": "error",
    }


def test_ids_are_opaque_and_cannot_change_the_path(converge: Converge, script: Script) -> None:
    path = f"{POLICIES}/a%2Fb%3F%23%20%C3%A4/deviceStatuses/..%2F..%2Fusers%25"
    script.expect("GET", path, Reply(200, row(id="../../users%")))
    converge(policy_id="a/b?# ä", status_id="../../users%")


def test_with_v1_0_no_platform_is_shown(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM.replace("beta", "v1.0"), Reply(200, row()))
    assert "platform" not in converge(api_version="v1.0")["device_compliance_status"]


def test_a_property_that_the_service_leaves_out_is_written_and_may_come(converge: Converge, script: Script) -> None:
    before = {"id": STATUS, "status": "compliant"}
    script.expect("GET", ITEM, Reply(200, before))
    script.expect("PATCH", ITEM, Reply(204), body={"userName": "Ada"})
    script.expect("GET", ITEM, Reply(200, {**before, "userName": "Ada"}))
    assert converge(user_name="Ada")["diff"] == {"before": {"user_name": None}, "after": {"user_name": "Ada"}}


# --- finding the policy


def test_a_policy_is_found_by_its_name_over_all_pages(converge: Converge, script: Script) -> None:
    following = f"{GRAPH}{POLICIES}?$skiptoken=x"
    script.expect("GET", POLICIES, page({"id": "p-1", "displayName": "Windows baseline 2"}, link=following))
    script.expect("GET", following, page({"id": "p-2", "displayName": "WINDOWS baseline"}, {"id": "p-3"}))
    script.expect("GET", ITEM.replace(POLICY, "p-2", 1), Reply(200, row()))
    result = converge(policy_name="Windows Baseline")
    assert result["device_compliance_status"]["policy_id"] == "p-2"


def test_a_policy_that_does_not_exist_is_reported(converge: Converge, script: Script) -> None:
    script.expect("GET", POLICIES, page({"id": "p-1", "displayName": "Windows"}))
    error = converge.fail(policy_name="Android")
    assert error.sentence == "No policy named 'Android' was found. Compare the spelling with the Intune admin center."
    assert (error.failure.code, error.failure.as_dict()["candidates"]) == ("not_found", [])


def test_the_policy_that_may_have_been_meant_is_named(converge: Converge, script: Script) -> None:
    names = ["iOS baseline", None, "Windows Baseline", "Windows kiosks"]
    script.expect("GET", POLICIES, page(*({"id": f"p-{name}", "displayName": name} for name in names)))
    assert converge.fail(policy_name="WINDOWS BASLINE").sentence == (
        "No policy named 'WINDOWS BASLINE' was found. Did you mean 'Windows Baseline'?"
    )


def test_two_policies_with_one_name_are_reported_with_their_ids(converge: Converge, script: Script) -> None:
    script.expect("GET", POLICIES, page({"id": "p-1", "displayName": "A"}, {"id": "p-2", "displayName": "a"}))
    error = converge.fail(policy_name="a")
    assert error.sentence == "2 policies named 'a' were found: p-1, p-2; select one of them with policy_id"
    assert (error.failure.code, error.failure.details) == ("ambiguous_match", {"candidates": ["p-1", "p-2"]})


@pytest.mark.parametrize("policy", [{"id": "p-1"}, {"id": "p-1", "displayName": None}])
def test_a_policy_without_a_name_is_not_the_one_named_none(
    converge: Converge, script: Script, policy: dict[str, Any]
) -> None:
    script.expect("GET", POLICIES, page(policy))
    assert converge.fail(policy_name="none").failure.code == "not_found"


# --- finding the row


def test_match_lists_and_writes_to_the_row_that_fits(converge: Converge, script: Script) -> None:
    following = f"{GRAPH}{LIST}?$skiptoken=x"
    script.expect("GET", LIST, page(row(id="other", userPrincipalName="bob@example.com"), link=following))
    script.expect("GET", following, page(row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    match = {"device_display_name": "pc-0001", "user_principal_name": "ADA@example.com", "user_name": None}
    assert converge(match=match, status="error")["changed"]


def test_a_match_that_finds_nothing_is_reported(converge: Converge, script: Script) -> None:
    script.expect("GET", LIST, page(row()))
    error = converge.fail(match={"device_display_name": "PC-0002"})
    assert error.sentence == (
        f"No device status with device_display_name 'PC-0002' of policy {POLICY} was found. "
        "Compare the spelling with the Intune admin center."
    )
    assert (error.failure.code, error.failure.phase) == ("not_found", Phase.READ)
    assert error.failure.details == {"candidates": []}


def test_a_match_that_finds_several_lists_their_ids(converge: Converge, script: Script) -> None:
    script.expect("GET", LIST, page(*[row(id=f"s-{number}") for number in range(12)]))
    error = converge.fail(match={"device_display_name": "PC-0001"})
    assert error.failure.code == "ambiguous_match"
    assert error.failure.details == {"candidates": [f"s-{number}" for number in range(12)]}
    assert error.sentence.startswith("12 device statuses with device_display_name 'PC-0001' of policy")
    assert "were found: s-0, s-1" in error.sentence
    assert error.sentence.endswith("s-9, …; select one with status_id, or match more properties")


def test_no_row_is_selected_while_the_rest_of_the_list_cannot_be_read(converge: Converge, script: Script) -> None:
    # A second row that fits may be on the missing page.
    following = f"{GRAPH}{LIST}?$skiptoken=x"
    script.expect("GET", LIST, page(row(), link=following))
    script.expect("GET", following, Reply(404))
    assert converge.fail(match={"device_display_name": "PC-0001"}, status="error").failure.phase is Phase.READ


# --- a service without the route to the item


def test_without_the_item_route_the_row_is_selected_from_the_list(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, page(row(id="other"), row()))
    result = converge(user_name="Ada")
    assert result["device_compliance_status"]["id"] == STATUS
    assert converge.warnings == []


def test_without_the_item_route_reading_back_lists_again_at_once(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, page(row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", LIST, page(row(status="error")))
    assert converge(status="error")["changed"]


def test_without_the_item_route_check_mode_warns(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, page(row()))
    assert converge(status="error", check_mode=True)["changed"]
    (warning,) = converge.warnings
    assert "may refuse its update in a run" in warning


def test_without_the_item_route_check_mode_does_not_warn_where_nothing_would_be_written(
    converge: Converge, script: Script
) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, page(row()))
    assert not converge(status="compliant", check_mode=True)["changed"]
    assert converge.warnings == []


def test_a_row_that_the_list_does_not_contain_is_reported(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, no_route("get"))
    script.expect("GET", LIST, page(row(id="other"), {}))
    error = converge.fail()
    assert error.failure.code == "not_found"
    assert f"the policy has no device status with the id '{STATUS}'; check status_id" in error.sentence


@pytest.mark.parametrize("status", [404, 400])
def test_any_other_refusal_does_not_list(converge: Converge, script: Script, status: int) -> None:
    script.expect("GET", ITEM, Reply(status, {"error": {"code": "BadRequest", "message": "no such thing"}}))
    with pytest.raises(IntuneError):
        converge()
