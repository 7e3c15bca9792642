# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Timestamps as text in UTC to the second, such as 2026-11-24T06:00:00Z.

All have the same length, so that they compare as text.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any

from ..module_utils._graph.edm import TICKS_PER_SECOND, EdmDateTimeOffset

NEVER = "never"
"""The meaning of 0001-01-01, and of 9999-12-31 in both spellings of the service."""

_FORMAT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_EPOCH = datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)
# In English in every locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_EDM = EdmDateTimeOffset()


@functools.lru_cache(maxsize=1 << 17)
def canonical(value: str) -> str | None:
    """Return a date of the service in UTC to the second, `NEVER`, or None where the text is not a date."""
    ticks = _EDM.key(value)
    if not isinstance(ticks, int):
        return None
    try:
        time = _EPOCH + datetime.timedelta(seconds=ticks // TICKS_PER_SECOND)
    except OverflowError:  # a sentinel with an offset, outside of the calendar
        return NEVER
    # The sentinels with any offset.
    return NEVER if time.year in (1, 9999) else _text(time)


def is_timestamp(value: Any) -> bool:
    """Return whether a value is a timestamp in this form, and not `NEVER`."""
    return isinstance(value, str) and bool(_FORMAT.fullmatch(value)) and canonical(value) == value


def days_after(timestamp: str, days: int) -> str:
    """Return the timestamp that is *days* later, or earlier for a negative number.

    Outside of the calendar this is a text that compares as before or after every timestamp.
    """
    try:
        return _text(_parse(timestamp) + datetime.timedelta(days=days))
    except OverflowError:
        return "0000" if days < 0 else "9999-99"


def stamp(timestamp: str) -> str:
    """Return a timestamp for the name of a file: 20261124T060000Z."""
    return timestamp.replace("-", "").replace(":", "")


def show(timestamp: str) -> str:
    """Return a timestamp for a table: 2026-11-24 06:00."""
    return timestamp if timestamp == NEVER else timestamp[:16].replace("T", " ")


def spell(timestamp: str) -> str:
    """Return a timestamp for a sentence: 24 November 2026, 06:00 UTC."""
    return f"{spell_day(timestamp)}, {timestamp[11:16]} UTC"


def spell_day(timestamp: str, *, today: str = "") -> str:
    """Return the day for a sentence: 24 November 2026, or 24 November where *today* is of the same year."""
    year, month, day = (int(part) for part in timestamp[:10].split("-"))
    return f"{day} {_MONTHS[month - 1]}" + ("" if timestamp[:4] == today[:4] else f" {year}")


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds between two timestamps."""
    return (_parse(later) - _parse(earlier)).total_seconds()


def _parse(timestamp: str) -> datetime.datetime:
    return datetime.datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def _text(time: datetime.datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
