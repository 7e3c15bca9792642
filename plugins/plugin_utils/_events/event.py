# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The event of a change, in which no text is a template."""

from __future__ import annotations

from typing import Any

from ...module_utils._compliance.model import PROPERTIES
from ...module_utils._transport.retry import show_time
from .._unsafe import defuse
from .memory import Change

NAME = "device_compliance"


def make_event(change: Change, event_id: str, now: float) -> dict[str, Any]:
    """Return the event for the rule engine.

    Args:
        event_id: the event's ``meta.uuid``, by which ansible-rulebook identifies events.
        now: the epoch second at which the change was detected.
    """
    policy_id, status_id = change.key
    values = {
        "policy_id": policy_id,
        "policy_display_name": change.policy.get("displayName"),
        "policy_type": change.policy.get("@odata.type"),
        "status_id": status_id,
        "old_status": change.old,
        "new_status": change.new,
        "detected_date_time": show_time(now),
        **{p.option: change.row.get(p.name) for p in PROPERTIES if p.name not in ("platform", "status")},
    }
    return {NAME: {name: _text(value) for name, value in values.items()}, "meta": {"uuid": event_id}}


def _text(value: Any) -> str | None:
    return None if value is None else defuse(value if isinstance(value, str) else str(value))
