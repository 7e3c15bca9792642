# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long task shows its progress, and an interrupted one loses nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ..emulator.process import RunningEmulator, start
from .conftest import BULK, Ansible
from .test_bulk import declare, rows_of, statuses_of, writes

LINE = re.compile(r"^\[localhost\] \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.*)$", re.MULTILINE)
PACE = {"write_limit": 20, "write_limit_period": 2.0}


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    """An emulator with a fast clock for its budgets, instead of the session's emulator."""
    with start(statuses=200, time_scale=10) as emulator:
        yield emulator


def test_a_long_task_shows_its_progress(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:100], 1), **PACE)
    assert run.only["summary"]["changed"] == 100
    lines = LINE.findall(run.output)
    assert lines
    assert re.fullmatch(
        r"Updating device statuses: \d+ of 100 sent, the others take \d+ s or more, 20 in 2 s", lines[0]
    )


def test_a_long_wait_is_shown_at_once(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    do = {"status": 429, "code": "TooManyRequests", "retry_after": "5.5"}
    emulator.faults({"match": {"method": "PATCH", "path": rows[0]["id"]}, "do": do})
    run = ansible.bulk(policy_id=policy_id, statuses=declare(rows[:2], 1))
    assert run.only["summary"]["changed"] == 2
    assert LINE.findall(run.output)[0].startswith("Waiting 6 s: ")


def test_no_log_shows_nothing_and_a_file_can_be_named(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    path = ansible.folder / "progress"
    options = {"policy_id": policy_id, "statuses": declare(rows[:80], 1), **PACE}
    quiet = ansible.playbook([{BULK: options, "no_log": True}])
    assert quiet.code == 0
    assert not LINE.findall(quiet.output)
    emulator.reset()
    named = ansible.bulk(**options, progress_path=str(path))
    assert named.code == 0
    assert not LINE.findall(named.output)
    assert "Updating device statuses" in path.read_text()


def test_a_file_that_cannot_be_written_fails_before_any_request(ansible: Ansible, emulator: RunningEmulator) -> None:
    run = ansible.info(progress_path=str(ansible.folder / "no" / "such"))
    assert run.code != 0
    assert run.only["failure"]["code"] == "invalid_option"
    assert "progress_path" in run.only["msg"]
    assert not emulator.log("graph")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes get SIGINT, which background processes of a shell, such as a CI job, ignore and pass on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_task_is_completed_by_the_next(ansible: Ansible, emulator: RunningEmulator) -> None:
    policy_id, rows = rows_of(emulator)
    items = declare(rows[:120], 1)
    before = statuses_of(emulator)
    play = {"hosts": "localhost", "gather_facts": False}
    play["tasks"] = [{BULK: {"policy_id": policy_id, "statuses": items, **PACE}}]
    path = ansible.folder / "interrupted.yml"
    path.write_text(yaml.safe_dump([play]), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(path)]
    with subprocess.Popen(
        command, env=ansible.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not writes(emulator) and time.monotonic() < deadline:
            time.sleep(0.1)  # waits for a real process
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does; for kill -9 see test_kill.py
        assert process.wait(timeout=30) != 0
    wait_for_silence(emulator)
    written = {key for key, status in statuses_of(emulator).items() if status != before[key]}
    assert written
    rest = ansible.bulk(policy_id=policy_id, statuses=items).only
    assert rest["summary"]["ok"] == len(written)
    assert rest["summary"]["changed"] == 120 - len(written)
    state = statuses_of(emulator)
    assert all(state[item["status_id"]] == item["status"] for item in items)


def wait_for_silence(emulator: RunningEmulator) -> None:
    """Wait until no update has come for longer than a period: the interrupted module may still send some."""
    count, since = -1, time.monotonic()
    deadline = since + 60
    while time.monotonic() - since < 3 and time.monotonic() < deadline:
        if len(writes(emulator)) != count:
            count, since = len(writes(emulator)), time.monotonic()
        time.sleep(0.2)
