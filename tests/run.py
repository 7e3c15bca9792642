# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test`: run nox's sessions, count the tests in them, end with `N passed, N failed`.

A session that writes JUnit files under tests/output counts the tests in them; any other, such as a linter, counts one.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "tests" / "output"


class Count(NamedTuple):
    """How many tests had which outcome."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def count_junit(folder: Path) -> Count:
    """Count the test cases in a folder's JUnit files."""
    passed = failed = skipped = 0
    for file in folder.rglob("*.xml"):
        for case in ElementTree.parse(file).iter("testcase"):  # noqa: S314 - written by our own test tools
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    return Count(passed, failed, skipped)


def count_session(session: dict[str, Any]) -> Count:
    """Count a session of nox's report.

    Its own runner decides whether it succeeded, and not its JUnit files: ansible-core's files count a task as failed
    that a playbook lets fail on purpose.
    """
    count = count_junit(OUTPUT / session["name"])
    if session["result"] != "success":
        return count._replace(failed=max(count.failed, 1))
    count = count._replace(passed=count.passed + count.failed, failed=0)
    return count if any(count) else Count(passed=1)


def main() -> int:
    """Run the sessions given on the command line, else the default ones; return the exit code."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    report = OUTPUT / "nox.json"
    # One session more than there are processors: the tests of throttling spend much of their time waiting.
    parallel = str((os.cpu_count() or 1) + 1)
    # CI=true: antsibull-nox reports files that it would otherwise reformat.
    nox = [sys.executable, "-m", "nox", "--parallel", parallel, "--report", str(report)]
    run = subprocess.run([*nox, *sys.argv[1:]], cwd=ROOT, env={**os.environ, "CI": "true"}, check=False)

    sessions = json.loads(report.read_text())["sessions"] if report.exists() else []
    sessions = [session for session in sessions if session["name"] != "lint"]  # it only starts other sessions
    total = Count()
    print(f"\n{'session':<24}{'result':<10}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}")
    for session in sessions:
        count = count_session(session)
        total = Count(*map(sum, zip(total, count, strict=True)))
        columns = "".join(f"{number:>8}" for number in count)
        print(f"{session['name']:<24}{session['result']:<10}{columns}{session['duration']:>9.0f}")

    print(f"\n{runpy.run_path(str(ROOT / 'noxfile.py'))['describe_cores']()}\n")
    if run.returncode and not total.failed:
        print(f"nox itself failed: exit code {run.returncode}\n")
        total = total._replace(failed=1)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
