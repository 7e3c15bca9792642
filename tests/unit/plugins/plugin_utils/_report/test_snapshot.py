# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: made of what the modules returned, stored, and read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import Group
from ansible_collections.graphops.intune.plugins.plugin_utils._report import snapshot as _snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Reading, Row, SnapshotError, Tally
from hypothesis import given
from hypothesis import strategies as st

from .fleets import NOW, policy, row, snapshot, unreadable

POLICIES: list[dict[str, Any]] = [
    {"id": "p1", "display_name": "Windows baseline", "type": "#microsoft.graph.windows10CompliancePolicy"},
    {"id": "p2", "display_name": None, "type": None},
    {"id": "p3", "display_name": "iOS baseline", "type": "#microsoft.graph.iosCompliancePolicy"},
]
RESULT: dict[str, Any] = {
    "device_compliance_statuses": [
        {
            "id": "s1",
            "device_display_name": "PC-1",
            "user_name": "Ada",
            "user_principal_name": "ada@contoso.example",
            "device_model": None,
            "platform": 0,
            "status": "nonCompliant",
            "last_reported_date_time": "2026-11-23T05:06:07.1234567+01:00",
            "compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59Z",
        },
        {"id": "s2", "status": None, "last_reported_date_time": "soon"},
    ],
    "complete": True,
    "overviews": [{"policy_id": "p1", "pending_count": 1, "failed_count": 1, "success_count": 0, "listed": 2}],
}
REFUSED: dict[str, Any] = {"failed": True, "msg": "Listing failed: 403", "failure": {"status": 403}}
SHORT: dict[str, Any] = {
    "device_compliance_statuses": [],
    "complete": False,
    "overviews": [{"policy_id": "p2", "pending_count": 5, "listed": 0}],
}


def test_what_the_modules_returned() -> None:
    made = _snapshot.from_results(POLICIES, [RESULT, SHORT, REFUSED], NOW)
    assert [found.reading for found in made.policies] == [Reading.COMPLETE, Reading.INCOMPLETE, Reading.UNREADABLE]
    assert [found.counted for found in made.policies] == [2, 5, None]
    assert [found.problem for found in made.policies] == [None, None, "Listing failed: 403"]
    assert [found.label for found in made.policies] == ["Windows baseline", "p2", "iOS baseline"]
    assert made.policies[0].rows == [
        Row("s1", "PC-1", "Ada", "ada@contoso.example", None, "nonCompliant", "2026-11-23T04:06:07Z", "never"),
        Row("s2", None, None, None, None, "unknown", None, None),
    ]
    assert not made.complete


def test_a_row_that_is_listed_twice_counts_once_and_hides_that_another_one_is_missing() -> None:
    listed = RESULT["device_compliance_statuses"]
    made = _snapshot.from_results(POLICIES[:1], [{**RESULT, "device_compliance_statuses": listed[:1] * 2}], NOW)
    assert [found.id for found in made.policies[0].rows] == ["s1"]
    assert made.policies[0].reading is Reading.INCOMPLETE


def test_a_failure_without_words_is_a_failure() -> None:
    made = _snapshot.from_results(POLICIES[:1], [{"skipped": True}], NOW)
    assert (made.policies[0].reading, made.policies[0].problem) == (Reading.UNREADABLE, "the reading was skipped")


def test_whether_a_list_is_complete_has_to_be_known() -> None:
    with pytest.raises(SnapshotError, match="overview: true"):
        _snapshot.from_results(POLICIES[:1], [{"device_compliance_statuses": []}], NOW)


@pytest.mark.parametrize("taken", ["now", "2026-11-24", "2026-11-24T06:00:00+01:00", ""])
def test_the_moment_has_to_be_one(taken: str) -> None:
    with pytest.raises(SnapshotError, match="write it in UTC"):
        _snapshot.from_results([], [], taken)


def test_policies_and_results_have_to_belong_together() -> None:
    with pytest.raises(SnapshotError, match="3 policies but 1 results"):
        _snapshot.from_results(POLICIES, [RESULT], NOW)


def test_half_a_surrogate_pair_becomes_text_that_a_file_can_hold() -> None:
    result = {
        **RESULT,
        "device_compliance_statuses": [{"id": "s", "device_display_name": "A\ud800", "status": "error"}],
    }
    made = _snapshot.from_results(POLICIES[:1], [result], NOW)
    assert made.policies[0].rows[0].device == "A?"
    made.to_json().encode("utf-8")
    # Nor does it come back from a file that somebody wrote by other means.
    written = made.to_json().replace("A?", "A\\ud800").replace('"name": null', '"name": "B\\udfff"')
    read = _snapshot.from_json(written)
    assert read.policies[0].rows[0].device == "A?"
    assert "\\ud" not in read.to_json()


TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.builds(Row, st.text("ab", min_size=1), TEXT, TEXT, TEXT, TEXT, st.text("xy", min_size=1), TEXT, TEXT)


@given(st.lists(ROWS, max_size=4), TEXT)
def test_what_is_stored_is_read_again(rows: list[Row], name: str | None) -> None:
    made = snapshot(policy(*rows, name=name), unreadable(problem=name))
    text = made.to_json()
    again = _snapshot.from_json(text)
    assert again.taken == made.taken
    assert [(one.id, one.name, one.reading, one.problem, list(one.rows)) for one in again.policies] == [
        (one.id, one.name, one.reading, one.problem, list(one.rows)) for one in made.policies
    ]
    assert again.to_json() == text


def test_the_first_line_holds_the_figures() -> None:
    made = snapshot(policy(row("A", "error"), row("B")), unreadable())
    text = made.to_json()
    first = text.splitlines()[0]
    assert "PC" not in first
    assert _snapshot.header_from_json(first + "\n") == _snapshot.header_from_json(text) == made.header()
    assert made.header()._asdict() == {
        "taken": NOW,
        "complete": False,
        "policy_count": 2,
        "policies_read": 1,
        "row_count": 2,
        "device_count": 2,
        "not_compliant_devices": 1,
    }


def test_no_key_stands_twice_in_the_file() -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(pairs) == len(dict(pairs)), pairs
        return dict(pairs)

    json.loads(snapshot(policy(row())).to_json(), object_pairs_hook=unique)


def test_a_files_name_tells_its_moment_and_its_content() -> None:
    one, other = (_snapshot.file_name(NOW, text) for text in ("a", "b"))
    assert one == _snapshot.file_name(NOW, "a") == "20261124T060000Z-ca978112.json"
    assert one != other


GOOD = json.loads(snapshot(policy(row())).to_json())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ("[]", "not a snapshot"),
        ("{}", "not a snapshot"),
        (json.dumps({**GOOD, "graphops_intune_snapshot": 2}), "version 2; this collection reads version 1"),
        (json.dumps({**GOOD, "taken": "today"}), "damaged"),
        (json.dumps({**GOOD, "device_count": "many"}), "damaged"),
        (json.dumps({**GOOD, "device_count": -1}), "damaged"),
        (json.dumps({**GOOD, "complete": "no"}), "damaged"),
        (json.dumps({key: value for key, value in GOOD.items() if key != "row_count"}), "lacks 'row_count'"),
        (json.dumps({**GOOD, "columns": ["id"]}), "columns"),
        (json.dumps({**GOOD, "policies": None}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "reading": "well"}]}), "damaged"),
        ("[" * 400 + "]" * 400, "not JSON"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "name": ["x"]}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "id": None}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "counted": "7"}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [["a"]]}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [7]}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [[1] * 8]}]}), "damaged"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [[None] * 8]}]}), "damaged"),
    ],
)
def test_what_is_no_snapshot_is_told(text: str, said: str) -> None:
    with pytest.raises(SnapshotError, match=said):
        _snapshot.from_json(text)


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
