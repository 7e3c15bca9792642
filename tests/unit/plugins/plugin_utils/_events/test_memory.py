# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._events.memory import FORGET_SECONDS, Change, Memory, Poll
from hypothesis import given
from hypothesis import strategies as st

from ...support import row

POLICY = {"id": "p1", "displayName": "Windows baseline"}
OTHER = {"id": "p2", "displayName": "iOS baseline"}
DAY = 86400.0


class Service:
    """A memory that compares the rows of a test, and records every change, or a given number."""

    def __init__(self, report_first: bool = False) -> None:
        self.memory = Memory.new()
        self.report_first = report_first
        self.now = 0.0

    def compare(self, **statuses: Any) -> Poll:
        poll = Poll()
        self.memory.compare(
            poll, POLICY, [row(id=i, status=s) for i, s in statuses.items()], report_first=self.report_first
        )
        return poll

    def poll(self, record: int = 1000, **statuses: Any) -> list[tuple[str, str | None, str, int]]:
        """Poll; return the id, the old and new status and the number of each recorded change."""
        poll = self.compare(**statuses)
        recorded = poll.changes[:record]
        for change in recorded:
            self.memory.record(*change.key, change.new, change.number)
        self.memory.update(poll.listed, self.now, report_first=self.report_first)
        return [(change.key[1], change.old, change.new, change.number) for change in recorded]


def test_the_first_poll_is_remembered_and_later_polls_are_compared() -> None:
    service = Service()
    assert service.poll(a="compliant", b="error") == []
    assert service.poll(a="compliant", b="error") == []
    assert service.poll(a="nonCompliant", b="error") == [("a", "compliant", "nonCompliant", 1)]
    assert service.poll(a="nonCompliant", b="error") == []
    assert service.poll(a="compliant", b="error") == [("a", "nonCompliant", "compliant", 2)]


def test_the_first_poll_can_be_reported() -> None:
    service = Service(report_first=True)
    assert service.poll(record=1, a="compliant", b="error") == [("a", None, "compliant", 1)]
    assert service.poll(a="compliant", b="error") == [("b", None, "error", 1)], "not recorded, and not forgotten"
    assert service.poll(a="compliant", b="error") == []


def test_a_status_that_is_new_in_a_known_policy_is_a_change_even_in_an_empty_one() -> None:
    service = Service()
    assert service.poll() == []
    assert service.poll(a="nonCompliant") == [("a", None, "nonCompliant", 1)]


def test_a_policy_that_is_new_is_remembered_like_the_first() -> None:
    service = Service()
    service.poll(a="compliant")
    poll = service.compare(a="compliant")
    service.memory.compare(poll, OTHER, [row(id="x", status="nonCompliant")], report_first=False)
    assert poll.changes == []
    service.memory.update(poll.listed, 0.0, report_first=False)
    again = Poll()
    service.memory.compare(again, OTHER, [row(id="x", status="compliant")], report_first=False)
    assert [(change.old, change.new) for change in again.changes] == [("nonCompliant", "compliant")]


def test_another_spelling_is_not_a_change() -> None:
    service = Service()
    service.poll(a="nonCompliant", b="inventedLater")
    assert service.poll(a="NONCOMPLIANT", b="inventedLater") == []
    assert service.poll(a="noncompliant", b="compliant") == [("b", "inventedLater", "compliant", 1)]


def test_a_status_that_is_not_listed_is_not_a_change_and_is_compared_when_it_is_listed_again() -> None:
    service = Service()
    service.poll(a="compliant", b="compliant")
    assert service.poll(b="compliant") == []
    service.now = FORGET_SECONDS - DAY
    assert service.poll(b="compliant") == []
    assert service.poll(a="compliant", b="compliant") == [], "as it was"
    service.now += DAY
    assert service.poll(b="compliant") == [], "and missing again, from now on"
    service.now += DAY
    assert service.poll(b="compliant") == []
    assert service.poll(a="error", b="compliant") == [("a", "compliant", "error", 1)]


def test_a_status_that_is_missing_for_long_is_forgotten() -> None:
    service = Service()
    service.poll(a="compliant", b="compliant")
    service.poll(b="compliant")
    service.now = FORGET_SECONDS
    service.poll(b="compliant")
    assert set(service.memory.policies["p1"]) == {"b"}
    assert service.poll(a="compliant", b="compliant") == [("a", None, "compliant", 1)]


def test_a_missing_policy_keeps_its_statuses_as_long() -> None:
    service = Service()
    service.poll(a="compliant")
    assert service.memory.update({}, 1.0, report_first=False)
    assert service.memory.policies["p1"]["a"].missing == 1.0
    assert service.poll(a="error") == [("a", "compliant", "error", 1)]


def test_a_change_that_is_not_recorded_is_compared_again() -> None:
    service = Service()
    service.poll(a="compliant", b="compliant")
    assert service.poll(record=0, a="error", b="error") == []
    assert service.poll(a="error", b="compliant") == [("a", "compliant", "error", 1)], "b is as it was again"


@pytest.mark.parametrize("broken", [{"id": None}, {"id": ""}, {"id": 7}, {"status": None}, {"status": ["x"]}])
def test_a_row_that_cannot_be_compared_is_counted_and_ignored(broken: dict[str, Any]) -> None:
    memory, poll = Memory.new(), Poll()
    memory.policies["p1"] = {}
    memory.compare(poll, POLICY, [row(id="a", status="error"), {**row(id="b"), **broken}], report_first=False)
    assert (poll.unusable, [change.key for change in poll.changes]) == (1, [("p1", "a")])


def test_update_returns_whether_there_is_anything_to_write() -> None:
    memory = Memory.new()
    listed = {"p1": {"a": "compliant"}}
    assert memory.update(listed, 0.0, report_first=False)
    assert not memory.update(listed, 1.0, report_first=False)
    assert memory.update({"p1": {}}, 2.0, report_first=False)
    assert not memory.update({"p1": {}}, 3.0, report_first=False)


def test_an_event_that_is_reported_again_has_the_same_id_and_no_other_has() -> None:
    memory = Memory.new()
    change = Change(POLICY, row(id="a"), "compliant", "error", 1)
    others = [
        dataclasses.replace(change, policy=OTHER),
        dataclasses.replace(change, row=row(id="b")),
        dataclasses.replace(change, new="conflict"),
        dataclasses.replace(change, number=2),
    ]
    assert memory.event_id(change) == Memory(memory.id).event_id(change)
    ids = [memory.event_id(one) for one in (change, *others)] + [Memory.new().event_id(change)]
    assert len(set(ids)) == len(ids)
    assert memory.event_id(dataclasses.replace(change, row=row(id="half \ud800")))


def test_changes_are_sorted_by_the_time_of_the_device() -> None:
    def at(date: Any) -> int:
        return Change(POLICY, row(lastReportedDateTime=date), None, "error", 1).ticks

    assert at(None) == at("junk") < at("2026-01-05T09:00:00+02:00") < at("2026-01-05T08:00:00Z")


STATUSES = st.sampled_from(["compliant", "nonCompliant", "error"])
POLLS = st.lists(st.tuples(st.dictionaries(st.sampled_from("abcd"), STATUSES), st.integers(0, 3)), max_size=12)


@given(POLLS, st.booleans())
def test_the_events_of_a_status_lead_from_what_it_was_to_what_it_is(
    polls: list[tuple[dict[str, Any], int]], report_first: bool
) -> None:
    """Whatever is listed, omitted or not recorded, every change is reported once in the end."""
    service = Service(report_first)
    reported: dict[str, list[tuple[str | None, str]]] = {}
    last: dict[str, Any] = {}
    first = polls[0][0] if polls and not report_first else {}
    for statuses, record in polls or [({}, 0)]:
        last.update(statuses)
        for status_id, old, new, _number in service.poll(record, **statuses):
            reported.setdefault(status_id, []).append((old, new))
    for status_id, old, new, _number in service.poll(**last):
        reported.setdefault(status_id, []).append((old, new))
    assert service.poll(**last) == []
    for status_id, status in last.items():
        steps = reported.get(status_id, [])
        assert all(old != new for old, new in steps)
        begin = first.get(status_id)
        assert [begin, *(new for _old, new in steps)][-1] == status
        assert [old for old, _new in steps] == [begin, *(new for _old, new in steps)][: len(steps)]
