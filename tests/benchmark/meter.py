# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a process costs: its wall time, its processor time, and the most memory that it held.

As a script it takes the place of the Python that Ansible starts modules with (``ansible_python_interpreter``): it runs
the module's own process, and notes what that one cost. Needs nothing but the standard library.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Usage:
    """``seconds`` of the wall clock from start to end, ``processor`` seconds, and the peak of memory in ``megabytes``.

    The kernel's own count (``ru_maxrss``), of that process alone.
    """

    seconds: float
    processor: float
    megabytes: float


def measure(command: list[str], environment: Mapping[str, str]) -> tuple[int, Usage]:
    """Run a command to its end; return its exit code and what it cost."""
    started = time.monotonic()
    process = os.posix_spawn(command[0], command, environment)
    _process, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - started
    cost = Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    return os.waitstatus_to_exitcode(status), cost


def install(folder: Path) -> Path:
    """Write the interpreter that measures into a folder of its own; return its path. `read` tells what it noted."""
    interpreter = folder / "python"
    source = Path(__file__).read_text(encoding="utf-8")
    # Isolated and without site-packages, so that it adds as little as can be, and holds less memory than any module:
    # a process's peak begins with what its parent held.
    interpreter.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
    interpreter.chmod(0o700)
    return interpreter


def read(interpreter: Path) -> list[Usage]:
    """Return what was noted since the last time."""
    notes = _notes(interpreter)
    if not notes.exists():
        return []
    lines = notes.read_text(encoding="utf-8").splitlines()
    notes.unlink()
    return [Usage(**json.loads(line)) for line in lines]


def _notes(interpreter: Path) -> Path:
    return interpreter.with_suffix(".jsonl")


def main() -> int:
    """Run the module, note its cost beside this file, and return its exit code."""
    code, usage = measure([sys.executable, *sys.argv[1:]], os.environ)
    with _notes(Path(__file__)).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(dataclasses.asdict(usage)) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
