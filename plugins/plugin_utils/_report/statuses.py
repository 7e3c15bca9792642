# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Every status of a report, with the names that the CSV file and a user's template have."""

from __future__ import annotations

from typing import NamedTuple

from .comparison import Change
from .figures import Figures, FreshnessRule, platform
from .snapshot import Policy, Row


class Status(NamedTuple):
    """One status: that of one device and user under one policy."""

    policy_id: str
    policy_display_name: str | None
    platform: str
    policy_reading: str
    id: str
    device_display_name: str | None
    user_name: str | None
    user_principal_name: str | None
    device_model: str | None
    status: str
    change: str | None
    """How it has changed since the snapshot to compare with; None where it is as compliant as it was."""
    reporting: str
    last_reported_date_time: str | None
    compliance_grace_period_expiration_date_time: str | None


def statuses_of(figures: Figures) -> list[Status]:
    """Return the statuses in the order of the policies and of their lists."""
    changes = {} if figures.comparison is None else figures.comparison.change_of()
    return [
        _status(policy, row, changes.get((policy.id, row.id)), figures.freshness_rule)
        for policy in figures.snapshot.policies
        for row in policy.rows
    ]


def _status(policy: Policy, row: Row, change: Change | None, rule: FreshnessRule) -> Status:
    return Status(
        policy.id,
        policy.name,
        platform(policy.type),
        policy.reading.value,
        row.id,
        row.device,
        row.user,
        row.principal,
        row.model,
        row.status,
        change.value if change else None,
        rule.of(row.reported).value,
        row.reported,
        row.grace,
    )
