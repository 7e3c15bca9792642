# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The ways to sign in to Microsoft Graph. Each is checked offline before a token is requested."""

from __future__ import annotations

import abc
import contextlib
import logging
import typing
from typing import Any

from .._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from .._options import Connection, named
from .msal_http import LoginHttp

if typing.TYPE_CHECKING:
    import msal

    from .._transport.http import Transport
    from .token_cache import TokenCacheFile

# What to do about Entra's error numbers.
# Source: Microsoft's page "Microsoft Entra authentication and authorization error codes".
_ADVICE = {
    "AADSTS7000215": "client_secret is not the application's; take the secret's value, not its id",
    "AADSTS7000222": "client_secret has expired; add a new one to the application",
    "AADSTS700016": "no application with this client_id exists in this tenant_id; check both",
    "AADSTS500011": "this tenant has no service at graph_url; check graph_url and cloud",
    "AADSTS90002": "the tenant does not exist; check tenant_id and cloud",
    "AADSTS900023": "the tenant does not exist; check tenant_id and cloud",
    "AADSTS700027": "the certificate is not one of the application's; upload its public part to the application",
    "AADSTS700024": "the assertion is not valid at this time; check the clock, and that the federated token is fresh",
    "AADSTS70021": "no federated credential of the application fits the token; compare issuer, subject and audience",
    "AADSTS53003": "a Conditional Access policy blocks this application; ask its administrator",
}


class Credential(abc.ABC):
    """One way to get a token for Graph."""

    name: typing.ClassVar[str]
    """The value of ``auth_source``."""

    own: typing.ClassVar[tuple[str, ...]] = ()
    """The options of which one is enough to choose this way."""

    shared: typing.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id")

    renewable = True
    """Whether a new token can be fetched when Graph refuses the current one."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def begun(self) -> str | None:
        """The given option that only this way needs, or None."""
        return next((option for option in self.own if getattr(self.connection, option)), None)

    def missing(self) -> list[str]:
        """Return the options that are not given, with their environment variables."""
        absent = [named(option) for option in self.shared if not getattr(self.connection, option)]
        if self.own and not self.begun:
            absent.append(" or ".join(named(option) for option in self.own))
        return absent

    def problems(self) -> list[str]:
        """Return the problems that can be found without the network."""
        return []

    @abc.abstractmethod
    def token(self, transport: Transport, rejected: str | None = None) -> str:
        """Return a token for Graph.

        Args:
            transport: how to reach the authority.
            rejected: a token that Graph refused, not to be returned again from a cache.
        """


class AccessToken(Credential):
    """A token that the user already has."""

    name = "access_token"
    own = ("access_token",)
    shared = ()
    renewable = False

    def problems(self) -> list[str]:
        if fits_header(self.connection.access_token or ""):
            return []
        return [f"{named('access_token')} must be the bare token: one line without spaces and without 'Bearer'"]

    def token(self, _transport: Transport, _rejected: str | None = None) -> str:
        return str(self.connection.access_token)


class _MsalCredential(Credential):
    """A credential that MSAL turns into a token."""

    def problems(self) -> list[str]:
        file = self._cache_file()
        return file.problems() if file else []

    def _cache_file(self) -> TokenCacheFile | None:
        if not self.connection.token_cache:
            return None
        from .token_cache import TokenCacheFile  # opt-in, loaded on demand

        return TokenCacheFile(self.connection.token_cache)

    def token(self, transport: Transport, rejected: str | None = None) -> str:
        # It logs sign-in pages that are not JSON as they are, with whatever secret they quote.
        logging.getLogger("msal").setLevel(logging.CRITICAL + 1)
        import msal  # Loaded on demand: a given token needs neither the package nor the time to load it.

        file = self._cache_file()
        retry_budget = transport.retry_budget
        with (
            file.locked(retry_budget.clock, retry_budget.left + self.connection.timeout)
            if file
            else contextlib.nullcontext()
        ):
            cache = msal.SerializableTokenCache()
            if file:
                cache.deserialize(file.read())
            if rejected:
                for entry in list(cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN)):
                    if entry.get("secret") == rejected:
                        cache.remove_at(entry)
            token = self._sign_in(transport, cache)
            if file and cache.has_state_changed:
                file.write(cache.serialize())
        return token

    def _sign_in(self, transport: Transport, cache: msal.SerializableTokenCache) -> str:
        http = self._http(transport)
        try:
            result = self._ask(http, cache)
        except IntuneError:
            raise
        # MSAL raises any exception: ValueError for an unknown tenant, KeyError for a partial document.
        except Exception as error:
            raise self._refused(http, str(error)) from None
        if not isinstance(result, dict) or "access_token" not in result:
            raise self._refused(http, str((result or {}).get("error_description") or "no token in the answer"))
        return str(result["access_token"])

    def _refused(self, http: LoginHttp, reason: str) -> IntuneError:
        error = http.last_failure()
        if error is None:
            failure = Failure(Code.AUTH_FAILED, reason, Phase.AUTH)
            return IntuneError(f"Signing in with {self.name} failed: {reason}; check authority_url", failure)
        failure = error.failure
        failure.code = Code.AUTH_FAILED
        number = failure.message.partition(":")[0].strip()
        # A last digit distinguishes several kinds of federation mismatch.
        advice = _ADVICE.get(number) or _ADVICE.get(number[:11])
        return IntuneError(f"{error.sentence}; {advice}" if advice else error.sentence, failure)

    def _http(self, transport: Transport) -> LoginHttp:
        return LoginHttp(transport, f"Signing in with {self.name}", host_url=self.connection.authority_url)

    @abc.abstractmethod
    def _ask(self, http: LoginHttp, cache: msal.SerializableTokenCache) -> dict[str, Any] | None:
        """Return MSAL's result."""


class _ApplicationCredential(_MsalCredential):
    """An application of the tenant that proves its identity."""

    def problems(self) -> list[str]:
        found = super().problems()
        tenant = self.connection.tenant_id or ""
        # The tenant becomes a part of the authority's path.
        if not all(letter.isalnum() or letter in ".-_" for letter in tenant) or not tenant.strip("."):
            found.append(f"{named('tenant_id')} must be the tenant's GUID or one of its domain names")
        return found

    @abc.abstractmethod
    def _proof(self) -> Any:
        """Return MSAL's ``client_credential``."""

    def _ask(self, http: LoginHttp, cache: msal.SerializableTokenCache) -> dict[str, Any] | None:
        import msal

        application = msal.ConfidentialClientApplication(
            self.connection.client_id,
            client_credential=self._proof(),
            authority=f"{self.connection.authority_url}/{self.connection.tenant_id}",
            # The host is ours or the user's own choice; asking Microsoft's public cloud about it would only cost a
            # request, and fail where that cloud is not reachable.
            instance_discovery=False,
            validate_authority=False,
            token_cache=cache,
            http_client=http,
        )
        scope = f"{self.connection.graph_url}/.default"
        return typing.cast("dict[str, Any] | None", application.acquire_token_for_client(scopes=[scope]))


class ClientSecret(_ApplicationCredential):
    """A secret of the application."""

    name = "client_secret"
    own = ("client_secret",)

    def _proof(self) -> Any:
        return self.connection.client_secret


class Certificate(_ApplicationCredential):
    """A certificate of the application."""

    name = "certificate"
    own = ("certificate_path",)

    def problems(self) -> list[str]:
        try:
            self._proof()
        except ImportError:
            return super().problems()  # reported by the module, with how to install it
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return [*super().problems(), f"{named('certificate_path')}: {self.connection.certificate_path}: {reason}"]
        return super().problems()

    def _proof(self) -> Any:
        from .certificate import load_certificate  # loads cryptography

        return load_certificate(str(self.connection.certificate_path), self.connection.certificate_password)


class FederatedToken(_ApplicationCredential):
    """A token of another identity provider that the application trusts (workload identity federation)."""

    name = "federated_token"
    own = ("federated_token", "federated_token_file")

    def problems(self) -> list[str]:
        try:
            assertion = self._assertion()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not text"
            path = self.connection.federated_token_file
            return [*super().problems(), f"{named('federated_token_file')}: {path}: {reason}"]
        if assertion.count(".") != 2:
            return [*super().problems(), "federated_token is not a JWT: three parts with dots between them"]
        return super().problems()

    def _assertion(self) -> str:
        if self.connection.federated_token:
            return self.connection.federated_token.strip()
        with open(str(self.connection.federated_token_file), encoding="utf-8") as file:
            return file.read().strip()

    def _proof(self) -> Any:
        # A callable: the file is rewritten by the platform before each token in it expires.
        return {"client_assertion": self._assertion}


class ManagedIdentity(_MsalCredential):
    """The identity that Azure gives to the machine itself."""

    name = "managed_identity"
    shared = ()

    def _ask(self, http: LoginHttp, cache: msal.SerializableTokenCache) -> dict[str, Any] | None:
        import msal

        client_id = self.connection.client_id
        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
        )
        client = msal.ManagedIdentityClient(identity, http_client=http, token_cache=cache)
        # A resource here, not a scope.
        return typing.cast("dict[str, Any] | None", client.acquire_token_for_client(resource=self.connection.graph_url))

    def _http(self, transport: Transport) -> LoginHttp:
        return LoginHttp(transport, f"Signing in with {self.name}", host_url=None)


def fits_header(token: str) -> bool:
    """Return whether a token can be sent in a header; the error of one that cannot would quote it."""
    return token.isascii() and token.isprintable() and " " not in token


CREDENTIALS: tuple[type[Credential], ...] = (AccessToken, ClientSecret, Certificate, FederatedToken, ManagedIdentity)
"""In the order in which ``auto`` tries them; never managed identity, whose probe hangs outside Azure."""


def select_credential(connection: Connection) -> Credential:
    """Return the credential that the options select.

    Raises:
        InvalidOptionsError: none is complete; names what is missing.
    """
    candidates = [kind(connection) for kind in CREDENTIALS]
    if connection.auth_source != "auto":
        chosen = next(candidate for candidate in candidates if candidate.name == connection.auth_source)
        if missing := chosen.missing():
            raise InvalidOptionsError([f"auth_source {chosen.name} also needs {' and '.join(missing)}"])
        return chosen
    begun = [candidate for candidate in candidates if candidate.begun]
    for candidate in begun:
        if not candidate.missing():
            return candidate
    if begun:
        raise InvalidOptionsError(
            [f"{one.begun} is given, but also needs {' and '.join(one.missing())}" for one in begun]
        )
    application = ClientSecret(connection).missing()[:-1]
    together = f", together with {' and '.join(application)}" if application else ""
    ways = [named(option) for kind in CREDENTIALS for option in kind.own if kind is not AccessToken]
    raise InvalidOptionsError(
        [
            f"no credentials: give {', '.join(ways)}{together}; "
            f"or {named('access_token')}; or, on Azure, auth_source managed_identity"
        ]
    )
