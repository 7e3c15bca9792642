# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The host name and the host variables of each policy. Pure."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import Any

from ...module_utils._compliance.model import POLICY
from ...module_utils._graph.resource import Row


def name_policies(policies: Iterable[Row]) -> dict[str, Row]:
    """Return the policies by the names of their hosts: the display name, with the id where several policies share it.

    Intune allows policies with the same name, and without a name.
    """
    listed = list(policies)
    names = [str(policy["display_name"] or "").strip() for policy in listed]
    shared = collections.Counter(name.casefold() for name in names)
    return {
        name if name and shared[name.casefold()] == 1 else f"{name} {policy['id']}".strip(): policy
        for name, policy in zip(names, listed, strict=True)
    }


def variables(policy: Row) -> dict[str, Any]:
    """Return the host variables of a policy."""
    return {f"intune_policy_{p.option}": policy.get(p.option) for p in POLICY.properties}
