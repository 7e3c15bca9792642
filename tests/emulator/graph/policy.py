# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device compliance policy with its device statuses."""

from __future__ import annotations

import dataclasses
from collections import Counter

from .device_status import DeviceStatus
from .edm import ComplianceStatus
from .entity import Version
from .platforms import DEFAULT_TYPE
from .rows import Rows

# The count of the overview for each status. Microsoft documents the counts but not this assignment.
_OVERVIEW = {
    ComplianceStatus.UNKNOWN.value: "pendingCount",
    ComplianceStatus.NOT_ASSIGNED.value: "pendingCount",
    ComplianceStatus.NOT_APPLICABLE.value: "notApplicableCount",
    ComplianceStatus.COMPLIANT.value: "successCount",
    ComplianceStatus.REMEDIATED.value: "successCount",
    ComplianceStatus.ERROR.value: "errorCount",
    ComplianceStatus.NON_COMPLIANT.value: "failedCount",
    ComplianceStatus.CONFLICT.value: "conflictCount",
}
_OVERVIEW_COUNTS = ("pendingCount", "notApplicableCount", "successCount", "errorCount", "failedCount")
_OVERVIEW_COUNTS_BETA = (*_OVERVIEW_COUNTS, "notApplicablePlatformCount", "conflictCount")


@dataclasses.dataclass
class Policy:
    """A policy. Its ``@odata.type`` names the platform; the integer ``platform`` of the rows does not."""

    id: str
    display_name: str
    odata_type: str = DEFAULT_TYPE
    description: str | None = None
    created: str = "2024-05-06T07:08:09.1234567Z"
    modified: str = "2024-06-07T08:09:10Z"
    version: int = 1
    statuses: Rows[DeviceStatus] = dataclasses.field(default_factory=Rows)

    def copy(self) -> Policy:
        """A policy whose rows can change without changing those of this one."""
        return dataclasses.replace(self, statuses=self.statuses.copy())

    def as_json(self, version: Version) -> dict[str, object]:
        """The policy as the service shows it."""
        shown: dict[str, object] = {"@odata.type": self.odata_type}
        if version is Version.BETA:
            shown["roleScopeTagIds"] = ["0"]
        return shown | {
            "id": self.id,
            "createdDateTime": self.created,
            "description": self.description,
            "lastModifiedDateTime": self.modified,
            "displayName": self.display_name,
            "version": self.version,
        }

    def overview(self, version: Version) -> dict[str, object]:
        """The ``deviceComplianceDeviceOverview``: how many rows are in which state, always of all rows."""
        counts = Counter(_OVERVIEW.get(status.status, "pendingCount") for status in self.statuses.values())
        names = _OVERVIEW_COUNTS_BETA if version is Version.BETA else _OVERVIEW_COUNTS
        shown: dict[str, object] = {"id": self.id}
        shown.update({name: counts[name] for name in names})
        return shown | {"lastUpdateDateTime": self.modified, "configurationVersion": self.version}
