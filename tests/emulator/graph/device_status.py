# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ``deviceComplianceDeviceStatus``: a device and user under a policy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from . import edm
from .edm import EdmType, Value
from .entity import Entity, Property, Version

# Names, types and nullability from Microsoft's OpenAPI description of v1.0 and beta; their one difference is platform.
_PROPERTIES = (
    Property("deviceDisplayName", "device_display_name", EdmType.STRING, nullable=True),
    Property("userName", "user_name", EdmType.STRING, nullable=True),
    Property("deviceModel", "device_model", EdmType.STRING, nullable=True),
    Property("platform", "platform", EdmType.INT32, nullable=False, versions=frozenset({Version.BETA})),
    Property(
        "complianceGracePeriodExpirationDateTime", "grace_period_expiration", EdmType.DATE_TIME_OFFSET, nullable=False
    ),
    Property("status", "status", EdmType.COMPLIANCE_STATUS, nullable=False),
    Property("lastReportedDateTime", "last_reported", EdmType.DATE_TIME_OFFSET, nullable=False),
    Property("userPrincipalName", "user_principal_name", EdmType.STRING, nullable=True),
)
BY_NAME = {prop.name: prop for prop in _PROPERTIES}


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceStatus(Entity):
    """One row of a policy."""

    TYPE: ClassVar[str] = "microsoft.graph.deviceComplianceDeviceStatus"
    PROPERTIES: ClassVar[tuple[Property, ...]] = _PROPERTIES

    device_display_name: str | None = None
    user_name: str | None = None
    device_model: str | None = None
    platform: int = 0
    grace_period_expiration: int = edm.LAST_TICK
    status: str = edm.ComplianceStatus.UNKNOWN.value
    last_reported: int = 0
    user_principal_name: str | None = None


def unchanged(status: DeviceStatus, changes: Mapping[Property, Value]) -> list[str]:
    """The names of the properties that the changes leave as they are."""
    return [prop.name for prop, value in changes.items() if edm.same(status.value(prop), value, prop.edm)]
