# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SECURITY.md and the lock file: each threat has a test that exists and that CI runs; the lock file is complete."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAPER = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LOCK = (ROOT / "tests/development.lock").read_text(encoding="utf-8")
# The folders of tests that nox runs by default; see noxfile.py.
RUN_BY_CI = ("unit/", "e2e/", "eda/")


def threats() -> list[tuple[str, list[str]]]:
    """Return the threats in the tables, each with its tests."""
    chapter = PAPER.partition("\n## Threats")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in chapter.splitlines() if line.startswith("|")]
    found = [(row[0].strip(), re.findall(r"`([^`]+)`", row[2])) for row in rows if len(row) == 3]
    return [(threat, tests) for threat, tests in found if threat not in ("threat", "---")]


TESTS = sorted({test for _threat, tests in threats() for test in tests})


def test_every_threat_has_a_test_and_is_there_once() -> None:
    names = [threat for threat, _tests in threats()]
    assert len(names) > 30
    assert len(set(names)) == len(names)
    assert [threat for threat, tests in threats() if not tests] == []
    # Every row of the tables is found, whatever its number of columns.
    chapter = PAPER.partition("\n## Threats")[2].partition("\n## ")[0]
    assert {line.count("|") for line in chapter.splitlines() if line.startswith("|")} == {4}


@pytest.mark.parametrize("test", TESTS)
def test_the_test_of_a_threat_exists_and_runs_in_ci(test: str) -> None:
    path, _colons, name = test.partition("::")
    assert path.startswith(RUN_BY_CI)
    assert Path(path).name.startswith("test_")
    assert name.startswith("test_")
    functions = [
        node
        for node in ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    assert len(functions) == 1, f"{path} has no test {name}, or two"
    marks = [ast.unparse(decorator) for decorator in functions[0].decorator_list]
    assert not [mark for mark in marks if mark.startswith(("pytest.mark.skip", "pytest.mark.xfail"))]


def test_ci_runs_these_folders() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert "CHECKS = (e2e, sanity, units, integration)" in noxfile
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_users_find_it() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", PAPER))))
def test_its_links_lead_to_files_that_exist(link: str) -> None:
    assert (ROOT / link).exists()


def test_run_time_requirements_have_lower_bounds_only() -> None:
    lines = [
        line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"
    ]
    assert [re.fullmatch(r"(\w+)>=[\d.]+", line) is not None for line in lines] == [True] * 2


def test_the_lock_has_a_version_and_hashes_of_everything_and_no_host() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCK.partition("edit.\n")[2])
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==[\w.+!-]+( ; [^\\]+)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in LOCK.replace("https://www.gnu.org/licenses/gpl-3.0.txt", "")
    assert "index-url" not in LOCK


@pytest.mark.parametrize(
    "file",
    ["requirements.txt", "tests/unit/requirements.txt", "tests/emulator/requirements.txt", "tests/development.in"],
)
def test_the_lock_has_all_requirements(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    wanted = re.findall(r"^([A-Za-z][\w.-]*)", text, re.MULTILINE)
    locked = set(re.findall(r"^([a-z0-9._-]+)==", LOCK, re.MULTILINE))
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in wanted} <= locked
