# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The report's figures as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from .._compliance import Group, by_severity
from .comparison import Change, Changed, Comparison
from .figures import Figures, Share, platform
from .snapshot import Policy, Row, Tally
from .wording import headline, missing

VERSION = 1


def to_document(figures: Figures, snapshot_name: str, title: str) -> dict[str, Any]:
    """Return the figures by the names that programs and templates use; null for what could not be read."""
    limits = figures.limits
    return {
        "graphops_intune_report": VERSION,
        "title": title,
        "summary": {
            "headline": headline(figures),
            **figures.header._asdict(),
            "missing": missing(figures),
            "snapshot": snapshot_name,
        },
        **_tally(figures.tally),
        "policies": [{**_about(share.policies[0]), **_share(share)} for share in figures.policies],
        "platforms": [{"platform": name, **_share(share)} for name, share in figures.platforms.items()],
        "grace": {
            "expires_within_days": limits.grace_days,
            "statuses": [_row(expiring.policy, expiring.row) for expiring in figures.expiring],
        },
        "reporting": {
            "healthy_within_days": limits.healthy_days,
            "stale_after_days": limits.stale_days,
            "devices": {freshness.value: number for freshness, number in figures.freshness.items()},
        },
        "comparison": None if figures.comparison is None else _comparison(figures.comparison),
        "trend": [point._asdict() for point in figures.trend],
        "snapshots_left_out": [entry._asdict() for entry in figures.history.unreadable],
    }


def to_json(document: dict[str, Any]) -> str:
    """Return the file's text."""
    return json.dumps(document, indent=2) + "\n"


def _tally(tally: Tally | None) -> dict[str, Any]:
    if tally is None:
        return dict.fromkeys(("device_count", "row_count", "device_groups", "device_statuses", "row_statuses"))
    return {
        "device_count": tally.devices.total(),
        "row_count": tally.rows.total(),
        "device_groups": {group.value: tally.devices_in(group) for group in Group},
        "device_statuses": {status: tally.devices[status] for status in by_severity(tally.devices)},
        "row_statuses": {status: tally.rows[status] for status in by_severity(tally.rows)},
    }


def _share(share: Share) -> dict[str, Any]:
    return {"complete": share.complete, **_tally(share.tally)}


def _about(policy: Policy) -> dict[str, Any]:
    return {
        "policy_id": policy.id,
        "policy_display_name": policy.name,
        "policy_type": policy.type,
        "platform": platform(policy.type),
        "reading": policy.reading.value,
        "counted_by_the_service": policy.counted,
        "problem": policy.problem,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "since": comparison.since,
        "policies_compared": [policy.id for policy in comparison.compared],
        "policies_left_out": [policy.id for policy in comparison.left_out],
        "not_compliant_devices_before": comparison.devices_before,
        "not_compliant_devices_now": comparison.devices_now,
        "not_compliant_rows_before": comparison.rows_before,
        "not_compliant_rows_now": comparison.rows_now,
        **{change.value: [_changed(changed) for changed in comparison.changes[change]] for change in Change},
    }


def _changed(changed: Changed) -> dict[str, Any]:
    return {**_row(changed.policy, changed.row), "status_before": changed.before}


def _row(policy: Policy, row: Row) -> dict[str, Any]:
    return {
        "policy_id": policy.id,
        "policy_display_name": policy.name,
        "id": row.id,
        "device_display_name": row.device,
        "user_principal_name": row.principal,
        "status": row.status,
        "last_reported_date_time": row.reported,
        "compliance_grace_period_expiration_date_time": row.grace,
    }
