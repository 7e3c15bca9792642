# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The tables of the report's page, and what stands in their cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from ... import _timestamps
from ..._compliance import group_of, label
from ..figures import platform
from ..snapshot import Policy, Row
from ..wording import number
from .html import Content, Html, element, fragment, name

_MOST_LISTED = 10


@dataclasses.dataclass(frozen=True)
class Column:
    """A column. The first of a table names things, the others hold figures; a minor one is left out on a phone."""

    heading: str
    minor: bool = False

    @property
    def class_(self) -> str:
        """The class of its cells."""
        return "figure minor" if self.minor else "figure"


@dataclasses.dataclass(frozen=True)
class Line:
    """A row of figures; its first cell is its heading. ``class_`` tells a sum from a part."""

    cells: Sequence[Content]
    class_: str | None = None


def section(identifier: str, heading: str, *content: Content) -> Html:
    """Return a section with its heading."""
    return element("section", element("h2", heading, id=identifier), *content, aria_labelledby=identifier)


def figures_table(caption: str, columns: Sequence[Column], lines: Iterable[Line], class_: str = "figures") -> Html:
    """Return a table of figures.

    The roles are what the elements mean anyway; some browsers forget that when the style sheet lays them out anew.
    """
    head = [element("th", columns[0].heading, scope="col", role="columnheader")]
    head += [
        element("th", column.heading, scope="col", role="columnheader", class_=column.class_) for column in columns[1:]
    ]
    body = [
        element(
            "tr",
            element("th", line.cells[0], scope="row", role="rowheader"),
            [
                element("td", cell, role="cell", class_=column.class_)
                for cell, column in zip(line.cells[1:], columns[1:], strict=True)
            ],
            role="row",
            class_=line.class_,
        )
        for line in lines
    ]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", body, role="rowgroup"),
        role="table",
        class_=class_,
    )


def list_table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[Content]], rest: str) -> Html:
    """Return the first of many rows as a table that becomes a list of cards on a phone.

    Args:
        rest: where the other rows are.
    """
    head = [element("th", heading, scope="col", role="columnheader") for heading in headings]
    more = len(rows) - _MOST_LISTED
    return fragment(
        cards(caption, head, [card(headings, row) for row in rows[:_MOST_LISTED]]),
        element("p", f"{number(more)} more {'is' if more == 1 else 'are'} in {rest}.", class_="more")
        if more > 0
        else None,
    )


def cards(caption: Content, head: Sequence[Content], body: Content, identifier: str | None = None) -> Html:
    """Return a table that becomes a list of cards on a phone."""
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", body, role="rowgroup"),
        class_=f"cards of-{len(head)}",
        role="table",
        id=identifier,
    )


def card(headings: Sequence[str], cells: Sequence[Content]) -> Html:
    """Return a row of such a table; the first cell is its heading."""
    return element(
        "tr",
        element("th", cells[0], scope="row", role="rowheader"),
        [
            element("td", element("div", cell), role="cell", data_label=heading)
            for heading, cell in zip(headings[1:], cells[1:], strict=True)
        ],
        role="row",
    )


def under(text: str, *, gap: bool = False) -> Html:
    """Return what stands below in small print; a gap in the figures stands out."""
    return element("span", text, class_="under gap" if gap else "under")


def mark(kind: str) -> Html:
    """Return a mark, whose colour and form tell a group or how recent a report is; words stand beside it."""
    return element("span", class_=f"mark {kind}", aria_hidden="true")


def status(value: str) -> Html:
    """Return a status."""
    return element("span", mark(group_of(value).value), label(value), class_="status")


def device(row: Row) -> Html:
    """Return the device's name."""
    return name(row.device)


def user(row: Row) -> Html:
    """Return who uses the device."""
    return name(row.principal or row.user, "no user")


def policy_name(policy: Policy) -> Html:
    """Return the policy's name, or its id."""
    return name(policy.label)


def policy_with_platform(policy: Policy) -> Html:
    """Return the policy's name over its platform."""
    return fragment(policy_name(policy), under(platform(policy.type)))


def moment(value: str | None) -> Html | str:
    """Return a moment in UTC."""
    if value is None or value == _timestamps.NEVER:
        return "unknown" if value is None else value
    return element("time", _timestamps.show(value), datetime=value)
