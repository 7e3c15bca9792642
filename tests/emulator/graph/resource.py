# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a resource; each resource is a file beside this one."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Protocol

from ..http.exchange import Answer, Exchange
from .device_status import DeviceStatus
from .edm import Value
from .entity import Property

Patch = tuple[DeviceStatus, Mapping[Property, Value]]
"""A row and what a PATCH requests to change of it."""


class Family(enum.Enum):
    """The resources that share their limits: learn.microsoft.com/graph/throttling-limits."""

    COMPLIANCE_POLICIES = "compliance_policies"
    MANAGED_DEVICES = "managed_devices"


class Resource(Protocol):
    """A collection below ``deviceManagement``, with everything below it."""

    family: Family

    def roles(self, method: str) -> tuple[str, ...]:
        """The roles of which a token needs one."""

    def answer(self, exchange: Exchange, keep: frozenset[str] | None) -> Answer:
        """The answer to an authorized request; GraphError for a refusal. See ``Graph.answer`` for ``keep``."""

    def patch(self, exchange: Exchange) -> Patch | None:
        """The row and the changes of a PATCH; None for another request, and for one that cannot be done."""
