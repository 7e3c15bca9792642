# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies client assertions: signed with the application's certificate, or by the federated issuer."""

from __future__ import annotations

import base64
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes

from .credentials import FEDERATED_AUDIENCE, Credentials
from .error import EntraError, invalid_client

_NOT_NOW = "Client assertion is not within its valid time range."


class AssertionVerifier:
    """Verifies that an assertion proves the identity of the application."""

    def __init__(self, credentials: Credentials, audiences: list[str]) -> None:
        self._credentials = credentials
        self._audiences = audiences
        # x5t is the base64url of the certificate's SHA-1, x5t#S256 of its SHA-256 (RFC 7515, 4.1.7 and 4.1.8).
        self._thumbprints = {
            "x5t": _thumbprint(credentials, hashes.SHA1()),  # noqa: S303 - an identifier, not a signature
            "x5t#S256": _thumbprint(credentials, hashes.SHA256()),
        }
        self._seen: dict[str, str] = {}

    def verify(self, assertion: str) -> None:
        """Returns if the assertion is valid; EntraError if it is not."""
        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise EntraError("invalid_request", 50027, "JWT token is invalid or malformed.") from None
        if any(name in header for name in self._thumbprints) or claims.get("iss") == self._credentials.client_id:
            self._verify_certificate(assertion, header)
        else:
            self._verify_federated(assertion, claims)

    def _verify_certificate(self, assertion: str, header: dict[str, Any]) -> None:
        self._require_registered(header)
        client_id = self._credentials.client_id
        try:
            claims = jwt.decode(
                assertion,
                self._credentials.key.public_key(),
                algorithms=["RS256", "PS256"],
                audience=self._audiences,
                issuer=client_id,
                subject=client_id,
                options={"require": ["aud", "exp", "iss", "jti", "sub"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise invalid_client(700024, _NOT_NOW) from None
        except jwt.InvalidAudienceError:
            raise invalid_client(700023, "Client assertion audience claim does not match Realm issuer.") from None
        except jwt.InvalidSignatureError:
            raise invalid_client(700027, "Client assertion failed signature validation.") from None
        except jwt.PyJWTError as error:
            raise invalid_client(700021, f"Client assertion application identifier is wrong: {error}.") from None
        # MSAL sends one assertion again for minutes, so the same assertion is no replay; another assertion with the
        # same jti is.
        if self._seen.setdefault(str(claims["jti"]), assertion) != assertion:
            raise invalid_client(700027, "Client assertion reuses the identifier ('jti') of another one.")

    def _require_registered(self, header: dict[str, Any]) -> None:
        sent = {name: str(header[name]).rstrip("=") for name in self._thumbprints if name in header}
        if not sent or any(value != self._thumbprints[name] for name, value in sent.items()):
            shown = ", ".join(sent.values()) or "none"
            raise invalid_client(
                700027,
                "The certificate with identifier used to sign the client assertion is not registered on application. "
                f"[Reason - The key was not found., Thumbprint of key used by client: '{shown}'].",
            )

    def _verify_federated(self, assertion: str, unverified: dict[str, Any]) -> None:
        issuer, subject = self._credentials.federated_issuer, self._credentials.federated_subject
        try:
            jwt.decode(
                assertion,
                self._credentials.federated_key.public_key(),
                algorithms=["RS256"],
                audience=FEDERATED_AUDIENCE,
                issuer=issuer,
                subject=subject,
                options={"require": ["aud", "exp", "iss", "sub"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise invalid_client(700024, _NOT_NOW) from None
        except jwt.InvalidIssuerError:
            raise _no_record(700211, "issuer", unverified.get("iss")) from None
        except jwt.InvalidAudienceError:
            raise _no_record(700212, "audience", unverified.get("aud")) from None
        except jwt.InvalidSignatureError:
            raise invalid_client(50013, "Assertion failed signature validation.") from None
        except jwt.PyJWTError:
            raise _no_record(700213, "subject", unverified.get("sub")) from None


def _no_record(number: int, claim: str, value: object) -> EntraError:
    return invalid_client(
        number,
        f"No matching federated identity record found for presented assertion {claim} '{value}'. Please check your "
        "federated identity credential Subject, Audience and Issuer against the presented assertion.",
    )


def _thumbprint(credentials: Credentials, algorithm: hashes.HashAlgorithm) -> str:
    fingerprint = credentials.certificate.fingerprint(algorithm)
    return base64.urlsafe_b64encode(fingerprint).decode().rstrip("=")
