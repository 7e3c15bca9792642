# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The compliance statuses of the service: their severity, and the groups that they belong to."""

from __future__ import annotations

import enum
from collections.abc import Iterable

UNKNOWN = "unknown"

SEVERITY = ("error", "conflict", "nonCompliant", UNKNOWN, "notAssigned", "remediated", "compliant", "notApplicable")
"""From the worst to the best. The worst status of a device is the status of the device."""


class Group(enum.Enum):
    """A group of statuses with the same meaning for a reader. Every status is in exactly one group."""

    NOT_COMPLIANT = "not_compliant"
    NOT_KNOWN = "not_known"
    COMPLIANT = "compliant"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """The name of the group in a report."""
        return self.value.replace("_", " ").capitalize()


_GROUPS = {
    "error": Group.NOT_COMPLIANT,
    "conflict": Group.NOT_COMPLIANT,
    "nonCompliant": Group.NOT_COMPLIANT,
    UNKNOWN: Group.NOT_KNOWN,
    "notAssigned": Group.NOT_KNOWN,
    "remediated": Group.COMPLIANT,
    "compliant": Group.COMPLIANT,
    "notApplicable": Group.NOT_APPLICABLE,
}
_LABELS = {"nonCompliant": "Noncompliant", "notAssigned": "Not assigned", "notApplicable": "Not applicable"}
_RANKS = {status: rank for rank, status in enumerate(SEVERITY)}
# A status that this version does not know is worse than `unknown`: it has a meaning, which may be bad.
_NEW = _RANKS[UNKNOWN] - 0.5


def group_of(status: str) -> Group:
    """Return the group of a status; that of a status that this version does not know is `Group.NOT_KNOWN`."""
    return _GROUPS.get(status, Group.NOT_KNOWN)


def statuses_of(group: Group) -> list[str]:
    """Return the known statuses of a group, the worst first."""
    return [status for status in SEVERITY if _GROUPS[status] is group]


def label(status: str) -> str:
    """Return a status for a report; one that this version does not know in the spelling of the service."""
    return _LABELS.get(status) or (status.capitalize() if status in _RANKS else status)


def rank(status: str) -> float:
    """Return the severity of a status, the worst first; one that this version does not know is before ``unknown``."""
    return _RANKS.get(status, _NEW)


def by_severity(statuses: Iterable[str]) -> list[str]:
    """Return the statuses from the worst to the best, each once."""
    return sorted(set(statuses), key=_severity)


def worst(statuses: Iterable[str | None]) -> str:
    """Return the worst of a device's statuses. A row without one counts as ``unknown``."""
    return min((status or UNKNOWN for status in statuses), key=_severity)


def _severity(status: str) -> tuple[float, str]:
    return rank(status), status
