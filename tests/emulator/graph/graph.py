# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph: the routes of device compliance policies and their device statuses."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ..entra.tokens import AccessToken, TokenError, Tokens
from ..http.exchange import Answer, Exchange, Kind, json_bytes
from ..settings import READ_ROLE, WRITE_ROLE, Profile
from ..store import Store
from . import page
from .device_status import ODATA_TYPE, DeviceStatus, Property, read_changes
from .edm import EdmError, Value
from .error import GraphError, bad_request, forbidden, unauthorized
from .request_body import read_json
from .route import Resource, Route, parse

_READ_ROLES = (READ_ROLE, WRITE_ROLE)
_WRITES = frozenset({("POST", Resource.STATUSES), ("PATCH", Resource.STATUS), ("DELETE", Resource.STATUS)})
_ABSENT = {
    Profile.DOCUMENTED: frozenset[tuple[str, Resource]](),
    Profile.OBSERVED: _WRITES | {("GET", Resource.STATUS)},
    Profile.READ_ONLY: _WRITES,
}
_ABOUT_ROWS = (Resource.STATUSES, Resource.STATUS_COUNT, Resource.STATUS, Resource.OVERVIEW)


class Graph:
    """Answers what a client asks of ``https://graph.microsoft.com``."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens

    def answer(self, exchange: Exchange, keep: frozenset[str] | None = None) -> Answer:
        """The answer to a request. Of a write, only the properties named in ``keep`` are kept (None: all)."""
        try:
            self._authorize(exchange)
            return self._route(exchange, parse(exchange.segments), keep)
        except GraphError as error:
            return error.answer(exchange)

    def patch(self, exchange: Exchange) -> tuple[DeviceStatus, dict[Property, Value]] | None:
        """The row that a PATCH is about and what it asks to change; None when it is not a PATCH that could be done."""
        if exchange.kind is not Kind.GRAPH or exchange.method != "PATCH":
            return None
        try:
            route = parse(exchange.segments)
            if route.resource is not Resource.STATUS:
                return None
            status = self._store.status(route.policy_id, route.status_id)
            return status, _changes(exchange, route)
        except GraphError:
            return None

    def authenticate(self, exchange: Exchange) -> AccessToken:
        """The token of a request; GraphError when it is none that Graph takes."""
        try:
            return self._tokens.verify(exchange.bearer)
        except TokenError as error:
            raise unauthorized(str(error)) from None

    def _authorize(self, exchange: Exchange) -> None:
        token = self.authenticate(exchange)
        needed = _READ_ROLES if exchange.method == "GET" else (WRITE_ROLE,)
        if token.roles.isdisjoint(needed):
            raise forbidden(needed)

    def _route(self, exchange: Exchange, route: Route, keep: frozenset[str] | None) -> Answer:
        method, settings = exchange.method, self._store.settings
        if (method, route.resource) in _ABSENT[settings.profile]:
            raise route.not_routed(method)
        if route.policy_id in settings.policies_unreadable and route.resource in _ABOUT_ROWS:
            raise forbidden(_READ_ROLES)
        match method, route.resource:
            case "GET", Resource.POLICIES:
                return self._policies(exchange, route)
            case "GET", Resource.POLICY:
                return self._entity(route, self._store.policy(route.policy_id).as_json(route.version))
            case "GET", Resource.OVERVIEW:
                return self._entity(route, self._store.policy(route.policy_id).overview(route.version))
            case "GET", Resource.STATUSES:
                return self._statuses(exchange, route)
            case "GET", Resource.STATUS_COUNT:
                count = len(self._store.policy(route.policy_id).statuses)
                return Answer(200, str(count).encode(), {"Content-Type": "text/plain"})
            case "GET", Resource.STATUS:
                return self._status(route)
            case "POST", Resource.STATUSES:
                return self._create(exchange, route)
            case "PATCH", Resource.STATUS:
                return self._update(exchange, route, keep)
            case "DELETE", Resource.STATUS:
                self._store.delete(route.policy_id, route.status_id)
                return Answer(204)
        raise route.not_routed(method)

    def _policies(self, exchange: Exchange, route: Route) -> Answer:
        shown = [json_bytes(policy.as_json(route.version)) for policy in self._store.policies.values()]
        return self._list(exchange, route, len(shown), lambda start, end: shown[start:end])

    def _statuses(self, exchange: Exchange, route: Route) -> Answer:
        settings, rows = self._store.settings, self._store.policy(route.policy_id).statuses
        total = len(rows) if settings.list_limit is None else min(len(rows), settings.list_limit)
        return self._list(
            exchange, route, total, lambda start, end: rows.page(start, end, route.version, settings.enum_case)
        )

    def _list(self, exchange: Exchange, route: Route, total: int, shown: Callable[[int, int], list[bytes]]) -> Answer:
        wanted = page.parse(exchange, self._store.settings)
        content: dict[str, object] = {"@odata.context": self._context(route)}
        link = wanted.next_link(exchange, self._tokens.graph_url, total)
        if link is not None:
            content["@odata.nextLink"] = link
        rows = b",".join(shown(wanted.offset, min(wanted.end, total)))
        return Answer.of_bytes(200, json_bytes(content)[:-1] + b',"value":[' + rows + b"]}")

    def _status(self, route: Route) -> Answer:
        answer = self._shown(route, self._store.status(route.policy_id, route.status_id))
        # Microsoft's sample answer of this GET is wrapped so.
        return Answer.of_json(200, {"value": answer} if self._store.settings.wrap_item else answer)

    def _create(self, exchange: Exchange, route: Route) -> Answer:
        changes = _changes(exchange, route)
        status_id = f"{uuid.uuid4()}_{route.policy_id}_{uuid.uuid4()}"
        status = DeviceStatus(id=status_id).changed(changes)
        self._store.put(route.policy_id, status)
        return Answer.of_json(201, self._shown(route, status))

    def _update(self, exchange: Exchange, route: Route, keep: frozenset[str] | None) -> Answer:
        status = self._store.status(route.policy_id, route.status_id)
        changes = _changes(exchange, route)
        kept = {prop: value for prop, value in changes.items() if keep is None or prop.name in keep}
        self._store.put(route.policy_id, status.changed(kept))
        if self._store.settings.patch_answer == 204:
            return Answer(204)
        return Answer.of_json(200, self._shown(route, status.changed(changes)))

    def _entity(self, route: Route, entity: dict[str, object]) -> Answer:
        return Answer.of_json(200, {"@odata.context": self._context(route)} | entity)

    def _shown(self, route: Route, status: DeviceStatus) -> dict[str, object]:
        annotations: dict[str, object] = {"@odata.context": self._context(route), "@odata.type": ODATA_TYPE}
        return annotations | status.as_json(route.version, self._store.settings.enum_case)

    def _context(self, route: Route) -> str:
        return f"{self._tokens.graph_url}/{route.version.value}/$metadata#{route.context}"


def _changes(exchange: Exchange, route: Route) -> dict[Property, Value]:
    body = read_json(exchange)
    if not isinstance(body, dict):
        raise bad_request("Unable to read JSON request payload: an object is wanted.")
    if body.get("id", route.status_id) != route.status_id:
        raise bad_request("The property 'id' is the key of the entity and cannot be updated.")
    try:
        return read_changes(body, route.version)
    except EdmError as error:
        raise bad_request(str(error)) from None
