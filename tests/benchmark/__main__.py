# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: measure the figures of docs/benchmarks.md in one run, each with what it is compared with.

The speed of machines differs and changes, so what is compared alternates in the same run, and the ratio counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from . import compare, growth, inventory, one_status, pacing, per_item

# Each part, and its default number of rounds: together about ten minutes on two cores.
_PARTS = {
    "one": (one_status.report, 11),
    "compare": (compare.report, 7),
    "per-item": (per_item.report, 3),
    "pacing": (pacing.report, 2),
    "growth": (growth.report, 2),
    "inventory": (inventory.report, 1),
}


def main() -> None:
    """Print the figures as Markdown tables, each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, help=f"counted rounds of each part; of one status, at least {one_status.LEAST_ROUNDS}"
    )
    parser.add_argument("--only", nargs="+", choices=list(_PARTS), default=list(_PARTS), help="these parts alone")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")

    command = [str(Path(sys.executable).parent / "ansible"), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    print(f"{version}, Python {platform.python_version()}, {os.cpu_count()} cores", flush=True)
    started = time.monotonic()
    for name, (report, rounds) in _PARTS.items():
        if name in arguments.only:
            print("", *report(arguments.rounds or rounds), sep="\n", flush=True)
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main()
