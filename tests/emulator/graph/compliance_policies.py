# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource ``deviceCompliancePolicies``: the policies, their overviews and their device statuses."""

from __future__ import annotations

import uuid

from ..http.exchange import Answer, Exchange, json_bytes
from ..settings import READ_ROLE, WRITE_ROLE, CurrentSettings, Profile
from . import page
from .device_status import DeviceStatus
from .edm import EdmError, Value
from .entity import Property, View, read_changes
from .error import GraphError, bad_request, forbidden
from .policy_route import Route, Target, parse
from .request_body import read_json
from .resource import Family, Patch
from .store import Store

_READ_ROLES = (READ_ROLE, WRITE_ROLE)
_WRITES = frozenset({("POST", Target.STATUSES), ("PATCH", Target.STATUS), ("DELETE", Target.STATUS)})
_ABSENT = {
    Profile.DOCUMENTED: frozenset[tuple[str, Target]](),
    Profile.OBSERVED: _WRITES | {("GET", Target.STATUS)},
    Profile.READ_ONLY: _WRITES,
}
_ABOUT_ROWS = (Target.STATUSES, Target.STATUS_COUNT, Target.STATUS, Target.OVERVIEW)


class CompliancePolicies:
    """Answers for the policies in the store."""

    family = Family.COMPLIANCE_POLICIES

    def __init__(self, store: Store, settings: CurrentSettings, graph_url: str) -> None:
        self._store = store
        self._settings = settings
        self._graph_url = graph_url

    def roles(self, method: str) -> tuple[str, ...]:
        """The roles of which a token needs one."""
        return _READ_ROLES if method == "GET" else (WRITE_ROLE,)

    def patch(self, exchange: Exchange) -> Patch | None:
        """The row and the changes of a PATCH; None for another request, and for one that cannot be done."""
        if exchange.method != "PATCH":
            return None
        try:
            route = parse(exchange.segments)
            if route.target is not Target.STATUS:
                return None
            status = self._store.status(route.policy_id, route.status_id)
            return status, _changes(exchange, route)
        except GraphError:
            return None

    def answer(self, exchange: Exchange, keep: frozenset[str] | None) -> Answer:
        """The answer to an authorized request. Of a write, only the properties in ``keep`` are kept (None: all)."""
        route, method = parse(exchange.segments), exchange.method
        self._check(route, method)
        match method, route.target:
            case "GET", Target.POLICIES:
                return self._policies(exchange, route)
            case "GET", Target.POLICY:
                return self._entity(route, self._store.policy(route.policy_id).as_json(route.version))
            case "GET", Target.OVERVIEW:
                return self._entity(route, self._store.policy(route.policy_id).overview(route.version))
            case "GET", Target.STATUSES:
                return self._statuses(exchange, route)
            case "GET", Target.STATUS_COUNT:
                count = len(self._store.policy(route.policy_id).statuses)
                return Answer(200, str(count).encode(), {"Content-Type": "text/plain"})
            case "GET", Target.STATUS:
                return self._status(route)
            case "POST", Target.STATUSES:
                return self._create(exchange, route)
            case "PATCH", Target.STATUS:
                return self._update(exchange, route, keep)
            case "DELETE", Target.STATUS:
                self._store.delete(route.policy_id, route.status_id)
                return Answer(204)
        raise route.not_routed(method)

    def _check(self, route: Route, method: str) -> None:
        settings = self._settings.values
        if (method, route.target) in _ABSENT[settings.profile]:
            raise route.not_routed(method)
        if route.policy_id in settings.policies_unreadable and route.target in _ABOUT_ROWS:
            raise forbidden(_READ_ROLES)

    def _policies(self, exchange: Exchange, route: Route) -> Answer:
        shown = [json_bytes(policy.as_json(route.version)) for policy in self._store.policies.values()]
        wanted = self._page(exchange)
        return wanted.answer(
            exchange, self._graph_url, self._context(route), len(shown), lambda start, end: shown[start:end]
        )

    def _statuses(self, exchange: Exchange, route: Route) -> Answer:
        settings, rows = self._settings.values, self._store.policy(route.policy_id).statuses
        total = len(rows) if settings.list_limit is None else min(len(rows), settings.list_limit)
        view = View(route.version, settings.enum_case)
        wanted = self._page(exchange)
        return wanted.answer(
            exchange, self._graph_url, self._context(route), total, lambda start, end: rows.page(start, end, view)
        )

    def _page(self, exchange: Exchange) -> page.Page:
        if "$filter" in exchange.query:
            # Seen on the live collection: the client has to filter.
            raise page.not_implemented()
        return page.parse(exchange, self._settings.values.page_size, self._settings.values.empty_pages)

    def _status(self, route: Route) -> Answer:
        answer = self._shown(route, self._store.status(route.policy_id, route.status_id))
        # Microsoft's sample answer to this GET is wrapped like this.
        return Answer.of_json(200, {"value": answer} if self._settings.values.wrap_item else answer)

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
        if self._settings.values.patch_answer == 204:
            return Answer(204)
        return Answer.of_json(200, self._shown(route, status.changed(changes)))

    def _entity(self, route: Route, entity: dict[str, object]) -> Answer:
        return Answer.of_json(200, {"@odata.context": self._context(route)} | entity)

    def _shown(self, route: Route, status: DeviceStatus) -> dict[str, object]:
        annotations: dict[str, object] = {"@odata.context": self._context(route), "@odata.type": f"#{status.TYPE}"}
        return annotations | status.as_json(View(route.version, self._settings.values.enum_case))

    def _context(self, route: Route) -> str:
        return f"{self._graph_url}/{route.version.value}/$metadata#{route.context}"


def _changes(exchange: Exchange, route: Route) -> dict[Property, Value]:
    body = read_json(exchange)
    if not isinstance(body, dict):
        raise bad_request("Unable to read JSON request payload: it must be an object.")
    if body.get("id", route.status_id) != route.status_id:
        raise bad_request("The property 'id' is the key of the entity and cannot be updated.")
    try:
        return read_changes(DeviceStatus, body, route.version)
    except EdmError as error:
        raise bad_request(str(error)) from None
