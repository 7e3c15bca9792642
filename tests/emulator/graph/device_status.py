# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource: a ``deviceComplianceDeviceStatus``, its property table and how a body changes it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from . import edm
from .edm import EdmError, EdmType, Value

ODATA_TYPE = "#microsoft.graph.deviceComplianceDeviceStatus"
FULL_NAME = ODATA_TYPE[1:]


class Version(enum.Enum):
    """The API versions, as spelled in a path."""

    BETA = "beta"
    V1 = "v1.0"


class EnumCase(enum.Enum):
    """The letter case in which ``status`` is shown; a client has to compare it in any."""

    CANONICAL = "canonical"
    LOWER = "lower"
    UPPER = "upper"

    def show(self, status: str) -> str:
        """The status in this case."""
        if self is EnumCase.CANONICAL:
            return status
        return status.lower() if self is EnumCase.LOWER else status.upper()


@dataclasses.dataclass(frozen=True)
class Property:
    """One writable property: its JSON name, the attribute that keeps it, and what its type allows."""

    name: str
    attribute: str
    edm: EdmType
    nullable: bool
    versions: frozenset[Version] = frozenset(Version)


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceStatus:
    """One row: a device and user under a policy. Dates in ticks; ``status`` may be one that no version knows."""

    id: str
    device_display_name: str | None = None
    user_name: str | None = None
    device_model: str | None = None
    platform: int = 0
    grace_period_expiration: int = edm.LAST_TICK
    status: str = edm.ComplianceStatus.UNKNOWN.value
    last_reported: int = 0
    user_principal_name: str | None = None

    def value(self, prop: Property) -> Value:
        """The kept value of a property."""
        value: Value = getattr(self, prop.attribute)
        return value

    def changed(self, changes: Mapping[Property, Value]) -> DeviceStatus:
        """A row with the changes applied."""
        by_attribute: dict[str, Any] = {prop.attribute: value for prop, value in changes.items()}
        return dataclasses.replace(self, **by_attribute)

    def as_json(self, version: Version, case: EnumCase = EnumCase.CANONICAL) -> dict[str, object]:
        """The row as the service shows it in a list."""
        shown: dict[str, object] = {"id": self.id}
        for prop in _OF_VERSION[version]:
            value: Value = getattr(self, prop.attribute)
            if prop.edm is EdmType.DATE_TIME_OFFSET and isinstance(value, int):
                value = edm.format_date_time_offset(value)
            elif prop.edm is EdmType.COMPLIANCE_STATUS and isinstance(value, str):
                value = case.show(value)
            shown[prop.name] = value
        return shown


# Names, types and nullability from Microsoft's OpenAPI description of v1.0 and beta; their one difference is platform.
PROPERTIES = (
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
_OF_VERSION = {version: [prop for prop in PROPERTIES if version in prop.versions] for version in Version}
BY_NAME = {prop.name: prop for prop in PROPERTIES}


def read_changes(body: Mapping[str, object], version: Version, any_status: bool = False) -> dict[Property, Value]:
    """The changes that a JSON object asks for; EdmError for an unknown property or a value that its type forbids.

    ``@odata`` annotations and the key are skipped. ``any_status`` takes a status that no version knows, which a
    seed or the control may set to try a client with.
    """
    changes: dict[Property, Value] = {}
    for name, value in body.items():
        if "@odata." in name or name == "id":
            continue
        prop = BY_NAME.get(name)
        if prop is None or version not in prop.versions:
            raise EdmError(
                f"The property '{name}' does not exist on type '{FULL_NAME}'. Make sure to only use property names "
                "that are defined by the type."
            )
        if any_status and prop.edm is EdmType.COMPLIANCE_STATUS and isinstance(value, str):
            changes[prop] = value
            continue
        try:
            changes[prop] = edm.read(value, prop.edm, prop.nullable)
        except EdmError as error:
            raise EdmError(f"Invalid value for property '{name}': {error}") from None
    return changes


def unchanged(status: DeviceStatus, changes: Mapping[Property, Value]) -> list[str]:
    """The names of the properties that the changes leave as they are."""
    return [prop.name for prop, value in changes.items() if edm.same(status.value(prop), value, prop.edm)]
