# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The access token of one task: fetched when it is first needed, replaced when Graph refuses it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import Code, Failure, IntuneError, Phase
from .._transport.http import Transport
from .._transport.json_document import parse_json
from .credentials import Credential, fits_header


class Tokens:
    """The token of one task, fetched when it is first needed.

    Args:
        credential: how to get it.
        register: called with each token, so that it is masked wherever it could be shown.
    """

    def __init__(self, credential: Credential, transport: Transport, register: Callable[[str], object]) -> None:
        self._credential = credential
        self._transport = transport
        self._register = register
        self._token: str | None = None

    @property
    def renewable(self) -> bool:
        """Whether a refused token can be replaced."""
        return self._credential.renewable

    def get(self) -> str:
        """Return the token."""
        return self._token or self._fetch()

    def renew(self) -> None:
        """Replace a token that Graph refused."""
        self._fetch(self._token)

    def _fetch(self, rejected: str | None = None) -> str:
        token = self._credential.token(self._transport, rejected)
        self._register(token)
        if not fits_header(token):
            message = "the authority answered with something that cannot be a token"
            failure = Failure(Code.BAD_RESPONSE, message, Phase.AUTH)
            raise IntuneError(
                f"Signing in with {self._credential.name} failed: {message}; check authority_url", failure
            )
        self._token = token
        return token

    def claims(self) -> Mapping[str, Any]:
        """Return the token's claims, for messages only: nothing is verified, nothing is decided by them."""
        return self.claims_of(self._token)

    @staticmethod
    def claims_of(token: str | None) -> Mapping[str, Any]:
        """Return the claims of a token."""
        parts = (token or "").split(".")
        try:
            claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (IndexError, ValueError):
            return {}
        return claims if isinstance(claims, dict) else {}

    def roles(self) -> list[str]:
        """Return the permissions in the token: application roles, and scopes of a delegated one."""
        claims = self.claims()
        roles, scopes = claims.get("roles"), claims.get("scp")
        return [
            *(map(str, roles) if isinstance(roles, list) else ()),
            *(scopes.split() if isinstance(scopes, str) else ()),
        ]
