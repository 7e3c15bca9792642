# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens without a credential, as inside Azure: the instance metadata service and App Service's endpoint."""

from __future__ import annotations

import hmac

from ..http.exchange import Answer, Exchange
from ..settings import CurrentSettings
from .credentials import Credentials
from .tokens import Issued, Tokens

# The two return the same content with different names and types:
# learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
# learn.microsoft.com/azure/app-service/overview-managed-identity


class ManagedIdentity:
    """One system-assigned and one user-assigned identity."""

    def __init__(self, credentials: Credentials, tokens: Tokens, settings: CurrentSettings) -> None:
        self._credentials = credentials
        self._tokens = tokens
        self._settings = settings

    def answer(self, exchange: Exchange) -> Answer:
        """The answer of the metadata service or of App Service; 404 for anything else."""
        match exchange.method, exchange.segments:
            case "GET", ["metadata", "identity", "oauth2", "token"]:
                return self._imds(exchange)
            case "GET", ["msi", "token"]:
                return self._app_service(exchange)
        return Answer(404)

    def _imds(self, exchange: Exchange) -> Answer:
        query = exchange.query
        if exchange.header("metadata").lower() != "true":
            return _imds_error("invalid_request", "Required metadata header not specified")
        if "api-version" not in query:
            return _imds_error("invalid_request", "Required query variable 'api-version' is missing")
        if not self._known_resource(query.get("resource")):
            return _imds_error("invalid_resource", f"AADSTS500011: The resource {query.get('resource')} was not found")
        if not self._known_identity(query.get("client_id")):
            return _imds_error("invalid_request", "Identity not found")
        issued = self._issue()
        content = {
            "access_token": issued.token,
            "client_id": self._credentials.managed_identity_client_id,
            "expires_in": str(issued.expires_in),
            "expires_on": str(issued.expires_on),
            "ext_expires_in": str(issued.expires_in),
            "not_before": str(issued.not_before),
            "resource": query["resource"],
            "token_type": "Bearer",
        }
        return Answer.of_json(200, content)

    def _app_service(self, exchange: Exchange) -> Answer:
        query = exchange.query
        sent, wanted = exchange.header("x-identity-header"), self._credentials.app_service_header
        if not hmac.compare_digest(sent.encode(), wanted.encode()):
            return Answer.of_json(401, {"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong"})
        if not self._known_resource(query.get("resource")):
            return Answer.of_json(500, {"statusCode": 500, "message": "An unexpected error occurred"})
        if not self._known_identity(query.get("client_id")):
            text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return Answer.of_json(400, {"statusCode": 400, "message": text})
        issued = self._issue()
        content = {
            "access_token": issued.token,
            "client_id": self._credentials.managed_identity_client_id,
            "expires_on": str(issued.expires_on),
            "resource": query["resource"],
            "token_type": "Bearer",
        }
        return Answer.of_json(200, content)

    def _issue(self) -> Issued:
        settings = self._settings.values
        return self._tokens.issue(self._credentials.managed_identity_client_id, settings.roles, settings.token_lifetime)

    def _known_resource(self, resource: str | None) -> bool:
        return resource is not None and resource.rstrip("/") == self._tokens.graph_url

    def _known_identity(self, client_id: str | None) -> bool:
        return client_id is None or client_id.lower() == self._credentials.managed_identity_client_id


def _imds_error(error: str, description: str) -> Answer:
    return Answer.of_json(400, {"error": error, "error_description": description})
