# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The report's rows as CSV: RFC 4180, UTF-8 with a byte-order mark, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re

from .comparison import Change
from .figures import Figures, freshness, platform
from .snapshot import Reading

COLUMNS = (
    "policy_id",
    "policy_display_name",
    "platform",
    "policy_reading",
    "id",
    "device_display_name",
    "user_name",
    "user_principal_name",
    "device_model",
    "status",
    "change",
    "reporting",
    "last_reported_date_time",
    "compliance_grace_period_expiration_date_time",
    "problem",
)

# Source: OWASP, CSV Injection. Spreadsheets take the full-width forms for the same, and pass over what cannot be seen
# before them. Where the comma is the decimal sign, they split cells at semicolons and line ends, in quotes or not.
# One class: with two that share a character, a name full of it would take time without end.
_UNSEEN = r"(?:(?![\t\r\n])[\s\x00-\x08\x0e-\x1f\u200b-\u200f\u2060\ufeff])*"
_FORMULA = re.compile(rf"(?:^|(?<=[;\t\r\n]))(?={_UNSEEN}[=+\-@\uff1d\uff0b\uff0d\uff20])")
_SEPARATORS = ("\t", "\r", "\n")


def to_csv(figures: Figures) -> str:
    """Return one line per row, and one for each policy that could not be read."""
    changes: dict[tuple[str, str], Change] = {} if figures.comparison is None else figures.comparison.change_of()
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for policy in figures.snapshot.policies:
        about = [cell(policy.id), cell(policy.name), cell(platform(policy.type)), policy.reading.value]
        if policy.reading is Reading.UNREADABLE:
            writer.writerow([*about, *[""] * (len(COLUMNS) - len(about) - 1), cell(policy.problem)])
        for row in policy.rows:
            change = changes.get((policy.id, row.id))
            texts = (row.id, row.device, row.user, row.principal, row.model, row.status)
            writer.writerow(
                [
                    *about,
                    *map(cell, texts),
                    change.value if change else "",
                    freshness(row.reported, figures.snapshot.taken, figures.limits).value,
                    row.reported or "",
                    row.grace or "",
                    "",
                ]
            )
    return file.getvalue()


def cell(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula; NUL, on which readers stop, is replaced."""
    text = _FORMULA.sub("'", (text or "").replace("\0", "\ufffd"))
    return f"'{text}" if text.startswith(_SEPARATORS) else text
