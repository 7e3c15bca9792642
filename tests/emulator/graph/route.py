# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Graph path names."""

from __future__ import annotations

import dataclasses
import enum

from .device_status import Version
from .error import SERVICE_PATH, GraphError, bad_request

NOT_ROUTED = "No method match route template"

_VERSIONS = {version.value: version for version in Version}


class Resource(enum.Enum):
    """The resources of the emulator."""

    POLICIES = enum.auto()
    POLICY = enum.auto()
    OVERVIEW = enum.auto()
    STATUSES = enum.auto()
    STATUS_COUNT = enum.auto()
    STATUS = enum.auto()


# OData's names for the shapes of the paths; deviceManagement is the singleton.
_TEMPLATES = {
    Resource.POLICIES: "~/singleton/navigation",
    Resource.POLICY: "~/singleton/navigation/key",
    Resource.OVERVIEW: "~/singleton/navigation/key/navigation",
    Resource.STATUSES: "~/singleton/navigation/key/navigation",
    Resource.STATUS_COUNT: "~/singleton/navigation/key/navigation/$count",
    Resource.STATUS: "~/singleton/navigation/key/navigation/key",
}


@dataclasses.dataclass(frozen=True)
class Route:
    """A resource under a version of the API, with the ids that the path gives."""

    version: Version
    resource: Resource
    policy_id: str = ""
    status_id: str = ""

    @property
    def context(self) -> str:
        """The part after ``$metadata#`` in an ``@odata.context``."""
        root = "deviceManagement/deviceCompliancePolicies"
        if self.resource is Resource.POLICIES:
            return root
        if self.resource is Resource.POLICY:
            return f"{root}/$entity"
        below = f"{root}('{self.policy_id}')/"
        if self.resource is Resource.OVERVIEW:
            return f"{below}deviceStatusOverview/$entity"
        return f"{below}deviceStatuses" + ("/$entity" if self.resource is Resource.STATUS else "")

    def not_routed(self, method: str) -> GraphError:
        """The 400 that the live service answers on a route that it has no code for."""
        path = self.context.removeprefix("deviceManagement").removesuffix("/$entity")
        if self.resource is Resource.STATUS:
            path += f"('{self.status_id}')"
        elif self.resource is Resource.POLICY:
            path += f"('{self.policy_id}')"
        return GraphError(
            400,
            NOT_ROUTED,
            f"No OData route exists that match template {_TEMPLATES[self.resource]} with http verb {method} for "
            f"request {SERVICE_PATH}{path}.",
        )


def parse(segments: list[str]) -> Route:
    """The route of a path's decoded segments; GraphError for a segment that does not exist."""
    version = _VERSIONS[segments[0]]
    match segments[1:]:
        case ["deviceManagement", "deviceCompliancePolicies"]:
            return Route(version, Resource.POLICIES)
        case ["deviceManagement", "deviceCompliancePolicies", policy]:
            return Route(version, Resource.POLICY, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatusOverview"]:
            return Route(version, Resource.OVERVIEW, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses"]:
            return Route(version, Resource.STATUSES, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses", "$count"]:
            return Route(version, Resource.STATUS_COUNT, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses", status]:
            return Route(version, Resource.STATUS, policy, status)
    raise bad_request(f"Resource not found for the segment '{segments[-1]}'.")
