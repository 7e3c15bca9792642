# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The resource deviceComplianceDeviceStatus: its properties, what is desired of them, and the plan to get there.

Pure: no request is made here. `PROPERTIES` is the one place that knows the properties; argument spec, comparison,
request body and returned object all derive from it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import InvalidOptionsError
from .._graph.edm import EdmDateTimeOffset, EdmEnum, EdmError, EdmInt32, EdmString, EdmType
from .._options import API_VERSIONS, named
from .._text import quoted

Row = dict[str, Any]
"""One status as the service spells it."""

_MISSING = object()  # null, "" and absent are three things

_STRING, _INT32, DATE_TIME = EdmString(), EdmInt32(), EdmDateTimeOffset()

_OTHER_ENUM = (
    "it belongs to another enumeration, complianceState of managedDevice; here the grace period is read from "
    "compliance_grace_period_expiration_date_time"
)

COMPLIANCE_STATUS = EdmEnum(
    ("unknown", "notApplicable", "compliant", "remediated", "nonCompliant", "error", "conflict", "notAssigned"),
    mistaken={"inGracePeriod": _OTHER_ENUM, "configManager": _OTHER_ENUM},
)


# Each is the only one of its name, so identity will do, and makes the fastest of keys.
@dataclasses.dataclass(frozen=True, eq=False)
class Property:
    """One property of the resource.

    ``name`` is the service's spelling; ``nullable`` tells whether null is allowed; ``api_versions`` those that have it.
    """

    name: str
    type: EdmType
    nullable: bool = False
    api_versions: tuple[str, ...] = API_VERSIONS

    @functools.cached_property
    def option(self) -> str:
        """The name in snake_case, as options and results have it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()

    def argument(self) -> dict[str, Any]:
        """Return the entry of the argument spec."""
        argument: dict[str, Any] = {"type": self.type.ansible_type}
        if self.option != self.name:
            argument["aliases"] = [self.name]
        if self.type.choices:
            argument["choices"] = list(self.type.choices)
        return argument


PROPERTIES = (
    Property("deviceDisplayName", _STRING, nullable=True),
    Property("userName", _STRING, nullable=True),
    Property("deviceModel", _STRING, nullable=True),
    Property("platform", _INT32, api_versions=("beta",)),
    Property("complianceGracePeriodExpirationDateTime", DATE_TIME),
    Property("status", COMPLIANCE_STATUS),
    Property("lastReportedDateTime", DATE_TIME),
    Property("userPrincipalName", _STRING, nullable=True),
)
"""Source: Microsoft's OpenAPI descriptions of beta and v1.0; null as their Edm metadata allows it."""

_BY_OPTION = {p.option: p for p in PROPERTIES}

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
    """Which status is meant. ``match`` maps the service's property names to texts."""

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
                # A dot segment would lead to another resource, an empty one to the whole collection.
                if name.strip() in ("", ".", ".."):
                    problems.append(f"{option} is {quoted(name)}, which cannot name anything; give it whole")
        match = {}
        if (wanted := options.get("match")) is not None:
            match = {p.name: wanted[p.option] for p in MATCHABLE if wanted.get(p.option) is not None}
            if not match:
                problems.append(f"match is empty; give at least one of {', '.join(p.option for p in MATCHABLE)}")
        if problems:
            raise InvalidOptionsError(problems)
        return cls(**names, match=match)

    def fits(self, row: Row) -> bool:
        """Tell whether a row is meant: exact, but case-insensitive."""
        return all(
            isinstance(row.get(name), str) and row[name].casefold() == text.casefold()
            for name, text in self.match.items()
        )

    def __str__(self) -> str:
        which = self.status_id or ", ".join(f"{name} {quoted(text)}" for name, text in self.match.items())
        return f"device status {which} of policy {self.policy_id or repr(self.policy_name)}"


class Desired(NamedTuple):
    """What the user declared: the value of each property that was given, null for one to be cleared."""

    values: Mapping[Property, Any]

    @classmethod
    def from_options(cls, options: Mapping[str, Any], api_version: str) -> Desired:
        """Return what the options declare.

        Raises:
            InvalidOptionsError: a value does not fit; names every such option.
        """
        problems: list[str] = []
        cleared = _read_clear(options.get("clear") or [], problems)
        values: dict[Property, Any] = {}
        for option, prop in _BY_OPTION.items():
            if (given := options.get(option)) is None:
                if cleared and prop in cleared:
                    values[prop] = None
            elif prop in cleared:
                problems.append(f"{option} is given a value and named in clear; keep one of the two")
            elif api_version not in prop.api_versions:
                problems.append(
                    f"{option} does not exist in api_version {api_version}; leave it out, "
                    f"or set {named('api_version')} to {' or '.join(prop.api_versions)}"
                )
            else:
                try:
                    values[prop] = prop.type.from_option(given)
                except EdmError as error:
                    problems.append(f"{option} {error}")
        if problems:
            raise InvalidOptionsError(problems)
        return cls(values)


def read_declaration(options: Mapping[str, Any], api_version: str) -> tuple[Target, Desired]:
    """Return which status is meant, and what is desired of it.

    Raises:
        InvalidOptionsError: names every option that cannot be right.
    """
    problems: list[str] = []
    target = desired = None
    try:
        target = Target.from_options(options)
    except InvalidOptionsError as error:
        problems += error.problems
    try:
        desired = Desired.from_options(options, api_version)
    except InvalidOptionsError as error:
        problems += error.problems
    if target is None or desired is None:
        raise InvalidOptionsError(problems)
    return target, desired


def _read_clear(names: list[str], problems: list[str]) -> list[Property]:
    if not names:  # as with most items of a bulk task
        return []
    clearable = {spelling: p for p in PROPERTIES if p.nullable for spelling in (p.option, p.name)}
    known = ", ".join(p.option for p in PROPERTIES if p.nullable)
    problems += [
        f"clear names {quoted(name)}, which cannot be null; it takes {known}" for name in names if name not in clearable
    ]
    return [clearable[name] for name in names if name in clearable]


NOT_KEPT = (
    "it treats them as read-only or calculates them itself: do not declare them, or change the device or its policy "
    "instead"
)
"""What to do about values that the service took with success and did not keep."""


class Plan(NamedTuple):
    """What has to change in one row. ``changed``, request body, check mode and diff all come from here.

    ``before`` is the row as read; ``changes`` holds the properties that differ, with the values to give them.
    """

    before: Row
    changes: Mapping[Property, Any]

    @classmethod
    def between(cls, before: Row, desired: Desired) -> Plan:
        """Compare each declared property, by its type, with the row."""
        return cls(before, {p: value for p, value in desired.values.items() if not _same(p, before, value)})

    @property
    def body(self) -> Row:
        """The request body: the differing properties alone."""
        return {p.name: value for p, value in self.changes.items()}

    @property
    def predicted(self) -> Row:
        """The row as it will be."""
        return {**self.before, **self.body}

    @property
    def names(self) -> list[str]:
        """The properties that differ, as options spell them."""
        return [p.option for p in self.changes]

    def diff(self, after: Row | None = None) -> dict[str, Row]:
        """Return before and after of the differing properties; *after* is what was read back, where that counts."""
        after = self.predicted if after is None else after
        return {
            "before": {p.option: p.type.from_service(self.before.get(p.name)) for p in self.changes},
            "after": {p.option: p.type.from_service(after.get(p.name)) for p in self.changes},
        }

    def missed(self, found: Row) -> dict[str, dict[str, Any]]:
        """Return the properties whose wanted value is not in *found*, each with ``wanted`` and ``found``."""
        return {
            p.option: {"wanted": value, "found": p.type.from_service(found.get(p.name))}
            for p, value in self.changes.items()
            if not _same(p, found, value)
        }

    def moved(self, found: Row) -> list[str]:
        """Return the planned properties whose value did change between ``before`` and *found*."""
        return [p.option for p in self.changes if not _same(p, found, self.before.get(p.name, _MISSING))]


def show(row: Row, policy_id: str, api_version: str) -> Row:
    """Return a row as a playbook sees it: snake_case, with the policy's id; what the service left out stays out."""
    return {
        "id": row.get("id"),
        "policy_id": policy_id,
        **{
            p.option: p.type.from_service(row[p.name])
            for p in PROPERTIES
            if p.name in row and api_version in p.api_versions
        },
    }


def _same(prop: Property, row: Row, value: Any) -> bool:
    found = row.get(prop.name, _MISSING)
    if found is _MISSING or value is _MISSING:
        return found is value
    return prop.type.same(found, value)
