# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing: what PATCH accepts, how it is kept, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import ADA, WINDOWS, Client, counts, item, statuses

DOCUMENTED = {
    "deviceDisplayName": "Device Display Name value",
    "userName": "User Name value",
    "deviceModel": "Device Model value",
    "platform": 8,
    "complianceGracePeriodExpirationDateTime": "2016-12-31T23:56:44.951111-08:00",
    "status": "notApplicable",
    "lastReportedDateTime": "2017-01-01T00:00:17.7769392-08:00",
    "userPrincipalName": "User Principal Name value",
}
KEPT = DOCUMENTED | {
    "complianceGracePeriodExpirationDateTime": "2017-01-01T07:56:44.951111Z",
    "lastReportedDateTime": "2017-01-01T08:00:17.7769392Z",
}


def stored(client: Client) -> dict[str, Any]:
    """Ada's row as kept."""
    rows = client.emulator.state()["statuses"][WINDOWS]
    [row] = [row for row in rows if row["id"] == ADA]
    return dict(row)


def test_the_documented_example(client: Client) -> None:
    answer = client.patch(item(), DOCUMENTED)
    assert answer.status_code == 200
    shown = answer.json()
    assert shown.pop("@odata.type") == "#microsoft.graph.deviceComplianceDeviceStatus"
    assert shown.pop("@odata.context").endswith("/deviceStatuses/$entity")
    assert shown == KEPT | {"id": ADA}
    assert stored(client) == shown
    assert counts(client.emulator) == {}


def test_only_what_was_sent_changes(client: Client) -> None:
    before = stored(client)
    client.patch(item(), {"deviceModel": None, "status": "ERROR", "userName": ""})
    assert stored(client) == before | {"deviceModel": None, "status": "error", "userName": ""}


def test_patch_may_answer_without_a_body(client: Client) -> None:
    client.emulator.settings(patch_answer=204)
    answer = client.patch(item(), {"platform": -(2**31)})
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(client)["platform"] == -(2**31)


def test_a_row_can_be_changed_through_v1_without_a_platform(client: Client) -> None:
    answer = client.patch(item(version="v1.0"), {"status": "remediated"})
    assert answer.status_code == 200
    assert "platform" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        {"platform": "8"},
        {"platform": 2**31},
        {"platform": None},
        {"platform": True},
        {"status": "inGracePeriod"},
        {"status": None},
        {"lastReportedDateTime": None},
        {"lastReportedDateTime": "2017-01-01T00:00:17"},
        {"lastReportedDateTime": "yesterday"},
        {"lastReportedDateTime": 0},
        {"userName": 7},
        {"device_model": "x"},
        {"id": "another"},
        {"status": "error", "unknown": 1},
        [],
        "text",
    ],
)
def test_a_body_that_the_types_forbid_changes_nothing(client: Client, body: object) -> None:
    before = stored(client)
    answer = client.patch(item(), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert stored(client) == before


def test_v1_has_no_platform(client: Client) -> None:
    answer = client.patch(item(version="v1.0"), {"platform": 8})
    assert answer.status_code == 400
    assert "'platform' does not exist" in answer.json()["error"]["message"]


@pytest.mark.parametrize("data", [b"", b"{", b'{"platform": NaN}', b"\xff"])
def test_a_body_that_is_not_json_is_refused(client: Client, data: bytes) -> None:
    answer = client.send("PATCH", item(), headers={"Content-Type": "application/json"}, data=data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_another_media_type_is_refused(client: Client) -> None:
    assert client.send("PATCH", item(), data=b"{}").status_code == 415
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert client.send("PATCH", item(), headers=typed, data=b'{"platform":1}').status_code == 200


def test_an_unknown_row_is_not_found(client: Client) -> None:
    assert client.patch(item("nowhere"), {"platform": 1}).status_code == 404


def test_a_row_can_be_created_and_deleted(client: Client) -> None:
    created = client.send("POST", statuses(), json=DOCUMENTED)
    assert created.status_code == 201
    assert created.json()["id"].split("_")[1] == WINDOWS
    assert client.send("DELETE", item(created.json()["id"])).status_code == 204
    assert client.get(item(created.json()["id"])).status_code == 404


@pytest.mark.parametrize(
    ("profile", "get", "patch", "delete", "post"),
    [
        ("documented", 200, 200, 204, 201),
        ("observed", 400, 400, 400, 400),
        ("read-only", 200, 400, 400, 400),
    ],
)
def test_profiles(client: Client, profile: str, get: int, patch: int, delete: int, post: int) -> None:
    client.emulator.settings(profile=profile)
    assert client.get(statuses()).status_code == 200
    assert client.get(item()).status_code == get
    assert client.patch(item(), {"platform": 1}).status_code == patch
    assert client.send("DELETE", item()).status_code == delete
    assert client.send("POST", statuses(), json={"platform": 1}).status_code == post


def test_a_missing_route_answers_like_the_live_service(client: Client) -> None:
    client.emulator.settings(profile="observed")
    for method in ("GET", "PATCH", "DELETE"):
        error = client.send(method, item(), json={"platform": 1}).json()["error"]
        assert error["code"] == "No method match route template"
        assert error["message"].startswith(
            "No OData route exists that match template ~/singleton/navigation/key/navigation/key "
            f"with http verb {method} for request /DeviceConfiguration_"
        )
        assert error["message"].endswith(f"/deviceCompliancePolicies('{WINDOWS}')/deviceStatuses('{ADA}').")
    assert stored(client)["platform"] == 0
