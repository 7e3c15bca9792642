# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX does around a job, as far as a playbook can observe it: credential, slices, ansible-runner, node counting.

Written from AWX's code: a custom credential's injectors are Jinja2 templates in a sandbox, where empty fields are
undefined (CredentialType.inject_credential); slice *i* of *n* has every *n*-th host by name (Inventory.
get_sliced_hosts), in an inventory that is a script which prints JSON (BaseTask.write_inventory_file); and nodes are
counted as awx/main/tasks/host_indirect.py does it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jq
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .conftest import _BIN, ROOT

AWX = ROOT / "extensions" / "awx"
_NAME_LENGTH = 255  # of the column
_SECONDS = 900


def load(path: Path) -> Any:
    """Return the content of a YAML file of the collection."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def inject(inputs: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a job with such a credential; its files are written to *folder*."""
    fields = load(AWX / "credential_type_inputs.yml")["fields"]
    injectors = load(AWX / "credential_type_injectors.yml")
    values: dict[str, Any] = {field["id"]: field["default"] for field in fields if "default" in field}
    values.update(inputs)
    sandbox = ImmutableSandboxedEnvironment()
    files = {}
    for label, template in injectors["file"].items():
        path = folder / label
        path.write_text(sandbox.from_string(template).render(values), encoding="utf-8")
        files[label.partition(".")[2]] = str(path)
    values["tower"] = {"filename": files}
    return {name: sandbox.from_string(template).render(values) for name, template in injectors["env"].items()}


def cut(listing: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Return the inventory of each slice, from the output of ``ansible-inventory --list --export``."""
    known = listing["_meta"]["hostvars"]
    hosts = sorted(known)
    count = min(count, len(hosts))
    shares = [hosts[first::count] for first in range(count)]
    return [
        {"all": {"hosts": share}, "_meta": {"hostvars": {host: known.get(host, {}) for host in share}}}
        for share in shares
    ]


class Ended(NamedTuple):
    """The result of a job: its exit code, its output and its events."""

    code: int
    output: str
    events: list[dict[str, Any]]


class Job:
    """A job of ansible-runner, of the project in extensions/awx."""

    def __init__(self, folder: Path, inventory: dict[str, Any], environment: dict[str, str], **variables: Any) -> None:
        self._folder = folder
        self.project = folder / "project"
        shutil.copytree(AWX / "project", self.project)
        script = folder / "inventory" / "hosts"
        script.parent.mkdir()
        script.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n", encoding="utf-8")
        script.chmod(0o700)
        (folder / "env").mkdir()
        (folder / "env" / "extravars").write_text(json.dumps(variables), encoding="utf-8")
        # AWX does not keep a session's log either.
        self._environment = {**environment, "ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_NOCOLOR": "1"}
        self._environment["PATH"] = f"{_BIN}{os.pathsep}{environment['PATH']}"

    def start(self, playbook: str, *options: str) -> None:
        """Start the job; the project's playbook is run in its folder, as in AWX."""
        command = [str(_BIN / "ansible-runner"), "run", str(self._folder), "-p", playbook, "--ident", "job"]
        if options:
            command += ["--cmdline", " ".join(options)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def end(self) -> Ended:
        """Wait for the end; return the result."""
        output, _nothing = self._process.communicate(timeout=_SECONDS)
        files = (self._folder / "artifacts" / "job" / "job_events").glob("*.json")
        events = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        # Output between tasks is an event too, without data.
        results = sorted(
            (event for event in events if event.get("event_data")), key=lambda event: int(event["counter"])
        )
        return Ended(self._process.returncode, output, results)


class Node(NamedTuple):
    """A managed node as AWX records it."""

    name: str
    canonical_facts: dict[str, Any]
    facts: dict[str, Any]
    events: set[str]


def count_nodes(events: Iterable[dict[str, Any]]) -> list[Node]:
    """Return the nodes that a job managed, by the collection's queries; fail where AWX would lose any."""
    queries = load(ROOT / "extensions" / "audit" / "event_query.yml")
    programs = {module: jq.compile(query["query"]) for module, query in queries.items()}
    nodes: dict[str, Node] = {}
    for event in events:
        data = event["event_data"]
        module = data.get("resolved_action")
        if "res" not in data or module not in programs:
            continue
        for found in programs[module].input_value(data["res"]).all():
            assert isinstance(found["name"], str), found
            assert 0 < len(found["name"]) <= _NAME_LENGTH, found
            assert found["canonical_facts"], found
            assert None not in found["canonical_facts"].values(), found
            key = json.dumps(found["canonical_facts"], sort_keys=True)
            node = nodes.setdefault(key, Node(found["name"], found["canonical_facts"], found["facts"], set()))
            node.events.add(module)
    names = [node.name for node in nodes.values()]
    assert len(names) == len(set(names)), "a name that is counted twice makes AWX drop every node of the job"
    return list(nodes.values())
