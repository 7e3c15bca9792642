# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an emulator beside a test, and steers it. Needs nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import shlex
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

READY = "emulator ready: "
_STARTING_SECONDS = 30
_STOPPING_SECONDS = 10
_CONTROL_SECONDS = 30


class EmulatorError(RuntimeError):
    """An emulator that did not start, or did not do what it was asked to."""


class RunningEmulator:
    """A started emulator: where it is, what to log in with, and its control."""

    def __init__(self, process: subprocess.Popen[str], url: str, directory: Path) -> None:
        self._process = process
        self._address = url.removeprefix("https://")
        self.url = url
        self.directory = directory
        self.env = _read_environment(directory / "env")
        self.credentials: dict[str, str] = json.loads((directory / "credentials.json").read_text(encoding="utf-8"))
        self.ca_path = self.credentials["ca_path"]
        self._tls = ssl.create_default_context(cafile=self.ca_path)

    def __enter__(self) -> RunningEmulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, method: str, path: str, content: object = None) -> Any:
        """Asks the control (``path`` is below ``/_emulator/``); the decoded answer. EmulatorError when it refuses."""
        # http.client and not requests: it minds no proxy and no REQUESTS_CA_BUNDLE of the environment.
        connection = http.client.HTTPSConnection(self._address, timeout=_CONTROL_SECONDS, context=self._tls)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, f"/_emulator/{path.lstrip('/')}", body)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise EmulatorError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None

    def log(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, oldest first: all, or those of one kind (graph, authority, imds)."""
        entries: list[dict[str, Any]] = self.control("GET", "log")
        return [entry for entry in entries if kind in (None, entry["kind"])]

    def judge(self) -> dict[str, Any]:
        """The judge's findings, its counts by rule, and their total."""
        verdict: dict[str, Any] = self.control("GET", "judge")
        return verdict

    def faults(self, *rules: dict[str, Any]) -> None:
        """Adds fault rules."""
        self.control("POST", "faults", list(rules))

    def clear_faults(self) -> None:
        """Removes every fault rule."""
        self.control("DELETE", "faults")

    def settings(self, **changes: object) -> dict[str, Any]:
        """The settings, some of them changed first."""
        current: dict[str, Any] = (
            self.control("PATCH", "settings", changes) if changes else self.control("GET", "settings")
        )
        return current

    def state(self) -> dict[str, Any]:
        """Every policy, and every row by policy."""
        current: dict[str, Any] = self.control("GET", "state")
        return current

    def put_status(self, policy_id: str, status_id: str, **properties: object) -> dict[str, Any]:
        """Sets properties of a row past the service, or adds the row; the row."""
        path = f"state/{quote(policy_id, safe='')}/{quote(status_id, safe='')}"
        row: dict[str, Any] = self.control("PUT", path, properties)
        return row

    def expire_tokens(self) -> None:
        """Makes Graph refuse every token issued so far."""
        self.control("POST", "expire_tokens")

    def reset(self) -> None:
        """Brings state, settings, faults, log and judge back to the start; tokens stay valid."""
        self.control("POST", "reset")

    def stop(self) -> int:
        """Stops the emulator as a user would; its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise EmulatorError("the emulator did not stop on SIGTERM") from None
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
) -> Iterator[RunningEmulator]:
    """A running emulator for the length of a ``with`` block. EmulatorError, with its stderr, when it does not start."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        arguments = ["--profile", profile, "--port", str(port), "--token-lifetime", str(token_lifetime)]
        arguments += ["--env-file", str(directory / "env"), "--directory", str(directory), "--until-eof"]
        if seed is not None:
            arguments += ["--seed", str(seed)]
        if statuses is not None:
            arguments += ["--statuses", str(statuses)]
        with (directory / "stderr").open("w+", encoding="utf-8") as errors:
            process = _spawn(arguments, errors)
            with RunningEmulator(process, _wait_until_ready(process, errors), directory) as emulator:
                yield emulator


def _spawn(arguments: list[str], errors: IO[str]) -> subprocess.Popen[str]:
    # The package may be tests.emulator, or lie deeper inside an ansible_collections tree: start it by its own name,
    # from the directory where that name begins.
    package = __name__.rpartition(".")[0]
    root = Path(__file__).absolute().parents[package.count(".") + 1]
    # The pipe to its stdin is never written to: it breaks when this process dies, and then the emulator stops.
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
    raise EmulatorError(f"the emulator did not start: {errors.read().strip() or 'it said nothing'}")


def _read_environment(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines)
