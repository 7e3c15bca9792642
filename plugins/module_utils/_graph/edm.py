# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The Edm types of Microsoft Graph's properties: read an option, compare two values, show what the service returned.

Everything here is pure. A value is what JSON contains; a date stays the text that it was received as, so that no digit
is lost (``datetime`` knows six fractional digits, ``Edm.DateTimeOffset`` seven).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable
from typing import Any

from .._text import quoted

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

TICKS_PER_SECOND = 10**7
"""A tick is 100 ns, the resolution of .NET's DateTimeOffset."""

_TICKS_PER_DAY = 24 * 60 * 60 * TICKS_PER_SECOND
_LAST_TICK = datetime.date.max.toordinal() * _TICKS_PER_DAY - 1
_LAST_SECOND = _LAST_TICK - TICKS_PER_SECOND + 1

# .NET refuses an offset beyond 14 hours.
_MAX_OFFSET_MINUTES = 14 * 60

# Compiled when it is first used: many tasks declare no date, and each start of a module counts.
_DATE_TIME = (
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"[Tt ](?P<time>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?:(?P<zulu>[Zz])|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?"
)


class EdmError(ValueError):
    """An option's value does not fit its type. The text continues a sentence that names the option."""


class EdmType:
    """What one Edm type accepts, compares and shows."""

    ansible_type = "str"
    choices: tuple[str, ...] | None = None

    def from_option(self, value: Any) -> Any:
        """Return the JSON value to send for what a user wrote; raise `EdmError` where it does not fit."""
        raise NotImplementedError

    def from_service(self, value: Any) -> Any:
        """Return the value to show for what the service returned; an unexpected one is shown as it is."""
        return value

    def key(self, value: Any) -> Hashable:
        """Return what two equal values have in common; *value* is not null."""
        return repr(value) if isinstance(value, (dict, list)) else value

    def same(self, one: Any, other: Any) -> bool:
        """Return whether two JSON values are equal in this type. Null equals null alone."""
        if one is None or other is None:
            return one is other
        # Most values are identical; parsing them would take half the time of comparing a fleet.
        return (one == other and type(one) is type(other)) or self.key(one) == self.key(other)


class EdmString(EdmType):
    """Edm.String, compared exactly."""

    def from_option(self, value: Any) -> str:
        if not isinstance(value, str):
            raise EdmError(f"is not a string: {quoted(value)}")
        return value


class EdmInt32(EdmType):
    """Edm.Int32."""

    ansible_type = "int"

    def from_option(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,20}", value.strip()):
            value = int(value)
        # A bool is an int to Python and passes Ansible's own check, but would be sent as true or false.
        if not isinstance(value, int) or isinstance(value, bool):
            raise EdmError(f"is not an integer: {quoted(value)}")
        if not INT32_MIN <= value <= INT32_MAX:
            raise EdmError(f"is {quoted(value)}, outside the range of a 32-bit integer ({INT32_MIN} to {INT32_MAX})")
        return value

    def key(self, value: Any) -> Hashable:
        # True equals 1 in Python, but not in JSON.
        return repr(value) if isinstance(value, bool) else super().key(value)


class EdmEnum(EdmType):
    """An enumeration, compared by value in whatever case the service spelled it.

    Args:
        members: the members in the service's spelling.
        mistaken: members of other enumerations that are confused with this one, each with an explanation.
    """

    def __init__(self, members: tuple[str, ...], mistaken: dict[str, str]) -> None:
        self.choices = members
        self._mistaken = {member.casefold(): hint for member, hint in mistaken.items()}
        self._spelling = {member.casefold(): member for member in members}

    def from_option(self, value: Any) -> str:
        if isinstance(value, str) and self._spelling.get(value.casefold()) == value:
            return value
        hint = self.hint(value)
        raise EdmError(
            f"is {quoted(value)}, not one of {', '.join(self._spelling.values())}" + (f"; {hint}" if hint else "")
        )

    def hint(self, value: Any) -> str:
        """Return the explanation of a value that is not a member, or an empty text."""
        folded = value.casefold() if isinstance(value, str) else ""
        if folded in self._spelling:
            return f"write {self._spelling[folded]}, case counts"
        return self._mistaken.get(folded, "")

    def from_service(self, value: Any) -> Any:
        # A member that this version does not know is kept as it is.
        return self._spelling.get(value.casefold(), value) if isinstance(value, str) else value

    def key(self, value: Any) -> Hashable:
        return value.casefold() if isinstance(value, str) else super().key(value)


class EdmDateTimeOffset(EdmType):
    """Edm.DateTimeOffset, compared as an instant in ticks."""

    def from_option(self, value: Any) -> str:
        """Return the date in ISO 8601 with the user's own digits and offset.

        A space for the ``T``, lower-case ``t`` and ``z``, ``+0800`` and missing seconds are brought into the form
        that the service takes.
        """
        match = re.fullmatch(_DATE_TIME, value) if isinstance(value, str) else None
        if match is None:
            raise EdmError(
                f"is {quoted(value)}, not a date and time in ISO 8601; write it like 2017-01-01T00:00:17.7769392Z"
            )
        fraction = match["fraction"] or ""
        if len(fraction) > 7:
            raise EdmError(f"has {len(fraction)} fractional digits; the service keeps 7 at most")
        if not (match["zulu"] or match["sign"]):
            raise EdmError(
                f"is {quoted(value)}, without an offset; end it with Z for UTC, or with an offset such as +01:00"
            )
        try:
            ticks = _ticks(match)
        except ValueError as error:
            raise EdmError(f"is {quoted(value)}, no such date or time: {error}") from None
        if not 0 <= ticks <= _LAST_TICK:
            raise EdmError(f"is {quoted(value)}, an instant outside the years 1 to 9999 in UTC")
        offset = "Z" if match["zulu"] else f"{match['sign']}{match['hours']}:{match['minutes']}"
        seconds = (match["second"] or "00") + (f".{fraction}" if fraction else "")
        return f"{match['date']}T{match['time']}:{seconds}{offset}"

    def key(self, value: Any) -> Hashable:
        """Return the instant in ticks since 0001-01-01T00:00:00Z; what cannot be read equals only its own spelling."""
        match = re.fullmatch(_DATE_TIME, value) if isinstance(value, str) else None
        if match is None or not (match["zulu"] or match["sign"]) or len(match["fraction"] or "") > 7:
            return repr(value)
        try:
            ticks = _ticks(match)
        except ValueError:
            return repr(value)
        # Both spellings of "never", with and without the last fraction of the last second, are seen in payloads.
        return _LAST_TICK if ticks == _LAST_SECOND else ticks

    def before(self, value: Any, bound: str) -> bool:
        """Return whether a date of the service's is strictly before *bound*; "never" and null are not."""
        ticks, end = self.key(value), self.key(bound)
        return isinstance(ticks, int) and isinstance(end, int) and ticks < end and ticks != _LAST_TICK


def _ticks(match: re.Match[str]) -> int:
    """Return the instant in ticks since 0001-01-01T00:00:00Z; raise ValueError where there is no such date or time.

    Integers throughout: ``astimezone`` overflows at both ends of the calendar, where the service's sentinels are.
    """
    day = datetime.date.fromisoformat(match["date"]).toordinal() - 1
    time = datetime.time.fromisoformat(f"{match['time']}:{match['second'] or '00'}")
    if match["time"].startswith("24"):  # Python 3.13 and later read 24:00 as midnight.
        raise ValueError("hour must be in 0..23")
    hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
    if minutes > 59 or hours * 60 + minutes > _MAX_OFFSET_MINUTES:
        raise ValueError("the offset must be within 14:00")
    offset_seconds = (hours * 60 + minutes) * 60 * (-1 if match["sign"] == "-" else 1)
    seconds = (time.hour * 60 + time.minute) * 60 + time.second - offset_seconds
    return day * _TICKS_PER_DAY + seconds * TICKS_PER_SECOND + int((match["fraction"] or "").ljust(7, "0"))
