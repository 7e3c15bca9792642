# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import COMPLIANCE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._graph.edm import (
    EdmDateTimeOffset,
    EdmError,
    EdmInt32,
    EdmString,
)
from hypothesis import given
from hypothesis import strategies as st

DATE, INT32, STRING = EdmDateTimeOffset(), EdmInt32(), EdmString()

SECOND = 10**7  # in ticks
MINUTE, DAY = 60 * SECOND, 24 * 60 * 60 * SECOND
LAST = 3_652_059 * DAY - 1  # the last tick of the year 9999; a tick is 100 ns


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2017-01-01T00:00:17.7769392-08:00", "2017-01-01T00:00:17.7769392-08:00"),
        ("2016-12-31T23:56:44.951111-08:00", "2016-12-31T23:56:44.951111-08:00"),
        ("2017-01-01T00:00:17Z", "2017-01-01T00:00:17Z"),
        ("2017-01-01 00:00:17Z", "2017-01-01T00:00:17Z"),
        ("2017-01-01t00:00:17z", "2017-01-01T00:00:17Z"),
        ("2017-01-01T08:00:17+0800", "2017-01-01T08:00:17+08:00"),
        ("2017-01-01T08:00+08:00", "2017-01-01T08:00:00+08:00"),
        ("2017-01-01 08:00z", "2017-01-01T08:00:00Z"),
        ("2017-01-01T00:00:17.7000000Z", "2017-01-01T00:00:17.7000000Z"),
        ("2017-01-01 08:00:17.776939+00:00", "2017-01-01T08:00:17.776939+00:00"),  # what YAML makes of a bare date
        ("2016-02-29T00:00:00Z", "2016-02-29T00:00:00Z"),
        ("2017-01-01T14:00:00+14:00", "2017-01-01T14:00:00+14:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T14:00:00+14:00", "0001-01-01T14:00:00+14:00"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
        ("9999-12-31T15:59:59-08:00", "9999-12-31T15:59:59-08:00"),
    ],
)
def test_a_date_is_sent_in_the_users_own_digits_and_offset(written: str, sent: str) -> None:
    assert DATE.from_option(written) == sent


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2017-01-01T00:00:17.12345678Z", "8 fractional digits; the service keeps 7 at most"),
        ("2017-01-01T00:00:17", "without an offset; end it with Z"),
        ("2017-01-01 00:00", "without an offset; end it with Z"),
        ("2017-02-30T00:00:00Z", "no such date or time"),
        ("2015-02-29T00:00:00Z", "no such date or time"),
        ("2017-13-01T00:00:00Z", "no such date or time"),
        ("0000-01-01T00:00:00Z", "no such date or time"),
        ("2017-01-01T24:00:00Z", "no such date or time"),
        ("2017-01-01T24:00Z", "no such date or time"),
        ("2017-01-01T25:00:00Z", "no such date or time"),
        ("2017-01-01T00:60:00Z", "no such date or time"),
        ("2017-01-01T00:00:60Z", "no such date or time"),
        ("2017-01-01T00:00:00+14:01", "no such date or time: the offset must be within 14:00"),
        ("2017-01-01T00:00:00+01:60", "no such date or time: the offset must be within 14:00"),
        ("0001-01-01T00:00:00+00:01", "outside the years 1 to 9999"),
        ("9999-12-31T23:59:59.9999999-00:01", "outside the years 1 to 9999"),
        ("9999-12-31T23:59:59-08:00", "outside the years 1 to 9999"),
        ("", "not a date and time in ISO 8601"),
        ("never", "not a date and time in ISO 8601"),
        ("2017-01-01", "not a date and time in ISO 8601"),
        ("2017-01-01Z", "not a date and time in ISO 8601"),
        ("2017-01-01T00:00:17.Z", "not a date and time in ISO 8601"),
        ("2017-01-01T00:00.5Z", "not a date and time in ISO 8601"),
        ("2017-01-01T00:00:17,5Z", "not a date and time in ISO 8601"),
        ("2017-01-01T00:00:17 Z", "not a date and time in ISO 8601"),
        ("2017-01-01T00:00:17Z\n", "not a date and time in ISO 8601"),
        (" 2017-01-01T00:00:17Z", "not a date and time in ISO 8601"),
        ("17-01-01T00:00:17Z", "not a date and time in ISO 8601"),
        ("٢٠١٧-01-01T00:00:17Z", "not a date and time in ISO 8601"),  # digits of another script
        ("2017-01-01T00:00:17+8:00", "not a date and time in ISO 8601"),
        (20170101, "not a date and time in ISO 8601"),
        (None, "not a date and time in ISO 8601"),
        (True, "not a date and time in ISO 8601"),
    ],
)
def test_what_is_no_date_is_refused_with_the_reason(written: Any, reason: str) -> None:
    with pytest.raises(EdmError) as caught:
        DATE.from_option(written)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z"),  # both spellings of "never"
        ("9999-12-31T15:59:59-08:00", "9999-12-31T23:59:59.9999999Z"),
        ("2017-01-01T00:00:17.7769392-08:00", "2017-01-01T08:00:17.7769392Z"),
        ("2016-12-31T23:56:44.951111-08:00", "2017-01-01T07:56:44.951111Z"),
        ("2017-01-01T00:00:17.5000000Z", "2017-01-01T00:00:17.5Z"),
        ("0001-01-01T08:00:00+08:00", "0001-01-01T00:00:00Z"),
        ("no date", "no date"),
    ],
)
def test_two_spellings_of_one_instant_are_equal(one: str, other: str) -> None:
    assert DATE.same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2017-01-01T00:00:17.7769392Z", "2017-01-01T00:00:17.7769393Z"),  # datetime drops the seventh digit
        ("2017-01-01T00:00:17.7769392Z", "2017-01-01T00:00:17.776939Z"),
        ("2017-01-01T00:00:17Z", "2017-01-01T00:00:17+00:01"),
        ("9999-12-31T23:59:59.9999998Z", "9999-12-31T23:59:59.9999999Z"),
        ("9999-12-31T23:59:58Z", "9999-12-31T23:59:59Z"),
        ("2017-01-01T00:00:17Z", "2017-01-01T00:00:17"),  # of an unknown offset
        ("2017-01-01T00:00:17Z", "2017-01-01T00:00:17.00000000Z"),
        ("2017-02-30T00:00:00Z", "2017-03-02T00:00:00Z"),
        ("no date", "2017-01-01T00:00:17Z"),
        ("2017-01-01T00:00:17Z", None),
        ("2017-01-01T00:00:17Z", ""),
        ("0001-01-01T00:00:00Z", 0),
    ],
)
def test_different_instants_differ(one: Any, other: Any) -> None:
    for first, second in ((one, other), (other, one)):
        assert not DATE.same(first, second)


def test_what_the_service_sent_for_a_date_is_shown_as_it_came() -> None:
    assert DATE.from_service("2017-01-01T08:00:17.7769392+00:00") == "2017-01-01T08:00:17.7769392+00:00"


@st.composite
def spellings(draw: st.DrawFn, ticks: int) -> str:
    """Return a spelling of an instant, given in ticks since 0001-01-01T00:00:00Z."""
    offsets = st.integers(-14 * 60, 14 * 60).filter(lambda minutes: 0 <= ticks + minutes * MINUTE <= LAST)
    offset = draw(offsets)
    days, rest = divmod(ticks + offset * MINUTE, DAY)
    seconds, fraction = divmod(rest, SECOND)
    digits = f"{fraction:07}"
    digits = digits[: draw(st.integers(len(digits.rstrip("0")), 7))]
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    if digits or seconds % 60 or draw(st.booleans()):
        time += f":{seconds % 60:02}" + (f".{digits}" if digits else "")
    sign, minutes = ("-" if offset < 0 else draw(st.sampled_from("+-")) if offset == 0 else "+"), abs(offset)
    zone = f"{sign}{minutes // 60:02}{draw(st.sampled_from(['', ':']))}{minutes % 60:02}"
    if offset == 0:
        zone = draw(st.sampled_from([zone, "Z", "z"]))
    return f"{datetime.date.fromordinal(days + 1)}{draw(st.sampled_from('Tt '))}{time}{zone}"


def instants() -> st.SearchStrategy[int]:
    edges = st.sampled_from([0, SECOND, LAST, LAST - 1, LAST - SECOND + 1, LAST - SECOND])
    return st.one_of(edges, st.integers(0, LAST), st.integers(0, LAST // SECOND).map(lambda seconds: seconds * SECOND))


@given(data=st.data(), ticks=instants(), apart=st.sampled_from([0, 0, 1, -1, 10, SECOND, MINUTE, 60 * MINUTE]))
def test_dates_are_equal_exactly_when_their_ticks_are(data: st.DataObject, ticks: int, apart: int) -> None:
    other = min(max(ticks + apart, 0), LAST)
    never = {LAST, LAST - SECOND + 1}
    wanted = ticks == other or {ticks, other} == never
    one, two = data.draw(spellings(ticks)), data.draw(spellings(other))
    assert DATE.same(one, two) is wanted
    assert DATE.same(DATE.from_option(one), two) is wanted
    assert DATE.same(DATE.from_option(one), DATE.from_option(two)) is wanted


@given(data=st.data(), ticks=instants())
def test_a_date_that_is_sent_is_the_instant_that_was_written(data: st.DataObject, ticks: int) -> None:
    written = data.draw(spellings(ticks))
    sent = DATE.from_option(written)
    assert DATE.key(sent) == DATE.key(written) == (LAST if ticks == LAST - SECOND + 1 else ticks)
    assert DATE.from_option(sent) == sent
    assert re.findall(r"\.[0-9]+", sent) == re.findall(r"\.[0-9]+", written)  # never fewer digits


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9.]{2,12})?[Zz+-].*")))
def test_no_text_crashes_the_date_parser(text: str) -> None:
    try:
        sent = DATE.from_option(text)
    except EdmError:
        pass
    else:
        assert DATE.same(sent, text)
    assert DATE.same(text, text)


@pytest.mark.parametrize("member", COMPLIANCE_STATUS.choices or ())
def test_each_status_is_accepted_in_the_services_spelling(member: str) -> None:
    assert COMPLIANCE_STATUS.from_option(member) == member
    assert COMPLIANCE_STATUS.same(member, member.upper())
    assert COMPLIANCE_STATUS.from_service(member.upper()) == member


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("noncompliant", "write nonCompliant, case counts"),
        ("inGracePeriod", "complianceState of managedDevice"),
        ("ingraceperiod", "compliance_grace_period_expiration_date_time"),
        ("configManager", "complianceState of managedDevice"),
        ("Nonsense", "not one of unknown, notApplicable"),
        ("", "not one of unknown"),
        (None, "not one of unknown"),
        (4, "not one of unknown"),
    ],
)
def test_another_status_is_refused_with_what_to_write(written: Any, reason: str) -> None:
    with pytest.raises(EdmError) as caught:
        COMPLIANCE_STATUS.from_option(written)
    assert reason in str(caught.value)


def test_a_status_that_this_version_does_not_know_is_shown_as_it_came() -> None:
    assert COMPLIANCE_STATUS.from_service("quarantined") == "quarantined"
    assert COMPLIANCE_STATUS.from_service(None) is None
    assert COMPLIANCE_STATUS.from_service(7) == 7
    assert not COMPLIANCE_STATUS.same("quarantined", "compliant")


@pytest.mark.parametrize("number", [0, 8, -1, 2**31 - 1, -(2**31)])
def test_a_platform_is_any_32_bit_integer(number: int) -> None:
    assert INT32.from_option(number) == number
    assert INT32.from_option(str(number)) == number  # ad-hoc: -a "platform=8"


@pytest.mark.parametrize(
    "value",
    [2**31, -(2**31) - 1, True, False, 1.0, "1.0", "", "eight", "٨", "1_000", None, [], {}, "9" * 5000],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_32_bit_integer_is_refused(value: Any) -> None:
    with pytest.raises(EdmError):
        INT32.from_option(value)


@pytest.mark.parametrize("found", [None, "8", True, 9, [8], {}])
def test_a_platform_differs_from_all_but_the_same_integer(found: Any) -> None:
    assert not INT32.same(found, 8)


def test_true_is_not_the_integer_1() -> None:
    assert not INT32.same(True, 1)
    assert not INT32.same(False, 0)


@pytest.mark.parametrize("text", ["", " ", "Ada", "{{ not a template }}", "naïve", "a\nb"])
def test_a_string_is_sent_as_it_is(text: str) -> None:
    assert STRING.from_option(text) == text


@pytest.mark.parametrize("value", [None, 1, True, ["Ada"], {}])
def test_what_is_no_string_is_refused(value: Any) -> None:
    with pytest.raises(EdmError):
        STRING.from_option(value)


def test_null_and_empty_text_are_two_things() -> None:
    assert STRING.same(None, None)
    assert STRING.same("", "")
    assert not STRING.same(None, "")
    assert not STRING.same("", None)
    assert not STRING.same("None", None)


def test_strings_are_compared_exactly() -> None:
    assert not STRING.same("Ada", "ada")
    assert not STRING.same("Ada", "Ada ")
