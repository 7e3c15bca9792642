# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshot files: stored and read again, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report import snapshot_file
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Row
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot_file import SnapshotError
from hypothesis import given
from hypothesis import strategies as st

from .fleets import NOW, policy, row, snapshot, unreadable

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.builds(Row, st.text("ab", min_size=1), TEXT, TEXT, TEXT, TEXT, st.text("xy", min_size=1), TEXT, TEXT)


@given(st.lists(ROWS, max_size=4), TEXT)
def test_what_is_stored_is_read_again(rows: list[Row], name: str | None) -> None:
    made = snapshot(policy(*rows, name=name), unreadable(problem=name))
    text = snapshot_file.to_json(made)
    again = snapshot_file.from_json(text)
    assert again.taken == made.taken
    assert [(one.id, one.name, one.reading, one.problem, list(one.rows)) for one in again.policies] == [
        (one.id, one.name, one.reading, one.problem, list(one.rows)) for one in made.policies
    ]
    assert snapshot_file.to_json(again) == text


def test_the_first_line_holds_the_figures() -> None:
    made = snapshot(policy(row("A", "error"), row("B")), unreadable())
    text = snapshot_file.to_json(made)
    first = text.splitlines()[0]
    assert "PC" not in first
    assert snapshot_file.header_from_json(first + "\n") == snapshot_file.header_from_json(text) == made.header
    assert made.header._asdict() == {
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

    json.loads(snapshot_file.to_json(snapshot(policy(row()))), object_pairs_hook=unique)


def test_a_files_name_depends_on_its_time_and_its_content() -> None:
    one, other = (snapshot_file.file_name(NOW, text) for text in ("a", "b"))
    assert one == snapshot_file.file_name(NOW, "a") == "20261124T060000Z-ca978112.json"
    assert one != other


GOOD = json.loads(snapshot_file.to_json(snapshot(policy(row()))))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 200_000, "not valid JSON"),
        ("[]", "not a snapshot"),
        ("{}", "not a snapshot"),
        (json.dumps({**GOOD, "graphops_intune_snapshot": 2}), "version is 2; this collection reads version 1"),
        (json.dumps({**GOOD, "taken": "today"}), "invalid header values"),
        (json.dumps({**GOOD, "device_count": "many"}), "invalid header values"),
        (json.dumps({**GOOD, "device_count": -1}), "invalid header values"),
        (json.dumps({**GOOD, "complete": "no"}), "invalid header values"),
        (
            json.dumps({key: value for key, value in GOOD.items() if key != "row_count"}),
            "header values are missing: row_count",
        ),
        (json.dumps({**GOOD, "columns": ["id"]}), "columns"),
        (json.dumps({**GOOD, "policies": None}), "invalid list of policies"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "reading": "good"}]}), "invalid policy"),
        ("[" * 400 + "]" * 400, "not valid JSON"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "name": ["x"]}]}), "invalid policy"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "id": None}]}), "invalid policy"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "counted": "7"}]}), "invalid policy"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [["a"]]}]}), "invalid row"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [7]}]}), "invalid row"),
        (json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [[1] * 8]}]}), "invalid row"),
        (
            json.dumps({**GOOD, "policies": [{**GOOD["policies"][0], "rows": [[None] * 8]}]}),
            "a row has no id",
        ),
    ],
)
def test_an_invalid_snapshot_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        snapshot_file.from_json(text)


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(SnapshotError, match="not valid UTF-8"):
        snapshot_file.from_json(b"\xff\xfe")


def test_half_a_surrogate_pair_in_a_file_becomes_text_that_a_file_can_hold() -> None:
    text = snapshot_file.to_json(snapshot(policy(row("A?"), name=None)))
    written = text.replace("A?", "A\\ud800").replace('"name": null', '"name": "B\\udfff"')
    read = snapshot_file.from_json(written)
    assert read.policies[0].rows[0].device == "A?"
    assert "\\ud" not in snapshot_file.to_json(read)
