# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ``ansible-rulebook``, with its rule engine in Java, against the emulator.

Its output at the highest verbosity is searched for every secret, and the emulator's judge must have found nothing.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator, start

SOURCE = "graphops.intune.device_compliance"
ROOT = Path(__file__).parents[2]
WINDOWS = "c6c78124-8124-c6c7-2481-c7c62481c7c6"
_BIN = Path(sys.executable).parent
_SECONDS = 180
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")
# An event of the rule engine in the output of ansible-rulebook; its other messages start differently.
RECEIVED = "\nEvent:\n{'device_compliance'"
_EVENT = re.compile(r"^Event:\n(\{'device_compliance'.*?)\n\*{80}$", re.MULTILINE | re.DOTALL)

Event = dict[str, Any]

ACTED = "[event] "
EVERY_EVENT = {
    "name": "Every event",
    "condition": "event.device_compliance is defined",
    "action": {"print_event": {"pretty": False}},
}


def missing() -> str | None:
    """Return why there is no ansible-rulebook to test with."""
    program = _BIN / "ansible-rulebook"
    if not program.exists():
        return "ansible-rulebook is not installed"
    # It looks for Java itself.
    done = subprocess.run([program, "--version"], env=_path(), capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"ansible-rulebook does not run: {(done.stdout + done.stderr).strip()}"


def _path() -> dict[str, str]:
    """The environment without the user's settings of Ansible, and with the programs of this Python first."""
    kept = {name: value for name, value in os.environ.items() if not re.match("ANSIBLE_|AZURE_|EDA_|INTUNE_", name)}
    return {**kept, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}


def wait_until(happened: Callable[[], object], what: str, seconds: float = _SECONDS) -> None:
    """Wait until another process has done something."""
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.05)


class Process:
    """A started ansible-rulebook."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, output: Path) -> None:
        self._output = output
        with output.open("w", encoding="utf-8") as file:
            self._process = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=file, stderr=subprocess.STDOUT, text=True
            )

    @property
    def output(self) -> str:
        """Everything that it has printed so far."""
        return self._output.read_text(encoding="utf-8")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, text: str, times: int = 1, seconds: float = _SECONDS) -> None:
        """Wait until it has printed this."""
        wait_until(lambda: self.output.count(text) >= times or not self.running, f"{text!r} in the output", seconds)
        assert self.output.count(text) >= times, self.output

    def wait_for_end(self) -> int:
        """Wait until it has ended by itself; return its exit code."""
        return self._process.wait(_SECONDS)

    def stop(self) -> float:
        """Stop it as a service manager would; return how many seconds that took."""
        begun = time.monotonic()
        if self.running:
            self._process.terminate()
            self._process.wait(_SECONDS)
        return time.monotonic() - begun

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(_SECONDS)


@dataclasses.dataclass
class Rulebook:
    """Starts ansible-rulebook as a user would, with the emulator's environment."""

    emulator: RunningEmulator
    folder: Path
    collections: str
    started: list[Process] = dataclasses.field(default_factory=list)

    @property
    def state(self) -> Path:
        """The state file of the source."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **_path(),
            **self.emulator.env,
            "ANSIBLE_COLLECTIONS_PATH": self.collections,
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONUNBUFFERED": "1",
            "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1",  # starts sooner, and little work follows
        }

    def start(self, *flags: str, env: dict[str, str] | None = None, **options: Any) -> Process:
        """Run a rulebook with one source that has these options, and one rule that does nothing."""
        given = {"state_file": str(self.state), "interval": 0.2, **options}
        book = {"name": "Test", "hosts": "all", "sources": [{"name": "intune", SOURCE: given}]}
        path = self.folder / "rulebook.yml"
        path.write_text(yaml.safe_dump([{**book, "rules": [EVERY_EVENT]}], sort_keys=False), encoding="utf-8")
        return self.run(str(path), *flags, env=env)

    def run(self, rulebook: str, *flags: str, env: dict[str, str] | None = None) -> Process:
        """Run a rulebook."""
        inventory = self.folder / "hosts"
        inventory.write_text("localhost ansible_connection=local\n", encoding="utf-8")
        program = [str(_BIN / "ansible-rulebook"), "--print-events"]
        command = [*program, "--rulebook", rulebook, "--inventory", str(inventory), *flags]
        output = self.folder / f"output-{len(self.started)}"
        process = Process(command, {**self.environment, **(env or {})}, self.folder, output)
        self.started.append(process)
        return process

    def polled(self) -> int:
        """Return how often the list of policies was requested."""
        return sum(entry["path"].endswith("/deviceCompliancePolicies") for entry in self.emulator.log("graph"))

    def wait_for_polls(self, polls: int = 1) -> None:
        """Wait until this number of polls has ended and another one has begun."""
        wanted = self.polled() + polls + 1
        wait_until(lambda: self.polled() >= wanted or not self.started[-1].running, f"{polls} polls")
        assert self.started[-1].running, self.started[-1].output

    def events(self) -> list[Event]:
        """Return the events of the rule engine in all processes, in order."""
        printed = [found for process in self.started for found in _EVENT.findall(process.output)]
        return [ast.literal_eval(text) for text in printed]

    def received(self) -> int:
        """Return how many events the rule engine has received in all processes."""
        return sum(process.output.count(RECEIVED) for process in self.started)

    def wait_for_events(self, events: int, seconds: float = _SECONDS) -> None:
        """Wait until the rule engine has received this number of events in total."""
        wait_until(lambda: self.received() >= events or not self.started[-1].running, f"event {events}", seconds)
        assert self.received() >= events, self.started[-1].output

    def search_for_secrets(self) -> None:
        output = "".join(process.output for process in self.started)
        output += self.state.read_text(encoding="utf-8") if self.state.exists() else ""
        credentials = self.emulator.credentials
        secrets = [credentials["client_secret"], credentials["certificate_password"], credentials["federated_token"]]
        assert not [secret for secret in secrets if secret in output], "a secret was printed"
        assert not _TOKEN.search(output), "a token was printed"
        assert "PRIVATE KEY" not in output, "a private key was printed"


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path under which ansible finds this tree as graphops.intune."""
    if ROOT.parts[-3:] == ("ansible_collections", "graphops", "intune"):
        return str(ROOT.parents[2])
    base = tmp_path_factory.mktemp("collections")
    namespace = base / "ansible_collections" / "graphops"
    namespace.mkdir(parents=True)
    (namespace / "intune").symlink_to(ROOT)
    return str(base)


@pytest.fixture(scope="session", autouse=True)
def _needs_ansible_rulebook() -> None:
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[RunningEmulator]:
    with start() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: RunningEmulator) -> Iterator[RunningEmulator]:
    """The emulator as at its start; its judge must have no findings when the test ends."""
    running_emulator.reset()
    yield running_emulator
    verdict = running_emulator.judge()
    assert verdict["total"] == 0, verdict["findings"]


@pytest.fixture
def rulebook(emulator: RunningEmulator, tmp_path: Path, collections: str) -> Iterator[Rulebook]:
    """Starts ansible-rulebook; every process is stopped, and its output is searched for secrets."""
    rulebook = Rulebook(emulator, tmp_path, collections)
    yield rulebook
    for process in rulebook.started:
        process.stop()
    rulebook.search_for_secrets()
