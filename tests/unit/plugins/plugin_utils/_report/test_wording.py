# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences of the report: they never claim more than what was read."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import UnreadableFile
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Policy, Reading, Row, Snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.wording import (
    count,
    headline,
    missing,
    number,
    share,
)

from .fleets import WEEK_AGO, figures, policy, row, snapshot, unreadable


def fleet(failing: int, all_devices: int) -> list[Row]:
    return [row(f"PC-{number}", "nonCompliant" if number < failing else "compliant") for number in range(all_devices)]


def sentence(now: list[Policy], *before: Policy, taken: str = WEEK_AGO) -> str:
    earlier: list[Snapshot] = [snapshot(*before, taken=taken)] if before else []
    return headline(figures(snapshot(*now), *earlier))


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [
        (412, 10_000, "4.1%"),
        (0, 10, "0.0%"),
        (10, 10, "100.0%"),
        (1, 100_000, "under 0.1%"),
        (99_999, 100_000, "over 99.9%"),
        (0, 0, "\u2013"),
    ],
)
def test_shares_never_look_like_nothing_or_all_when_they_are_not(part: int, total: int, expected: str) -> None:
    assert share(part, total) == expected


def test_numbers() -> None:
    assert number(1234567) == "1,234,567"
    assert [count(1, "policy"), count(2, "policy"), count(0, "day"), count(1000, "status")] == [
        "1 policy",
        "2 policies",
        "0 days",
        "1,000 statuses",
    ]


def test_first_report() -> None:
    assert sentence([policy(*fleet(412, 10_000))]) == "412 of 10,000 devices (4.1%) are not compliant."
    assert sentence([policy(*fleet(1, 4))]) == "1 of 4 devices (25.0%) is not compliant."
    assert sentence([policy(*fleet(0, 4))]) == "0 of 4 devices (0.0%) are not compliant."


@pytest.mark.parametrize(
    ("before", "expected"), [(2, "1 more than on"), (3, "as many as on"), (1500, "1,497 fewer than on")]
)
def test_compared(before: int, expected: str) -> None:
    assert sentence([policy(*fleet(3, 2000))], policy(*fleet(before, 2000))).endswith(f"; {expected} 17 November.")


def test_compared_with_another_year_and_with_the_same_day() -> None:
    now, before = policy(*fleet(3, 4)), policy(*fleet(3, 4))
    assert sentence([now], before, taken="2025-11-17T06:00:00Z").endswith("as many as on 17 November 2025.")
    assert sentence([now], before, taken="2026-11-24T05:30:00Z").endswith("as many as on 24 November at 05:30 UTC.")


def test_an_incomplete_report_is_described_as_such_and_compares_what_can_be() -> None:
    one, other = policy(*fleet(1, 4), id="one"), policy(*fleet(2, 4), id="other")
    now = [one, policy(*fleet(1, 2), id="other", reading=Reading.INCOMPLETE)]
    assert sentence(now, one, other) == (
        "As far as could be read, 1 of 4 devices (25.0%) is not compliant; "
        "in the one policy read in full both times, as many as on 17 November."
    )
    third = policy(*fleet(0, 1), id="third")
    assert "in the 2 policies read in full both times, " in sentence([*now, third], one, other, third)


def test_a_new_policy_is_no_reason_for_more_devices() -> None:
    old = policy(*fleet(1, 4), id="old")
    new = policy(row("OTHER", "error"), id="new")
    assert sentence([old, new], old).startswith(
        "2 of 5 devices (40.0%) are not compliant; in the one policy read in full"
    )
    assert sentence([old, new], old).endswith("as many as on 17 November.")


def test_nothing_comparable_is_not_compared() -> None:
    assert sentence([policy(*fleet(1, 4), id="new")], policy(*fleet(1, 4), id="old")).endswith("is not compliant.")


def test_nothing_read_is_never_zero() -> None:
    assert sentence([]) == "No compliance policies were found."
    assert sentence([unreadable()]) == "No compliance policy could be read."
    assert sentence([policy()]) == "No devices are listed."
    assert sentence([policy(), unreadable()]) == "No devices are listed, as far as could be read."


def test_there_is_a_sentence_for_each_part_that_is_missing() -> None:
    short = policy(row(), id="short", reading=Reading.INCOMPLETE, counted=1200)
    found = figures(snapshot(short, unreadable(), policy()), unreadable=(UnreadableFile("x.json", "not valid JSON"),))
    assert missing(found) == [
        "The closed policy could not be read: 403 Forbidden",
        "The short policy is incomplete: 1 status listed, 1,200 counted by the service",
        "Snapshot x.json was left out: not valid JSON",
    ]
    assert missing(figures(snapshot(policy()))) == []
