# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The host variables of a device, from its rows of several policies and users. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ...module_utils._compliance.model import DATE_TIME
from ...module_utils._graph.resource import Row
from .._compliance import worst


def variables(rows: list[Row]) -> dict[str, Any]:
    """Return the host variables of the device that has these rows, at least one.

    A property with one value is taken from the row that was reported last. A property with several values is a list
    without repetitions.
    """
    newest_first = sorted(rows, key=_reported, reverse=True)
    return {
        "intune_statuses": rows,
        "intune_compliance_status": worst(_text(row.get("status")) for row in rows),
        "intune_device_display_name": next(iter(_values(newest_first, "device_display_name")), None),
        "intune_device_model": next(iter(_values(newest_first, "device_model")), None),
        "intune_last_reported_date_time": newest_first[0].get("last_reported_date_time"),
        "intune_compliance_grace_period_expiration_date_time": min(rows, key=_expires).get(
            "compliance_grace_period_expiration_date_time"
        ),
        "intune_user_names": _values(rows, "user_name"),
        "intune_user_principal_names": _values(rows, "user_principal_name"),
        "intune_policy_ids": _values(rows, "policy_id"),
        "intune_policy_display_names": _values(rows, "policy_display_name"),
        "intune_policy_types": _values(rows, "policy_type"),
    }


def _values(rows: Iterable[Row], option: str) -> list[Any]:
    """Return the different values of a property in their order, without null and empty text."""
    found: dict[str, Any] = {}
    for row in rows:
        if value := row.get(option):
            # A value of another type than text, such as a list, is kept as it is.
            found.setdefault(value if isinstance(value, str) else repr(value), value)
    return list(found.values())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _reported(row: Row) -> float:
    return _instant(row.get("last_reported_date_time"), -math.inf)


def _expires(row: Row) -> float:
    return _instant(row.get("compliance_grace_period_expiration_date_time"), math.inf)


def _instant(date: Any, otherwise: float) -> float:
    """Return a date of the service in ticks, or *otherwise* where the value is not a date."""
    ticks = DATE_TIME.key(date)
    return ticks if isinstance(ticks, int) else otherwise
