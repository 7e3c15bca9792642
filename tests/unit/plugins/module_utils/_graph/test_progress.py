# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a long task reports its progress."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._graph.progress import Progress

from ...support import Clock


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_a_short_task_reports_nothing(clock: Clock, tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "p"), clock)
    clock.now += 4.9
    progress.report("one")
    assert lines(tmp_path / "p") == []


def test_the_longer_it_takes_the_less_often_it_reports(clock: Clock, tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "p"), clock)
    for second in range(3600):
        clock.now += 1
        progress.report(f"at {second + 1}")
    times = [int(line.rpartition(" ")[2]) for line in lines(tmp_path / "p")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == 5
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (5, 60)


def test_what_is_urgent_is_reported_at_once(clock: Clock, tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "p"), clock)
    progress.report("Waiting 300 s", always=True)
    (line,) = lines(tmp_path / "p")
    time, _space, text = line.partition(" ")
    assert text == "Waiting 300 s"
    assert time.endswith("Z")


def test_a_file_that_cannot_be_written_is_refused_at_once(clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionsError, match=r"progress_path .* cannot be written"):
        Progress(str(tmp_path), clock)


def test_a_file_that_goes_away_does_not_stop_the_work(clock: Clock, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    progress = Progress(str(folder / "p"), clock)
    (folder / "p").unlink()
    folder.rmdir()
    progress.report("one", always=True)
    assert not folder.exists()
