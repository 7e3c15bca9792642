# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four weekly reports in one directory: one device disappears and comes back, one gets another name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.graphops.intune.plugins.plugin_utils._report.csv_file import to_csv
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures, Limits, count
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import read_history
from ansible_collections.graphops.intune.plugins.plugin_utils._report.json_file import to_document
from ansible_collections.graphops.intune.plugins.plugin_utils._report.reading import policy_of
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot_file import file_name, to_json
from ansible_collections.graphops.intune.plugins.plugin_utils._report.statuses import statuses_of

# 2 disappears and comes back, 4 gets another name while it is not compliant, 6 comes and goes.
MONTH: list[list[tuple[int, str, str]]] = [
    [(1, "A", "compliant"), (2, "B", "error"), (3, "C", "nonCompliant"), (4, "OLD", "nonCompliant"), (5, "E", "error")],
    [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "NEW", "nonCompliant"), (5, "E", "error")],
    [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "NEW", "unknown"), (5, "E", "error"), (6, "F", "conflict")],
    [(1, "A", "remediated"), (2, "B", "error"), (3, "C", "compliant"), (4, "NEW", "error"), (5, "E", "error")],
]
CHANGES: list[dict[str, list[str]]] = [
    {},
    {"newly_not_compliant": ["row-1"], "recovered": ["row-3"], "no_longer_listed": ["row-2"]},
    {"first_listed_not_compliant": ["row-6"], "no_longer_known": ["row-4"]},
    {
        "newly_not_compliant": ["row-4"],
        "first_listed_not_compliant": ["row-2"],
        "recovered": ["row-1"],
        "no_longer_listed": ["row-6"],
    },
]
NOT_COMPLIANT = [4, 3, 3, 3]
KINDS = {kind for changes in CHANGES for kind in changes}


def report(directory: Path, week: int) -> Figures:
    """Read the fleet of a week, store it beside the earlier ones, and count."""
    rows = [
        {"id": f"row-{number}", "device_display_name": device, "status": status}
        for number, device, status in MONTH[week]
    ]
    result = {
        "device_compliance_statuses": rows,
        "complete": True,
        "overviews": [{"policy_id": "p", "failed_count": len(rows)}],
    }
    snapshot = Snapshot(f"2026-01-{8 + 7 * week:02}T06:00:00Z", [policy_of({"id": "p"}, result)])
    earlier = read_history(directory, snapshot.taken, 0)
    text = to_json(snapshot)
    (directory / file_name(snapshot.taken, text)).write_text(text, encoding="utf-8")
    return count(snapshot, earlier, Limits())


def test_each_week_shows_what_has_changed_since_the_last(tmp_path: Path) -> None:
    for week, changes in enumerate(CHANGES):
        figures = report(tmp_path, week)
        document: dict[str, Any] = to_document(figures, "snapshot.json", "Fleet")
        trend = [point["not_compliant_devices"] for point in document["trend"]]
        assert trend == NOT_COMPLIANT[: week + 1]
        if not week:
            assert document["comparison"] is None
            continue
        comparison = document["comparison"]
        found = {kind: [entry["id"] for entry in comparison[kind]] for kind in KINDS}
        assert {kind: ids for kind, ids in found.items() if ids} == changes
        assert comparison["not_compliant_devices_before"] == trend[-2]
        table = to_csv(figures.snapshot.policies, statuses_of(figures))
        for kind, ids in changes.items():
            for status_id in ids:
                lines = [line for line in table.splitlines() if f'"{status_id}"' in line]
                assert len(lines) == (0 if kind == "no_longer_listed" else 1)
                assert all(f'"{kind}"' in line for line in lines)
