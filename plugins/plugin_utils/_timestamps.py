# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Moments as texts in UTC to the second, such as 2026-11-24T06:00:00Z: equally long, so that they compare as texts."""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any

from ..module_utils._graph.edm import TICKS_PER_SECOND, EdmDateTimeOffset

NEVER = "never"
"""What the service's sentinels mean: 0001-01-01, and 9999-12-31 in both its spellings."""

_FORMAT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_EPOCH = datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)
# In English whatever the locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_EDM = EdmDateTimeOffset()


@functools.lru_cache(maxsize=1 << 17)
def canonical(value: str) -> str | None:
    """Return a date of the service's in UTC to the second, `NEVER`, or None for what is no date."""
    ticks = _EDM.key(value)
    if not isinstance(ticks, int):
        return None
    try:
        moment = _EPOCH + datetime.timedelta(seconds=ticks // TICKS_PER_SECOND)
    except OverflowError:  # an offset has carried a sentinel out of the calendar
        return NEVER
    # The sentinels, whatever offset they were given on their way.
    return NEVER if moment.year in (1, 9999) else _text(moment)


def is_moment(value: Any) -> bool:
    """Tell whether a value is a moment in this form, and not `NEVER`."""
    return isinstance(value, str) and bool(_FORMAT.fullmatch(value)) and canonical(value) == value


def days_after(moment: str, days: int) -> str:
    """Return the moment so many days later, or earlier for a negative number; the calendar's end at its ends."""
    try:
        return _text(_parse(moment) + datetime.timedelta(days=days))
    except OverflowError:
        return "0000" if days < 0 else "9999-99"  # before and after every moment


def stamp(moment: str) -> str:
    """Return a moment for the name of a file: 20261124T060000Z."""
    return moment.replace("-", "").replace(":", "")


def show(moment: str) -> str:
    """Return a moment for a table: 2026-11-24 06:00."""
    return moment if moment == NEVER else moment[:16].replace("T", " ")


def spell(moment: str) -> str:
    """Return a moment for a sentence: 24 November 2026, 06:00 UTC."""
    return f"{spell_day(moment)}, {moment[11:16]} UTC"


def spell_day(moment: str, *, today: str = "") -> str:
    """Return the day for a sentence: 24 November 2026, or 24 November where *today* is of the same year."""
    year, month, day = (int(part) for part in moment[:10].split("-"))
    return f"{day} {_MONTHS[month - 1]}" + ("" if moment[:4] == today[:4] else f" {year}")


def seconds_between(earlier: str, later: str) -> float:
    """Return how many seconds lie between two moments."""
    return (_parse(later) - _parse(earlier)).total_seconds()


def _parse(moment: str) -> datetime.datetime:
    return datetime.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def _text(moment: datetime.datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
