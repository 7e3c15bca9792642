# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as .NET keeps and shows them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ....emulator.graph import edm
from ....emulator.graph.edm import EdmError, EdmType


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2016-12-31T23:56:44.951111-08:00", "2017-01-01T07:56:44.951111Z"),
        ("2017-01-01T00:00:17.7769392-08:00", "2017-01-01T08:00:17.7769392Z"),
        ("2026-01-05T06:07:08.1000000Z", "2026-01-05T06:07:08.1Z"),
        ("2026-01-05T06:07:08.0000001+05:30", "2026-01-05T00:37:08.0000001Z"),
        ("2026-01-05T06:07Z", "2026-01-05T06:07:00Z"),
        ("2024-02-29T12:00:00.000+00:00", "2024-02-29T12:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T14:00:00+14:00", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
    ],
)
def test_a_date_is_shown_in_utc_with_its_significant_digits(text: str, shown: str) -> None:
    assert edm.format_date_time_offset(edm.parse_date_time_offset(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T06:07:08",
        "2026-01-05",
        "2026-01-05 06:07:08Z",
        "2026-01-05T06:07:08.12345678Z",
        "2026-02-29T00:00:00Z",
        "2026-01-05T24:00:00Z",
        "2026-01-05T06:07:60Z",
        "2026-01-05T06:07:08+0800",
        "2026-01-05T06:07:08+14:01",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "٢٠٢٦-01-05T06:07:08Z",
        "",
    ],
)
def test_an_invalid_date_is_refused(text: str) -> None:
    with pytest.raises(EdmError):
        edm.parse_date_time_offset(text)


@given(st.integers(0, edm.LAST_TICK))
def test_each_tick_is_read_as_it_was_shown(ticks: int) -> None:
    assert edm.parse_date_time_offset(edm.format_date_time_offset(ticks)) == ticks


@given(st.datetimes(min_value=datetime.datetime(1, 1, 2), max_value=datetime.datetime(9999, 12, 30)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_microseconds_agree_with_the_standard_library(value: datetime.datetime) -> None:
    aware = value.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-8)))
    ticks = edm.parse_date_time_offset(aware.isoformat(timespec="microseconds"))
    since = aware - datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)
    assert ticks == since // datetime.timedelta(microseconds=1) * 10


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("8", EdmType.INT32),
        (True, EdmType.INT32),
        (8.0, EdmType.INT32),
        (2**31, EdmType.INT32),
        (-(2**31) - 1, EdmType.INT32),
        (8, EdmType.STRING),
        (["x"], EdmType.STRING),
        (0, EdmType.DATE_TIME_OFFSET),
        ("inGracePeriod", EdmType.COMPLIANCE_STATUS),
        ("", EdmType.COMPLIANCE_STATUS),
        (3, EdmType.COMPLIANCE_STATUS),
    ],
)
def test_a_value_of_another_type_is_refused(value: object, kind: EdmType) -> None:
    with pytest.raises(EdmError):
        edm.read(value, kind, nullable=True)


def test_null_requires_a_nullable_type() -> None:
    assert edm.read(None, EdmType.STRING, nullable=True) is None
    with pytest.raises(EdmError):
        edm.read(None, EdmType.INT32, nullable=False)


def test_a_status_is_kept_in_the_services_spelling() -> None:
    assert edm.read("NONCOMPLIANT", EdmType.COMPLIANCE_STATUS, nullable=False) == "nonCompliant"


def test_both_spellings_of_never_are_the_same_and_nothing_else_is() -> None:
    second, tick = edm.NEVER
    assert edm.same(second, tick, EdmType.DATE_TIME_OFFSET)
    assert not edm.same(second + 1, tick, EdmType.DATE_TIME_OFFSET)
    assert not edm.same("", None, EdmType.STRING)
    assert edm.same("ERROR", "error", EdmType.COMPLIANCE_STATUS)
    assert not edm.same("ERROR", "error", EdmType.STRING)
