# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Timestamps: the dates of the service in UTC to the second, and its sentinels."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils import _timestamps
from hypothesis import given
from hypothesis import strategies as st

TIMES = st.datetimes(datetime.datetime(2, 1, 1), datetime.datetime(9998, 12, 31))  # noqa: DTZ001 - converted to UTC below


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("2026-01-05T06:07:08.1234567Z", "2026-01-05T06:07:08Z"),
        ("2016-12-31T23:56:44.951111-08:00", "2017-01-01T07:56:44Z"),
        ("2026-01-05T00:00:00+14:00", "2026-01-04T10:00:00Z"),
        ("0001-01-01T00:00:00Z", "never"),
        ("9999-12-31T23:59:59Z", "never"),
        ("9999-12-31T23:59:59.9999999Z", "never"),
        ("9999-12-31T15:59:59-08:00", "never"),
        ("9999-12-31T23:59:59-08:00", "never"),
        ("0001-01-01T00:00:00+14:00", "never"),
        ("yesterday", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-01-05T06:07:08", None),
        ("", None),
    ],
)
def test_canonical(given_text: str, expected: str | None) -> None:
    assert _timestamps.canonical(given_text) == expected


@given(TIMES, TIMES)
def test_timestamps_compare_as_text(one: datetime.datetime, other: datetime.datetime) -> None:
    one, other = (time.replace(microsecond=0, tzinfo=datetime.timezone.utc) for time in (one, other))
    texts = [_timestamps.canonical(time.isoformat()) for time in (one, other)]
    assert all(map(_timestamps.is_timestamp, texts))
    assert (str(texts[0]) < str(texts[1])) == (one < other)


@pytest.mark.parametrize(
    "value",
    ["never", "", "2026-11-24", "2026-13-01T00:00:00Z", "2026-11-24T06:00:00.5Z", "2026-11-24T25:00:00Z", None],
)
def test_values_that_are_not_timestamps(value: object) -> None:
    assert not _timestamps.is_timestamp(value)


def test_days_after() -> None:
    assert _timestamps.days_after("2026-02-25T06:00:00Z", 7) == "2026-03-04T06:00:00Z"
    assert _timestamps.days_after("2026-03-04T06:00:00Z", -7) == "2026-02-25T06:00:00Z"


@pytest.mark.parametrize("days", [10**7, 10**12])
def test_days_outside_of_the_calendar_are_before_and_after_every_timestamp(days: int) -> None:
    assert _timestamps.days_after("2026-11-24T06:00:00Z", -days) < "0002-01-01T00:00:00Z"
    assert _timestamps.days_after("2026-11-24T06:00:00Z", days) > "9998-12-31T23:59:59Z"


def test_formats() -> None:
    assert _timestamps.spell("2026-11-04T06:30:59Z") == "4 November 2026, 06:30 UTC"
    assert _timestamps.spell_day("2026-11-04T06:30:59Z", today="2026-12-01T00:00:00Z") == "4 November"
    assert _timestamps.spell_day("2025-11-04T06:30:59Z", today="2026-12-01T00:00:00Z") == "4 November 2025"
    assert _timestamps.show("2026-11-04T06:30:59Z") == "2026-11-04 06:30"
    assert _timestamps.show("never") == "never"
    assert _timestamps.stamp("2026-11-04T06:30:59Z") == "20261104T063059Z"
