# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: how many rows and devices have each status."""

from __future__ import annotations

from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import Group
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Tally

from .fleets import policy, row, snapshot, unreadable


def test_a_device_counts_once_with_its_worst_status() -> None:
    rows = [
        row("PC-1", "compliant", id="1"),
        row("pc-1", "error", id="2"),
        row("PC-1", "nonCompliant", id="3"),
        row("PC-2", "notApplicable", id="4"),
        row("PC-2", "compliant", id="5"),
        row(None, "compliant", id="6"),
        row(None, "unknown", id="7"),
        row("", "conflict", id="8"),
        row("PC-3", "unknown", id="9"),
        row("PC-3", "quarantined", id="10"),
    ]
    tally = Tally.of(rows)
    assert dict(tally.devices) == {"error": 1, "compliant": 2, "unknown": 1, "conflict": 1, "quarantined": 1}
    assert tally.rows["compliant"] == 3
    assert [tally.devices_in(group) for group in Group] == [2, 2, 2, 0]
    assert [tally.rows_in(group) for group in Group] == [3, 3, 3, 1]


def test_the_header_has_the_figures_and_is_counted_once() -> None:
    made = snapshot(policy(row("A", "error"), row("B")), unreadable())
    assert made.header.policies_read == 1
    assert made.header.not_compliant_devices == 1
    assert made.header is made.header
    assert made.tally is made.tally
