# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A complete report: what is parsed, what is written and in which order, and that it is counted once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._transport import json_document
from ansible_collections.graphops.intune.plugins.plugin_utils._report import snapshot_file
from ansible_collections.graphops.intune.plugins.plugin_utils._report.errors import ReportError
from ansible_collections.graphops.intune.plugins.plugin_utils._report.files import FileWriter
from ansible_collections.graphops.intune.plugins.plugin_utils._report.options import ReportOptions
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.page import ReportPage
from ansible_collections.graphops.intune.plugins.plugin_utils._report.report import (
    Report,
    make_report,
    read_earlier,
    write_report,
)
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Row, Snapshot, Tally

from .fleets import NOW, WEEK_AGO, policy, row, snapshot, unreadable
from .test_options import options as _options

FLEET = snapshot(policy(row("PC-1", "error"), row("PC-2")))


def options(folder: Path, **given: Any) -> ReportOptions:
    return _options(**{"directory": str(folder / "reports"), "timestamp": NOW, **given})


def store(folder: Path, *made: Snapshot) -> None:
    directory = folder / "reports" / "snapshots"
    directory.mkdir(parents=True, exist_ok=True)
    for one in made:
        text = snapshot_file.to_json(one)
        (directory / snapshot_file.file_name(one.taken, text)).write_text(text, encoding="utf-8")


def make(folder: Path, found: Snapshot = FLEET, template: str = "", **given: Any) -> Report:
    path = None
    if template:
        path = folder / "mine.html.j2"
        path.write_text(template)
    chosen = options(folder, **given)
    return make_report(found, read_earlier(chosen), chosen, ReportPage(path, "template").render)


def write(folder: Path, report: Report, *, check: bool = False, **given: Any) -> tuple[FileWriter, dict[str, str]]:
    writer = FileWriter("0600", "0700", check=check)
    return writer, write_report(report, options(folder, **given), writer)


def test_the_files_are_those_of_one_snapshot(tmp_path: Path) -> None:
    store(tmp_path, snapshot(policy(row("PC-1")), taken=WEEK_AGO))
    writer, paths = write(tmp_path, make(tmp_path, title="Fleet, Contoso"))
    document = json.loads(Path(paths["json"]).read_text())
    assert document["title"] == "Fleet, Contoso"
    assert document["comparison"]["since"] == WEEK_AGO
    assert Path(paths["html"]).read_text().startswith("<!DOCTYPE html>")
    assert Path(paths["csv"]).read_text(encoding="utf-8").startswith("\ufeff")
    assert Path(paths["snapshot"]).name == document["summary"]["snapshot"]
    assert Path(paths["snapshot"]).parent == tmp_path / "reports" / "snapshots"
    assert [Path(path).name for path in writer.diff()["after"]][1:] == ["report.html", "report.csv", "report.json"]
    stored = snapshot_file.from_json(Path(paths["snapshot"]).read_bytes())
    assert snapshot_file.to_json(stored) == snapshot_file.to_json(FLEET)


def test_the_names_of_the_files(tmp_path: Path) -> None:
    _writer, paths = write(tmp_path, make(tmp_path), name="january", snapshot_directory=str(tmp_path / "kept"))
    assert [Path(paths[kind]).name for kind in ("html", "csv", "json")] == [
        "january.html",
        "january.csv",
        "january.json",
    ]
    assert Path(paths["snapshot"]).parent == tmp_path / "kept"


def test_each_snapshot_is_parsed_once_and_the_new_one_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [f"2026-10-{day:02}T06:00:00Z" for day in range(1, 13)]
    store(tmp_path, *(snapshot(policy(row("PC-1", "error")), taken=day) for day in days))
    parsed: list[tuple[str, bool]] = []
    parse: Any = json_document.parse_json

    def count(text: bytes) -> Any:
        document = parse(text)
        parsed.append((document["taken"], "policies" in document))
        return document

    monkeypatch.setattr(snapshot_file, "parse_json", count)
    write(tmp_path, make(tmp_path))
    assert sorted(parsed) == sorted([*((day, False) for day in days), (days[-1], True)])


def test_the_rows_of_the_fleet_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = Tally.of

    def watch(_cls: type[Tally], rows: Iterable[Row]) -> Tally:
        found = list(rows)
        counted.append(len(found))
        return count(found)

    monkeypatch.setattr(Tally, "of", classmethod(watch))
    make(tmp_path, snapshot(policy(row("A"), row("B"), row("C")), policy(row("A"), id="2")))
    assert counted.count(4) == 2, "once for the fleet, and once for its only platform"
    assert sorted(counted) == [1, 3, 4, 4]


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, make(tmp_path))
    writer, _paths = write(tmp_path, make(tmp_path))
    assert not writer.changed


def test_no_stored_snapshot_is_replaced(tmp_path: Path) -> None:
    report = make(tmp_path)
    _writer, paths = write(tmp_path, report)
    Path(paths["snapshot"]).write_text("changed by somebody")
    write(tmp_path, report)
    assert Path(paths["snapshot"]).read_text() == "changed by somebody"


def test_another_fleet_at_the_same_time_is_another_snapshot(tmp_path: Path) -> None:
    _writer, first = write(tmp_path, make(tmp_path))
    _writer, second = write(tmp_path, make(tmp_path, snapshot(policy(row("PC-1")))))
    assert first["snapshot"] != second["snapshot"]
    assert Path(first["snapshot"]).exists()


def test_check_mode_predicts_what_the_run_does(tmp_path: Path) -> None:
    report = make(tmp_path)
    predicted, paths = write(tmp_path, report, check=True)
    assert not (tmp_path / "reports").exists()
    ran, same = write(tmp_path, report)
    assert predicted.diff() == ran.diff()
    assert paths == same


def test_a_mistake_in_a_template_leaves_every_file(tmp_path: Path) -> None:
    _writer, paths = write(tmp_path, make(tmp_path))
    before = {path: Path(path).read_bytes() for path in paths.values()}
    with pytest.raises(InvalidOptionsError, match=r"mine\.html\.j2, line 2"):
        make(tmp_path, snapshot(policy(row("PC-9", "error"))), template="<p>\n{{ nothing }}")
    assert {path: Path(path).read_bytes() for path in paths.values()} == before
    assert len(list((tmp_path / "reports" / "snapshots").iterdir())) == 1


def test_the_result_has_the_figures(tmp_path: Path) -> None:
    report = make(tmp_path, snapshot(policy(row("PC-1", "error"), row("PC-2")), unreadable()))
    assert report.result == {
        "complete": False,
        "headline": "As far as could be read, 1 of 2 devices (50.0%) is not compliant.",
        "missing": ["The closed policy could not be read: 403 Forbidden"],
        "devices": 2,
        "not_compliant_devices": 1,
    }


def test_the_baseline_is_as_old_as_requested(tmp_path: Path) -> None:
    store(tmp_path, snapshot(policy(row()), taken=WEEK_AGO), snapshot(policy(row()), taken="2026-11-23T06:00:00Z"))
    for days, since in ((0, "2026-11-23T06:00:00Z"), (7, WEEK_AGO), (8, None)):
        baseline = read_earlier(options(tmp_path, compare_days=days)).baseline
        assert (baseline and baseline.taken) == since


def test_a_directory_of_snapshots_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match=r"The snapshots in .*file cannot be read: Not a directory"):
        read_earlier(options(tmp_path, snapshot_directory=str(tmp_path / "file")))
