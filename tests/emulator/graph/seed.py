# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a fleet comes from: a JSON file, or a number of generated rows."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from ..http.exchange import utc_now
from . import edm
from .device_status import DeviceStatus
from .edm import ComplianceStatus
from .entity import Version, read_changes
from .fleet import Fleet
from .managed_device import ManagedDevice
from .platforms import DEFAULT_TYPE, PLATFORMS, Platform
from .policy import Policy

DOCUMENTED = Path(__file__).parents[1] / "seeds" / "documented.json"

_NAMESPACE = uuid.UUID("5b1f3c1e-8f0a-4a57-9d0c-3f7f3f1c2a11")
_FIRST_REPORT = edm.parse_date_time_offset("2026-01-05T06:07:08.0000001Z")
_GENERATED_POLICY = "Generated baseline"
# Mostly compliant, like a real fleet, with every status in any forty rows.
_MIX = {
    ComplianceStatus.COMPLIANT: 29,
    ComplianceStatus.NON_COMPLIANT: 4,
    ComplianceStatus.NOT_APPLICABLE: 2,
    ComplianceStatus.REMEDIATED: 1,
    ComplianceStatus.UNKNOWN: 1,
    ComplianceStatus.ERROR: 1,
    ComplianceStatus.CONFLICT: 1,
    ComplianceStatus.NOT_ASSIGNED: 1,
}
_STATUSES = [status.value for status, times in _MIX.items() for _turn in range(times)]
_STRIDE = 7
"""Coprime to the number of statuses, so that steps of this length reach all of them."""
_GRACE_DAYS = 30
# The generated dates are the same at every start, so the states of the devices are too: those of this day, on which
# some grace periods have ended and some have not.
_AS_OF = _FIRST_REPORT + 14 * edm.TICKS_PER_DAY


class SeedError(ValueError):
    """A seed that cannot be read; the text is the reason."""


def load(path: Path) -> Fleet:
    """The fleet of a seed file.

    ``{"policies": [{"id", "displayName", "@odata.type"?, "statuses": [row]}], "managed_devices"?: [device]}``; without
    ``managed_devices``, each device name in the rows gets a device. SeedError for another document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        devices = [_device(item) for item in document["managed_devices"]] if "managed_devices" in document else None
        now = edm.parse_date_time_offset(utc_now().isoformat())
        return Fleet([_policy(item) for item in document["policies"]], devices, as_of=now)
    except OSError as error:
        raise SeedError(f"cannot read the seed {path}: {error.strerror}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise SeedError(f"cannot read the seed {path}: missing or misplaced {error}") from error
    except ValueError as error:
        raise SeedError(f"cannot read the seed {path}: {error}") from error


def generate(count: int, policies: int = 1) -> Fleet:
    """A fleet of ``count`` rows, distributed over policies of several platforms; the same at every start."""
    generated = [_generated_policy(index, policies) for index in range(policies)]
    for index in range(count):
        of_policy, which = divmod(index, policies)
        platform = PLATFORMS[which % len(PLATFORMS)]
        generated[which].statuses.put(_generated(index + 1, of_policy, generated[which].id, platform))
    return Fleet(generated, as_of=_AS_OF)


def _device(item: dict[str, Any]) -> ManagedDevice:
    changes = read_changes(ManagedDevice, item, Version.BETA, any_member=True)
    return ManagedDevice(id=item["id"]).changed(changes)


def _policy(item: dict[str, Any]) -> Policy:
    policy = Policy(
        id=item["id"],
        display_name=item["displayName"],
        odata_type=item.get("@odata.type", DEFAULT_TYPE),
        description=item.get("description"),
    )
    for row in item["statuses"]:
        changes = read_changes(DeviceStatus, row, Version.BETA, any_member=True)
        policy.statuses.put(DeviceStatus(id=row["id"]).changed(changes))
    return policy


def _generated_policy(index: int, policies: int) -> Policy:
    platform = PLATFORMS[index % len(PLATFORMS)]
    return Policy(
        id=str(uuid.uuid5(_NAMESPACE, "policy" if index == 0 else f"policy {index + 1}")),
        display_name=_GENERATED_POLICY if policies == 1 else f"{_GENERATED_POLICY} {index + 1} ({platform.name})",
        odata_type=platform.odata_type,
    )


def _generated(number: int, of_policy: int, policy_id: str, platform: Platform) -> DeviceStatus:
    status = _STATUSES[of_policy * _STRIDE % len(_STATUSES)]
    reported = _FIRST_REPORT + number * edm.TICKS_PER_SECOND
    in_grace = status == ComplianceStatus.NON_COMPLIANT.value
    # Three GUIDs joined by "_", that of the policy in the middle, as seen in live answers.
    return DeviceStatus(
        id=f"{number:08x}-0000-4000-8000-00000000000a_{policy_id}_{number:08x}-0000-4000-8000-00000000000b",
        device_display_name=f"PC-{number:06d}",
        user_name=f"User {number}",
        device_model=list(platform.models)[of_policy % len(platform.models)],
        grace_period_expiration=reported + of_policy % _GRACE_DAYS * edm.TICKS_PER_DAY if in_grace else edm.LAST_TICK,
        status=status,
        last_reported=reported,
        user_principal_name=f"user{number}@contoso.example",
    )
