# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``$filter`` accepts, and what it leaves of some devices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ....emulator.graph import edm, odata_filter
from ....emulator.graph.device_status import DeviceStatus
from ....emulator.graph.error import GraphError
from ....emulator.graph.managed_device import ManagedDevice

JANUARY, MARCH = (edm.parse_date_time_offset(f"2026-0{month}-01T00:00:00Z") for month in (1, 3))
DEVICES = [
    ManagedDevice("1", device_name="PC-1", compliance_state="compliant", operating_system="Windows", last_sync=JANUARY),
    ManagedDevice(
        "2", device_name="Ada's PC", compliance_state="noncompliant", operating_system="iOS", last_sync=MARCH
    ),
    ManagedDevice("3", user_principal_name="ada@x", compliance_state="inGracePeriod", azure_ad_device_id="3-3"),
]


def left(text: str, *, fold: bool = False) -> str:
    """The ids of the devices that a filter leaves."""
    where = odata_filter.parse(text, ManagedDevice, fold)
    return "".join(device.id for device in DEVICES if where.matches(device))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("deviceName eq 'PC-1'", "1"),
        ("deviceName eq 'pc-1'", ""),
        ("deviceName eq 'Ada''s PC'", "2"),
        ("contains(deviceName,'PC')", "12"),
        ("contains( deviceName , '''s' )", "2"),
        ("complianceState eq 'noncompliant'", "2"),
        ("complianceState eq 'noncompliant' or complianceState eq 'inGracePeriod'", "23"),
        ("operatingSystem eq 'iOS' or operatingSystem eq 'Windows' or operatingSystem eq 'macOS'", "12"),
        ("lastSyncDateTime lt 2026-02-01T00:00:00Z", "13"),
        ("lastSyncDateTime gt 2026-02-01T01:00:00+01:00", "2"),
        ("lastSyncDateTime lt 2026-01-01T00:00:00Z", "3"),
        ("lastSyncDateTime gt 2026-01-01T00:00:00Z and lastSyncDateTime lt 2026-12-31T00:00:00.0000001Z", "2"),
        ("enrolledDateTime gt 2026-01-01T00:00:00Z", ""),
        ("complianceGracePeriodExpirationDateTime gt 2026-01-01T00:00:00Z", "123"),
        ("userPrincipalName eq 'ada@x'", "3"),
        ("userPrincipalName ne 'ada@x'", "12"),
        ("azureADDeviceId eq '3-3'", "3"),
        ("complianceState eq 'compliant'  and  contains(deviceName,'PC') and operatingSystem eq 'Windows'", "1"),
        (" deviceName eq 'PC-1' ", "1"),
    ],
)
def test_documented_filters_work(text: str, ids: str) -> None:
    assert left(text) == ids


def test_strings_can_be_compared_without_regard_to_case() -> None:
    assert left("deviceName eq 'pc-1'", fold=True) == "1"
    assert left("contains(deviceName,'pc')", fold=True) == "12"
    assert left("userPrincipalName ne 'ADA@X'", fold=True) == "12"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "deviceName",
        "deviceName eq",
        "deviceName eq PC-1",
        "deviceName eq 'PC-1",
        "deviceName eq 'Ada's PC'",
        "deviceName eq 'PC-1' and",
        "deviceName eq 'PC-1' and ",
        "deviceName eq 'PC-1'anddeviceName eq 'PC-1'",
        "deviceName eq 'PC-1', deviceName eq 'PC-1'",
        "deviceName eq 'PC-1' not deviceName eq 'PC-1'",
        "deviceName EQ 'PC-1'",
        "deviceName ne 'PC-1'",
        "deviceName contains 'PC-1'",
        "eq(deviceName,'PC-1')",
        "startswith(deviceName,'PC')",
        "contains(userPrincipalName,'ada')",
        "devicename eq 'PC-1'",
        "(deviceName eq 'PC-1')",
        "serialNumber eq '1'",
        "id eq '1'",
        "complianceState ne 'compliant'",
        "complianceState eq compliant",
        "complianceState eq 'nonCompliant'",
        "complianceState or 'compliant'",
        "lastSyncDateTime eq 2026-01-01T00:00:00Z",
        "lastSyncDateTime lt '2026-01-01T00:00:00Z'",
        "lastSyncDateTime lt 2026-01-01",
        "lastSyncDateTime lt 2026-01-01T00:00:00",
        "azureADDeviceId ne '3-3'",
        "deviceName eq 'PC-1' or deviceName eq 'PC-2'",
        "operatingSystem eq 'iOS' or complianceState eq 'compliant'",
        "complianceState eq 'error' or complianceState eq 'conflict' and operatingSystem eq 'iOS'",
        "complianceState eq 'error' or complianceState eq 'conflict' and complianceState eq 'error'",
        "operatingSystem eq 'iOS' and complianceState eq 'error' or complianceState eq 'conflict'",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(GraphError) as caught:
        odata_filter.parse(text, ManagedDevice)
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")
    assert caught.value.message.startswith("Invalid filter clause: ")


def test_a_resource_without_operators_takes_no_filter() -> None:
    with pytest.raises(GraphError):
        odata_filter.parse("status eq 'error'", DeviceStatus)


@given(st.text(min_size=1))
def test_each_name_can_be_written_as_a_literal(name: str) -> None:
    literal = name.replace("'", "''")
    where = odata_filter.parse(f"deviceName eq '{literal}'", ManagedDevice)
    assert where.matches(ManagedDevice("x", device_name=name))
    assert not where.matches(ManagedDevice("x", device_name=name + "'"))
