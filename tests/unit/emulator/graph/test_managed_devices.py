# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed devices: the list, its filters and pages, one device, and the faults, budgets, log and judge for them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from ....emulator import EmulatorError, start
from ..conftest import Client, connect, counts, devices
from .test_batch import get, responses

READ, WRITE = "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"
DEVICES_READ = "DeviceManagementManagedDevices.Read.All"
DEVICES_WRITE = "DeviceManagementManagedDevices.ReadWrite.All"
NAMES = ["PC-0001", "PC-0002", "KIOSK-0003", "Ada's iPhone", "Bea's iPad"]
PROPERTIES = {
    "id", "userId", "deviceName", "managedDeviceOwnerType", "enrolledDateTime", "lastSyncDateTime", "operatingSystem",
    "complianceState", "managementAgent", "osVersion", "azureADRegistered", "deviceEnrollmentType",
    "isEncrypted", "emailAddress",
    "azureADDeviceId", "deviceRegistrationState", "userPrincipalName", "model", "manufacturer",
    "complianceGracePeriodExpirationDateTime", "serialNumber", "userDisplayName",
}  # fmt: skip


def rows(client: Client, query: str = "", version: str = "beta") -> list[dict[str, Any]]:
    """The devices of every page, following the links."""
    found: list[dict[str, Any]] = []
    following: str | None = devices(version=version) + query
    while following is not None:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found += answer.json()["value"]
        following = answer.json().get("@odata.nextLink")
    return found


def names(client: Client, where: str) -> list[str]:
    """The names of the devices that a filter leaves."""
    return [row["deviceName"] for row in rows(client, f"?$filter={quote(where)}")]


def refusal(client: Client, url: str) -> tuple[int, str]:
    """The status and the code of an error."""
    answer = client.get(url)
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("version", ["beta", "v1.0"])
def test_each_device_name_is_a_device(client: Client, version: str) -> None:
    found = rows(client, version=version)
    assert [row["deviceName"] for row in found] == NAMES
    assert [row["complianceState"] for row in found] == ["compliant", "noncompliant", "error", "conflict", "compliant"]
    assert found[0].keys() == PROPERTIES
    assert (found[0]["operatingSystem"], found[3]["operatingSystem"]) == ("Windows", "iOS")
    assert found[0]["lastSyncDateTime"].startswith("2026-01-05T06:0")
    content = client.get(devices(version=version)).json()
    assert content["@odata.context"] == f"{client.emulator.url}/{version}/$metadata#deviceManagement/managedDevices"


@pytest.mark.parametrize("version", ["beta", "v1.0"])
def test_one_device(client: Client, version: str) -> None:
    listed = rows(client)[3]
    single = client.get(devices(listed["id"], version)).json()
    context = f"{client.emulator.url}/{version}/$metadata#deviceManagement/managedDevices/$entity"
    assert single == {"@odata.context": context} | listed


def test_a_device_that_does_not_exist(client: Client) -> None:
    answer = client.get(devices("nowhere"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert "'nowhere' was not found" in answer.json()["error"]["message"]


def test_devices_cannot_be_counted(client: Client) -> None:
    answer = client.get(f"{devices()}/$count")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "No method match route template")
    assert error["message"].startswith("No OData route exists that match template ~/singleton/navigation/$count with")


def test_a_segment_below_a_device_does_not_exist_yet(client: Client) -> None:
    answer = client.get(f"{devices('x')}/deviceCategory")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Resource not found for the segment 'deviceCategory'."


@pytest.mark.parametrize("profile", ["documented", "observed", "read-only"])
def test_reading_works_in_each_profile(client: Client, profile: str) -> None:
    client.emulator.settings(profile=profile)
    assert client.get(devices(rows(client)[0]["id"])).status_code == 200


class TestFilter:
    """``$filter`` over HTTP; test_odata_filter has the rest."""

    def test_it_is_done_by_the_service(self, client: Client) -> None:
        assert names(client, "complianceState eq 'noncompliant' or complianceState eq 'error'") == NAMES[1:3]
        assert names(client, "deviceName eq 'Ada''s iPhone'") == ["Ada's iPhone"]
        assert names(client, "operatingSystem eq 'iOS' and userPrincipalName ne 'bea@contoso.example'") == NAMES[3:4]
        assert names(client, "deviceName eq 'nobody'") == []

    def test_what_is_not_documented_is_refused(self, client: Client) -> None:
        assert refusal(client, f"{devices()}?$filter=startswith(deviceName,'PC')") == (400, "BadRequest")

    def test_it_sees_what_has_changed(self, client: Client) -> None:
        where = "complianceState eq 'noncompliant'"
        assert names(client, where) == ["PC-0002"]
        device_id = rows(client)[1]["id"]
        client.emulator.put_device(device_id, complianceState="compliant")
        assert names(client, where) == []
        client.emulator.put_device("new", deviceName="NEW", complianceState="noncompliant")
        assert names(client, where) == ["NEW"]

    @pytest.mark.parametrize(("answer", "code"), [(400, "BadRequest"), (501, "NotImplemented")])
    def test_it_may_be_refused_altogether(self, client: Client, answer: int, code: str) -> None:
        client.emulator.settings(device_filter_answer=answer)
        assert refusal(client, f"{devices()}?$filter=deviceName eq 'PC-0001'") == (answer, code)
        assert len(rows(client)) == 5

    def test_strings_may_be_compared_without_regard_to_case(self, client: Client) -> None:
        assert names(client, "deviceName eq 'pc-0001'") == []
        client.emulator.settings(device_filter_ignores_case=True)
        assert names(client, "deviceName eq 'pc-0001'") == ["PC-0001"]


class TestSelect:
    """``$select``."""

    def test_only_what_is_selected_is_shown(self, client: Client) -> None:
        selected = rows(client, "?$select=deviceName,complianceState")
        assert [row.keys() for row in selected] == [{"deviceName", "complianceState"}] * 5
        first = rows(client, "?$select=id")[0]
        assert first.keys() == {"id"}
        single = client.get(f"{devices(first['id'])}?$select=model, id").json()
        assert single.keys() - {"@odata.context"} == {"model", "id"}
        assert single["@odata.context"].endswith("#deviceManagement/managedDevices(model, id)/$entity")

    @pytest.mark.parametrize("selected", ["devicename", "", "deviceName,", "deviceName,ownerTypo"])
    def test_a_property_that_does_not_exist_is_refused(self, client: Client, selected: str) -> None:
        assert refusal(client, f"{devices()}?$select={selected}") == (400, "BadRequest")


class TestPages:
    """Paging."""

    def test_links_are_absolute_and_keep_the_options(self, client: Client) -> None:
        client.emulator.settings(device_page_size=1)
        where = quote("complianceState eq 'error' or complianceState eq 'noncompliant'")
        query = f"?$filter={where}&$select=deviceName"
        link = client.get(devices() + query).json()["@odata.nextLink"]
        assert link.startswith(f"{client.emulator.url}{devices()}?")
        assert parse_qs(urlsplit(link).query).keys() == {"$filter", "$select", "$skiptoken"}
        assert [row["deviceName"] for row in rows(client, query)] == ["PC-0002", "KIOSK-0003"]

    def test_top_is_honored_up_to_the_size_of_a_page(self, client: Client) -> None:
        assert client.emulator.settings()["device_page_size"] == 1000
        first = client.get(f"{devices()}?$top=2").json()
        assert [row["deviceName"] for row in first["value"]] == NAMES[:2]
        assert len(rows(client, "?$top=2")) == 5
        client.emulator.settings(device_page_size=3)
        assert len(client.get(f"{devices()}?$top=5").json()["value"]) == 3

    def test_pages_may_be_empty(self, client: Client) -> None:
        client.emulator.settings(empty_pages=True)
        assert client.get(devices()).json()["value"] == []
        assert len(rows(client)) == 5

    @pytest.mark.parametrize(
        "query", ["$top=0", "$skiptoken=%21", "$orderby=deviceName", "$count=true", "$expand=users"]
    )
    def test_an_option_that_is_not_supported_is_refused(self, client: Client, query: str) -> None:
        assert refusal(client, f"{devices()}?{query}") == (400, "BadRequest")


@pytest.mark.parametrize(
    ("role", "status"),
    [(READ, 200), (WRITE, 200), (DEVICES_READ, 200), (DEVICES_WRITE, 200), ("User.Read.All", 403)],
)
def test_each_of_four_roles_can_read(client: Client, role: str, status: int) -> None:
    client.emulator.settings(roles=[role])
    client.log_in()
    assert client.get(devices()).status_code == status


def test_a_missing_role_is_named(client: Client) -> None:
    client.emulator.settings(roles=[])
    client.log_in()
    answer = client.get(devices())
    assert answer.json()["error"]["code"] == "Forbidden"
    assert f"scopes: {DEVICES_READ}, {DEVICES_WRITE}, {READ}, {WRITE} - " in answer.json()["error"]["message"]


def test_a_role_for_devices_does_not_open_the_policies(client: Client) -> None:
    client.emulator.settings(roles=[DEVICES_WRITE])
    client.log_in()
    assert client.get("/beta/deviceManagement/deviceCompliancePolicies").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_nothing_can_be_written_yet(client: Client, method: str) -> None:
    assert client.send(method, devices(), json={}).status_code == 403
    client.emulator.settings(roles=[DEVICES_WRITE])
    client.log_in()
    for url in (devices(), devices(rows(client)[0]["id"])):
        assert client.send(method, url, json={}).json()["error"]["code"] == "No method match route template"
    client.emulator.settings(expect_no_writes=True)
    client.send(method, devices(), json={})
    assert counts(client.emulator) == {"write_in_check_mode": 1}


def test_in_a_batch(client: Client) -> None:
    first = rows(client)[0]
    found = responses(
        client,
        get("1", "deviceManagement/managedDevices?$filter=deviceName eq 'Ada''s iPhone'&$select=deviceName"),
        get("2", f"/deviceManagement/managedDevices/{first['id']}"),
        get("3", "/deviceManagement/managedDevices/nowhere"),
    )
    assert found["1"]["body"]["value"] == [{"deviceName": "Ada's iPhone"}]
    assert found["2"]["body"]["serialNumber"] == first["serialNumber"]
    assert found["3"]["status"] == 404


def test_faults_log_and_judge_cover_these_routes(client: Client) -> None:
    client.emulator.faults({"match": {"path": "/managedDevices$"}, "do": {"status": 503, "retry_after": "0"}})
    assert client.get(devices()).status_code == 503
    assert client.get(devices()).status_code == 200
    assert [entry["path"] for entry in client.emulator.log("graph")] == [devices()] * 2
    client.get(devices(), headers={"client-request-id": ""})
    assert counts(client.emulator) == {"no_client_request_id": 1}


def test_the_budget_is_separate_from_that_of_the_policies(client: Client) -> None:
    settings = client.emulator.settings()
    assert (settings["device_request_budget"], settings["device_write_budget"]) == (2000, 200)
    client.emulator.settings(device_request_budget=2, request_budget=1, time_scale=40)
    assert [client.get(devices()).status_code for _turn in range(2)] == [200, 200]
    answer = client.get(devices())
    assert answer.status_code == 429
    assert counts(client.emulator) == {"request_over_budget": 1}
    assert client.get("/beta/deviceManagement/deviceCompliancePolicies").status_code == 200
    figures = client.emulator.budget()
    assert (figures["managed_devices"]["peak"]["requests"], figures["peak"]["requests"]) == (3, 1)
    time.sleep(float(answer.headers["Retry-After"]))
    assert client.get(devices()).status_code == 200


def test_the_control_shows_and_sets_devices(client: Client) -> None:
    before = client.emulator.devices()
    assert before == rows(client)
    shown = client.emulator.put_device("a/b", deviceName="odd", complianceState="brandNew", azureADRegistered=None)
    assert client.get(devices("a/b")).json().items() >= shown.items()
    assert shown["complianceState"] == "brandNew"
    with pytest.raises(EmulatorError, match="devicename"):
        client.emulator.put_device("a/b", devicename="odd")
    client.emulator.reset()
    assert client.emulator.devices() == before


@pytest.mark.parametrize(("case", "shown"), [("lower", "noncompliant"), ("upper", "NONCOMPLIANT")])
def test_enumerations_may_be_shown_in_another_case(client: Client, case: str, shown: str) -> None:
    client.emulator.settings(enum_case=case)
    assert rows(client)[1]["complianceState"] == shown


@pytest.mark.parametrize(
    "changes", [{"device_filter_answer": 404}, {"device_page_size": 0}, {"device_write_budget": 0}]
)
def test_an_invalid_setting_is_refused(client: Client, changes: dict[str, object]) -> None:
    with pytest.raises(EmulatorError, match=next(iter(changes))):
        client.emulator.settings(**changes)


def test_a_generated_fleet_has_devices_too() -> None:
    with start(statuses=2500, policies=5) as emulator, connect(emulator) as client:
        client.log_in()
        first = client.get(devices()).json()
        assert len(first["value"]) == 1000
        assert len({row["id"] for row in rows(client)}) == 2500
        assert len(emulator.log("graph")) == 4
