# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an emulator beside a test. Requires the standard library only."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from .remote import EmulatorError, Remote

READY = "emulator ready: "
_STARTING_SECONDS = 30
_STOPPING_SECONDS = 10


class RunningEmulator(Remote):
    """A started emulator: its address, its credentials and its control."""

    def __init__(self, process: subprocess.Popen[str], url: str, directory: Path) -> None:
        self.credentials: dict[str, str] = json.loads((directory / "credentials.json").read_text(encoding="utf-8"))
        super().__init__(url, self.credentials["ca_path"])
        self._process = process
        self.directory = directory
        self.env = _read_environment(directory / "env")

    def __enter__(self) -> RunningEmulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Stops the emulator as a user would; its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise EmulatorError("the emulator did not stop after SIGTERM, and was killed") from None
        finally:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()


@contextmanager
def start(
    profile: str = "documented",
    seed: str | Path | None = None,
    statuses: int | None = None,
    token_lifetime: int = 3600,
    port: int = 0,
    time_scale: float = 1.0,
    policies: int = 1,
) -> Iterator[RunningEmulator]:
    """An emulator that runs during a ``with`` block. EmulatorError, with its stderr, if it does not start."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        arguments = ["--profile", profile, "--port", str(port), "--token-lifetime", str(token_lifetime)]
        arguments += ["--time-scale", str(time_scale)]
        arguments += ["--env-file", str(directory / "env"), "--directory", str(directory), "--until-eof"]
        if seed is not None:
            arguments += ["--seed", str(seed)]
        if statuses is not None:
            arguments += ["--statuses", str(statuses)]
        if policies != 1:
            arguments += ["--policies", str(policies)]
        with (directory / "stderr").open("w+", encoding="utf-8") as errors:
            process = _spawn(arguments, errors)
            with RunningEmulator(process, _wait_until_ready(process, errors), directory) as emulator:
                yield emulator


def _spawn(arguments: list[str], errors: IO[str]) -> subprocess.Popen[str]:
    # The package may be tests.emulator, or be deeper inside an ansible_collections tree: start it by its full name,
    # from the directory where that name begins.
    package = __name__.rpartition(".")[0]
    root = Path(__file__).absolute().parents[package.count(".") + 1]
    # Nothing is written to the pipe: it breaks when this process ends, and then the emulator stops.
    return subprocess.Popen(
        [sys.executable, "-m", package, *arguments],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _wait_until_ready(process: subprocess.Popen[str], errors: IO[str]) -> str:
    timer = threading.Timer(_STARTING_SECONDS, process.kill)
    timer.start()
    line = process.stdout.readline() if process.stdout is not None else ""
    timer.cancel()
    if line.startswith(READY):
        return line.removeprefix(READY).strip()
    process.kill()
    process.wait()
    errors.seek(0)
    raise EmulatorError(f"the emulator did not start: {errors.read().strip() or 'no error message'}")


def _read_environment(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines)
