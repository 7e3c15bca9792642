# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed devices that a fleet starts with."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path

import pytest

from ....emulator.graph import edm, seed
from ....emulator.graph.device_status import DeviceStatus
from ....emulator.graph.fleet import Fleet
from ....emulator.graph.managed_device import ManagedDevice
from ....emulator.graph.policy import Policy
from ....emulator.graph.rows import Rows

NOW = edm.parse_date_time_offset("2026-06-01T00:00:00Z")
DAY = edm.TICKS_PER_DAY


def device(*statuses: DeviceStatus, odata_type: str = "#microsoft.graph.windows10CompliancePolicy") -> ManagedDevice:
    """The device made from rows, each of another policy."""
    policies = [
        Policy(str(number), "Policy", odata_type, statuses=Rows.of([status])) for number, status in enumerate(statuses)
    ]
    made = list(Fleet(policies, as_of=NOW).devices.values())
    assert len(made) == 1
    return made[0]


def row(status: str, grace: int = edm.LAST_TICK, reported: int = NOW, principal: str | None = "ada@x") -> DeviceStatus:
    """A row of the one device."""
    return DeviceStatus("id", "PC-1", "Ada", None, 0, grace, status, reported, principal)


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["compliant"], "compliant"),
        (["remediated", "notApplicable"], "compliant"),
        (["notAssigned"], "compliant"),
        (["compliant", "unknown"], "unknown"),
        (["compliant", "brandNew"], "unknown"),
        (["unknown", "nonCompliant"], "inGracePeriod"),
        (["nonCompliant", "conflict"], "conflict"),
        (["conflict", "error"], "error"),
    ],
)
def test_the_worst_status_is_the_state(statuses: list[str], state: str) -> None:
    assert device(*map(row, statuses)).compliance_state == state


def test_a_device_is_noncompliant_after_the_first_grace_period_has_ended() -> None:
    assert device(row("nonCompliant", NOW + 1)).compliance_state == "inGracePeriod"
    assert device(row("nonCompliant", NOW)).compliance_state == "noncompliant"
    both = device(row("nonCompliant", NOW + DAY), row("nonCompliant", NOW - DAY), row("compliant", 0))
    assert (both.compliance_state, both.grace_period_expiration) == ("noncompliant", NOW - DAY)
    assert device(row("compliant", 0)).grace_period_expiration in edm.NEVER


def test_the_rest_follows_from_the_rows() -> None:
    made = device(row("compliant", reported=NOW - DAY), row("error"), odata_type="#microsoft.graph.iosCompliancePolicy")
    assert (made.device_name, made.user_principal_name, made.user_display_name) == ("PC-1", "ada@x", "Ada")
    assert (made.operating_system, made.manufacturer, made.model) == ("iOS", "Apple", "iPhone 15")
    assert NOW - 60 * edm.TICKS_PER_SECOND < made.last_sync <= NOW
    assert 0 < made.enrolled < made.last_sync
    assert len({uuid.UUID(made.id), uuid.UUID(made.user_id), uuid.UUID(made.azure_ad_device_id)}) == 3
    assert made == device(row("compliant"), row("error"), odata_type="#microsoft.graph.iosCompliancePolicy")


def test_a_device_without_a_user_or_a_report() -> None:
    made = device(row("error", reported=0, principal="System account"))
    assert (made.user_principal_name, made.user_id, made.user_display_name) == ("", "", "")
    assert (made.last_sync, made.enrolled) == (0, 0)


def test_a_row_without_a_device_name_has_no_device() -> None:
    assert len(Fleet([Policy("p", "P", statuses=Rows.of([DeviceStatus("id")]))]).devices) == 0


@pytest.mark.parametrize(("policies", "systems"), [(1, {"Windows"}), (5, {"Windows", "iOS", "macOS", "Android"})])
def test_a_generated_fleet_has_a_device_for_each_name(policies: int, systems: set[str]) -> None:
    fleet, again = seed.generate(200, policies), seed.generate(200, policies)
    assert fleet.devices == again.devices
    made = list(fleet.devices.values())
    names = [status.device_display_name for policy in fleet.policies for status in policy.statuses.values()]
    assert sorted(device.device_name or "" for device in made) == sorted(map(str, names))
    assert {device.operating_system for device in made} == systems
    assert len({device.azure_ad_device_id for device in made}) == len({device.serial_number for device in made}) == 200
    states = Counter(device.compliance_state for device in made)
    assert states.keys() == {"compliant", "noncompliant", "inGracePeriod", "unknown", "error", "conflict"}
    assert states["compliant"] > 150


def test_a_seed_may_list_the_devices_itself(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    listed = [{"id": "d", "deviceName": "X", "complianceState": "brandNew", "lastSyncDateTime": "2026-01-01T00:00:00Z"}]
    path.write_text(json.dumps({"policies": [], "managed_devices": listed}), encoding="utf-8")
    made = [(device.id, device.device_name, device.compliance_state) for device in seed.load(path).devices.values()]
    assert made == [("d", "X", "brandNew")]
    path.write_text(json.dumps({"policies": [], "managed_devices": []}), encoding="utf-8")
    assert len(seed.load(path).devices) == 0


@pytest.mark.parametrize(
    "item",
    [
        {"deviceName": "X"},
        {"id": "d", "devicename": "X"},
        {"id": "d", "azureADRegistered": "yes"},
        {"id": "d", "lastSyncDateTime": None},
        {"id": "d", "lastSyncDateTime": "yesterday"},
    ],
)
def test_a_device_of_a_seed_with_a_mistake_is_refused(tmp_path: Path, item: dict[str, object]) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"policies": [], "managed_devices": [item]}), encoding="utf-8")
    with pytest.raises(seed.SeedError, match=r"seed\.json"):
        seed.load(path)
