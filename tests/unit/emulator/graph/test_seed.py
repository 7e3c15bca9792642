# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seed files: dates relative to now, and the demo's fleet."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from ....emulator.graph import edm, seed
from ....emulator.graph.device_status import DeviceStatus

DEMO = Path(__file__).parents[3] / "demo" / "seed.json"
HOUR, DAY = 3600 * edm.TICKS_PER_SECOND, edm.TICKS_PER_DAY


def now() -> int:
    """The current time in ticks."""
    return edm.parse_date_time_offset(datetime.datetime.now(tz=datetime.timezone.utc).isoformat())


def write(path: Path, date: object) -> Path:
    """A seed with one row and one device, with this date."""
    row = {"id": "s", "deviceDisplayName": "now-3d", "lastReportedDateTime": date}
    policy = {"id": "p", "displayName": "P", "statuses": [row]}
    device = {"id": "d", "deviceName": "now", "lastSyncDateTime": date}
    path.write_text(json.dumps({"policies": [policy], "managed_devices": [device]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "distance"),
    [("now", 0), ("now-90s", -HOUR // 40), ("now-30m", -HOUR // 2), ("now+6h", 6 * HOUR), ("now-3d", -3 * DAY)],
)
def test_a_date_may_be_relative_to_now(tmp_path: Path, text: str, distance: int) -> None:
    before = now() // edm.TICKS_PER_SECOND * edm.TICKS_PER_SECOND
    fleet = seed.load(write(tmp_path / "seed.json", text))
    [row], [device] = fleet.policies[0].statuses.values(), fleet.devices.values()
    assert before <= row.last_reported - distance <= now()
    assert device.last_sync == row.last_reported
    assert (row.device_display_name, device.device_name) == ("now-3d", "now")


@pytest.mark.parametrize("text", ["now-3", "now 3d", "now-3w", "now-3.5d", "now-", "NOW", "now-999999d", "tomorrow"])
def test_an_invalid_relative_date_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(seed.SeedError, match=r"seed\.json"):
        seed.load(write(tmp_path / "seed.json", text))


def test_the_fleet_of_the_demo_shows_one_of_each_case() -> None:
    fleet = seed.load(DEMO)
    rows: list[DeviceStatus] = [row for policy in fleet.policies for row in policy.statuses.values()]
    stale = [row.device_display_name for row in rows if row.last_reported < now() - 30 * DAY]
    ending = [row.device_display_name for row in rows if now() < row.grace_period_expiration < now() + 7 * DAY]
    assert (stale, ending) == (["PC-0001"], ["PC-0002"])
    states = {device.device_name: device.compliance_state for device in fleet.devices.values()}
    assert {name: state for name, state in states.items() if state != "compliant"} == {
        "PC-0002": "inGracePeriod",
        "KIOSK-0003": "error",
        "PC-0005": "noncompliant",
        "Ada's iPhone": "conflict",
    }
    assert len(states) == 9
