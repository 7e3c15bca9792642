# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What a client has to know of a Graph resource: its properties, its permissions, its limits, and advice.

Pure data: to add a resource, declare one more `Resource`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from .._errors import Code, Failure, IntuneError, Phase
from .._options import API_VERSIONS
from .._text import quoted
from .._transport.http import Purpose
from .edm import EdmType

Row = dict[str, Any]
"""One object as the service spells it."""

_WORD_STARTS = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"


def snake_case(name: str) -> str:
    """Return a name of the service's in the spelling of options and results: azureADRegistered, azure_ad_registered."""
    return re.sub(_WORD_STARTS, "_", name).lower()


def names_something(identifier: str) -> bool:
    """Return whether an id can be part of a path: a dot segment or an empty one would lead to another resource."""
    return identifier.strip() not in ("", ".", "..")


def segment(identifier: str) -> str:
    """Return an id, which is opaque, as one segment of a path.

    Raises:
        IntuneError: it would lead to another object. Options are checked before; this one comes from the service.
    """
    if not names_something(identifier):
        message = f"the service returned the id {identifier!r}, which would lead to another object"
        raise IntuneError(message, Failure(Code.BAD_RESPONSE, message, Phase.READ))
    # Half of a surrogate pair is valid in JSON: it is sent as the bytes it has, and the service answers what it is.
    return quote(identifier, safe="", errors="surrogatepass")


def identified(row: Row, identifier: str, operation: Operation) -> Row:
    """Return the object that was requested by its id, with that id.

    Raises:
        IntuneError: it is another object.
    """
    found = row.get("id") or identifier
    if not isinstance(found, str) or found.casefold() != identifier.casefold():
        raise operation.failed(Code.BAD_RESPONSE, f"the answer is about {quoted(found)} instead of {identifier!r}")
    return {**row, "id": found}


# Written out: a dataclass takes half a millisecond to make, in every task.
class Property:
    """One property of a resource. Each is the only one of its name, so they are compared by identity.

    Args:
        name: the service's spelling.
        nullable: whether null is allowed.
        api_versions: those that have it.
        alias: its name in options and results where that is not the service's own in snake_case.
    """

    def __init__(
        self,
        name: str,
        type_: EdmType,
        *,
        nullable: bool = False,
        api_versions: tuple[str, ...] = API_VERSIONS,
        alias: str | None = None,
    ) -> None:
        self.name = name
        self.type = type_
        self.nullable = nullable
        self.api_versions = api_versions
        self.option = alias or snake_case(name)

    def argument(self) -> dict[str, Any]:
        """Return the entry of the argument spec."""
        argument: dict[str, Any] = {"type": self.type.ansible_type}
        if self.option != self.name:
            argument["aliases"] = [self.name]
        if self.type.choices:
            argument["choices"] = list(self.type.choices)
        return argument


class Family(NamedTuple):
    """Resources that share rate limits: calls per ``period`` seconds that Graph grants one application in one tenant.

    ``writes`` are counted among ``requests`` as well; each request of an envelope counts.
    """

    name: str
    requests: int
    writes: int
    period: float


class Resource:
    """A Graph resource.

    Args:
        name: its type.
        path: its collection below the version's root.
        read_permissions: alternatives, the least one first.
        family: the resources with which it shares rate limits.
        write_permissions: as the ones for reading; none for a resource that is only read.
        not_found: the advice for a 404.
        forbidden: added to the advice for a 403.
    """

    def __init__(
        self,
        *,
        name: str,
        path: str,
        properties: tuple[Property, ...],
        read_permissions: tuple[str, ...],
        family: Family,
        write_permissions: tuple[str, ...] = (),
        not_found: str = "check the id, and that tenant_id and cloud fit it",
        forbidden: str = "",
    ) -> None:
        self.name = name
        self.path = path
        self.properties = properties
        self.by_option: Mapping[str, Property] = {prop.option: prop for prop in properties}
        self.read_permissions = read_permissions
        self.write_permissions = write_permissions
        self.family = family
        self.not_found = not_found
        self.forbidden = forbidden

    def permissions(self, phase: Phase) -> list[str]:
        """Return the permissions of which one is needed."""
        return list(self.write_permissions if phase is Phase.WRITE else self.read_permissions)

    def show(self, row: Row, api_version: str) -> Row:
        """Return an object as a playbook sees it, in snake_case; what the service left out is left out."""
        return {
            prop.option: prop.type.from_service(row[prop.name])
            for prop in self.properties
            if prop.name in row and api_version in prop.api_versions
        }

    def reading(self, what: str) -> Operation:
        """Return the operation of a read; *what* begins the sentence of an error: ``Reading …``."""
        return Operation(what, Phase.READ, self)

    def writing(self, what: str) -> Operation:
        """Return the operation of a write."""
        return Operation(what, Phase.WRITE, self)

    def verifying(self, what: str) -> Operation:
        """Return the operation of a read after a write."""
        return Operation(what, Phase.VERIFY, self)


class Operation(Purpose):
    """Why a request is made, and on which resource: its limits are kept, its permissions and advice are named."""

    def __init__(self, what: str, phase: Phase, resource: Resource) -> None:
        super().__init__(what, phase)
        self.resource = resource

    @property
    def writes(self) -> bool:
        """Whether the request changes something."""
        return self.phase is Phase.WRITE
