# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a fleet comes from: a JSON file, or a number of generated rows."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

from ..http.exchange import utc_now
from . import edm
from .device_status import DeviceStatus
from .edm import ComplianceStatus, EdmType, Value
from .entity import Entity, Property, Version, read_changes
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


_RELATIVE_DATE = re.compile(r"now(?:([+-]\d{1,6})([smhd]))?", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class SeedError(ValueError):
    """A seed that cannot be read; the text is the reason."""


def load(path: Path) -> Fleet:
    """The fleet of a seed file.

    ``{"policies": [{"id", "displayName", "@odata.type"?, "statuses": [row]}], "managed_devices"?: [device]}``; without
    ``managed_devices``, each device name in the rows gets a device. A date may be relative to now, for example
    ``now-3d``. SeedError for another document.
    """
    now = edm.parse_date_time_offset(utc_now().isoformat(timespec="seconds"))
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        given = document.get("managed_devices")
        devices = None if given is None else [_device(item, now) for item in given]
        return Fleet([_policy(item, now) for item in document["policies"]], devices, as_of=now)
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


def _device(item: dict[str, Any], now: int) -> ManagedDevice:
    return ManagedDevice(id=item["id"]).changed(_changes(ManagedDevice, item, now))


def _policy(item: dict[str, Any], now: int) -> Policy:
    policy = Policy(
        id=item["id"],
        display_name=item["displayName"],
        odata_type=item.get("@odata.type", DEFAULT_TYPE),
        description=item.get("description"),
    )
    for row in item["statuses"]:
        policy.statuses.put(DeviceStatus(id=row["id"]).changed(_changes(DeviceStatus, row, now)))
    return policy


def _changes(kind: type[Entity], item: dict[str, Any], now: int) -> dict[Property, Value]:
    dates = {prop.name for prop in kind.PROPERTIES if prop.edm is EdmType.DATE_TIME_OFFSET}
    absolute = {name: _absolute(value, now) if name in dates else value for name, value in item.items()}
    return read_changes(kind, absolute, Version.BETA, any_member=True)


def _absolute(date: object, now: int) -> object:
    """The date, with one like ``now``, ``now-90m`` or ``now+2d`` replaced by an absolute date."""
    match = _RELATIVE_DATE.fullmatch(date) if isinstance(date, str) else None
    if match is None:
        return date
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match[1] else 0
    return edm.format_date_time_offset(now + seconds * edm.TICKS_PER_SECOND)


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
