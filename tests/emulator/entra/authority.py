# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra ID for one tenant: discovery, keys, and tokens for client credentials."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from ..http.exchange import Answer, Exchange
from ..settings import CurrentSettings
from .assertion import AssertionVerifier
from .credentials import Credentials
from .error import EntraError, invalid_client
from .tokens import Issued, Tokens

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Authority:
    """Answers the requests to ``https://login.microsoftonline.com``."""

    def __init__(self, url: str, credentials: Credentials, tokens: Tokens, settings: CurrentSettings) -> None:
        self._url = url
        self._credentials = credentials
        self._tokens = tokens
        self._settings = settings
        self._tenant_url = f"{url}/{credentials.tenant_id}"
        self._assertions = AssertionVerifier(
            credentials,
            [f"{self._tenant_url}/oauth2/v2.0/token", f"{self._tenant_url}/v2.0", f"{self._tenant_url}/"],
        )

    def answer(self, exchange: Exchange) -> Answer:
        """The answer to a discovery, key or token request; 404 for anything else."""
        try:
            return self._route(exchange)
        except EntraError as error:
            return error.answer()

    def _route(self, exchange: Exchange) -> Answer:
        match exchange.method, exchange.segments:
            case "GET", [tenant, "v2.0", ".well-known", "openid-configuration"]:
                self._require_tenant(tenant)
                return Answer.of_json(200, self._discovery())
            case "GET", [tenant, "discovery", "v2.0", "keys"]:
                self._require_tenant(tenant)
                return Answer.of_json(200, self._tokens.key_set())
            case "POST", [tenant, "oauth2", "v2.0", "token"]:
                self._require_tenant(tenant)
                return self._token(exchange)
        return Answer(404)

    def _require_tenant(self, tenant: str) -> None:
        if tenant.lower() != self._credentials.tenant_id:
            raise EntraError(
                "invalid_tenant",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud. Check with your subscription administrator, this may happen if there are no "
                "active subscriptions for the tenant.",
            )

    def _discovery(self) -> dict[str, object]:
        return {
            "token_endpoint": f"{self._tenant_url}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{self._tenant_url}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{self._tenant_url}/v2.0",
            "authorization_endpoint": f"{self._tenant_url}/oauth2/v2.0/authorize",
            "tenant_region_scope": "EU",
            "cloud_instance_name": self._url.removeprefix("https://"),
            "msgraph_host": self._tokens.graph_url.removeprefix("https://"),
        }

    def _token(self, exchange: Exchange) -> Answer:
        form = read_form(exchange)
        grant = form.get("grant_type", "")
        if grant != "client_credentials":
            raise EntraError("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")
        if form.get("client_id", "").lower() != self._credentials.client_id:
            raise EntraError(
                "unauthorized_client",
                700016,
                f"Application with identifier '{form.get('client_id', '')}' was not found in the directory "
                f"'{self._credentials.tenant_id}'. This can happen if the application has not been installed by the "
                "administrator of the tenant or consented to by any user in the tenant.",
            )
        self._require_scope(form.get("scope", ""))
        self._require_credential(form)
        settings = self._settings.values
        issued = self._tokens.issue(self._credentials.client_id, settings.roles, settings.token_lifetime)
        return _token_answer(issued)

    def _require_scope(self, scope: str) -> None:
        wanted = f"{self._tokens.graph_url}/.default"
        if scope == wanted:
            return
        if not scope.endswith("/.default"):
            raise EntraError(
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
                "with /.default suffixed to the resource identifier (application ID URI).",
            )
        raise EntraError(
            "invalid_resource",
            500011,
            f"The resource principal named {scope.removesuffix('/.default')} was not found in the tenant named "
            f"{self._credentials.tenant_id}.",
        )

    def _require_credential(self, form: dict[str, str]) -> None:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != JWT_BEARER:
                raise EntraError("invalid_request", 900144, "'client_assertion_type' is missing or unknown.")
            self._assertions.verify(form["client_assertion"])
        elif not form.get("client_secret"):
            raise invalid_client(
                7000216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            )
        elif not hmac.compare_digest(form["client_secret"].encode(), self._credentials.client_secret.encode()):
            raise invalid_client(
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{self._credentials.client_id}'.",
            )


def read_form(exchange: Exchange) -> dict[str, str]:
    """The fields of a form body."""
    fields = parse_qs(exchange.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _token_answer(issued: Issued) -> Answer:
    content = {
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "ext_expires_in": issued.expires_in,
        "access_token": issued.token,
    }
    return Answer.of_json(200, content, {"Cache-Control": "no-store, no-cache"})
