# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: what one converge costs, beside the same work done with ``ansible.builtin.uri``, in one run.

The variants alternate, so that a machine whose speed drifts treats them alike. Every figure is the median of the wall
times of whole ``ansible-playbook`` processes; the ratio is taken after subtracting the median of an empty play.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from ..emulator.process import RunningEmulator, start

_FOLDER = Path(__file__).parent
_BIN = Path(sys.executable).parent
_LEAST_ROUNDS = 7

# (playbook, whether the status differs), in the order in which a round runs them.
_VARIANTS = (("empty", False), ("module", True), ("uri", True), ("module", False), ("uri", False))
_GOALS = {True: 0.45, False: 0.60}


def once(emulator: RunningEmulator, playbook: str, differs: bool) -> float:
    """Run one playbook, and return its wall time in seconds."""
    state = emulator.state()
    policy_id = state["policies"][0]["id"]
    status_id = state["statuses"][policy_id][0]["id"]
    emulator.put_status(policy_id, status_id, status="compliant" if differs else "error")
    writes = len([entry for entry in emulator.log("graph") if entry["method"] == "PATCH"])
    variables = f"policy_id={policy_id} status_id={status_id} wanted=error"
    command = [str(_BIN / "ansible-playbook"), str(_FOLDER / f"{playbook}.yml"), "-e", variables]
    quiet = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    started = time.monotonic()
    done = subprocess.run(
        command, env={**os.environ, **emulator.env, **quiet}, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    # A figure of a run that did not do its work would be worth nothing.
    written = len([entry for entry in emulator.log("graph") if entry["method"] == "PATCH"]) - writes
    if written != (1 if differs else 0):
        sys.exit(f"{playbook} sent {written} writes")
    return seconds


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help=f"counted rounds, at least {_LEAST_ROUNDS}")
    rounds = max(parser.parse_args().rounds, _LEAST_ROUNDS)
    times: dict[tuple[str, bool], list[float]] = {variant: [] for variant in _VARIANTS}
    with start() as emulator:
        for number in range(rounds + 1):
            for variant in _VARIANTS:
                seconds = once(emulator, *variant)
                if number:  # the first round warms the caches
                    times[variant].append(seconds)
    median = {variant: statistics.median(seconds) for variant, seconds in times.items()}
    empty = median["empty", False]

    version = subprocess.run(
        [str(_BIN / "ansible"), "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    lines = [
        f"{version}, Python {platform.python_version()}, {os.cpu_count()} cores, medians of {rounds} rounds",
        "",
        "| one status | this module (s) | `uri` recipe (s) | ratio | goal |",
        "|---|---|---|---|---|",
    ]
    for differs, goal in _GOALS.items():
        ours, recipe = median["module", differs] - empty, median["uri", differs] - empty
        work = "a change" if differs else "no change"
        lines.append(f"| {work} | {ours:.3f} | {recipe:.3f} | {ours / recipe:.2f} | {goal:.2f} |")
    lines += ["", f"Both less an empty play, {empty:.3f} s."]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
