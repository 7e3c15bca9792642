# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The table of all statuses: its data for the script, and its first rows for where no script runs."""

from __future__ import annotations

from typing import Any

from ... import _timestamps
from ..._compliance import group_of, label, rank
from ..comparison import Change
from ..figures import Figures, platform
from ..snapshot import Policy, Row
from ..wording import count
from .html import Content, Html, element, fragment, script_data, visible
from .tables import card, cards, device, moment, policy_with_platform, section, status, under, user

PAGE_SIZE = 50

_HEADINGS = ("Device", "User", "Policy", "Status", "Reported", "Grace ends")
_CHANGES = {
    Change.NEWLY_NOT_COMPLIANT: "newly not compliant",
    Change.FIRST_LISTED_NOT_COMPLIANT: "first listed",
    Change.RECOVERED: "recovered",
    Change.NO_LONGER_KNOWN: "no longer known",
}


def all_rows(figures: Figures) -> Html:
    """Return the section with the table, which the script lets sort, filter and turn the pages of."""
    rows = sorted(
        ((policy, row) for policy in figures.snapshot.policies for row in policy.rows),
        key=lambda entry: (rank(entry[1].status), entry[1].status, (entry[1].device or "\U0010ffff").casefold()),
    )
    if not rows:
        return section("rows", "All statuses", element("p", "There is none."))
    changes = {} if figures.comparison is None else figures.comparison.change_of()
    first = rows[:PAGE_SIZE]
    note = f"The first {len(first)} of {count(len(rows), 'status')}, the worst first."
    head = [
        element("th", element("button", heading, type="button", disabled=True), scope="col", role="columnheader")
        for heading in _HEADINGS
    ]
    body = [card(_HEADINGS, _cells(policy, row, changes)) for policy, row in first]
    pager = element(
        "div",
        element("button", "Previous", type="button", id="previous"),
        element("span", "", id="page"),
        element("button", "Next", type="button", id="next"),
        id="pager",
        class_="pager",
        hidden=True,
    )
    return section(
        "rows",
        "All statuses",
        element("noscript", element("p", "Sorting and filtering need JavaScript. The CSV file holds every row.")),
        element("p", "On paper: the rows that were on the screen. The CSV file holds every row.", class_="note paper"),
        _filters(figures),
        element("p", note, id="shown", role="status", class_="note"),
        cards("One row for each device, user and policy; times in UTC", head, body, "table"),
        pager,
        script_data(_data(figures, rows, changes), "data"),
    )


def _cells(policy: Policy, row: Row, changes: dict[tuple[str, str], Change]) -> list[Content]:
    change = _CHANGES.get(changes[policy.id, row.id]) if (policy.id, row.id) in changes else None
    return [
        device(row),
        user(row),
        policy_with_platform(policy),
        fragment(status(row.status), under(change) if change else None),
        moment(row.reported),
        moment(row.grace),
    ]


def _filters(figures: Figures) -> Html:
    policies = [(str(index), policy.label) for index, policy in enumerate(figures.snapshot.policies) if policy.rows]
    statuses = [(str(index), label(value)) for index, value in enumerate(figures.statuses)]
    changes = [(str(index), words.capitalize()) for index, words in enumerate(_CHANGES.values())]
    compared = figures.comparison is not None and bool(figures.comparison.compared)
    return element(
        "div",
        element("label", "Device or user", element("input", type="search", id="text", autocomplete="off")),
        _choice("Policy", "policy", "All policies", policies),
        _choice("Status", "status", "All statuses", statuses),
        _choice("Change", "change", "Changed or not", changes) if compared else None,
        id="filters",
        class_="filters",
        role="search",
        aria_label="Filter the statuses",
        hidden=True,
    )


def _choice(words: str, identifier: str, everything: str, choices: list[tuple[str, str]]) -> Html:
    options = [element("option", everything, value="")]
    options += [element("option", text, value=value) for value, text in choices]
    return element("label", words, element("select", options, id=identifier))


def _data(figures: Figures, rows: list[tuple[Policy, Row]], changes: dict[tuple[str, str], Change]) -> dict[str, Any]:
    policies = {policy.id: index for index, policy in enumerate(figures.snapshot.policies)}
    statuses = {value: index for index, value in enumerate(figures.statuses)}
    indexes = {change: index for index, change in enumerate(_CHANGES)}
    return {
        "size": PAGE_SIZE,
        "policies": [[visible(policy.label), visible(platform(policy.type))] for policy in figures.snapshot.policies],
        "statuses": [[visible(label(value)), group_of(value).value] for value in figures.statuses],
        "changes": list(_CHANGES.values()),
        "rows": [
            [
                _name(row.device),
                _name(row.principal or row.user),
                policies[policy.id],
                statuses[row.status],
                _timestamps.show(row.reported or ""),
                _timestamps.show(row.grace or ""),
                indexes.get(changes[policy.id, row.id], -1) if (policy.id, row.id) in changes else -1,
            ]
            for policy, row in rows
        ],
    }


def _name(text: str | None) -> str:
    return visible(text) if text and text.strip() else ""
