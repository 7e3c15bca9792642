# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The statuses as CSV: RFC 4180, UTF-8 with a byte-order mark, and no cell that a spreadsheet would evaluate."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable

from .figures import platform
from .snapshot import Policy, Reading
from .statuses import Status

COLUMNS = (*Status._fields, "problem")

# Source: OWASP, CSV Injection. Spreadsheets also evaluate the full-width forms, and ignore invisible characters before
# them. Where the comma is the decimal sign, they split cells at semicolons and line ends, in quotes or not.
# One class: with two that share a character, the time for a name full of it would grow without limit.
_UNSEEN = r"(?:(?![\t\r\n])[\s\x00-\x08\x0e-\x1f\u200b-\u200f\u2060\ufeff])*"
_FORMULA = re.compile(rf"(?:^|(?<=[;\t\r\n]))(?={_UNSEEN}[=+\-@\uff1d\uff0b\uff0d\uff20])")
_SEPARATORS = ("\t", "\r", "\n")
# Most texts: they begin with a letter or digit, and are never split.
_PLAIN = re.compile(r"[A-Za-z0-9][^;\t\r\n\0]*")


def to_csv(policies: Iterable[Policy], statuses: Iterable[Status]) -> str:
    """Return one line per status, and one for each policy that could not be read.

    Args:
        statuses: those of the policies, in the same order.
    """
    remaining = iter(statuses)
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for policy in policies:
        if policy.reading is Reading.UNREADABLE:
            about = (policy.id, policy.name, platform(policy.type), policy.reading.value)
            writer.writerow([*map(cell, about), *[""] * (len(COLUMNS) - len(about) - 1), cell(policy.problem)])
        writer.writerows([*map(cell, status), ""] for status in itertools.islice(remaining, len(policy.rows)))
    return file.getvalue()


def cell(text: str | None) -> str:
    """Return a text that no spreadsheet evaluates as a formula. NUL, on which readers stop, is replaced."""
    if not text or _PLAIN.fullmatch(text):
        return text or ""
    text = _FORMULA.sub("'", text.replace("\0", "\ufffd"))
    return f"'{text}" if text.startswith(_SEPARATORS) else text
