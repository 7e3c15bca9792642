# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading managed devices, as an ordered list of calls: what the service filters, and what the module filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._devices.listing import read_devices
from ansible_collections.graphops.intune.plugins.module_utils._devices.model import MANAGED_DEVICE, DeviceQuery
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, InvalidOptionsError

from ...batches import BATCH, responses
from ...support import GRAPH, Clock, Reply, Script, graph_client, refusal

DEVICES = "/beta/deviceManagement/managedDevices"
SELECT = "$select=" + ",".join(p.name for p in MANAGED_DEVICE.properties)
ALL = f"{DEVICES}?{SELECT}"


def device(**properties: Any) -> dict[str, Any]:
    return {
        "id": "d1",
        "deviceName": "PC-0001",
        "complianceState": "noncompliant",
        "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
        "lastSyncDateTime": "2026-11-01T08:00:00Z",
        "operatingSystem": "Windows",
        "userPrincipalName": "ada@contoso.example",
        "azureADDeviceId": "e1",
        "serialNumber": "S1",
        "managedDeviceOwnerType": "company",
    } | properties


def page(*rows: dict[str, Any], link: str | None = None) -> Reply:
    return Reply(200, {"value": list(rows), **({"@odata.nextLink": link} if link else {})})


class Task:
    """One task of the module below its options: call it for the result."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.warnings: list[str] = []

    def __call__(self, *, batch: bool = True, **options: Any) -> dict[str, Any]:
        client = graph_client(self._clock)
        return read_devices(client, DeviceQuery.from_options(options), batch=batch, warn=self.warnings.append)

    def names(self, **options: Any) -> list[str]:
        return [one["device_name"] for one in self(**options)["managed_devices"]]


@pytest.fixture
def task(clock: Clock) -> Task:
    return Task(clock)


def filtered(script: Script, text: str, answer: Reply) -> None:
    """Expect a listing that the service filters."""
    script.expect("GET", f"{ALL}&$filter={quote(text, safe='')}", answer)


def test_every_device_with_every_default_property(task: Task, script: Script) -> None:
    link = f"{GRAPH}{DEVICES}?$skiptoken=2"
    script.expect("GET", ALL, page(device(), link=link))
    script.expect("GET", link, page(device(), device(id="d2", deviceName=None, complianceState="inGracePeriod")))
    result = task()
    assert (result["changed"], result["count"]) == (False, 2)
    assert result["summary"] == {"noncompliant": 1, "inGracePeriod": 1}
    first = result["managed_devices"][0]
    assert list(first) == [p.option for p in MANAGED_DEVICE.properties]
    assert (first["entra_device_id"], first["owner_type"], first["user_id"]) == ("e1", "company", None)
    assert task.warnings == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"device_name": "PC-0001"}, "deviceName eq 'PC-0001'"),
        ({"device_name": "Ada's"}, "deviceName eq 'Ada''s'"),
        ({"user_principal_name": "ada@contoso.example"}, "userPrincipalName eq 'ada@contoso.example'"),
        ({"entra_device_id": "e1"}, "azureADDeviceId eq 'e1'"),
        ({"compliance_state": ["noncompliant"]}, "complianceState eq 'noncompliant'"),
        (
            {"compliance_state": ["noncompliant", "inGracePeriod"]},
            "complianceState eq 'inGracePeriod' or complianceState eq 'noncompliant'",
        ),
        ({"last_sync_before": "2026-12-01 00:00+01:00"}, "lastSyncDateTime lt 2026-12-01T00:00:00+01:00"),
        (
            {"operating_system": "Windows", "compliance_state": ["noncompliant"]},
            "operatingSystem eq 'Windows' and complianceState eq 'noncompliant'",
        ),
        # Not documented together: the module filters the states.
        (
            {"operating_system": "Windows", "compliance_state": ["noncompliant", "error"]},
            "operatingSystem eq 'Windows'",
        ),
    ],
)
def test_the_service_filters_what_it_can(task: Task, script: Script, options: dict[str, Any], text: str) -> None:
    name = "Ada's" if options.get("device_name") == "Ada's" else "PC-0001"
    filtered(script, text, page(device(deviceName=name)))
    assert task.names(**options) == [name]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"serial_number": "s2"}, [device(), device(id="d2", serialNumber="S2")]),
        ({"serial_number": "S2"}, [device(serialNumber=None), device(id="d2", serialNumber="S2")]),
    ],
)
def test_the_module_filters_the_rest(
    task: Task, script: Script, options: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    script.expect("GET", ALL, page(*rows))
    assert [one["id"] for one in task(**options)["managed_devices"]] == ["d2"]


def test_what_the_service_filtered_is_checked(task: Task, script: Script) -> None:
    """A service that ignores the filter, or compares prefixes, does not add other devices."""
    filtered(script, "deviceName eq 'PC-0001'", page(device(), device(id="d2", deviceName="PC-00011")))
    assert task.names(device_name="PC-0001") == ["PC-0001"]


def test_a_name_in_another_case_is_found_although_the_service_compares_by_case(task: Task, script: Script) -> None:
    filtered(script, "deviceName eq 'pc-0001'", page())
    script.expect("GET", ALL, page(device(), device(id="d2", deviceName="PC-0002")))
    assert task.names(device_name="pc-0001") == ["PC-0001"]


def test_a_state_of_which_there_is_no_device_is_not_looked_for_twice(task: Task, script: Script) -> None:
    filtered(script, "complianceState eq 'error'", page())
    assert task(compliance_state=["error"])["count"] == 0


@pytest.mark.parametrize("status", [400, 501])
def test_a_refused_filter_is_a_warning_and_everything_is_read(task: Task, script: Script, status: int) -> None:
    filtered(script, "complianceState eq 'error'", refusal(status, "BadRequest", "no filter here"))
    script.expect("GET", ALL, page(device(), device(id="d2", complianceState="error")))
    assert [one["id"] for one in task(compliance_state=["error"])["managed_devices"]] == ["d2"]
    (warning,) = task.warnings
    assert "refused to filter" in warning
    assert "no filter here" in warning


@pytest.mark.parametrize("status", [403, 404])
def test_another_refusal_fails_the_task(task: Task, script: Script, status: int) -> None:
    filtered(script, "complianceState eq 'error'", refusal(status, "X", "no"))
    with pytest.raises(IntuneError) as caught:
        task(compliance_state=["error"])
    assert caught.value.failure.status == status
    if status == 403:
        assert caught.value.failure.required_permissions == list(MANAGED_DEVICE.read_permissions)


def test_never_is_before_nothing(task: Task, script: Script) -> None:
    soon = "2026-12-01T00:00:00Z"
    filtered(
        script,
        f"complianceGracePeriodExpirationDateTime lt {soon}",
        page(device(), device(id="d2", complianceGracePeriodExpirationDateTime="2026-11-30T00:00:00Z")),
    )
    assert [one["id"] for one in task(grace_expires_before=soon)["managed_devices"]] == ["d2"]


def ids_body(*ids: str) -> dict[str, Any]:
    url = f"{DEVICES.removeprefix('/beta')}/{{}}?{SELECT}"
    return {"requests": [{"id": str(n), "method": "GET", "url": url.format(one)} for n, one in enumerate(ids)]}


def test_devices_by_id_come_in_one_envelope_in_the_order_of_the_ids(task: Task, script: Script) -> None:
    script.expect(
        "POST", BATCH, responses(Reply(200, device(id="b")), Reply(200, device(id="a"))), body=ids_body("b", "a")
    )
    assert [one["id"] for one in task(managed_device_id=["b", "a", "b"])["managed_devices"]] == ["b", "a"]


def test_without_envelopes_devices_by_id_are_read_one_by_one(task: Task, script: Script) -> None:
    for one in ("a", "b"):
        script.expect("GET", f"{DEVICES}/{one}?{SELECT}", Reply(200, device(id=one)))
    assert task(batch=False, managed_device_id=["a", "b"])["count"] == 2


def test_an_id_that_is_not_there_is_named(task: Task, script: Script) -> None:
    gone = refusal(404, "ResourceNotFound", "no")
    script.expect("POST", BATCH, responses(Reply(200, device(id="a")), gone, gone), body=ids_body("a", "b", "c"))
    with pytest.raises(IntuneError) as caught:
        task(managed_device_id=["a", "b", "c"])
    assert caught.value.failure.code == "not_found"
    assert "no managed device with the id b, c" in caught.value.sentence


def test_an_id_in_two_cases_is_one_device(task: Task, script: Script) -> None:
    found = Reply(200, device(id="a"))
    script.expect("POST", BATCH, responses(found, found), body=ids_body("a", "A"))
    assert task(managed_device_id=["a", "A"])["count"] == 1


@pytest.mark.parametrize("state", [{"value": "compliant"}, ["compliant"], 5])
def test_a_state_of_another_type_is_no_wanted_state(task: Task, script: Script, state: Any) -> None:
    filtered(script, "complianceState eq 'compliant'", page(device(complianceState=state)))
    assert task(compliance_state=["compliant"])["count"] == 0


def test_a_device_without_a_state_counts_as_unknown(task: Task, script: Script) -> None:
    script.expect("GET", ALL, page(device(complianceState=None)))
    assert task()["summary"] == {"unknown": 1}


def test_nested_properties_are_in_snake_case_too(task: Task, script: Script) -> None:
    script.expect(
        "GET", f"{ALL},hardwareInformation", page(device(hardwareInformation={"osBuild": [{"subNumber": 1}]}))
    )
    (found,) = task(select=["hardware_information"])["managed_devices"]
    assert found["hardware_information"] == {"os_build": [{"sub_number": 1}]}


def test_no_ids_are_no_devices_and_no_request(task: Task, script: Script) -> None:
    assert task(managed_device_id=[])["count"] == 0
    assert script.sent == []


@pytest.mark.parametrize("invalid", [None, "", ["d"], 1])
def test_a_device_without_an_id_makes_the_listing_invalid(task: Task, script: Script, invalid: Any) -> None:
    script.expect("GET", ALL, page(device(), device(id=invalid)))
    with pytest.raises(IntuneError, match="devices without an id"):
        task()


@pytest.mark.parametrize(
    ("given", "name", "option"),
    [
        ("isEncrypted", "isEncrypted", "is_encrypted"),
        ("is_encrypted", "isEncrypted", "is_encrypted"),
        ("azure_ad_registered", "azureADRegistered", "azure_ad_registered"),
        ("azureADRegistered", "azureADRegistered", "azure_ad_registered"),
        ("wi_fi_mac_address", "wiFiMacAddress", "wi_fi_mac_address"),
        ("imei", "imei", "imei"),
        ("hardwareInformation", "hardwareInformation", "hardware_information"),
    ],
)
def test_a_property_is_selected_in_either_spelling(
    task: Task, script: Script, given: str, name: str, option: str
) -> None:
    script.expect("GET", f"{ALL},{name}", page(device(**{name: "x"})))
    (found,) = task(select=[given])["managed_devices"]
    assert found[option] == "x"


@pytest.mark.parametrize(
    "given", ["device_name", "deviceName", "entra_device_id", "azureADDeviceId", "azure_ad_device_id", "owner_type"]
)
def test_a_default_property_is_selected_once(task: Task, script: Script, given: str) -> None:
    script.expect("GET", ALL, page(device()))
    assert task(select=[given])["count"] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"managed_device_id": ["a", ".."]}, "managed_device_id has '..'"),
        ({"managed_device_id": [" "]}, "managed_device_id has ' '"),
        ({"last_sync_before": "yesterday"}, "last_sync_before is 'yesterday'"),
        ({"grace_expires_before": "2026-01-01T00:00:00"}, "grace_expires_before is"),
        ({"select": ["a&$filter=x"]}, "select has 'a&$filter=x'"),
        ({"select": ["id,name"]}, "select has 'id,name'"),
        ({"select": ["ownerType"]}, "in the result, owner_type, is the one of managedDeviceOwnerType"),
    ],
)
def test_an_option_that_is_not_valid_is_named(task: Task, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        task(**options)
    assert words in caught.value.sentence
