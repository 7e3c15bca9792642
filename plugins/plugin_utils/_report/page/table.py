# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The table of all statuses: their order, and the data from which the page's script draws, sorts and filters them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ... import _timestamps
from ..._compliance import group_of, label, rank
from ..comparison import Change
from ..figures import Figures, platform
from ..statuses import Status
from .text import visible

PAGE_SIZE = 50
"""How many rows the table shows at a time."""

CHANGES = {
    Change.NEWLY_NOT_COMPLIANT.value: "newly not compliant",
    Change.FIRST_LISTED_NOT_COMPLIANT.value: "first listed",
    Change.RECOVERED.value: "recovered",
    Change.NO_LONGER_KNOWN.value: "no longer known",
}
_LAST = "\U0010ffff"


def worst_first(statuses: Iterable[Status]) -> list[Status]:
    """Return the statuses by severity, and then by the name of the device; without a name they come last."""
    return sorted(
        statuses, key=lambda row: (rank(row.status), row.status, (row.device_display_name or _LAST).casefold())
    )


def filters(figures: Figures) -> dict[str, list[tuple[int, str]]]:
    """Return the choices of each filter: the position in `table_data`, and the words."""
    policies = enumerate(figures.snapshot.policies)
    compared = figures.comparison is not None and bool(figures.comparison.compared)
    return {
        "policies": [(index, policy.label) for index, policy in policies if policy.rows],
        "statuses": [(index, label(status)) for index, status in enumerate(figures.statuses)],
        "changes": [(index, words.capitalize()) for index, words in enumerate(CHANGES.values())] if compared else [],
    }


def table_data(figures: Figures, rows: Sequence[Status]) -> dict[str, Any]:
    """Return the rows for report.js, which knows the columns of a row by their position."""
    policies = {policy.id: index for index, policy in enumerate(figures.snapshot.policies)}
    statuses = {value: index for index, value in enumerate(figures.statuses)}
    changes = {value: index for index, value in enumerate(CHANGES)}
    return {
        "size": PAGE_SIZE,
        "policies": [[visible(policy.label), visible(platform(policy.type))] for policy in figures.snapshot.policies],
        "statuses": [[visible(label(value)), group_of(value).value] for value in figures.statuses],
        "changes": list(CHANGES.values()),
        "rows": [
            [
                _name(row.device_display_name),
                _name(row.user_principal_name or row.user_name),
                policies[row.policy_id],
                statuses[row.status],
                _timestamps.show(row.last_reported_date_time or ""),
                _timestamps.show(row.compliance_grace_period_expiration_date_time or ""),
                changes.get(row.change or "", -1),
            ]
            for row in rows
        ],
    }


def _name(text: str | None) -> str:
    return visible(text) if text and text.strip() else ""
