# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the policies and their rows come from: a JSON file, or a number of generated rows."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from . import edm
from .device_status import DeviceStatus, Version, read_changes
from .edm import ComplianceStatus
from .policy import DEFAULT_TYPE, Policy

DOCUMENTED = Path(__file__).parent / "seeds" / "documented.json"

_NAMESPACE = uuid.UUID("5b1f3c1e-8f0a-4a57-9d0c-3f7f3f1c2a11")
_FIRST_REPORT = edm.parse_date_time_offset("2026-01-05T06:07:08.0000001Z")
_GENERATED_POLICY = "Generated baseline"
_MODELS = ("Latitude 7440", "Surface Laptop 5", "ThinkPad T14")
# Mostly compliant, as a real fleet is; the rest cycles so that every status occurs.
_GENERATED_STATUSES = (*[ComplianceStatus.COMPLIANT.value] * 12, *(member.value for member in ComplianceStatus))


class SeedError(ValueError):
    """A seed that cannot be read; the text says why."""


def load(path: Path) -> list[Policy]:
    """The policies of a seed file: ``{"policies": [{"id", "displayName", "@odata.type"?, "statuses": [row]}]}``."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [_policy(item) for item in document["policies"]]
    except OSError as error:
        raise SeedError(f"cannot read the seed {path}: {error.strerror}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise SeedError(f"the seed {path} lacks or misplaces {error}") from error
    except ValueError as error:
        raise SeedError(f"the seed {path}: {error}") from error


def generate(count: int) -> list[Policy]:
    """One policy with ``count`` rows, the same ones at every start."""
    policy = Policy(id=str(uuid.uuid5(_NAMESPACE, "policy")), display_name=_GENERATED_POLICY)
    for number in range(1, count + 1):
        row = _generated(number, policy.id)
        policy.statuses[row.id] = row
    return [policy]


def _policy(item: dict[str, Any]) -> Policy:
    policy = Policy(
        id=item["id"],
        display_name=item["displayName"],
        odata_type=item.get("@odata.type", DEFAULT_TYPE),
        description=item.get("description"),
    )
    for row in item["statuses"]:
        policy.statuses[row["id"]] = DeviceStatus(id=row["id"]).changed(
            read_changes(row, Version.BETA, any_status=True)
        )
    return policy


def _generated(number: int, policy_id: str) -> DeviceStatus:
    # The id is three GUIDs joined by "_" with the policy's in the middle, as seen in live answers.
    return DeviceStatus(
        id=f"{number:08x}-0000-4000-8000-00000000000a_{policy_id}_{number:08x}-0000-4000-8000-00000000000b",
        device_display_name=f"PC-{number:06d}",
        user_name=f"User {number}",
        device_model=_MODELS[number % len(_MODELS)],
        status=_GENERATED_STATUSES[number % len(_GENERATED_STATUSES)],
        last_reported=_FIRST_REPORT + number * edm.TICKS_PER_SECOND,
        user_principal_name=f"user{number}@contoso.example",
    )
