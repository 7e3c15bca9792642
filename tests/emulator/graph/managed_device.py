# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ``managedDevice``: a device that Intune manages."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from . import edm
from .edm import EdmType
from .entity import Entity, Property

_EQUAL = frozenset({"eq"})
_EQUAL_OR = frozenset({"eq", "or"})
_DATES = frozenset({"lt", "gt"})

# Names, types and operators of $filter from learn.microsoft.com/graph/api/resources/intune-devices-manageddevice; of
# its many properties, those that a client for compliance reads. v1.0 and beta have all of them.
_PROPERTIES = (
    Property("userId", "user_id", EdmType.STRING, nullable=True),
    Property("deviceName", "device_name", EdmType.STRING, nullable=True, operators=frozenset({"eq", "contains"})),
    Property("managedDeviceOwnerType", "owner_type", EdmType.MANAGED_DEVICE_OWNER_TYPE, nullable=False),
    Property("enrolledDateTime", "enrolled", EdmType.DATE_TIME_OFFSET, nullable=False, operators=_DATES),
    Property("lastSyncDateTime", "last_sync", EdmType.DATE_TIME_OFFSET, nullable=False, operators=_DATES),
    Property("operatingSystem", "operating_system", EdmType.STRING, nullable=True, operators=_EQUAL_OR),
    Property("complianceState", "compliance_state", EdmType.COMPLIANCE_STATE, nullable=False, operators=_EQUAL_OR),
    Property("managementAgent", "management_agent", EdmType.MANAGEMENT_AGENT_TYPE, nullable=False),
    Property("osVersion", "os_version", EdmType.STRING, nullable=True),
    Property("azureADRegistered", "azure_ad_registered", EdmType.BOOLEAN, nullable=True),
    Property("deviceEnrollmentType", "enrollment_type", EdmType.DEVICE_ENROLLMENT_TYPE, nullable=False),
    Property("isEncrypted", "is_encrypted", EdmType.BOOLEAN, nullable=False),
    Property("emailAddress", "email_address", EdmType.STRING, nullable=True),
    Property("azureADDeviceId", "azure_ad_device_id", EdmType.STRING, nullable=True, operators=_EQUAL),
    Property("deviceRegistrationState", "registration_state", EdmType.DEVICE_REGISTRATION_STATE, nullable=False),
    Property(
        "userPrincipalName", "user_principal_name", EdmType.STRING, nullable=True, operators=frozenset({"eq", "ne"})
    ),
    Property("model", "model", EdmType.STRING, nullable=True),
    Property("manufacturer", "manufacturer", EdmType.STRING, nullable=True),
    Property(
        "complianceGracePeriodExpirationDateTime",
        "grace_period_expiration",
        EdmType.DATE_TIME_OFFSET,
        nullable=False,
        operators=_DATES,
    ),
    Property("serialNumber", "serial_number", EdmType.STRING, nullable=True),
    Property("userDisplayName", "user_display_name", EdmType.STRING, nullable=True),
)


@dataclasses.dataclass(frozen=True, slots=True)
class ManagedDevice(Entity):
    """One managed device."""

    TYPE: ClassVar[str] = "microsoft.graph.managedDevice"
    PROPERTIES: ClassVar[tuple[Property, ...]] = _PROPERTIES

    user_id: str | None = None
    device_name: str | None = None
    owner_type: str = "company"
    enrolled: int = 0
    last_sync: int = 0
    operating_system: str | None = None
    compliance_state: str = "unknown"
    management_agent: str = "mdm"
    os_version: str | None = None
    azure_ad_registered: bool | None = True
    enrollment_type: str = "unknown"
    is_encrypted: bool = False
    email_address: str | None = None
    azure_ad_device_id: str | None = None
    registration_state: str = "registered"
    user_principal_name: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    grace_period_expiration: int = edm.NEVER[0]
    serial_number: str | None = None
    user_display_name: str | None = None
