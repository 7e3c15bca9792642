# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of a fleet, as the role compliance_report stores them; equal in every run.

Written from the description of the format, without the collection's code. The fleet is generated, or that of an
emulator:

    python -m tests.e2e.fleet --rows 10000 --policies 8 --snapshots 12 DIRECTORY
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = list["str | None"]

COLUMNS = ["id", "device", "user", "principal", "model", "status", "reported", "grace"]
DEVICE, STATUS, REPORTED, GRACE = 1, 5, 6, 7
NEVER = "never"
FAILING = ("error", "conflict", "nonCompliant")
SEVERITY = (*FAILING, "unknown", "notAssigned", "remediated", "compliant", "notApplicable")
_SHARES = (4, 3, 30, 8, 5, 12, 920, 18)
_POLICIES = (
    ("Windows 11 baseline", "windows10CompliancePolicy"),
    ("Windows 11, privileged workstations", "windows10CompliancePolicy"),
    ("iPhone and iPad", "iosCompliancePolicy"),
    ("Mac baseline", "macOSCompliancePolicy"),
    ("Android work profile", "androidWorkProfileCompliancePolicy"),
    ("Android, shared scanners in the warehouses of the northern region", "androidDeviceOwnerCompliancePolicy"),
    ("BitLocker and Secure Boot", "windows10CompliancePolicy"),
    ("Meeting rooms", "aospDeviceOwnerCompliancePolicy"),
)
_PEOPLE = (
    "ada",
    "bea",
    "cyd",
    "dan",
    "eve",
    "fay",
    "gus",
    "hal",
    "ivy",
    "jon",
    "kim",
    "lou",
    "mia",
    "ned",
    "oda",
    "pia",
)
_FAMILIES = ("abel", "berg", "cruz", "diaz", "evans", "fischer", "garcia", "haas", "ito", "jansen", "kumar", "lopez")


def timestamp(value: datetime.datetime) -> str:
    """Return a timestamp in the spelling of the format."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def worst(rows: Iterable[tuple[str, str | None, str]]) -> dict[str, str]:
    """Return the worst status of each device, from the id, device name and status of each row."""
    found: dict[str, str] = {}
    for status_id, device, status in rows:
        key = device.casefold() if device else f"\0{status_id}"
        found[key] = min(found.get(key, status), status, key=SEVERITY.index)
    return found


def snapshot(taken: str, policies: Iterable[dict[str, Any]]) -> str:
    """Return the text of a snapshot file. A policy has ``id``, ``name``, ``type``, ``rows``, and more if needed."""
    full = [{"counted": len(policy["rows"]), "problem": None, "reading": "complete", **policy} for policy in policies]
    rows = [row for policy in full for row in policy["rows"]]
    devices = worst((row[0], row[DEVICE], row[STATUS]) for row in rows)
    header = {
        "graphops_intune_snapshot": 1,
        "taken": taken,
        "complete": all(policy["reading"] == "complete" for policy in full),
        "policy_count": len(full),
        "policies_read": sum(policy["reading"] != "unreadable" for policy in full),
        "row_count": len(rows),
        "device_count": len(devices),
        "not_compliant_devices": sum(status in FAILING for status in devices.values()),
    }
    rest = {"columns": COLUMNS, "policies": full}
    return f"{json.dumps(header)[:-1]},\n{json.dumps(rest)[1:]}\n"


class Fleet:
    """Devices under policies, whose statuses change from one snapshot to the next."""

    def __init__(self, policies: list[dict[str, Any]], now: datetime.datetime, seed: int = 1) -> None:
        self.policies = policies
        self.now = now
        self._random = random.Random(seed)

    @classmethod
    def invented(cls, rows: int, policies: int) -> Fleet:
        """Return a generated fleet."""
        fleet = cls([], datetime.datetime(2026, 9, 8, 6, tzinfo=datetime.timezone.utc))
        for index in range(policies):
            name, kind = _POLICIES[index % len(_POLICIES)]
            policy_id = f"{index:08x}-aaaa-4bbb-8ccc-000000000000"
            numbers = range(index, rows, policies)
            fleet.policies.append(
                {
                    "id": policy_id,
                    "name": name,
                    "type": f"#microsoft.graph.{kind}",
                    "rows": [fleet._invent(number, policy_id) for number in numbers],
                }
            )
        return fleet

    @classmethod
    def of(cls, state: dict[str, Any], now: datetime.datetime) -> Fleet:
        """Return the fleet of an emulator."""
        policies = [
            {
                "id": policy["id"],
                "name": policy["displayName"],
                "type": policy["@odata.type"],
                "rows": [
                    [
                        row["id"],
                        row["deviceDisplayName"],
                        row["userName"],
                        row["userPrincipalName"],
                        row["deviceModel"],
                        row["status"],
                        timestamp(now),
                        NEVER,
                    ]
                    for row in state["statuses"][policy["id"]]
                ],
            }
            for policy in state["policies"]
        ]
        return cls(policies, now)

    def _invent(self, number: int, policy_id: str) -> Row:
        person = f"{_PEOPLE[number % len(_PEOPLE)]}.{_FAMILIES[number // 7 % len(_FAMILIES)]}"
        row: Row = [
            f"{number:08x}-0000-4000-8000-00000000000a_{policy_id}_{number:08x}-0000-4000-8000-00000000000b",
            f"{('LAP', 'PC', 'MOB', 'TAB')[number % 4]}-{number:05d}",
            person.replace(".", " ").title(),
            f"{person}@contoso.example",
            "Latitude 7440",
            "compliant",
            None,
            NEVER,
        ]
        self._report(row)
        self._set(row)
        return row

    def _set(self, row: Row) -> None:
        status = self._random.choices(SEVERITY, _SHARES)[0]
        grace = self.now + datetime.timedelta(hours=self._random.randint(-400, 700))
        row[STATUS], row[GRACE] = status, timestamp(grace) if status in FAILING else NEVER

    def _report(self, row: Row) -> None:
        ages = (self._random.randint(0, 150), self._random.randint(170, 700), 2000)
        ago = datetime.timedelta(hours=self._random.choices(ages, (94, 4, 1))[0])
        row[REPORTED] = timestamp(self.now - ago) if self._random.random() > 0.002 else NEVER

    def move(self, days: int) -> None:
        """Advance by some days: most of the devices report, and a few statuses change."""
        self.now += datetime.timedelta(days=days)
        for policy in self.policies:
            for row in policy["rows"]:
                if self._random.random() < 0.9:
                    self._report(row)
                if self._random.random() < 0.1:
                    self._set(row)

    def snapshot(self) -> str:
        """Return a snapshot of the current fleet."""
        return snapshot(timestamp(self.now), self.policies)

    def write(self, directory: Path, snapshots: int, days: int = 7) -> list[Path]:
        """Write a number of snapshots, some days apart; the fleet ends in the state of the last one."""
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for index in range(snapshots):
            if index:
                self.move(days)
            path = directory / f"{self.now:%Y%m%dT%H%M%SZ}-00000000.json"
            path.write_text(self.snapshot(), encoding="utf-8")
            written.append(path)
        return written


def main() -> None:
    """Write the snapshots that the command line requests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--policies", type=int, default=8)
    parser.add_argument("--snapshots", type=int, default=12)
    parser.add_argument("directory", type=Path)
    arguments = parser.parse_args()
    for path in Fleet.invented(arguments.rows, arguments.policies).write(arguments.directory, arguments.snapshots):
        print(path)


if __name__ == "__main__":
    main()
