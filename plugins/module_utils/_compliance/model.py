# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The resource deviceComplianceDeviceStatus: its properties, and which of them is the target.

Pure: no request is made here. `DEVICE_STATUS` is the one place that declares the properties; argument spec, comparison,
request body and returned object all derive from it.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import InvalidOptionsError
from .._graph.edm import EdmDateTimeOffset, EdmEnum, EdmInt32, EdmString
from .._graph.plan import Desired
from .._graph.resource import Family, Property, Resource, Row, names_something
from .._text import quoted

_STRING, _INT32, DATE_TIME = EdmString(), EdmInt32(), EdmDateTimeOffset()

_OTHER_ENUM = (
    "it belongs to another enumeration, complianceState of managedDevice; here the grace period is read from "
    "compliance_grace_period_expiration_date_time"
)

COMPLIANCE_STATUS = EdmEnum(
    ("unknown", "notApplicable", "compliant", "remediated", "nonCompliant", "error", "conflict", "notAssigned"),
    mistaken={"inGracePeriod": _OTHER_ENUM, "configManager": _OTHER_ENUM},
)

COMPLIANCE_POLICIES = Family("compliance policies", requests=1000, writes=100, period=20.0)
"""Source: Microsoft's page "Microsoft Graph service-specific throttling limits", Intune."""

_READ = ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All")
_WRITE = ("DeviceManagementConfiguration.ReadWrite.All",)

POLICY = Resource(
    name="deviceCompliancePolicy",
    path="/deviceManagement/deviceCompliancePolicies",
    properties=(
        Property("id", _STRING),
        Property("displayName", _STRING),
        Property("description", _STRING, nullable=True),
        Property("@odata.type", _STRING, alias="type"),
        Property("createdDateTime", DATE_TIME),
        Property("lastModifiedDateTime", DATE_TIME),
    ),
    read_permissions=_READ,
    write_permissions=_WRITE,
    family=COMPLIANCE_POLICIES,
    not_found="check policy_id, and that tenant_id and cloud fit it",
)

DEVICE_STATUS = Resource(
    name="deviceComplianceDeviceStatus",
    path=f"{POLICY.path}/{{policy_id}}/deviceStatuses",
    properties=(
        Property("deviceDisplayName", _STRING, nullable=True),
        Property("userName", _STRING, nullable=True),
        Property("deviceModel", _STRING, nullable=True),
        Property("platform", _INT32, api_versions=("beta",)),
        Property("complianceGracePeriodExpirationDateTime", DATE_TIME),
        Property("status", COMPLIANCE_STATUS),
        Property("lastReportedDateTime", DATE_TIME),
        Property("userPrincipalName", _STRING, nullable=True),
    ),
    read_permissions=_READ,
    write_permissions=_WRITE,
    family=COMPLIANCE_POLICIES,
    not_found="check policy_id and status_id, and that tenant_id and cloud fit them",
)
"""Source: Microsoft's OpenAPI descriptions of beta and v1.0; null as their Edm metadata allows it."""

PROPERTIES = DEVICE_STATUS.properties

MATCHABLE = tuple(p for p in PROPERTIES if p.name in ("deviceDisplayName", "userPrincipalName", "userName"))


def argument_spec() -> dict[str, Any]:
    """Return the options that name one status and declare its properties."""
    return {
        "policy_id": {"type": "str"},
        "policy_name": {"type": "str"},
        "status_id": {"type": "str"},
        "match": {"type": "dict", "options": {p.option: p.argument() for p in MATCHABLE}},
        **{p.option: p.argument() for p in PROPERTIES},
        "clear": {"type": "list", "elements": "str"},
    }


class Target(NamedTuple):
    """The status to converge. ``match`` maps the service's property names to texts."""

    policy_id: str | None = None
    policy_name: str | None = None
    status_id: str | None = None
    match: Mapping[str, str] = types.MappingProxyType({})

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Target:
        """Return the target that the options name.

        Raises:
            InvalidOptionsError: they cannot name one.
        """
        problems: list[str] = []
        names: dict[str, str] = {}
        for option in ("policy_id", "policy_name", "status_id"):
            if (name := options.get(option)) is not None:
                names[option] = name
                if not names_something(name):
                    problems.append(f"{option} is {quoted(name)}, which is not an id or a name; set the complete one")
        match = {}
        if (wanted := options.get("match")) is not None:
            match = {p.name: wanted[p.option] for p in MATCHABLE if wanted.get(p.option) is not None}
            if not match:
                problems.append(f"match is empty; give at least one of {', '.join(p.option for p in MATCHABLE)}")
        if problems:
            raise InvalidOptionsError(problems)
        return cls(**names, match=match)

    def fits(self, row: Row) -> bool:
        """Return whether a row is the target: exact, but case-insensitive."""
        return all(
            isinstance(row.get(name), str) and row[name].casefold() == text.casefold()
            for name, text in self.match.items()
        )

    @property
    def criteria(self) -> str:
        """The criteria, for a message."""
        by_match = (f"{p.option} {quoted(self.match[p.name])}" for p in MATCHABLE if p.name in self.match)
        which = self.status_id or ", ".join(by_match)
        return f"{which} of policy {self.policy_id or repr(self.policy_name)}"

    def __str__(self) -> str:
        return f"device status {self.criteria}"


def read_declaration(options: Mapping[str, Any], api_version: str) -> tuple[Target, Desired]:
    """Return the target, and what is desired of it.

    Raises:
        InvalidOptionsError: names every option that is not valid.
    """
    problems: list[str] = []
    target = desired = None
    try:
        target = Target.from_options(options)
    except InvalidOptionsError as error:
        problems += error.problems
    try:
        desired = Desired.from_options(DEVICE_STATUS, options, api_version)
    except InvalidOptionsError as error:
        problems += error.problems
    if target is None or desired is None:
        raise InvalidOptionsError(problems)
    return target, desired


def show(row: Row, policy_id: str, api_version: str) -> Row:
    """Return a status as a playbook sees it, with the policy's id; what the service left out is left out."""
    return {"id": row.get("id"), "policy_id": policy_id, **DEVICE_STATUS.show(row, api_version)}
