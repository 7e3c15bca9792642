# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``kill -9`` at any point of a bulk task: no result is wrong, and the next run completes the work.

``INTUNE_KILL_RUNS`` is the number of seeds to try. A seed determines the time, and its remainder by three
determines what is killed: the module, ansible-playbook alone, or both with all of their children.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator, start
from .conftest import BULK, Ansible
from .test_bulk import declare, rows_of, statuses_of
from .test_progress import wait_for_silence

SEEDS = range(int(os.environ.get("INTUNE_KILL_RUNS", "2")))
ITEMS = 120
PACE = {"write_limit": 20, "write_limit_period": 0.5}
# Two to sign in, two pages, six envelopes with their updates, and reading back: no more requests are sent.
REQUESTS = 2 + 2 + 6 + ITEMS + 2
KILLED = ("module", "playbook", "all")


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    """An emulator with a fast clock for its budgets, instead of the session's emulator."""
    with start(statuses=200, time_scale=10) as emulator:
        yield emulator


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_task_is_completed_by_the_next(ansible: Ansible, emulator: RunningEmulator, seed: int) -> None:
    policy_id, rows = rows_of(emulator)
    items = declare(rows[:ITEMS], 1)
    before = statuses_of(emulator)
    wanted = {item["status_id"]: item["status"] for item in items}

    code, results = run_and_kill(ansible, {"policy_id": policy_id, "statuses": items, **PACE}, seed)
    state = statuses_of(emulator)
    written = {key for key in wanted if state[key] != before[key]}
    assert all(state[key] == wanted[key] for key in written)
    assert all(state[key] == before[key] for key in before if key not in wanted)
    for result in results:
        if "results" in result:  # it ended before the signal
            assert {entry["status_id"] for entry in result["results"] if entry["outcome"] == "changed"} == written
        else:
            assert code != 0
            assert not result.get("changed")

    rest = ansible.bulk(policy_id=policy_id, statuses=items).only
    assert (rest["summary"]["ok"], rest["summary"]["changed"]) == (len(written), ITEMS - len(written))
    after = statuses_of(emulator)
    assert all(after[key] == status for key, status in wanted.items())
    # The judge checks that nothing was written twice or beyond the budget; see the fixture.
    print(f"seed {seed}: {KILLED[seed % 3]} killed with {len(written)} of {ITEMS} written, exit code {code}")


def run_and_kill(ansible: Ansible, options: dict[str, object], seed: int) -> tuple[int, list[dict[str, Any]]]:
    """Kill at the time that the seed determines; when all is idle, return the exit code and the reported results."""
    chance = random.Random(seed)
    # Squared: most requests are updates, and the phases before them should be interrupted as often.
    requests, delay = round(REQUESTS * chance.random() ** 2), chance.random() * 0.3
    record = ansible.folder / "killed.jsonl"
    path = ansible.folder / "killed.yml"
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [{BULK: options}]}]))
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(path)],
        env=ansible.environment_with({"RECORD_FILE": str(record)}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while len(ansible.emulator.log()) < requests and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)  # waits for a real process
        time.sleep(delay)
        family = descendants(process.pid)
        commands = {pid: read(f"/proc/{pid}/cmdline") for pid in family}
        modules = [pid for pid in family if b"AnsiballZ" in commands[pid]]
        kill({"module": modules or family, "playbook": [process.pid], "all": family}[KILLED[seed % 3]])
        code = process.wait(timeout=60)
    # The processes that were not killed may continue; a worker of ansible-core without its ansible-playbook never ends.
    works = [pid for pid in family if b"ansible-playbook" not in commands[pid]] or family
    while any(running(pid) for pid in works) and time.monotonic() < deadline:
        time.sleep(0.05)
    wait_for_silence(ansible.emulator)
    kill(family)
    lines = record.read_text().splitlines() if record.exists() else []
    return code, [json.loads(line) for line in lines]


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.kill(pid, signal.SIGKILL)


def read(path: str) -> bytes:
    """Return the content of a file in /proc; nothing if the process has ended."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def running(pid: int) -> bool:
    """Return whether a process is running; one that no parent waits for remains as a zombie."""
    state = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(state) and state[0] != b"Z"


def descendants(pid: int) -> list[int]:
    """Return the ids of the process and of all its descendants."""
    children = read(f"/proc/{pid}/task/{pid}/children").split()
    return [pid, *(found for child in children for found in descendants(int(child)))]
