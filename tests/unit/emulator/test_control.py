# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controlling a running emulator."""

from __future__ import annotations

import pytest

from ...emulator import EmulatorError, RunningEmulator
from .conftest import ADA, WINDOWS, Client, counts, item, statuses


def test_rows_can_be_set_without_the_service(client: Client) -> None:
    row = client.emulator.put_status(WINDOWS, ADA, status="brandNew", lastReportedDateTime="2026-02-03T04:05:06+01:00")
    assert (row["status"], row["lastReportedDateTime"]) == ("brandNew", "2026-02-03T03:05:06Z")
    assert client.get(item()).json()["status"] == "brandNew"
    assert [entry["kind"] for entry in client.emulator.log()] == ["authority", "graph"]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PUT", f"state/{WINDOWS}/x", {"platform": "1"}),
        ("PUT", f"state/{WINDOWS}/x", {"unknown": 1}),
        ("PUT", "state/nowhere/x", {}),
        ("PUT", f"state/{WINDOWS}", {}),
        ("PATCH", "settings", {"profile": "other"}),
        ("PATCH", "settings", {"page_size": 0}),
        ("PATCH", "settings", {"page_size": "9"}),
        ("PATCH", "settings", {"patch_answer": 201}),
        ("PATCH", "settings", {"roles": "all"}),
        ("PATCH", "settings", {"wrap_item": 1}),
        ("PATCH", "settings", {"enum_case": "title"}),
        ("PATCH", "settings", {"pagesize": 9}),
        ("PATCH", "settings", [1]),
        ("GET", "nothing", None),
    ],
)
def test_a_control_request_with_a_mistake_is_refused(
    emulator: RunningEmulator, method: str, path: str, content: object
) -> None:
    before = emulator.settings(), emulator.state()
    with pytest.raises(EmulatorError, match=r"40\d"):
        emulator.control(method, path, content)
    assert (emulator.settings(), emulator.state()) == before


def test_reset_brings_everything_back_but_the_tokens(client: Client) -> None:
    before = client.emulator.settings(), client.emulator.state()
    client.emulator.settings(profile="observed", page_size=1, roles=[])
    client.emulator.put_status(WINDOWS, "new")
    client.patch(item(), {})
    client.emulator.faults({"times": None, "do": {"status": 500}})
    client.emulator.reset()
    assert (client.emulator.settings(), client.emulator.state()) == before
    assert client.emulator.log() == []
    assert counts(client.emulator) == {}
    assert client.get(statuses()).status_code == 200
