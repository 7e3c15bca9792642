# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The device compliance policies as a playbook sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._graph.client import GraphClient
from .model import POLICY
from .routes import DeviceStatuses


def list_policies(client: GraphClient, called: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return every policy, or those with these ids or display names; what the service left out is null.

    Raises:
        IntuneError: the list cannot be read, or there is not exactly one policy of a name.
    """
    statuses = DeviceStatuses(client)
    if called:
        policies = list({policy["id"]: policy for policy in map(statuses.policy_called, called)}.values())
    else:
        policies = statuses.policies(POLICY.reading("Listing the compliance policies"))
    return [{p.option: policy.get(p.name) for p in POLICY.properties} for policy in policies]
