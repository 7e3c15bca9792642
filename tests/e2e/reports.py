# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role compliance_report wrote, read back as its readers would."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from ..unit.plugins.plugin_utils._report.page.dom import Node, parse
from .conftest import Ansible, Run
from .fleet import FAILING, worst

ROLE = "graphops.intune.compliance_report"
NOW = "2026-01-08T06:00:00Z"


class Report:
    """The files of a report, and the snapshots beside them."""

    def __init__(self, folder: Path, name: str = "report") -> None:
        self.folder = folder
        self.page = folder / f"{name}.html"
        self._name = name
        self.snapshots = folder / "snapshots"

    def json(self) -> dict[str, Any]:
        """The figures."""
        document: dict[str, Any] = json.loads((self.folder / f"{self._name}.json").read_text(encoding="utf-8"))
        return document

    def csv(self) -> list[dict[str, str]]:
        """The lines of the table."""
        text = (self.folder / f"{self._name}.csv").read_bytes().decode("utf-8")
        assert text.startswith("\ufeff")
        assert text.count("\r\n") == text.count("\n"), "RFC 4180 ends lines with CRLF"
        return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))

    def html(self) -> Node:
        """The page."""
        return parse(self.page.read_text(encoding="utf-8"))

    def tables(self, section: str) -> list[list[list[str]]]:
        """The cells of the tables in a section of the page."""
        found = self.html().one("section", aria_labelledby=section).all("table")
        return [table.table() for table in found]

    def stored(self) -> list[dict[str, Any]]:
        """The snapshots, in the order of their names."""
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.snapshots.glob("*.json"))]

    def files(self) -> dict[str, bytes]:
        """Every file with its content."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}


def quick(ansible: Ansible) -> Ansible:
    """The same without the copying of modules to files first: the report runs a module for each policy."""
    ansible.environment["ANSIBLE_PIPELINING"] = "1"
    return ansible


def report(ansible: Ansible, *flags: str, play: dict[str, Any] | None = None, **variables: Any) -> tuple[Run, Report]:
    """Apply the role; variables go without their prefix."""
    folder = ansible.folder / "reports"
    return ansible.playbook([role(folder, **variables)], *flags, play=play), Report(folder)


def role(folder: Path, **variables: Any) -> dict[str, Any]:
    """A task that applies the role; variables go without their prefix."""
    known = {"directory": str(folder), "moment": NOW, **variables}
    named = {f"compliance_report_{name}": value for name, value in known.items()}
    return {"ansible.builtin.include_role": {"name": ROLE}, "vars": named}


def changed(run: Run) -> list[str]:
    """The names of the files and directories that the report has changed, or would change."""
    result = run.results[-1]
    names = [Path(path).name for path in result["diff"]["after"]]
    assert result["changed"] == bool(names)
    return names


class Expected:
    """The figures of an emulator's state, counted plainly. A policy can be left out, and lists cut short."""

    def __init__(self, state: dict[str, Any], unreadable: str = "", limit: int | None = None) -> None:
        self.policies = state["policies"]
        self.rows = {
            policy["id"]: [] if policy["id"] == unreadable else state["statuses"][policy["id"]][:limit]
            for policy in self.policies
        }

    def devices(self, *policy_ids: str) -> Counter[str]:
        """How many devices have which worst status under these policies, or under all."""
        rows = [row for policy_id in policy_ids or self.rows for row in self.rows[policy_id]]
        return Counter(worst((row["id"], row["deviceDisplayName"], row["status"]) for row in rows).values())

    def failing(self, *policy_ids: str) -> int:
        """How many devices are not compliant."""
        return sum(number for status, number in self.devices(*policy_ids).items() if status in FAILING)


def check_agreement(
    found: Report, expected: Expected, unreadable: str = "", incomplete: frozenset[str] = frozenset()
) -> None:
    """Compare page, table and figures with what is expected."""
    document, lines = found.json(), found.csv()
    total, failing = expected.devices().total(), expected.failing()
    assert document["device_statuses"] == dict(expected.devices())
    assert document["device_count"] == total
    assert document["summary"]["not_compliant_devices"] == failing
    assert document["summary"]["complete"] == (not unreadable and not incomplete)
    assert f"{failing:,} of {total:,} devices" in document["summary"]["headline"]
    for policy, entry in zip(expected.policies, document["policies"], strict=True):
        policy_id = policy["id"]
        assert entry["policy_id"] == policy_id
        assert entry["policy_display_name"] == policy["displayName"]
        of_policy = [line for line in lines if line["policy_id"] == policy_id]
        if policy_id == unreadable:
            assert entry["reading"] == "unreadable"
            assert [entry[name] for name in ("device_count", "row_count", "device_statuses")] == [None] * 3
            assert "403" in entry["problem"] or "Forbidden" in entry["problem"]
            (line,) = of_policy
            assert (line["policy_reading"], line["status"], line["problem"]) == ("unreadable", "", entry["problem"])
            continue
        reading = "incomplete" if policy_id in incomplete else "complete"
        assert entry["reading"] == reading
        assert entry["device_statuses"] == dict(expected.devices(policy_id))
        assert [(line["id"], line["status"], line["policy_reading"]) for line in of_policy] == [
            (row["id"], row["status"], reading) for row in expected.rows[policy_id]
        ]
    shown = {line[0]: line[1:] for line in found.tables("fleet")[0]}
    assert shown["All"][0] == f"{total:,}"
    assert shown["Not compliant"][0] == f"{failing:,}"
    by_policy = {cells[0]: cells[1:] for cells in found.tables("policies")[0]}
    for policy in expected.policies:
        (cells,) = [cells for heading, cells in by_policy.items() if heading.startswith(policy["displayName"])]
        devices, not_compliant = expected.devices(policy["id"]).total(), expected.failing(policy["id"])
        if policy["id"] == unreadable:
            assert cells == ["not read"] * 3
        else:
            at_least = "at least " if policy["id"] in incomplete else ""
            assert cells[:2] == [f"{at_least}{devices:,}", f"{at_least}{not_compliant:,}"]
