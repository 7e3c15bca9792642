# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real ``ansible-playbook`` and ad-hoc ``ansible`` against the emulator, over real TLS and with real OAuth.

Every run uses the highest verbosity (``-vvvv``), and its output is searched for every secret. In check mode, the
emulator's judge reports each write. After each test the judge must have no findings.

Four fifths of the time of such a run are spent in ansible-playbook. Test files about failures of the service, which do
not depend on ansible-playbook, are marked ``alone``: the module's process is started as ansible-playbook starts it.
With ``INTUNE_PLAYS=all``, as `make matrix` sets it, they run complete playbooks.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator, start

MODULE = "graphops.intune.intune_device_compliance_status"
INFO = f"{MODULE}_info"
BULK = f"{MODULE}_bulk"
INVENTORY = "graphops.intune.intune_devices"
ROOT = Path(__file__).parents[2]
_BIN = Path(sys.executable).parent
_SECONDS = 120
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")


@dataclasses.dataclass
class Run:
    """The result of a command: its exit code, its output, and the results of its tasks."""

    code: int
    output: str
    results: list[dict[str, Any]]

    @property
    def only(self) -> dict[str, Any]:
        """Return the result of the only task."""
        assert len(self.results) == 1, self.output
        return self.results[0]


@dataclasses.dataclass
class Listing:
    """The output of ``ansible-inventory --list``: the variables of each host, and the hosts of each group."""

    code: int
    output: str
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]


class Ansible:
    """Starts ansible as a user would, with the emulator's environment."""

    def __init__(self, emulator: RunningEmulator, folder: Path, collections: str) -> None:
        self.emulator = emulator
        self.folder = folder
        self.alone = False
        """Whether a task runs the module's process without ansible-playbook."""
        self.expected_warnings: tuple[str, ...] = ()
        """The beginnings of the warnings that a test expects; any other warning fails it."""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "INTUNE_"))},
            **emulator.env,
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
        }

    def adhoc(self, arguments: str, *flags: str, module: str | None = None, **environment: str | None) -> Run:
        """Run ``ansible localhost -m <module> -a <arguments>``."""
        return self._run(["ansible", "localhost", "-m", module or MODULE, "-a", arguments, *flags], environment)

    def task(self, *flags: str, env: dict[str, str | None] | None = None, **options: Any) -> Run:
        """Run a playbook with one task of the module."""
        return self._task(MODULE, options, *flags, env=env)

    def info(self, *flags: str, **options: Any) -> Run:
        """Run a playbook with one task of the info module."""
        return self._task(INFO, options, *flags)

    def bulk(self, *flags: str, **options: Any) -> Run:
        """Run a playbook with one task of the bulk module."""
        return self._task(BULK, options, *flags)

    def _task(self, module: str, options: dict[str, Any], *flags: str, env: dict[str, str | None] | None = None) -> Run:
        if not self.alone:
            return self.playbook([{module: options}], *flags, env=env)
        internal = {"_ansible_check_mode": "--check" in flags, "_ansible_diff": "--diff" in flags}
        path = self.folder / "arguments.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **internal}}), encoding="utf-8")
        namespace, name, plugin = module.split(".")
        command = ["python", "-m", f"ansible_collections.{namespace}.{name}.plugins.modules.{plugin}", str(path)]
        variables = {**self.environment_with(env), "PYTHONPATH": self.environment["ANSIBLE_COLLECTIONS_PATH"]}
        done = self._start(command, variables, expect_no_writes="--check" in flags)
        result = json.loads(done.stdout)
        result.pop("_ansible_new_secrets", None)  # what ansible-playbook must mask, from 2.22 on
        output = json.dumps(result) + done.stderr
        self._search(output, variables)
        return Run(done.returncode, output, [result])

    def playbook(
        self,
        tasks: list[dict[str, Any]] | str,
        *flags: str,
        env: dict[str, str | None] | None = None,
        play: dict[str, Any] | None = None,
    ) -> Run:
        """Run a playbook of these tasks, given as data or as YAML."""
        head = {"hosts": "localhost", "gather_facts": False, **(play or {})}
        if isinstance(tasks, str):
            indented = "\n".join(f"    {line}" for line in tasks.strip().splitlines())
            text = yaml.safe_dump([head]) + f"  tasks:\n{indented}\n"
        else:
            text = yaml.safe_dump([{**head, "tasks": tasks}], sort_keys=False)
        path = self.folder / "playbook.yml"
        path.write_text(text, encoding="utf-8")
        return self._run(["ansible-playbook", str(path), *flags], env or {})

    def source(self, name: str = "test", **options: Any) -> str:
        """Write an inventory's configuration; return its path."""
        path = self.folder / f"{name}.intune_devices.yml"
        path.write_text(yaml.safe_dump({"plugin": INVENTORY, **options}, sort_keys=False), encoding="utf-8")
        return str(path)

    def inventory(
        self, *flags: str, sources: tuple[str, ...] = (), env: dict[str, str | None] | None = None, **options: Any
    ) -> Listing:
        """Run ``ansible-inventory --list`` on these sources, or on a configuration with these options."""
        found = self.folder / "inventory.json"
        found.unlink(missing_ok=True)
        arguments = [part for path in sources or (self.source(**options),) for part in ("-i", path)]
        run = self._run(["ansible-inventory", *arguments, "--list", "--output", str(found), *flags], env or {})
        text = found.read_text(encoding="utf-8") if found.exists() else "{}"
        self._search_for_secrets(text, self.environment_with(env))
        listed = json.loads(text, object_hook=lambda item: item.get("__ansible_unsafe", item))
        hosts = listed.pop("_meta", {}).get("hostvars", {})
        return Listing(run.code, run.output, hosts, {name: group.get("hosts", []) for name, group in listed.items()})

    def environment_with(self, changes: dict[str, str | None] | None) -> dict[str, str]:
        """Return the environment of a run with these variables set or, where None, unset."""
        merged = {**self.environment, **(changes or {})}
        return {name: value for name, value in merged.items() if value is not None}

    def _run(self, command: list[str], environment: dict[str, str | None], verbosity: str = "-vvvv") -> Run:
        record = self.folder / "results.jsonl"
        record.write_text("")
        variables = self.environment_with({"RECORD_FILE": str(record), **environment})
        command = [*command, *([verbosity] if verbosity else [])]
        only_reads = "--check" in command or command[0] == "ansible-inventory"
        done = self._start(command, variables, expect_no_writes=only_reads)
        output = done.stdout + done.stderr
        self._search(output, variables, record.read_text())
        return Run(done.returncode, output, [json.loads(line) for line in record.read_text().splitlines()])

    def _start(
        self, command: list[str], variables: dict[str, str], *, expect_no_writes: bool
    ) -> subprocess.CompletedProcess[str]:
        self.emulator.settings(expect_no_writes=expect_no_writes)
        done = subprocess.run(
            [str(_BIN / command[0]), *command[1:]],
            env=variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        self.emulator.settings(expect_no_writes=False)
        return done

    def _search(self, output: str, variables: dict[str, str], record: str = "") -> None:
        """Fail if the output contains anything that a user should not see."""
        self._search_for_secrets(output + record, variables)
        assert "Traceback (most recent call last)" not in output, output
        assert "[DEPRECATION WARNING]" not in output, output
        warnings = re.findall(r"^\[WARNING\]: +(.*)", output, re.MULTILINE)
        unexpected = [warning for warning in warnings if not warning.startswith(self.expected_warnings)]
        assert not unexpected, output

    def _search_for_secrets(self, output: str, variables: dict[str, str]) -> None:
        credentials = self.emulator.credentials
        secrets = [credentials["client_secret"], credentials["certificate_password"], credentials["federated_token"]]
        secrets += [variables[name] for name in ("AZURE_CLIENT_SECRET", "INTUNE_ACCESS_TOKEN") if variables.get(name)]
        found = [secret for secret in secrets if secret in output]
        assert not found, "a secret was printed"
        assert not _TOKEN.search(output), "a token was printed"
        assert "PRIVATE KEY" not in output, "a private key was printed"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: the module's process alone, without ansible-playbook")
    config.addinivalue_line("markers", "pipelined: modules are not copied to files, for tests that run many of them")
    config.addinivalue_line("markers", "warns(start, ...): the beginnings of the warnings that the test expects")


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path under which ansible finds this tree as graphops.intune."""
    if ROOT.parts[-3:] == ("ansible_collections", "graphops", "intune"):
        return str(ROOT.parents[2])
    base = tmp_path_factory.mktemp("collections")
    namespace = base / "ansible_collections" / "graphops"
    namespace.mkdir(parents=True)
    (namespace / "intune").symlink_to(ROOT)
    return str(base)


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[RunningEmulator]:
    with start() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: RunningEmulator) -> Iterator[RunningEmulator]:
    """The emulator in its initial state; its judge must have no findings when the test ends."""
    running_emulator.reset()
    yield running_emulator
    verdict = running_emulator.judge()
    assert verdict["total"] == 0, verdict["findings"]


@pytest.fixture
def unjudged(
    running_emulator: RunningEmulator, tmp_path: Path, collections: str, request: pytest.FixtureRequest
) -> Ansible:
    """For tests in which the judge has findings; the test resets and checks the emulator itself."""
    made = Ansible(running_emulator, tmp_path, collections)
    if request.node.get_closest_marker("pipelined"):
        made.environment["ANSIBLE_PIPELINING"] = "1"
    made.alone = bool(request.node.get_closest_marker("alone")) and os.environ.get("INTUNE_PLAYS") != "all"
    made.expected_warnings = tuple(start for mark in request.node.iter_markers("warns") for start in mark.args)
    return made


@pytest.fixture
def ansible(unjudged: Ansible, emulator: RunningEmulator) -> Ansible:  # noqa: ARG001 - it checks the findings at the end
    return unjudged


@dataclasses.dataclass(frozen=True)
class Ids:
    """The ids of the documented example's status in the emulator's seed, and of its policy."""

    policy_id: str
    status_id: str

    @property
    def options(self) -> dict[str, Any]:
        return {"policy_id": self.policy_id, "status_id": self.status_id}

    @property
    def arguments(self) -> str:
        return f"policy_id={self.policy_id} status_id={self.status_id}"

    def row(self, emulator: RunningEmulator) -> dict[str, Any]:
        """Return the row in its current state on the service."""
        rows = emulator.state()["statuses"][self.policy_id]
        found: dict[str, Any] = next(row for row in rows if row["id"] == self.status_id)
        return found


@pytest.fixture
def ids(emulator: RunningEmulator) -> Ids:
    state = emulator.state()
    policy_id = next(policy["id"] for policy in state["policies"] if policy["displayName"] == "Windows baseline")
    row = next(row for row in state["statuses"][policy_id] if row["deviceDisplayName"] == "PC-0001")
    return Ids(policy_id, row["id"])


def requests_of(emulator: RunningEmulator, kind: str = "graph") -> list[str]:
    """Return the method and the last path segment of each request so far."""
    return [f"{entry['method']} {entry['path'].rsplit('/', 1)[-1]}" for entry in emulator.log(kind)]
