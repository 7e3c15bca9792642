# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OData's ``$filter`` that is documented for a resource; everything else is refused.

Comparisons are combined by ``and`` (learn.microsoft.com/graph/api/resources/intune-devices-manageddevice names the
operators of each property), or by ``or`` where all of them are of one property that supports it. Parentheses are not
supported.
"""

from __future__ import annotations

import dataclasses
import re

from . import edm
from .edm import EdmError, EdmType, Value
from .entity import Entity, Property
from .error import GraphError, bad_request

# In a string literal, a quote is written twice.
_LITERAL = r"(?:'(?:[^']|'')*'|[^\s'(),]+)"
_COMPARISON = re.compile(
    rf"\s*(?:(?P<name>\w+)\s+(?P<operator>\w+)\s+(?P<value>{_LITERAL})"
    rf"|(?P<function>\w+)\(\s*(?P<argument>\w+)\s*,\s*(?P<part>{_LITERAL})\s*\))\s*"
)
_JOINT = re.compile(r"(and|or)(?=\s)")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One comparison; ``fold`` compares strings without regard to case."""

    prop: Property
    operator: str
    value: Value
    fold: bool

    def matches(self, entity: Entity) -> bool:
        """Whether the entity meets it."""
        kept, wanted = entity.value(self.prop), self.value
        if self.operator in ("lt", "gt"):
            if not isinstance(kept, int) or not isinstance(wanted, int):
                return False
            return kept < wanted if self.operator == "lt" else kept > wanted
        if self.fold and isinstance(kept, str) and isinstance(wanted, str):
            kept, wanted = kept.casefold(), wanted.casefold()
        if self.operator == "contains":
            return isinstance(kept, str) and isinstance(wanted, str) and wanted in kept
        return (kept == wanted) is (self.operator == "eq")


@dataclasses.dataclass(frozen=True)
class Filter:
    """Comparisons of which an entity has to meet all, or any one."""

    comparisons: tuple[Comparison, ...]
    any_one: bool

    def matches(self, entity: Entity) -> bool:
        """Whether the entity is in the result."""
        met = (comparison.matches(entity) for comparison in self.comparisons)
        return any(met) if self.any_one else all(met)


def parse(text: str, kind: type[Entity], fold: bool = False) -> Filter:
    """The filter of a query; GraphError for a filter that is not documented."""
    comparisons: list[Comparison] = []
    joints: set[str] = set()
    position = 0
    while True:
        match = _COMPARISON.match(text, position)
        if match is None:
            raise _invalid(f"syntax error at position {position} in '{text}'")
        comparisons.append(_comparison(match, kind, fold))
        position = match.end()
        if position == len(text):
            break
        joint = _JOINT.match(text, position)
        if joint is None:
            raise _invalid(f"'and' or 'or' expected at position {position} in '{text}'")
        joints.add(joint[1])
        position = joint.end()
    if "or" in joints:
        _check_or(comparisons, joints)
    return Filter(tuple(comparisons), any_one="or" in joints)


def _comparison(match: re.Match[str], kind: type[Entity], fold: bool) -> Comparison:
    name = match["name"] or match["argument"]
    operator = match["operator"] or match["function"]
    prop = next((prop for prop in kind.PROPERTIES if prop.name == name), None)
    if prop is None:
        raise _invalid(f"could not find a property named '{name}' on type '{kind.TYPE}'")
    if operator not in prop.operators - {"or"} or (operator == "contains") is not (match["function"] is not None):
        raise _invalid(f"the property '{name}' does not support the operator '{operator}'")
    return Comparison(prop, operator, _value(match["value"] or match["part"], prop), fold)


def _value(literal: str, prop: Property) -> Value:
    if (literal[0] == "'") is (prop.edm is EdmType.DATE_TIME_OFFSET):
        raise _invalid(f"{literal} is not a literal of type '{prop.edm.value}'")
    if prop.edm is EdmType.DATE_TIME_OFFSET:
        try:
            return edm.parse_date_time_offset(literal)
        except EdmError as error:
            raise _invalid(str(error)) from None
    text = literal[1:-1].replace("''", "'")
    if prop.edm in edm.MEMBERS and text not in edm.MEMBERS[prop.edm]:
        raise _invalid(f"the string '{text}' is not a valid enumeration type constant of '{prop.edm.value}'")
    return text


def _check_or(comparisons: list[Comparison], joints: set[str]) -> None:
    if "and" in joints:
        raise _invalid("'and' and 'or' cannot be combined")
    [first, *others] = {comparison.prop.name: comparison.prop for comparison in comparisons}.values()
    if others or "or" not in first.operators:
        raise _invalid("'or' combines comparisons of one property, and only of a property that supports it")


def _invalid(reason: str) -> GraphError:
    return bad_request(f"Invalid filter clause: {reason}.")
