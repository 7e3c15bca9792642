# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows: pages are correct while rows are added, changed and removed."""

from __future__ import annotations

import json
import time

from ....emulator.graph import seed
from ....emulator.graph.device_status import BY_NAME, DeviceStatus
from ....emulator.graph.entity import Version, View
from ....emulator.graph.rows import Rows
from ....emulator.settings import EnumCase

CHANGE = {BY_NAME["deviceModel"]: "changed"}


def rows(*ids: str) -> Rows[DeviceStatus]:
    """Rows with these ids."""
    return Rows.of(DeviceStatus(id=status_id) for status_id in ids)


def shown(of: Rows[DeviceStatus], start: int = 0, end: int = 99, version: Version = Version.BETA) -> list[str]:
    """The ids on a page, each with the model if it has one."""
    page = [json.loads(row) for row in of.page(start, end, View(version))]
    return [row["id"] + (row["deviceModel"] or "") for row in page]


def test_a_page_is_a_slice() -> None:
    four = rows("a", "b", "c", "d")
    assert [shown(four, 0, 2), shown(four, 2, 4), shown(four, 3, 9), shown(four, 4, 9)] == [
        ["a", "b"],
        ["c", "d"],
        ["d"],
        [],
    ]


def test_a_page_shows_later_changes() -> None:
    three = rows("a", "b", "c")
    assert shown(three) == ["a", "b", "c"]
    three.put(DeviceStatus(id="d"))
    three.put(DeviceStatus(id="b").changed(CHANGE))
    assert shown(three) == ["a", "bchanged", "c", "d"]
    three.remove("a")
    assert shown(three) == ["bchanged", "c", "d"]
    three.put(DeviceStatus(id="a"))
    assert shown(three) == ["bchanged", "c", "d", "a"]


def test_each_version_and_case_is_shown_separately() -> None:
    one = Rows.of([DeviceStatus(id="a", status="nonCompliant")])
    for _turn in range(2):
        [beta] = one.page(0, 1, View(Version.BETA))
        [stable] = one.page(0, 1, View(Version.V1))
        [upper] = one.page(0, 1, View(Version.V1, EnumCase.UPPER))
        assert "platform" in json.loads(beta)
        assert "platform" not in json.loads(stable)
        assert (json.loads(stable)["status"], json.loads(upper)["status"]) == ("nonCompliant", "NONCOMPLIANT")
    one.put(DeviceStatus(id="a").changed(CHANGE))
    assert shown(one) == shown(one, version=Version.V1) == ["achanged"]


def test_a_copy_is_independent() -> None:
    first = rows("a", "b")
    assert shown(first) == ["a", "b"]
    second = first.copy()
    assert second == first
    second.put(DeviceStatus(id="a").changed(CHANGE))
    second.put(DeviceStatus(id="c"))
    assert (shown(first), shown(second)) == (["a", "b"], ["achanged", "b", "c"])
    assert second != first


def test_the_last_page_is_served_as_fast_as_the_first() -> None:
    [policy] = seed.generate(100_000).policies

    def seconds(start: int) -> float:
        started = time.process_time()
        for _turn in range(20):
            policy.statuses.page(start, start + 100, View())
        return (time.process_time() - started) / 20

    seconds(0)
    assert max(seconds(0), seconds(99_900)) < 0.005
