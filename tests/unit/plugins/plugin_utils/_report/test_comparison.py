# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change of each row since an earlier snapshot."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.comparison import Change, Comparison, compare
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Policy, Reading, Row
from hypothesis import given
from hypothesis import strategies as st

from .fleets import WEEK_AGO, policy, row, snapshot, unreadable


def compared(now: list[Policy], before: list[Policy]) -> Comparison:
    return compare(snapshot(*now), snapshot(*before, taken=WEEK_AGO))


def ids(comparison: Comparison) -> dict[Change, list[str]]:
    return {change: [changed.row.id for changed in found] for change, found in comparison.changes.items() if found}


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ("compliant", "nonCompliant", Change.NEWLY_NOT_COMPLIANT),
        ("unknown", "error", Change.NEWLY_NOT_COMPLIANT),
        ("notApplicable", "conflict", Change.NEWLY_NOT_COMPLIANT),
        (None, "nonCompliant", Change.FIRST_LISTED_NOT_COMPLIANT),
        ("nonCompliant", "compliant", Change.RECOVERED),
        ("error", "remediated", Change.RECOVERED),
        ("error", "unknown", Change.NO_LONGER_KNOWN),
        ("conflict", "notAssigned", Change.NO_LONGER_KNOWN),
        ("nonCompliant", "notApplicable", Change.NO_LONGER_KNOWN),
        ("nonCompliant", "quarantined", Change.NO_LONGER_KNOWN),
        ("nonCompliant", None, Change.NO_LONGER_LISTED),
        ("compliant", None, Change.NO_LONGER_LISTED),
        ("error", "nonCompliant", None),
        ("nonCompliant", "nonCompliant", None),
        ("compliant", "remediated", None),
        ("compliant", "unknown", None),
        (None, "compliant", None),
    ],
)
def test_the_change_of_a_row(before: str | None, now: str | None, change: Change | None) -> None:
    def rows(status: str | None) -> list[Row]:
        return [row("PC-1", status)] if status else []

    found = compared([policy(*rows(now))], [policy(*rows(before))])
    assert ids(found) == ({change: ["PC-1"]} if change else {})


def test_a_renamed_device_is_the_same() -> None:
    before = policy(row("LAPTOP-OLD", "nonCompliant", id="1"), row("PC-2", id="2"))
    now = policy(row("LAPTOP-NEW", "nonCompliant", id="1"), row("PC-2", id="2"))
    found = compared([now], [before])
    assert ids(found) == {}
    assert (found.devices_before, found.devices_now) == (1, 1)


def test_a_device_that_is_no_longer_listed_has_not_recovered() -> None:
    found = compared([policy(row("PC-2"))], [policy(row("PC-1", "error"), row("PC-2"))])
    assert ids(found) == {Change.NO_LONGER_LISTED: ["PC-1"]}
    assert (found.failing_no_longer_listed, found.devices_in(Change.NO_LONGER_LISTED)) == (1, 1)
    assert found.changes[Change.NO_LONGER_LISTED][0].row.status == "error"


def test_a_row_of_one_policy_is_not_that_of_another() -> None:
    before = [policy(row("PC-1", "error", id="same"), id="a"), policy(row("PC-1", id="same"), id="b")]
    now = [policy(row("PC-1", id="same"), id="a"), policy(row("PC-1", "error", id="same"), id="b")]
    found = compared(now, before)
    assert [(changed.policy.id, changed.before) for changed in found.changes[Change.RECOVERED]] == [("a", "error")]
    assert [changed.policy.id for changed in found.changes[Change.NEWLY_NOT_COMPLIANT]] == ["b"]
    assert found.change_of() == {("a", "same"): Change.RECOVERED, ("b", "same"): Change.NEWLY_NOT_COMPLIANT}


@pytest.mark.parametrize("poor", [{"reading": Reading.INCOMPLETE}, {"reading": Reading.UNREADABLE}])
@pytest.mark.parametrize("which", ["now", "before"])
def test_what_was_not_read_in_full_both_times_is_left_out(poor: dict[str, Reading], which: str) -> None:
    full = policy(row("PC-1", "error"), row("PC-2"), id="a")
    part = policy(row("PC-2"), id="a", **poor)
    steady = policy(row("PC-9", "error"), id="b")
    found = compared([part if which == "now" else full, steady], [full if which == "now" else part, steady])
    assert ids(found) == {}
    assert [left.id for left in found.left_out] == ["a"]
    assert [one.id for one in found.compared] == ["b"]
    assert (found.rows_before, found.rows_now, found.devices_before, found.devices_now) == (1, 1, 1, 1)
    assert not found.covers_everything


def test_policies_of_one_snapshot_alone_are_left_out() -> None:
    found = compared([policy(row(), id="new"), unreadable("closed")], [policy(row(), id="old"), unreadable("closed")])
    assert found.compared == ()
    assert [left.id for left in found.left_out] == ["new", "closed", "old"]


FLEETS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.sampled_from(["error", "compliant", "unknown", "nonCompliant"])
)


@given(FLEETS, FLEETS)
def test_the_steps_from_then_to_now_add_up(before: dict[str, str], now: dict[str, str]) -> None:
    found = compared(*([policy(*(row(name, status) for name, status in fleet.items()))] for fleet in (now, before)))
    number = {change: len(rows) for change, rows in found.changes.items()}
    assert found.rows_now == (
        found.rows_before
        - number[Change.RECOVERED]
        - number[Change.NO_LONGER_KNOWN]
        - found.failing_no_longer_listed
        + number[Change.NEWLY_NOT_COMPLIANT]
        + number[Change.FIRST_LISTED_NOT_COMPLIANT]
    )
