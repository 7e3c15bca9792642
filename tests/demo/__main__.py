# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: a tour on an emulator of Microsoft Graph on this machine.

Shows the fleet as an inventory, reports on it, converges it in check mode, for real and for real again, and shows what
left the machine. Fails where the outcome is not what the collection promises.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..emulator.process import RunningEmulator, start

_HERE = Path(__file__).parent
_OUTPUT = _HERE.parent / "output" / "demo"


def heading(text: str) -> None:
    """Print what comes next."""
    sys.stdout.write(f"\n\033[1m== {text}\033[0m\n")
    sys.stdout.flush()


def run(emulator: RunningEmulator, *command: str) -> int:
    """Run a command of Ansible's, show its output, and return how many updates it sent."""
    # In check mode, the judge minds each write.
    emulator.settings(expect_no_writes="--check" in command)
    before = len(updates(emulator))
    sys.stdout.write(f"$ {' '.join(command)}\n")
    sys.stdout.flush()
    settings = {
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
    }
    program = str(Path(sys.executable).parent / command[0])
    done = subprocess.run(
        [program, *command[1:]], env={**os.environ, **emulator.env, **settings}, cwd=_HERE, check=False
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed")
    return len(updates(emulator)) - before


def updates(emulator: RunningEmulator) -> list[object]:
    """The bodies of all updates so far."""
    return [entry["body"] for entry in emulator.log("graph") if entry["method"] == "PATCH"]


def main() -> None:
    """Run the tour."""
    shutil.rmtree(_OUTPUT, ignore_errors=True)
    inventory = ("ansible-inventory", "-i", "fleet.intune_devices.yml", "--graph")
    report = ("ansible-playbook", "graphops.intune.report", "-e", f"compliance_report_directory={_OUTPUT}")
    converge = ("ansible-playbook", "graphops.intune.demo", "-e", f"demo_directory={_OUTPUT}")
    with start() as emulator:
        heading(f"An emulator of Microsoft Graph and Entra runs at {emulator.url}, with TLS, OAuth and a small fleet")
        heading("1. The fleet as an inventory")
        run(emulator, *inventory)
        heading("2. A report on it")
        run(emulator, *report)
        heading("3. Check mode: what would change?")
        predicted = run(emulator, *converge, "--check", "--diff")
        heading("4. The run: what differs is sent, 20 updates in one request, and read back; then a second report")
        ran = run(emulator, *converge)
        heading("5. The run again: nothing to do")
        again = run(emulator, *converge, "-e", "compliance_report_name=again")
        heading("6. The inventory again")
        run(emulator, *inventory)

        sent = updates(emulator)
        heading(f"What left this machine: {len(emulator.log('graph'))} requests, {len(sent)} of them updates, of")
        sys.stdout.write(json.dumps(sent, indent=2) + "\n")
        verdict = emulator.judge()
        heading(f"The emulator's judge found {verdict['total']} things that a good client never does")
        wrong = {row["status"] for rows in emulator.state()["statuses"].values() for row in rows}
        wrong &= {"nonCompliant", "error", "conflict"}
        if predicted or not ran or again or verdict["total"] or wrong:
            sys.exit(f"this is not what the collection promises: {predicted, ran, again, wrong, verdict['findings']}")
        heading(f"Open {_OUTPUT / 'report.html'}: it shows what has recovered since the first report")


if __name__ == "__main__":
    main()
