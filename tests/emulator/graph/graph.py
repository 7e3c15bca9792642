# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph: checks the token, and passes a request on to the resource that it is about."""

from __future__ import annotations

from ..entra.tokens import AccessToken, TokenError, Tokens
from ..http.exchange import Answer, Exchange, Kind
from ..settings import CurrentSettings
from .compliance_policies import CompliancePolicies
from .error import GraphError, forbidden, no_segment, unauthorized
from .managed_devices import ManagedDevices
from .resource import Family, Patch, Resource
from .store import Store


class Graph:
    """Answers what a client requests of ``https://graph.microsoft.com``."""

    def __init__(self, store: Store, settings: CurrentSettings, tokens: Tokens) -> None:
        self._tokens = tokens
        self._resources: dict[str, Resource] = {
            "deviceCompliancePolicies": CompliancePolicies(store, settings, tokens.graph_url),
            "managedDevices": ManagedDevices(store, settings, tokens.graph_url),
        }

    def answer(self, exchange: Exchange, keep: frozenset[str] | None = None) -> Answer:
        """The answer to a request. Of a write, only the properties named in ``keep`` are kept (None: all)."""
        try:
            token = self.authenticate(exchange)
            resource = self._resource(exchange)
            if resource is None:
                raise no_segment(exchange.segments[-1])
            needed = resource.roles(exchange.method)
            if token.roles.isdisjoint(needed):
                raise forbidden(needed)
            return resource.answer(exchange, keep)
        except GraphError as error:
            return error.answer(exchange)

    def patch(self, exchange: Exchange) -> Patch | None:
        """The row and the changes of a PATCH; None for another request, and for one that cannot be done."""
        resource = self._resource(exchange) if exchange.kind is Kind.GRAPH else None
        return None if resource is None else resource.patch(exchange)

    def family(self, exchange: Exchange) -> Family:
        """The family whose limits count a request; a path that does not exist counts for compliance policies."""
        resource = self._resource(exchange)
        return Family.COMPLIANCE_POLICIES if resource is None else resource.family

    def authenticate(self, exchange: Exchange) -> AccessToken:
        """The token of a request; GraphError for a token that Graph refuses."""
        try:
            return self._tokens.verify(exchange.bearer)
        except TokenError as error:
            raise unauthorized(str(error)) from None

    def _resource(self, exchange: Exchange) -> Resource | None:
        match exchange.segments[1:]:
            case ["deviceManagement", name, *_below]:
                return self._resources.get(name)
        return None
