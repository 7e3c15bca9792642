# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Desired device statuses from CSV as spreadsheets write it. A row becomes an item of a bulk task."""

from __future__ import annotations

import csv
import io
import re
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...module_utils._compliance.model import MATCHABLE, PROPERTIES
from ...module_utils._graph.edm import EdmError, EdmString
from ...module_utils._graph.resource import Property
from ...module_utils._text import quoted

DELIMITERS = ",;\t|"

_IDS = ("policy_id", "policy_name", "status_id", "id")
_IGNORED = ("policy_display_name", "policy_type")  # properties in the rows of the info module
_MATCH = "match_"
_PROPERTIES = {p.option: p for p in PROPERTIES}
_COLUMNS = (*_IDS, *(_MATCH + p.option for p in MATCHABLE), *_PROPERTIES, "clear")


class Dialect(NamedTuple):
    """The form of a file.

    ``delimiter`` is one character, or None to find it in the headings; ``clear_marker`` is the text of a cell that
    means null; ``columns`` maps headings to the names that they stand for, or to None to ignore a column.
    """

    delimiter: str | None = None
    clear_marker: str = "<clear>"
    columns: Mapping[str, str | None] = types.MappingProxyType({})


class Rows(NamedTuple):
    """The items of a file, the row of each, and the problems of the others.

    ``rows`` counts as a spreadsheet does, from 1 and with the headings.
    """

    items: list[dict[str, Any]]
    rows: list[int]
    problems: list[str]


def read_csv(text: str, dialect: Dialect) -> Rows:
    """Return what a CSV text declares. An empty cell leaves its property unchanged."""
    found = Rows([], [], [])
    records = _records(text, dialect.delimiter, found.problems)
    number, headings = next(records, (1, []))
    columns = _read_headings(number, headings, dialect.columns, found.problems)
    if found.problems:
        return found
    for number, cells in records:
        surplus = [cell for cell in cells[len(columns) :] if cell.strip()]
        if surplus:
            found.problems.append(
                f"row {number} has {len(cells)} cells for {len(columns)} headings; put a text that contains the "
                "delimiter between double quotes"
            )
        elif any(cell.strip() for cell in cells):
            # Trailing cells may be missing.
            named = zip(headings, columns, cells, strict=False)
            found.items.append(_read_row(number, named, dialect.clear_marker, found.problems))
            found.rows.append(number)
    return found


def _records(text: str, delimiter: str | None, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its number. The optional first line of Excel, ``sep=;``, names the delimiter."""
    excel = re.match(r"sep=(.)(?:[\r\n]|$)", text)
    if delimiter is None:
        delimiter = excel[1] if excel else max(DELIMITERS, key=lambda one: _count_headings(text, one))
    reader = _reader(text, delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not (excel and number == 1):
                yield number, cells
    except csv.Error as error:
        problems.append(
            f"row {number + 1} is not valid CSV: {error}; look for a double quote that is not closed or not doubled"
        )


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _count_headings(text: str, delimiter: str) -> int:
    try:
        return len(next(_reader(text, delimiter), []))
    except csv.Error:
        return 0


def _read_headings(
    number: int, headings: list[str], renamed: Mapping[str, str | None], problems: list[str]
) -> list[str | None]:
    """Return the name that each column stands for, None for an ignored column."""
    known = {_fold(name): name for name in (*_COLUMNS, *_IGNORED)}
    columns: list[str | None] = []
    for place, heading in enumerate(headings, start=1):
        name = renamed.get(heading.strip(), heading)
        found = known.get(_fold(name)) if name is not None else None
        if name is not None and name.strip() and found is None:
            problems.append(
                f"row {number}, column {place}: there is no property {quoted(name.strip())}; a heading is one of "
                f"{', '.join(_COLUMNS)}, or one that the option columns maps to one of these"
            )
        elif found is not None and found in columns:
            problems.append(f"row {number}, column {place}: {quoted(heading.strip())} appears twice")
        columns.append(None if found in _IGNORED else found)
    if not any(columns) and not problems:
        problems.append(f"row {number} has no headings; name the columns in it, such as status_id and status")
    return columns


def _fold(heading: str) -> str:
    """Return the same text for ``device_model``, ``deviceModel`` and ``Device model``."""
    return re.sub(r"[\s_.:-]", "", heading).casefold()


def _read_row(
    number: int, cells: Iterator[tuple[str, str | None, str]], clear_marker: str, problems: list[str]
) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for heading, name, cell in cells:
        text = cell.strip()
        if name is None or not text:
            continue
        try:
            _set(item, name, cell, cleared=text == clear_marker)
        except EdmError as error:
            problems.append(f"row {number}, column {heading.strip()}: {error}")
    return item


def _set(item: dict[str, Any], name: str, cell: str, *, cleared: bool) -> None:
    """Add a cell to its item.

    Raises:
        EdmError: the cell is not a value of the property.
    """
    prop: Property | None = _PROPERTIES.get(name)
    if cleared:
        if prop is None or not prop.nullable:
            raise EdmError(
                f"is {quoted(cell.strip())}, but {name} cannot be cleared; those that can are "
                f"{', '.join(p.option for p in PROPERTIES if p.nullable)}"
            )
        item.setdefault("clear", []).append(name)
    elif prop is not None:
        # A text may start or end with a blank; in any other value that is a mistake.
        item[name] = prop.type.from_option(cell if isinstance(prop.type, EdmString) else cell.strip())
    elif name == "clear":
        item.setdefault("clear", []).extend(part.strip() for part in cell.split(","))
    elif name.startswith(_MATCH):
        item.setdefault("match", {})[name.removeprefix(_MATCH)] = cell.strip()
    else:
        item[name] = cell.strip()
