# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Edm types of the entities: how the service reads, keeps and shows a value.

A ``DateTimeOffset`` is kept as a whole number of .NET ticks (100 ns) since 0001-01-01T00:00:00Z, because
``datetime`` stops at microseconds and would lose the seventh digit.
"""

from __future__ import annotations

import datetime
import enum
import functools
import re

from ..settings import EnumCase

Value = str | int | None
"""A property's value as kept: a string, an Int32, a Boolean, a number of ticks, or null."""

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
LAST_TICK = datetime.date.max.toordinal() * TICKS_PER_DAY - 1
"""9999-12-31T23:59:59.9999999Z, the greatest DateTimeOffset of .NET."""
NEVER = (LAST_TICK - TICKS_PER_SECOND + 1, LAST_TICK)
"""The sentinels ``9999-12-31T23:59:59Z`` and ``9999-12-31T23:59:59.9999999Z`` both mean "never"."""

INT32 = range(-(2**31), 2**31)

_DATE_TIME_OFFSET = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,7}))?)?(?:Z|([+-])(\d\d):([0-5]\d))",
    re.ASCII,
)
_LONGEST_OFFSET_MINUTES = 14 * 60


class EdmError(ValueError):
    """A value that the service refuses; the text is the reason."""


class EdmType(enum.Enum):
    """The types that the entities use."""

    STRING = "Edm.String"
    BOOLEAN = "Edm.Boolean"
    INT32 = "Edm.Int32"
    DATE_TIME_OFFSET = "Edm.DateTimeOffset"
    COMPLIANCE_STATUS = "microsoft.graph.complianceStatus"
    COMPLIANCE_STATE = "microsoft.graph.complianceState"
    MANAGED_DEVICE_OWNER_TYPE = "microsoft.graph.managedDeviceOwnerType"
    MANAGEMENT_AGENT_TYPE = "microsoft.graph.managementAgentType"
    DEVICE_ENROLLMENT_TYPE = "microsoft.graph.deviceEnrollmentType"
    DEVICE_REGISTRATION_STATE = "microsoft.graph.deviceRegistrationState"


class ComplianceStatus(enum.Enum):
    """``microsoft.graph.complianceStatus`` in the service's spelling."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "notApplicable"
    COMPLIANT = "compliant"
    REMEDIATED = "remediated"
    NON_COMPLIANT = "nonCompliant"
    ERROR = "error"
    CONFLICT = "conflict"
    NOT_ASSIGNED = "notAssigned"


# The members of the enumerations in the service's spelling, as the documentation of each lists them.
MEMBERS = {
    EdmType.COMPLIANCE_STATUS: tuple(member.value for member in ComplianceStatus),
    EdmType.COMPLIANCE_STATE: (
        "unknown", "compliant", "noncompliant", "conflict", "error", "inGracePeriod", "configManager",
    ),
    EdmType.MANAGED_DEVICE_OWNER_TYPE: ("unknown", "company", "personal"),
    EdmType.MANAGEMENT_AGENT_TYPE: (
        "eas", "mdm", "easMdm", "intuneClient", "easIntuneClient", "configurationManagerClient",
        "configurationManagerClientMdm", "configurationManagerClientMdmEas", "unknown", "jamf",
        "googleCloudDevicePolicyController",
    ),
    EdmType.DEVICE_ENROLLMENT_TYPE: (
        "unknown", "userEnrollment", "deviceEnrollmentManager", "appleBulkWithUser", "appleBulkWithoutUser",
        "windowsAzureADJoin", "windowsBulkUserless", "windowsAutoEnrollment", "windowsBulkAzureDomainJoin",
        "windowsCoManagement", "windowsAzureADJoinUsingDeviceAuth", "appleUserEnrollment",
        "appleUserEnrollmentWithServiceAccount",
    ),
    EdmType.DEVICE_REGISTRATION_STATE: (
        "notRegistered", "registered", "revoked", "keyConflict", "approvalPending", "certificateReset",
        "notRegisteredPendingEnrollment", "unknown",
    ),
}  # fmt: skip
_CANONICAL = {kind: {member.lower(): member for member in members} for kind, members in MEMBERS.items()}


def parse_date_time_offset(text: str) -> int:
    """Ticks of a DateTimeOffset literal of OData JSON (an offset is required); EdmError if it is invalid."""
    match = _DATE_TIME_OFFSET.fullmatch(text)
    if match is None:
        raise EdmError(f"Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'.")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - 1
    except ValueError:
        raise EdmError(f"Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'.") from None
    offset = int(offset_hours or 0) * 60 + int(offset_minutes or 0)
    if offset > _LONGEST_OFFSET_MINUTES:
        raise EdmError(f"The offset of '{text}' must be within plus or minus 14 hours.")
    minutes = int(hour) * 60 + int(minute) - (-offset if sign == "-" else offset)
    ticks = days * TICKS_PER_DAY + (minutes * 60 + int(second or 0)) * TICKS_PER_SECOND
    ticks += int((fraction or "").ljust(7, "0"))
    if not 0 <= ticks <= LAST_TICK:
        raise EdmError(f"The UTC time represented by '{text}' must be between year 1 and year 9999.")
    return ticks


def format_date_time_offset(ticks: int) -> str:
    """The service's spelling: UTC ``Z`` with 0 to 7 fraction digits, trailing zeros dropped."""
    days, rest = divmod(ticks, TICKS_PER_DAY)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    date = _date(days)
    digits = f".{fraction:07d}".rstrip("0") if fraction else ""
    return f"{date}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{digits}Z"


@functools.lru_cache(maxsize=1024)
def _date(days: int) -> str:
    # A hundred thousand rows may have the dates of a few days.
    return datetime.date.fromordinal(days + 1).isoformat()


def canonical(text: str, edm: EdmType) -> str:
    """The service's spelling of a member in any case; EdmError for one that it does not know."""
    try:
        return _CANONICAL[edm][text.lower()]
    except KeyError:
        raise EdmError(f"The value '{text}' is not valid for type '{edm.value}'.") from None


def read(value: object, edm: EdmType, nullable: bool) -> Value:
    """A decoded JSON value as the service keeps it; EdmError when the type forbids it."""
    if value is None:
        if not nullable:
            raise EdmError(f"A null value was found for a property of type '{edm.value}[Nullable=False]'.")
        return None
    if edm is EdmType.INT32:
        if not isinstance(value, int) or isinstance(value, bool) or value not in INT32:
            raise EdmError(f"Cannot convert the value to the expected type '{edm.value}'.")
        return value
    if edm is EdmType.BOOLEAN:
        if not isinstance(value, bool):
            raise EdmError(f"Cannot convert the value to the expected type '{edm.value}'.")
        return value
    if not isinstance(value, str):
        raise EdmError(f"Cannot convert the value to the expected type '{edm.value}'.")
    if edm is EdmType.DATE_TIME_OFFSET:
        return parse_date_time_offset(value)
    return canonical(value, edm) if edm in MEMBERS else value


def show(value: Value, edm: EdmType, case: EnumCase) -> Value:
    """A kept value as JSON shows it, members of enumerations in this case."""
    if edm is EdmType.DATE_TIME_OFFSET and isinstance(value, int):
        return format_date_time_offset(value)
    if edm in MEMBERS and isinstance(value, str):
        return case.show(value)
    return value


def same(left: Value, right: Value, edm: EdmType) -> bool:
    """Whether two kept values are equal: instants (both "never" alike), members in any case, others exactly."""
    if edm is EdmType.DATE_TIME_OFFSET and left in NEVER and right in NEVER:
        return True
    if edm in MEMBERS and isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return left == right
