# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The device compliance policies as a playbook sees them."""

from __future__ import annotations

from typing import Any

from ._client import GraphClient
from ._errors import Phase
from ._http import Purpose
from ._statuses import DeviceStatuses

_PROPERTIES = {
    "id": "id",
    "display_name": "displayName",
    "description": "description",
    "type": "@odata.type",
    "created_date_time": "createdDateTime",
    "last_modified_date_time": "lastModifiedDateTime",
}


def list_policies(client: GraphClient) -> list[dict[str, Any]]:
    """Return every policy; what the service left out is null."""
    policies = DeviceStatuses(client).policies(Purpose("Listing the compliance policies", Phase.READ))
    return [{option: policy.get(name) for option, name in _PROPERTIES.items()} for policy in policies]
