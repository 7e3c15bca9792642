# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An hour of changes in a minute, sixty times as fast: each is exactly one event.

In the middle, ansible-rulebook is stopped and started again; before that, the service throttles for longer than a poll
waits. By default there are few changes in a short time. For the complete hour with a thousand changes, and for stops
and kills of ansible-rulebook while events are in progress:

    INTUNE_EDA_CHANGES=1000 nox --sessions eda
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ..emulator.process import RunningEmulator, start
from .conftest import ACTED, Rulebook

CHANGES = int(os.environ.get("INTUNE_EDA_CHANGES", "60"))
COMPLETE = CHANGES >= 1000
SECONDS = 60.0 if COMPLETE else 6.0
LONGEST = 300.0
SCALE = 60
THROTTLED = {"status": 429, "retry_after": "0.4"}


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    with start(statuses=max(CHANGES, 500), policies=3, time_scale=SCALE) as emulator:
        yield emulator


def plan(emulator: RunningEmulator) -> list[tuple[str, str, str, str]]:
    """Two changes of each of some rows, the first ones before the second ones: policy, row, old and new status."""
    state = emulator.state()
    rows = [(policy_id, row) for policy_id, rows in state["statuses"].items() for row in rows][: CHANGES // 2]
    away = [(policy_id, row["id"], row["status"], other(row["status"])) for policy_id, row in rows]
    return away + [(policy_id, status_id, new, "remediated") for policy_id, status_id, _old, new in away]


def other(status: str) -> str:
    return "error" if status == "nonCompliant" else "nonCompliant"


def test_each_change_is_exactly_one_event(rulebook: Rulebook, emulator: RunningEmulator) -> None:
    changes = plan(emulator)
    # One second here is a minute of the service. A poll fails after two, so that the burst makes polls fail.
    options: dict[str, Any] = {"interval": 1.0, "retry_timeout": 2.0, "max_events": max(CHANGES // 20, 5)}
    process = rulebook.start(**options)
    rulebook.wait_for_polls()
    begun = time.monotonic()
    for number, (policy_id, status_id, _old, new) in enumerate(changes):
        if number == len(changes) // 4:
            emulator.faults({"match": {"kind": "graph"}, "times": 12, "do": THROTTLED})
        if number == len(changes) // 2:
            # Events may be in progress now. The second change of each row waits until its first one was received.
            process.stop()
            process = rulebook.start(**options)
            rulebook.wait_for_events(len(changes) // 2, LONGEST)
        time.sleep(max(0.0, begun + SECONDS * number / len(changes) - time.monotonic()))
        emulator.put_status(policy_id, status_id, status=new)
    rulebook.wait_for_events(len(changes), LONGEST)
    rulebook.wait_for_polls(2)
    process.stop()

    reported = [event["device_compliance"] for event in rulebook.events()]
    found = Counter((one["policy_id"], one["status_id"], one["old_status"], one["new_status"]) for one in reported)
    assert found == Counter(changes)
    assert len({event["meta"]["uuid"] for event in rulebook.events()}) == len(changes)
    outputs = "".join(one.output for one in rulebook.started)
    assert "this poll makes no events" in outputs, "the burst should make a poll fail"
    assert sum(entry["status"] == 429 for entry in emulator.log("graph")) == 12
    assert outputs.count("Traceback") == 0
    assert sum(one.output.count(ACTED) for one in rulebook.started) == len(changes)
    polls = rulebook.polled()
    print(f"{len(changes)} changes, {len(reported)} events, {polls} polls, {time.monotonic() - begun:.0f} s")


@pytest.mark.skipif(not COMPLETE, reason="takes minutes; set INTUNE_EDA_CHANGES to 1000 or more")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_an_end_while_events_are_in_progress(rulebook: Rulebook, emulator: RunningEmulator, end: str) -> None:
    """Three times: after a stop each change is one event; after a kill one may be repeated, with the same id."""
    changes = plan(emulator)[:400]
    process = rulebook.start(max_events=1000)
    rulebook.wait_for_polls()
    done = 0
    for part in range(4):
        for policy_id, status_id, _old, new in changes[part::4]:
            emulator.put_status(policy_id, status_id, status=new)
            done += 1
        if part < 3:
            rulebook.wait_for_events(done - 60, LONGEST)
            getattr(process, end)()
            assert rulebook.received() < done, "it ended after all events"
            process = rulebook.start(max_events=1000)
    rulebook.wait_for_events(len(changes), LONGEST)
    rulebook.wait_for_polls(2)
    process.stop()

    events = rulebook.events()
    reported = [event["device_compliance"] for event in events]
    found = Counter((one["policy_id"], one["status_id"], one["old_status"], one["new_status"]) for one in reported)
    acted = sum(one.output.count(ACTED) for one in rulebook.started)
    print(f"{end}: {len(changes)} changes, {len(events)} events, {acted} actions")
    assert set(found) == set(changes)
    assert len({event["meta"]["uuid"] for event in events}) == len(changes)
    assert len(events) - len(changes) <= (3 if end == "kill" else 0)
    assert end == "kill" or acted == len(changes)
