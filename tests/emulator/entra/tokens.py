# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: issued by the authority and the managed identity, verified by Graph."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

_ALGORITHM = "RS256"


class TokenError(Exception):
    """A token that Graph refuses; the text is that of Graph."""


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """The content of a verified token."""

    token_id: str
    app_id: str
    roles: frozenset[str]
    expires_on: int


@dataclasses.dataclass(frozen=True)
class Issued:
    """A new token and its lifetime: in seconds, and the Unix times of its start and end."""

    token: str
    expires_in: int
    not_before: int
    expires_on: int


class Tokens:
    """Signs and verifies access tokens with a key generated at the start."""

    def __init__(self, graph_url: str, issuer: str, tenant_id: str) -> None:
        self.graph_url = graph_url
        self._issuer = issuer
        self._tenant_id = tenant_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = uuid.uuid4().hex
        self._valid_ids: set[str] = set()
        # A batch presents the same token twenty times, and a verified signature stays valid.
        self._verified: dict[str, AccessToken] = {}

    def issue(self, app_id: str, roles: tuple[str, ...], lifetime: int) -> Issued:
        """A token for Graph that is valid for ``lifetime`` seconds."""
        now = int(time.time())
        token_id = uuid.uuid4().hex
        claims: dict[str, object] = {
            "aud": self.graph_url,
            "iss": self._issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": app_id,
            "idtyp": "app",
            "sub": app_id,
            "tid": self._tenant_id,
            "uti": token_id,
            "ver": "1.0",
        }
        if roles:
            claims["roles"] = list(roles)
        self._valid_ids.add(token_id)
        token = jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": self._key_id})
        return Issued(token, lifetime, now, now + lifetime)

    def verify(self, token: str | None) -> AccessToken:
        """The content of a token; TokenError if it is missing, forged, for another audience, or no longer valid."""
        if not token:
            raise TokenError("Access token is empty.")
        known = self._verified.get(token)
        if known is None:
            known = self._verified[token] = self._decoded(token)
        if known.expires_on <= time.time() or known.token_id not in self._valid_ids:
            raise TokenError("Lifetime validation failed, the token is expired.")
        return known

    def _decoded(self, token: str) -> AccessToken:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[_ALGORITHM],
                audience=self.graph_url,
                issuer=self._issuer,
                options={"require": ["exp", "nbf", "aud", "iss", "uti", "appid"]},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("Lifetime validation failed, the token is expired.") from None
        except jwt.InvalidAudienceError:
            raise TokenError("Access token validation failure. Invalid audience.") from None
        except jwt.PyJWTError:
            raise TokenError("CompactToken validation failed with reason code: 80049228.") from None
        return AccessToken(claims["uti"], claims["appid"], frozenset(claims.get("roles", [])), claims["exp"])

    def expire_all(self) -> None:
        """Makes every token issued so far invalid."""
        self._valid_ids.clear()

    def key_set(self) -> dict[str, object]:
        """The JSON Web Key Set for verifying the tokens."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [public | {"kid": self._key_id, "use": "sig", "alg": _ALGORITHM}]}
