# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON: the figures for programs, with null where nothing could be read."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import UnreadableFile
from ansible_collections.graphops.intune.plugins.plugin_utils._report.json_file import to_document, to_json
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Reading

from .fleets import HOSTILE, NOW, WEEK_AGO, figures, policy, row, snapshot, unreadable


def document(found: Figures) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(to_json(to_document(found, "20261124T060000Z-12345678.json", "Fleet")))
    return read


def test_a_small_fleet() -> None:
    before = policy(row("PC-1", "error"), row("PC-2", "error"), row("GONE", "conflict"))
    now = policy(row("PC-1"), row("PC-2", "error", grace="2026-11-25T00:00:00Z"), row(HOSTILE, "nonCompliant"))
    found = document(figures(snapshot(now), snapshot(before, taken=WEEK_AGO)))
    assert found["summary"]["headline"] == "2 of 3 devices (66.7%) are not compliant; 1 fewer than on 17 November."
    assert found["summary"]["complete"]
    assert found["summary"]["missing"] == []
    assert found["summary"]["snapshot"] == "20261124T060000Z-12345678.json"
    assert found["device_groups"] == {"not_compliant": 2, "not_known": 0, "compliant": 1, "not_applicable": 0}
    assert found["device_statuses"] == found["row_statuses"] == {"error": 1, "nonCompliant": 1, "compliant": 1}
    assert (found["device_count"], found["row_count"]) == (3, 3)
    assert [entry["device_display_name"] for entry in found["grace"]["statuses"]] == ["PC-2"]
    assert found["reporting"]["devices"]["healthy"] == 3
    comparison = found["comparison"]
    assert comparison["since"] == WEEK_AGO
    assert [entry["device_display_name"] for entry in comparison["recovered"]] == ["PC-1"]
    assert [entry["device_display_name"] for entry in comparison["first_listed_not_compliant"]] == [HOSTILE]
    assert [entry["status"] for entry in comparison["no_longer_listed"]] == ["conflict"]
    assert comparison["recovered"][0]["status_before"] == "error"
    assert (comparison["not_compliant_rows_before"], comparison["not_compliant_rows_now"]) == (3, 2)
    assert [(point["taken"], point["not_compliant_devices"]) for point in found["trend"]] == [(WEEK_AGO, 3), (NOW, 2)]


def test_what_could_not_be_read_is_null_and_never_zero() -> None:
    short = policy(row(), reading=Reading.INCOMPLETE, counted=5)
    found = document(
        figures(snapshot(short, unreadable(type=None)), unreadable=(UnreadableFile("x.json", "not valid JSON"),))
    )
    listed, closed = found["policies"]
    assert (listed["reading"], listed["counted_by_the_service"], listed["complete"]) == ("incomplete", 5, False)
    assert (closed["reading"], closed["problem"], closed["complete"]) == ("unreadable", "403 Forbidden", False)
    figures_of_closed = ("device_count", "row_count", "device_groups", "device_statuses", "row_statuses")
    assert [closed[name] for name in figures_of_closed] == [None] * 5
    assert found["platforms"][-1] == {"platform": "unknown", "complete": False, **dict.fromkeys(figures_of_closed)}
    assert not found["summary"]["complete"]
    assert len(found["summary"]["missing"]) == 3
    assert found["comparison"] is None
    assert found["snapshots_left_out"] == [{"file": "x.json", "problem": "not valid JSON"}]
