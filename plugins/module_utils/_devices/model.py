# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The resource managedDevice: its properties, and which devices are meant. Pure: no request is made here."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import InvalidOptionsError
from .._graph.edm import EdmDateTimeOffset, EdmEnum, EdmError, EdmString
from .._graph.resource import Family, Property, Resource, Row, names_something, snake_case
from .._text import quoted

_STRING, _DATE_TIME = EdmString(), EdmDateTimeOffset()

_OTHER_ENUM = "it belongs to another enumeration, the status of a device under one policy"

COMPLIANCE_STATE = EdmEnum(
    ("unknown", "compliant", "noncompliant", "conflict", "error", "inGracePeriod", "configManager"),
    mistaken={"notApplicable": _OTHER_ENUM, "remediated": _OTHER_ENUM, "notAssigned": _OTHER_ENUM},
)

MANAGED_DEVICE = Resource(
    name="managedDevice",
    path="/deviceManagement/managedDevices",
    properties=(
        Property("id", _STRING),
        Property("deviceName", _STRING, nullable=True),
        Property("complianceState", COMPLIANCE_STATE),
        Property("complianceGracePeriodExpirationDateTime", _DATE_TIME),
        Property("lastSyncDateTime", _DATE_TIME),
        Property("enrolledDateTime", _DATE_TIME),
        Property("operatingSystem", _STRING, nullable=True),
        Property("osVersion", _STRING, nullable=True),
        Property("manufacturer", _STRING, nullable=True),
        Property("model", _STRING, nullable=True),
        Property("serialNumber", _STRING, nullable=True),
        Property("userPrincipalName", _STRING, nullable=True),
        Property("userDisplayName", _STRING, nullable=True),
        Property("userId", _STRING, nullable=True),
        Property("azureADDeviceId", _STRING, nullable=True, alias="entra_device_id"),
        Property("managementAgent", _STRING),
        Property("managedDeviceOwnerType", _STRING, alias="owner_type"),
    ),
    read_permissions=("DeviceManagementManagedDevices.Read.All", "DeviceManagementConfiguration.Read.All"),
    write_permissions=("DeviceManagementManagedDevices.PrivilegedOperations.All",),
    family=Family("managed devices", requests=2000, writes=200, period=20.0),
    not_found="check managed_device_id: it is the id in Intune and not the one in Microsoft Entra",
)
"""Source: Microsoft's pages "managedDevice resource type" and "Microsoft Graph service-specific throttling limits"."""

_BY_OPTION = MANAGED_DEVICE.by_option

# A selected property has no entry in the table; its name is that of the service, whose acronym snake_case cannot keep.
_SELECTABLE = {"azure_ad_registered": "azureADRegistered"}
_SELECTABLE |= {name: p.name for p in MANAGED_DEVICE.properties for name in (p.option, snake_case(p.name))}

_TEXTS = ("device_name", "user_principal_name", "entra_device_id", "serial_number", "operating_system")
_BEFORE = {
    "last_sync_before": "last_sync_date_time",
    "grace_expires_before": "compliance_grace_period_expiration_date_time",
}

# What the service filters, as Microsoft documents it; it combines by `and` alone.
_FILTERED_THERE = frozenset({"device_name", "user_principal_name", "entra_device_id", "operating_system"})


def argument_spec() -> dict[str, Any]:
    """Return the options that choose devices and properties."""
    return {
        "managed_device_id": {"type": "list", "elements": "str"},
        **{option: {"type": "str"} for option in (*_TEXTS, *_BEFORE)},
        "compliance_state": {"type": "list", "elements": "str", "choices": list(COMPLIANCE_STATE.choices or ())},
        "select": {"type": "list", "elements": "str"},
    }


class DeviceQuery(NamedTuple):
    """Which devices are wanted, and which properties beyond the default ones.

    ``ids`` is None where every device is looked at; ``selected`` maps the service's names to those of the result.
    """

    ids: tuple[str, ...] | None = None
    texts: Mapping[str, str] = types.MappingProxyType({})
    states: frozenset[str] = frozenset()
    before: Mapping[str, str] = types.MappingProxyType({})
    selected: Mapping[str, str] = types.MappingProxyType({})

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> DeviceQuery:
        """Return what the options ask for.

        Raises:
            InvalidOptionsError: names every option that is not valid.
        """
        problems: list[str] = []
        ids = options.get("managed_device_id")
        problems += [
            f"managed_device_id has {quoted(one)}, which cannot name a device"
            for one in ids or ()
            if not names_something(one)
        ]
        before = {}
        for option, prop in _BEFORE.items():
            if options.get(option) is not None:
                try:
                    before[prop] = _DATE_TIME.from_option(options[option])
                except EdmError as error:
                    problems.append(f"{option} {error}")
        selected = {_service_name(name): name for name in options.get("select") or ()}
        problems += [
            f"select has {quoted(given)}, which cannot be a property; write it like azureADRegistered"
            for name, given in selected.items()
            if not re.fullmatch("[A-Za-z][A-Za-z0-9]*", name)
        ]
        problems += [
            f"select has {quoted(given)}; its name in the result, {snake_case(name)}, is the one of "
            f"{_BY_OPTION[snake_case(name)].name}"
            for name, given in selected.items()
            if name not in _DEFAULT_NAMES and snake_case(name) in _BY_OPTION
        ]
        if problems:
            raise InvalidOptionsError(problems)
        return cls(
            ids=None if ids is None else tuple(dict.fromkeys(ids)),
            texts={option: options[option] for option in _TEXTS if options.get(option) is not None},
            states=frozenset(options.get("compliance_state") or ()),
            before=before,
            selected={name: snake_case(name) for name in selected if name not in _DEFAULT_NAMES},
        )

    @property
    def properties(self) -> str:
        """What to select, as ``$select`` has it."""
        return ",".join([*_DEFAULT_NAMES, *self.selected])

    @property
    def filter(self) -> str:
        """The part of the query that the service can answer, as ``$filter`` has it; empty for none.

        Several states are combined by ``or``, which is seen to work alone and not documented beside ``and``.
        """
        terms = [
            f"{_BY_OPTION[option].name} eq {_literal(text)}"
            for option, text in self.texts.items()
            if option in _FILTERED_THERE
        ]
        terms += [f"{_BY_OPTION[option].name} lt {date}" for option, date in self.before.items()]
        states = [f"complianceState eq {_literal(state)}" for state in sorted(self.states)]
        if len(states) == 1 or not terms:
            terms.append(" or ".join(states))
        return " and ".join(filter(None, terms))

    @property
    def filters_text(self) -> bool:
        """Whether the service compares a text."""
        return not _FILTERED_THERE.isdisjoint(self.texts)

    def fits(self, row: Row) -> bool:
        """Return whether a device is wanted: all of the query, whatever the service filtered."""
        return (
            all(_same_text(row.get(_BY_OPTION[option].name), text) for option, text in self.texts.items())
            and (not self.states or str(COMPLIANCE_STATE.from_service(row.get("complianceState"))) in self.states)
            and all(_DATE_TIME.before(row.get(_BY_OPTION[name].name), date) for name, date in self.before.items())
        )

    def show(self, row: Row) -> Row:
        """Return a device as a playbook sees it; a property that the service left out is null."""
        shown = {p.option: p.type.from_service(row.get(p.name)) for p in MANAGED_DEVICE.properties}
        return {**shown, **{option: _in_snake_case(row.get(name)) for name, option in self.selected.items()}}


_DEFAULT_NAMES = tuple(p.name for p in MANAGED_DEVICE.properties)


def _service_name(given: str) -> str:
    """Return a property's name as the service spells it, whichever spelling was given."""
    if "_" not in given:
        return given
    first, *rest = given.split("_")
    return _SELECTABLE.get(given) or first + "".join(part.capitalize() for part in rest)


def _in_snake_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake_case(key): _in_snake_case(one) for key, one in value.items()}
    return [_in_snake_case(one) for one in value] if isinstance(value, list) else value


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _same_text(value: Any, text: str) -> bool:
    return isinstance(value, str) and value.casefold() == text.casefold()
