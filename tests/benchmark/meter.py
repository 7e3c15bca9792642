# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cost of a process: its wall time, its processor time, and its peak memory.

As a script, it replaces the Python with which Ansible starts modules (``ansible_python_interpreter``): it runs the
module's process, and records its cost. It needs only the standard library.
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
    """Write the measuring interpreter into a separate folder; return its path. `read` returns what it recorded."""
    interpreter = folder / "python"
    source = Path(__file__).read_text(encoding="utf-8")
    # Isolated and without site-packages, so that it adds as little as possible, and needs less memory than any module:
    # a process's peak begins with the memory of its parent.
    interpreter.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
    interpreter.chmod(0o700)
    return interpreter


def read(interpreter: Path) -> list[Usage]:
    """Return what was recorded since the last call."""
    notes = _notes(interpreter)
    if not notes.exists():
        return []
    lines = notes.read_text(encoding="utf-8").splitlines()
    notes.unlink()
    return [Usage(**json.loads(line)) for line in lines]


def _notes(interpreter: Path) -> Path:
    return interpreter.with_suffix(".jsonl")


def main() -> int:
    """Run the module, record its cost in a file next to this one, and return its exit code."""
    code, usage = measure([sys.executable, *sys.argv[1:]], os.environ)
    with _notes(Path(__file__)).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(dataclasses.asdict(usage)) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
