# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: a demonstration on an emulator of Microsoft Graph on this machine.

Shows a fleet as an inventory and in a report, declares statuses in check mode, in a run and in a second run, and makes
a second report after one device has become compliant. Fails if a result is not the expected one.
"""

from __future__ import annotations

import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..emulator.process import RunningEmulator, start

_ROOT = Path(__file__).parents[2]
_OUTPUT = _ROOT / "build" / "demo"
_SEED = Path(__file__).with_name("seed.json")
_PROGRAMS = Path(sys.executable).parent

# Tasks that change nothing are not printed, so that the output shows what a run did.
_SETTINGS = {
    "ANSIBLE_DIFF_CONTEXT": "0",
    "ANSIBLE_DISPLAY_OK_HOSTS": "false",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
}
_INVENTORY = "ansible-inventory -i tests/demo/fleet.intune_devices.yml --graph"
_REPORT = "ansible-playbook graphops.intune.report -e compliance_report_directory=build/demo"
_CONVERGE = "ansible-playbook graphops.intune.demo"
_REPEAT = """\
The emulator has ended. To repeat a command in this folder, start it again, and wait until it prints "emulator ready":
$ . build/demo/shell.env
$ python -m tests.emulator --seed tests/demo/seed.json --env-file build/demo/emulator.env &
$ . build/demo/emulator.env"""


class Demo:
    """The commands of the demonstration, and their results in the emulator."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self._emulator = emulator
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "INTUNE_"))}
        self._environment = kept | emulator.env | _SETTINGS
        self._environment["PATH"] = f"{_PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        self._environment["ANSIBLE_FORCE_COLOR"] = "1" if sys.stdout.isatty() else "0"

    def run(self, command: str) -> tuple[int, str]:
        """Run a command and print its output, without blank lines and the banners of plays.

        Returns:
            The number of updates that it sent, and the complete output.
        """
        # In check mode, the judge counts each write.
        self._emulator.settings(expect_no_writes="--check" in command)
        before = self._updates()
        show(f"$ {command}")
        output = []
        with subprocess.Popen(
            shlex.split(command),
            env=self._environment,
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout or ():
                output.append(line)
                if line.strip() and not line.startswith("PLAY "):
                    show(line.rstrip("\n"))
        if process.returncode:
            sys.exit(f"The command failed: {command}")
        return self._updates() - before, "".join(output)

    def report(self) -> None:
        """Make a report, and print its headline."""
        self.run(_REPORT)
        report: dict[str, Any] = json.loads((_OUTPUT / "report.json").read_text(encoding="utf-8"))
        show(f"build/demo/report.html: {report['summary']['headline']}")

    def make_compliant(self, name: str) -> None:
        """Let a device report that it is compliant."""
        now = datetime.datetime.now(tz=datetime.timezone.utc).isoformat(timespec="seconds")
        for policy_id, rows in self._emulator.state()["statuses"].items():
            for row in rows:
                if row["deviceDisplayName"] == name:
                    self._emulator.put_status(policy_id, row["id"], status="compliant", lastReportedDateTime=now)

    def not_compliant(self) -> list[str]:
        """Return the names of the devices with a status that is not compliant."""
        rows = [row for rows in self._emulator.state()["statuses"].values() for row in rows]
        return [row["deviceDisplayName"] for row in rows if row["status"] in ("nonCompliant", "error", "conflict")]

    def _updates(self) -> int:
        return sum(entry["method"] == "PATCH" for entry in self._emulator.log("graph"))


def show(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def heading(text: str) -> None:
    """Print what comes next."""
    show(f"\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"== {text}")


def write_shell_settings() -> None:
    """Write the settings with which the commands can be repeated to a file that a shell can source."""
    kept = {name: os.environ[name] for name in ("ANSIBLE_COLLECTIONS_PATH", "PYTHONPATH") if name in os.environ}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in (kept | _SETTINGS).items()]
    lines.append(f'export PATH={shlex.quote(str(_PROGRAMS))}:"$PATH"\n')
    (_OUTPUT / "shell.env").write_text("".join(lines), encoding="utf-8")


def demonstrate(emulator: RunningEmulator) -> None:
    """Run the commands; exit with a message if a result is not the expected one."""
    demo = Demo(emulator)
    heading(f"1. A fleet as an inventory, from an emulator of Microsoft Graph and Entra ID at {emulator.url}")
    demo.run(_INVENTORY)
    heading("2. A report")
    demo.report()
    heading("3. Check mode: what would the first task change?")
    predicted, _output = demo.run(f"{_CONVERGE} --tags one --check --diff")
    heading("4. The run: three statuses, of which only what differs is sent, and read back")
    sent, _output = demo.run(_CONVERGE)
    heading("5. The same run again: nothing to do")
    again, output = demo.run(_CONVERGE)
    heading("6. PC-0005 has become compliant, too: a second report compares")
    demo.make_compliant("PC-0005")
    demo.report()
    judged, requests = emulator.judge(), len(emulator.log("graph"))
    heading(f"{requests} requests, {sent} of them updates; the emulator found {judged['total']} mistakes of the client")
    result: object = predicted, sent, again, "changed=0" in output, judged["findings"], demo.not_compliant()
    expected: object = 0, 3, 0, True, [], ["PC-0002"]
    if result != expected:
        sys.exit(f"The result is {result} instead of {expected}.")


def main() -> None:
    """Run the demonstration on an emulator."""
    shutil.rmtree(_OUTPUT, ignore_errors=True)
    _OUTPUT.mkdir(parents=True)
    write_shell_settings()
    with start(seed=_SEED) as emulator:
        demonstrate(emulator)
    show(_REPEAT)


if __name__ == "__main__":
    main()
