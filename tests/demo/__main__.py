# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: the documented example, on an emulator of Microsoft Graph on this machine.

Starts the emulator, runs the playbook beside this file in check mode, for real and for real again, and shows what
left the machine. Fails where the outcome is not what the collection promises.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from ..emulator.process import RunningEmulator, start

_PLAYBOOK = Path(__file__).parent / "converge.yml"
_CHANGED = re.compile(r"changed=(\d+)")


def heading(text: str) -> None:
    """Print what comes next."""
    sys.stdout.write(f"\n\033[1m== {text}\033[0m\n")
    sys.stdout.flush()


def play(emulator: RunningEmulator, *flags: str) -> int:
    """Run the playbook, show its output, and return how many tasks changed something."""
    # In check mode, the judge minds each write.
    emulator.settings(expect_no_writes="--check" in flags)
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(_PLAYBOOK), "--diff", *flags]
    sys.stdout.write(f"$ ansible-playbook converge.yml --diff {' '.join(flags)}\n")
    sys.stdout.flush()
    settings = {
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
    }
    done = subprocess.run(
        command, env={**os.environ, **emulator.env, **settings}, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.exit("the playbook failed")
    changed = _CHANGED.search(done.stdout)
    return int(changed[1]) if changed else -1


def main() -> None:
    """Run the tour."""
    with start() as emulator:
        heading(f"An emulator of Microsoft Graph and Entra runs at {emulator.url}, with TLS, OAuth and a small fleet")
        heading("1. Check mode: what would change?")
        predicted = play(emulator, "--check")
        heading("2. The run: one PATCH with the differing properties alone, then read back")
        ran = play(emulator)
        heading("3. The run again: nothing to do")
        again = play(emulator)

        log = emulator.log("graph")
        bodies = [entry["body"] for entry in log if entry["method"] == "PATCH"]
        heading(f"What left this machine for Graph: {len(log)} requests, {len(bodies)} of them a PATCH with this body")
        sys.stdout.write(json.dumps(bodies, indent=2) + "\n")
        verdict = emulator.judge()
        heading(f"The emulator's judge found {verdict['total']} things that a good client never does")
        if (predicted, ran, again, len(bodies), verdict["total"]) != (1, 1, 0, 1, 0):
            sys.exit(f"this is not what the collection promises: {verdict['findings']}")


if __name__ == "__main__":
    main()
