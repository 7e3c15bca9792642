# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet at the start of an emulator: its policies and its managed devices."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable

from . import edm
from .device_status import DeviceStatus
from .edm import ComplianceStatus
from .managed_device import ManagedDevice
from .platforms import platform_of
from .policy import Policy
from .rows import Rows

_NAMESPACE = uuid.UUID("0d4c2a68-6c1b-4f0e-9a6e-2f7d1b8c5e43")

# A device's state follows its worst status; this is the order of the collection's inventory. A status that is not
# listed here ranks as unknown. Where no policy applies, a tenant counts a device as compliant unless it is set up
# otherwise.
_STATES = {
    ComplianceStatus.ERROR.value: "error",
    ComplianceStatus.CONFLICT.value: "conflict",
    ComplianceStatus.NON_COMPLIANT.value: "noncompliant",
    ComplianceStatus.UNKNOWN.value: "unknown",
    ComplianceStatus.NOT_ASSIGNED.value: "compliant",
    ComplianceStatus.REMEDIATED.value: "compliant",
    ComplianceStatus.COMPLIANT.value: "compliant",
    ComplianceStatus.NOT_APPLICABLE.value: "compliant",
}
_RANKS = {status: rank for rank, status in enumerate(_STATES)}
_SYSTEM_ACCOUNT = "System account"
_LONGEST_EVALUATION = 60 * edm.TICKS_PER_SECOND


class Fleet:
    """Policies with their rows, and devices: those that are given, or one for each device name in the rows.

    ``as_of``, in ticks, decides whether the grace period of a device made from rows has ended: it is ``inGracePeriod``
    before that, and ``noncompliant`` after it.
    """

    def __init__(
        self, policies: Iterable[Policy], devices: Iterable[ManagedDevice] | None = None, as_of: int = 0
    ) -> None:
        self.policies = list(policies)
        self._given = devices
        self._as_of = as_of

    @functools.cached_property
    def devices(self) -> Rows[ManagedDevice]:
        """The managed devices. Made at the first use, because a hundred thousand take seconds."""
        return Rows.of(_derived(self.policies, self._as_of) if self._given is None else self._given)


def _derived(policies: list[Policy], as_of: int) -> Iterable[ManagedDevice]:
    by_name: dict[str, list[tuple[Policy, DeviceStatus]]] = {}
    for policy in policies:
        for status in policy.statuses.values():
            if status.device_display_name is not None:
                by_name.setdefault(status.device_display_name, []).append((policy, status))
    return (_device(name, rows, as_of) for name, rows in by_name.items())


def _device(name: str, rows: list[tuple[Policy, DeviceStatus]], as_of: int) -> ManagedDevice:
    statuses = [status for _policy, status in rows]
    platform = platform_of(rows[0][0].odata_type)
    model = next((status.device_model for status in statuses if status.device_model), next(iter(platform.models)))
    owner = next((status for status in statuses if status.user_principal_name not in (None, _SYSTEM_ACCOUNT)), None)
    principal = "" if owner is None else owner.user_principal_name or ""
    device_id = _guid("device", name)
    last_sync = _last_sync(statuses, device_id)
    state, grace = _state(statuses, as_of)
    return ManagedDevice(
        id=str(device_id),
        user_id=str(_guid("user", principal)) if principal else "",
        device_name=name,
        enrolled=max(0, last_sync - (30 + device_id.int % 300) * edm.TICKS_PER_DAY),
        last_sync=last_sync,
        operating_system=platform.operating_system,
        compliance_state=state,
        management_agent=platform.management_agent,
        os_version=platform.os_version,
        enrollment_type=platform.enrollment_type,
        email_address=principal,
        azure_ad_device_id=str(_guid("directory", name)),
        user_principal_name=principal,
        model=model,
        manufacturer=platform.manufacturer(model),
        grace_period_expiration=grace,
        serial_number=device_id.hex[:10].upper(),
        user_display_name="" if owner is None else owner.user_name,
    )


def _guid(kind: str, name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{kind} {name}")


def _last_sync(statuses: list[DeviceStatus], device_id: uuid.UUID) -> int:
    # The service evaluates a device within a minute of its sync. A device that never reported never synced.
    reported = max(status.last_reported for status in statuses)
    return max(0, reported - device_id.int % _LONGEST_EVALUATION)


def _state(statuses: list[DeviceStatus], as_of: int) -> tuple[str, int]:
    """The state, and when the grace period ends: the earliest of those of the policies that are not met."""
    unknown = ComplianceStatus.UNKNOWN.value
    worst = min((_known(status.status, unknown) for status in statuses), key=_RANKS.__getitem__)
    ends = [
        status.grace_period_expiration for status in statuses if status.status == ComplianceStatus.NON_COMPLIANT.value
    ]
    grace = min(ends, default=edm.NEVER[0])
    state = _STATES[worst]
    return ("inGracePeriod" if state == "noncompliant" and grace > as_of else state), grace


def _known(status: str, otherwise: str) -> str:
    return status if status in _RANKS else otherwise
