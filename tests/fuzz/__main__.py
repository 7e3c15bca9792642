# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzz the code that reads external input: ``python -m tests.fuzz [--seconds 60] [TARGET ...]``.

Each target has a separate process, which atheris guides by the coverage of the collection's code. The findings are in
tests/output/fuzz, one file for each; ``python -m tests.fuzz.target TARGET FILE`` runs it again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .seeds import SEEDS, write

OUTPUT = Path("tests/output/fuzz")
STRUCTURED = ("batches", "errors", "items", "reports", "rows")  # hypothesis generates the input of these
NAMES = sorted((*SEEDS, *STRUCTURED))
# The last two: no input may take seconds, or exhaust the memory.
_LIMITS = ("-max_len=4096", "-timeout=10", "-rss_limit_mb=2048")
_SECONDS_TO_STOP = 60


class Found(NamedTuple):
    """The result of a target: how often it ran, and whether it ended without a finding."""

    executions: int
    well: bool
    output: str


def fuzz(name: str, seconds: int, folder: Path) -> Found:
    """Fuzz one target for a number of seconds."""
    corpus = folder / "corpus" / name
    write(name, corpus)
    options = (f"-max_total_time={seconds}", f"-artifact_prefix={folder}/{name}-", "-print_final_stats=1", *_LIMITS)
    run = subprocess.run(
        [sys.executable, "-m", f"{__package__}.target", name, *options, str(corpus)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds + _SECONDS_TO_STOP,
    )
    output = run.stdout + run.stderr
    count = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
    return Found(int(count[1]) if count else 0, run.returncode == 0 and count is not None, output)


def main() -> int:
    """Fuzz the targets that the command line names, else all; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the parsers.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(NAMES)}; default: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    folder = OUTPUT.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bad = 0
    print(f"{'target':<12}{'executions':>12}  {arguments.seconds} s each", flush=True)
    for name in arguments.targets or NAMES:
        found = fuzz(name, arguments.seconds, folder)
        bad += not found.well
        print(f"{name:<12}{found.executions:>12}  {'nothing found' if found.well else 'FOUND'}", flush=True)
        if not found.well:
            # From the exception on, if there was one; before it, libFuzzer reports its progress.
            print(found.output[found.output.find("Uncaught Python exception") :][:6000], flush=True)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
