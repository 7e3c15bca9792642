# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client reads from a resource: limits by family, permissions by phase, advice; and actions that are POSTs."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS, POLICY
from ansible_collections.graphops.intune.plugins.module_utils._devices.model import MANAGED_DEVICE
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._graph.call import Call
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._graph.resource import Family, Resource, snake_case

from ...support import Clock, Reply, Script, graph_client, refusal

BUSY = "Rate limit reached because of too many requests to query broker. Please retry after sometime."
SYNC = "/beta/deviceManagement/managedDevices/d1/syncDevice"


@pytest.fixture
def client(clock: Clock) -> GraphClient:
    return graph_client(clock)


def sync(client: GraphClient) -> dict[str, object]:
    return client.post(SYNC.removeprefix("/beta"), MANAGED_DEVICE.writing("Requesting a check-in"))


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("deviceName", "device_name"),
        ("osVersion", "os_version"),
        ("azureADRegistered", "azure_ad_registered"),
        ("isEncrypted", "is_encrypted"),
        ("pendingCount", "pending_count"),
    ],
)
def test_names_in_snake_case(name: str, option: str) -> None:
    assert snake_case(name) == option


def test_an_action_may_be_answered_with_nothing(client: GraphClient, script: Script) -> None:
    script.expect("POST", SYNC, Reply(204))
    assert sync(client) == {}
    assert client.statistics()["writes"] == 1


def test_a_report_is_a_read_although_it_is_a_post(client: GraphClient, script: Script, clock: Clock) -> None:
    path = "/deviceManagement/reports/getX"
    script.expect("POST", f"/beta{path}", Reply(503), body={"top": 1})
    script.expect("POST", f"/beta{path}", Reply(200, {"TotalRowCount": 0}), body={"top": 1})
    assert client.post(path, POLICY.reading("Reading the report"), {"top": 1}) == {"TotalRowCount": 0}
    assert client.statistics()["writes"] == 0
    assert len(clock.slept) == 1


def test_a_report_without_a_body_is_an_error(client: GraphClient, script: Script) -> None:
    script.expect("POST", "/beta/x", Reply(204))
    script.expect("POST", "/beta/x", Reply(200, {}))
    assert client.post("/x", POLICY.reading("Reading")) == {}


def test_an_action_whose_answer_was_lost_is_not_repeated(client: GraphClient, script: Script, clock: Clock) -> None:
    script.expect("POST", SYNC, Reply(504))
    with pytest.raises(IntuneError) as caught:
        sync(client)
    assert caught.value.may_have_applied
    assert clock.slept == []


def test_a_busy_query_broker_is_throttling(client: GraphClient, script: Script, clock: Clock) -> None:
    """Intune reports it with a 500: the action was not carried out, and may be repeated."""
    script.expect("POST", SYNC, refusal(500, "InternalServerError", BUSY))
    script.expect("POST", SYNC, Reply(204))
    assert sync(client) == {}
    assert len(clock.slept) == 1


def test_another_500_may_have_been_carried_out(client: GraphClient, script: Script) -> None:
    script.expect("POST", SYNC, refusal(500, "InternalServerError", "no"))
    with pytest.raises(IntuneError) as caught:
        sync(client)
    assert (caught.value.failure.code, caught.value.may_have_applied) == ("InternalServerError", True)


def test_each_family_has_its_own_limits(client: GraphClient, script: Script, clock: Clock) -> None:
    narrow = Resource(
        name="narrow",
        path="/a",
        properties=(),
        read_permissions=(),
        write_permissions=(),
        family=Family("narrow", requests=1, writes=1, period=20.0),
        not_found="",
    )
    for path in ("/beta/a", "/beta/b", "/beta/b", "/beta/a"):
        script.expect("GET", path, Reply(200, {}))
    client.get("/a", narrow.reading("Reading"))
    client.get("/b", POLICY.reading("Reading"))
    client.get("/b", DEVICE_STATUS.reading("Reading"))
    assert clock.slept == []
    client.get("/a", narrow.reading("Reading"))
    assert clock.slept == [20.0]


@pytest.mark.parametrize(
    ("phase", "permissions"),
    [
        (Phase.READ, ["DeviceManagementManagedDevices.Read.All", "DeviceManagementConfiguration.Read.All"]),
        (Phase.VERIFY, ["DeviceManagementManagedDevices.Read.All", "DeviceManagementConfiguration.Read.All"]),
        (Phase.WRITE, ["DeviceManagementManagedDevices.PrivilegedOperations.All"]),
    ],
)
def test_a_refusal_names_the_permissions_of_its_resource(
    client: GraphClient, script: Script, phase: Phase, permissions: list[str]
) -> None:
    operations = {
        Phase.READ: MANAGED_DEVICE.reading,
        Phase.VERIFY: MANAGED_DEVICE.verifying,
        Phase.WRITE: MANAGED_DEVICE.writing,
    }
    script.expect("POST", SYNC, refusal(403, "Forbidden", "no"))
    with pytest.raises(IntuneError) as caught:
        client.once(Call("POST", SYNC.removeprefix("/beta")), operations[phase]("Asking"))
    assert caught.value.failure.required_permissions == permissions
    assert f"grant the application {' or '.join(permissions)}" in caught.value.sentence


def test_an_invalid_answer_names_the_method_and_the_path_of_its_call(client: GraphClient, script: Script) -> None:
    script.expect("PATCH", "/beta/rows/1", Reply(200, []), body={"a": 1})
    with pytest.raises(IntuneError) as caught:
        client.patch("/rows/1", {"a": 1}, DEVICE_STATUS.writing("Updating"))
    failure = caught.value.failure
    assert (failure.method, failure.path) == ("PATCH", "/beta/rows/1")
    assert caught.value.may_have_applied
