# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The earlier snapshots in a directory: which count, and which to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._transport import json_document
from ansible_collections.graphops.intune.plugins.plugin_utils._report import snapshot_file
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import History, read_history

from .fleets import NOW, policy, row, snapshot

DAYS = [f"2026-11-{day:02}T06:00:00Z" for day in (3, 10, 17)]


def store(directory: Path, *timestamps: str) -> None:
    for number, taken in enumerate(timestamps):
        made = snapshot(policy(row(f"PC-{number}", "error")), taken=taken)
        (directory / f"{number}.json").write_text(snapshot_file.to_json(made), encoding="utf-8")


def read(directory: Path, before: str = NOW, days: int = 0) -> History:
    return read_history(directory, before, days)


def taken(history: History) -> list[str]:
    return [header.taken for header in history.headers]


def test_no_directory_is_no_history(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == History()


def test_all_count_that_came_before_the_oldest_first(tmp_path: Path) -> None:
    store(tmp_path, DAYS[2], DAYS[0], NOW, "2026-12-01T06:00:00Z", DAYS[1])
    (tmp_path / "note.txt").write_text("not a snapshot")
    found = read(tmp_path)
    assert taken(found) == DAYS
    assert found.baseline is not None
    assert found.baseline.taken == DAYS[2]
    assert found.unreadable == ()


@pytest.mark.parametrize(
    ("days", "expected"), [(0, DAYS[2]), (7, DAYS[2]), (8, DAYS[1]), (21, DAYS[0]), (22, None), (10**9, None)]
)
def test_the_baseline_is_at_least_so_many_days_old(tmp_path: Path, days: int, expected: str | None) -> None:
    store(tmp_path, *DAYS)
    found = read(tmp_path, days=days)
    assert (found.baseline and found.baseline.taken) == expected
    assert taken(found) == DAYS


def test_invalid_files_are_listed_and_the_others_count(tmp_path: Path) -> None:
    store(tmp_path, *DAYS)
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    (tmp_path / "c.json").write_text("{}")
    (tmp_path / "d.json").mkdir()
    found = read(tmp_path)
    assert taken(found) == DAYS
    assert [file for file, _problem in found.unreadable] == ["a.json", "b.json", "c.json", "d.json"]
    assert "not valid JSON" in found.unreadable[0].problem
    assert "not valid UTF-8" in found.unreadable[1].problem
    assert "not a snapshot" in found.unreadable[2].problem
    assert "Is a directory" in found.unreadable[3].problem


def test_a_damaged_one_is_not_compared_with_and_not_in_the_trend(tmp_path: Path) -> None:
    store(tmp_path, *DAYS)
    last = tmp_path / "2.json"
    last.write_text(last.read_text()[:-20])  # its first line is valid
    found = read(tmp_path)
    assert taken(found) == DAYS[:2]
    assert found.baseline is not None
    assert found.baseline.taken == DAYS[1]
    assert [file for file, _problem in found.unreadable] == ["2.json"]


def test_a_file_that_was_formatted_again_is_read(tmp_path: Path) -> None:
    store(tmp_path, *DAYS)
    for file in tmp_path.iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()), indent=4))
    found = read(tmp_path)
    assert taken(found) == DAYS
    assert found.unreadable == ()


def test_only_the_first_line_is_read_of_those_that_are_not_the_baseline(tmp_path: Path) -> None:
    store(tmp_path, *DAYS)
    first = tmp_path / "0.json"
    first.write_text(first.read_text().splitlines()[0] + "\nnever read")
    assert taken(read(tmp_path)) == DAYS


def test_each_first_line_is_parsed_once_and_the_baseline_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, *DAYS)
    parsed: list[int] = []
    parse: Any = json_document.parse_json

    def count(text: bytes) -> Any:
        parsed.append(text.count(b"\n"))
        return parse(text)

    monkeypatch.setattr(snapshot_file, "parse_json", count)
    assert read(tmp_path).baseline is not None
    assert [lines > 0 for lines in parsed] == [False, False, False, True]


def test_a_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        read(tmp_path / "file")
