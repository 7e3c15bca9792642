# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What is desired of an object, and the plan that leads there. Pure: no request is made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import InvalidOptionsError
from .._options import named
from .._text import quoted
from .edm import EdmError
from .resource import Property, Resource, Row

_MISSING = object()  # null, "" and absent are three things


class Desired(NamedTuple):
    """What the user declared: the value of each property that was given, null for one to be cleared."""

    values: Mapping[Property, Any]

    @classmethod
    def from_options(cls, resource: Resource, options: Mapping[str, Any], api_version: str) -> Desired:
        """Return what the options declare.

        Raises:
            InvalidOptionsError: a value does not fit; names every such option.
        """
        problems: list[str] = []
        cleared = _read_clear(resource, options.get("clear") or [], problems)
        values: dict[Property, Any] = {}
        for option, prop in resource.by_option.items():
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


def _read_clear(resource: Resource, names: list[str], problems: list[str]) -> list[Property]:
    if not names:  # as with most items of a bulk task
        return []
    nullable = [prop for prop in resource.properties if prop.nullable]
    clearable = {spelling: prop for prop in nullable for spelling in (prop.option, prop.name)}
    known = ", ".join(prop.option for prop in nullable)
    problems += [
        f"clear names {quoted(name)}, which cannot be null; it takes {known}" for name in names if name not in clearable
    ]
    return [clearable[name] for name in names if name in clearable]


class Plan(NamedTuple):
    """What has to change in one object. ``changed``, request body, check mode and diff all come from here.

    ``before`` is the object as read; ``changes`` holds the properties that differ, with the values to give them.
    """

    before: Row
    changes: Mapping[Property, Any]

    @classmethod
    def between(cls, before: Row, desired: Desired) -> Plan:
        """Compare each declared property, by its type, with the object."""
        return cls(before, {p: value for p, value in desired.values.items() if not _same(p, before, value)})

    @property
    def body(self) -> Row:
        """The request body: the differing properties alone."""
        return {p.name: value for p, value in self.changes.items()}

    @property
    def predicted(self) -> Row:
        """The object as it will be."""
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
        """Return the properties whose desired value is not in *found*, each with ``wanted`` and ``found``."""
        return {
            p.option: {"wanted": value, "found": p.type.from_service(found.get(p.name))}
            for p, value in self.changes.items()
            if not _same(p, found, value)
        }

    def moved(self, found: Row) -> list[str]:
        """Return the planned properties whose value did change between ``before`` and *found*."""
        return [p.option for p in self.changes if not _same(p, found, self.before.get(p.name, _MISSING))]


def _same(prop: Property, row: Row, value: Any) -> bool:
    found = row.get(prop.name, _MISSING)
    if found is _MISSING or value is _MISSING:
        return found is value
    return prop.type.same(found, value)
