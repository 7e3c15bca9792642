# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment of a part of the benchmark: an emulator, a token for it, and playbooks whose work is checked."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..emulator.process import RunningEmulator, start
from . import meter

_PLAYBOOKS = Path(__file__).parent / "playbooks"
_BIN = Path(sys.executable).parent
_QUIET = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Play:
    """The cost of a playbook: the wall time of its process in ``seconds``, and its module's process if metered."""

    seconds: float
    metered: meter.Usage | None = None

    @property
    def process(self) -> meter.Usage:
        """Return the cost of the module's process."""
        if self.metered is None:
            raise ValueError("this play's module was not measured")
        return self.metered


class Stage:
    """A policy of the emulator, and what is run against it.

    A run that did not do its work has no meaningful figure: it stops the benchmark.
    """

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.emulator = emulator
        self.folder = folder
        self._interpreter = meter.install(folder)
        policy, self.rows = next(iter(emulator.state()["statuses"].items()))
        self.policy_id: str = policy
        self.environment = {**os.environ, **emulator.env, **_QUIET}

    @property
    def statuses_url(self) -> str:
        """Return the URL of the policy's list."""
        return (
            f"{self.environment['INTUNE_GRAPH_URL']}/beta/deviceManagement/deviceCompliancePolicies/"
            f"{self.policy_id}/deviceStatuses"
        )

    def sign_in(self) -> None:
        """Replace the secret by a token for all later runs, so that all variants start equally."""
        credentials = self.emulator.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            "scope": f"{self.environment['INTUNE_GRAPH_URL']}/.default",
        }
        url = f"{self.environment['INTUNE_AUTHORITY_URL']}/{credentials['tenant_id']}/oauth2/v2.0/token"
        trust = ssl.create_default_context(cafile=self.emulator.ca_path)
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(url, body, context=trust) as answer:  # noqa: S310 - the emulator's, https
            self.environment["INTUNE_ACCESS_TOKEN"] = json.load(answer)["access_token"]
        del self.environment["AZURE_CLIENT_SECRET"]

    def write_items(self, items: Sequence[Row]) -> Path:
        """Write a task's items to a file that a playbook reads."""
        path = self.folder / "items.json"
        path.write_text(json.dumps(items), encoding="utf-8")
        return path

    def play(self, name: str, *, writes: int = 0, metered: bool = False, judged: bool = True, **variables: Any) -> Play:
        """Run a playbook, which must succeed: a bulk task with a failed or missing item does not.

        Args:
            writes: the number of statuses that it must update.
            metered: measure its module's process too.
            judged: whether the emulator's judge must have no findings; `uri` cannot avoid some.
            variables: the playbook's variables.
        """
        written, found = self._writes(), self.emulator.judge()["total"]
        if metered:
            variables["ansible_python_interpreter"] = str(self._interpreter)
        given = json.dumps({"policy_id": self.policy_id, **variables})
        command = [str(_BIN / "ansible-playbook"), str(_PLAYBOOKS / f"{name}.yml"), "-e", given]
        started = time.monotonic()
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        usages = meter.read(self._interpreter)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stdout[-5000:]}{done.stderr[-5000:]}")
        if (sent := self._writes() - written) != writes:
            sys.exit(f"{name} sent {sent} writes, not {writes}")
        verdict = self.emulator.judge()
        if judged and verdict["total"] != found:
            sys.exit(f"{name}: the judge found {verdict['findings'][found:]}")
        if len(usages) != int(metered):
            sys.exit(f"{name}: {len(usages)} modules were measured")
        return Play(seconds, *usages)

    def list_inventory(self, source: Path, hosts: int) -> float:
        """List an inventory, which must have this number of hosts; return the seconds of the complete process."""
        started = time.monotonic()
        found = self.read_inventory(source)
        seconds = time.monotonic() - started
        if len(found) != hosts:
            sys.exit(f"{source.name} has {len(found)} hosts, not {hosts}")
        return seconds

    def read_inventory(self, source: Path) -> dict[str, Row]:
        """List an inventory; return the variables of each host, which may be empty."""
        output = self.folder / "listed.json"
        command = [str(_BIN / "ansible-inventory"), "-i", str(source), "--list", "--output", str(output)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode or "[WARNING]" in done.stderr:
            sys.exit(f"{source.name} failed:\n{done.stderr[-5000:]}")
        listed: dict[str, Row] = json.loads(output.read_text(encoding="utf-8"))
        variables = listed.pop("_meta")["hostvars"]
        return {host: variables.get(host, {}) for group in listed.values() for host in group.get("hosts", ())}

    def script(self, *command: str, **environment: str) -> tuple[str, meter.Usage]:
        """Run Python with these arguments, as a module is run; return its output and its cost."""
        # By the same interpreter, so that measuring adds the same cost.
        done = subprocess.run(
            [str(self._interpreter), *command],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        (usage,) = meter.read(self._interpreter)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout, usage

    def _writes(self) -> int:
        return sum(entry["method"] == "PATCH" for entry in self.emulator.log("graph"))


@contextlib.contextmanager
def stage(statuses: int | None = None, time_scale: float = 1.0) -> Iterator[Stage]:
    """Set up a stage with this number of generated rows, or with the emulator's seed."""
    with start(statuses=statuses, time_scale=time_scale) as emulator, tempfile.TemporaryDirectory() as folder:
        yield Stage(emulator, Path(folder))


def declare(rows: Sequence[Row], differing: int = 0) -> list[Row]:
    """Return an item for each row with its status; a number of them, evenly distributed, with another status."""
    every = len(rows) // differing if differing else 0
    return [
        {"status_id": row["id"], "status": _other(row["status"]) if every and place % every == 0 else row["status"]}
        for place, row in enumerate(rows)
    ]


def _other(status: str) -> str:
    return "conflict" if status != "conflict" else "error"
