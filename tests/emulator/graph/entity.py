# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the entities of Graph have in common: a table of properties, from which they are read, changed and shown."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

from ..settings import EnumCase
from . import edm
from .edm import EdmError, EdmType, Value


class Version(enum.Enum):
    """The API versions, as spelled in a path."""

    BETA = "beta"
    V1 = "v1.0"


class View(NamedTuple):
    """How an entity is shown: ``select`` names the properties (None: all), ``case`` is that of enumerations."""

    version: Version = Version.BETA
    case: EnumCase = EnumCase.CANONICAL
    select: frozenset[str] | None = None


_EVERYTHING = View()


@dataclasses.dataclass(frozen=True)
class Property:
    """One property: its JSON name, the attribute that keeps it, its type, and the operators of ``$filter`` it takes."""

    name: str
    attribute: str
    edm: EdmType
    nullable: bool
    versions: frozenset[Version] = frozenset(Version)
    operators: frozenset[str] = frozenset()


_Kind = TypeVar("_Kind", bound="Entity")


@dataclasses.dataclass(frozen=True, slots=True)
class Entity:
    """An entity with its key. Dates are kept in ticks; an enumeration may have a member that no version knows."""

    TYPE: ClassVar[str]
    """The qualified name of the type, without the ``#`` of ``@odata.type``."""
    PROPERTIES: ClassVar[tuple[Property, ...]]
    """Every property but the key, in the order in which the service shows them."""

    id: str

    def value(self, prop: Property) -> Value:
        """The kept value of a property."""
        value: Value = getattr(self, prop.attribute)
        return value

    def changed(self: _Kind, changes: Mapping[Property, Value]) -> _Kind:
        """The entity with the changes applied."""
        by_attribute: dict[str, Any] = {prop.attribute: value for prop, value in changes.items()}
        return dataclasses.replace(self, **by_attribute)

    def as_json(self, view: View = _EVERYTHING) -> dict[str, object]:
        """The entity as the service shows it in a list."""
        shown: dict[str, object] = {"id": self.id} if view.select is None or "id" in view.select else {}
        for prop in self.PROPERTIES:
            if view.version in prop.versions and (view.select is None or prop.name in view.select):
                shown[prop.name] = edm.show(getattr(self, prop.attribute), prop.edm, view.case)
        return shown


def read_changes(
    kind: type[Entity], body: Mapping[str, object], version: Version, any_member: bool = False
) -> dict[Property, Value]:
    """The changes that a JSON object requests; EdmError for an unknown property or a value that its type forbids.

    ``@odata`` annotations and the key are skipped. ``any_member`` accepts unknown members of enumerations, which a
    seed or the control may set to test how a client handles them.
    """
    by_name = {prop.name: prop for prop in kind.PROPERTIES if version in prop.versions}
    changes: dict[Property, Value] = {}
    for name, value in body.items():
        if "@odata." in name or name == "id":
            continue
        prop = by_name.get(name)
        if prop is None:
            raise EdmError(
                f"The property '{name}' does not exist on type '{kind.TYPE}'. Make sure to only use property names "
                "that are defined by the type."
            )
        changes[prop] = _read(prop, value, any_member)
    return changes


def _read(prop: Property, value: object, any_member: bool) -> Value:
    if any_member and prop.edm in edm.MEMBERS and isinstance(value, str):
        return value
    try:
        return edm.read(value, prop.edm, prop.nullable)
    except EdmError as error:
        raise EdmError(f"Invalid value for property '{prop.name}': {error}") from None
