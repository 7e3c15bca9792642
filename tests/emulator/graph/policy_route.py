# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a path below ``deviceCompliancePolicies`` names."""

from __future__ import annotations

import dataclasses
import enum

from .entity import Version
from .error import GraphError, no_segment, not_routed

_VERSIONS = {version.value: version for version in Version}


class Target(enum.Enum):
    """What a path can name."""

    POLICIES = enum.auto()
    POLICY = enum.auto()
    OVERVIEW = enum.auto()
    STATUSES = enum.auto()
    STATUS_COUNT = enum.auto()
    STATUS = enum.auto()


# OData's names for the shapes of the paths; deviceManagement is the singleton.
_TEMPLATES = {
    Target.POLICIES: "~/singleton/navigation",
    Target.POLICY: "~/singleton/navigation/key",
    Target.OVERVIEW: "~/singleton/navigation/key/navigation",
    Target.STATUSES: "~/singleton/navigation/key/navigation",
    Target.STATUS_COUNT: "~/singleton/navigation/key/navigation/$count",
    Target.STATUS: "~/singleton/navigation/key/navigation/key",
}


@dataclasses.dataclass(frozen=True)
class Route:
    """A target under a version of the API, with the ids that the path gives."""

    version: Version
    target: Target
    policy_id: str = ""
    status_id: str = ""

    @property
    def context(self) -> str:
        """The part after ``$metadata#`` in an ``@odata.context``."""
        root = "deviceManagement/deviceCompliancePolicies"
        if self.target is Target.POLICIES:
            return root
        if self.target is Target.POLICY:
            return f"{root}/$entity"
        below = f"{root}('{self.policy_id}')/"
        if self.target is Target.OVERVIEW:
            return f"{below}deviceStatusOverview/$entity"
        return f"{below}deviceStatuses" + ("/$entity" if self.target is Target.STATUS else "")

    def not_routed(self, method: str) -> GraphError:
        """The 400 that the live service answers on a route that it has no code for."""
        path = self.context.removeprefix("deviceManagement").removesuffix("/$entity")
        if self.target is Target.STATUS:
            path += f"('{self.status_id}')"
        elif self.target is Target.POLICY:
            path += f"('{self.policy_id}')"
        return not_routed(_TEMPLATES[self.target], method, path)


def parse(segments: list[str]) -> Route:
    """The route of a path's decoded segments; GraphError for a segment that does not exist."""
    version = _VERSIONS[segments[0]]
    match segments[1:]:
        case ["deviceManagement", "deviceCompliancePolicies"]:
            return Route(version, Target.POLICIES)
        case ["deviceManagement", "deviceCompliancePolicies", policy]:
            return Route(version, Target.POLICY, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatusOverview"]:
            return Route(version, Target.OVERVIEW, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses"]:
            return Route(version, Target.STATUSES, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses", "$count"]:
            return Route(version, Target.STATUS_COUNT, policy)
        case ["deviceManagement", "deviceCompliancePolicies", policy, "deviceStatuses", status]:
            return Route(version, Target.STATUS, policy, status)
    raise no_segment(segments[-1])
