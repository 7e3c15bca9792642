# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in with MSAL: the requests to the authority, and the results of its answers."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, InvalidOptionsError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import select_credential
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.tokens import Tokens
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget

from ...certificates import certificate_pem, key_pem, rsa_key
from ...support import Clock, Reply, Script, connection

AUTHORITY = "https://login.microsoftonline.com/contoso.example"
DISCOVERY = f"{AUTHORITY}/v2.0/.well-known/openid-configuration"
TOKEN = f"{AUTHORITY}/oauth2/v2.0/token"
ENDPOINTS = Reply(
    200,
    {
        "issuer": f"{AUTHORITY}/v2.0",
        "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
        "token_endpoint": TOKEN,
    },
)
IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
APPLICATION = {"tenant_id": "contoso.example", "client_id": "app"}
SECRET = {**APPLICATION, "client_secret": "swordfish"}

SignIn = Callable[..., Tokens]


def granted(token: str = "granted", **more: Any) -> Reply:
    return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token, **more})


def denied(status: int, error: str, description: str) -> Reply:
    document = {"error": error, "error_description": description, "error_codes": [], "trace_id": "t-1"}
    return Reply(status, {**document, "correlation_id": "c-1"})


@pytest.fixture
def sign_in(clock: Clock) -> SignIn:
    """Return the tokens of a task that gives these options."""

    def sign_in(**options: Any) -> Tokens:
        made = connection(**options)
        retry_budget = RetryBudget(made.retry_timeout, clock)
        return Tokens(select_credential(made), Transport(made, retry_budget), lambda _token: None)

    return sign_in


def failed(tokens: Tokens) -> IntuneError:
    """Return the error of a login that fails."""
    with pytest.raises(IntuneError) as caught:
        tokens.get()
    assert caught.value.failure.phase is Phase.AUTH
    assert "swordfish" not in caught.value.sentence
    return caught.value


def form(script: Script) -> dict[str, str]:
    """Return the last request's form."""
    return {name: value[0] for name, value in parse_qs(str(script.sent[-1].body)).items()}


def test_a_secret_gets_a_token_for_graph(script: Script, sign_in: SignIn) -> None:
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted())
    assert sign_in(**SECRET).get() == "granted"
    sent = form(script)
    assert sent["grant_type"] == "client_credentials"
    assert sent["scope"] == "https://graph.microsoft.com/.default"
    assert (sent["client_id"], sent["client_secret"]) == ("app", "swordfish")
    assert all("Authorization" not in request.headers for request in script.sent)


def test_another_cloud_signs_in_there_and_requests_its_own_graph(script: Script, sign_in: SignIn) -> None:
    authority = AUTHORITY.replace("microsoftonline.com", "chinacloudapi.cn")
    endpoints = json.loads(json.dumps(ENDPOINTS.document).replace(AUTHORITY, authority))
    script.expect("GET", f"{authority}/v2.0/.well-known/openid-configuration", Reply(200, endpoints))
    script.expect("POST", f"{authority}/oauth2/v2.0/token", granted())
    assert sign_in(**SECRET, cloud="china").get() == "granted"
    assert form(script)["scope"] == "https://microsoftgraph.chinacloudapi.cn/.default"


def test_a_certificate_signs_an_assertion_that_entra_accepts(script: Script, sign_in: SignIn, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_bytes(key_pem(rsa_key(), "swordfish") + certificate_pem(rsa_key()))
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted())
    options = {"certificate_path": str(file), "certificate_password": "swordfish"}
    assert sign_in(**APPLICATION, **options).get() == "granted"
    header = form(script)["client_assertion"].split(".")[0]
    claims = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert claims["alg"] == "PS256"
    assert "x5t#S256" in claims


def test_a_federated_token_file_is_read_for_each_login(script: Script, sign_in: SignIn, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a.b.1\n")
    tokens = sign_in(**APPLICATION, federated_token_file=str(file))
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted("one"))
    assert tokens.get() == "one"
    assert form(script)["client_assertion"] == "a.b.1"
    file.write_text("a.b.2\n")
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted("two"))
    tokens.renew()
    assert tokens.get() == "two"
    assert form(script)["client_assertion"] == "a.b.2"


@pytest.mark.parametrize("client_id", [None, "user-assigned"])
def test_a_managed_identity_is_requested_from_the_machine_and_never_through_a_proxy(
    script: Script, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, client_id: str | None
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    query = "?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com"
    script.expect("GET", IMDS + query + (f"&client_id={client_id}" if client_id else ""), granted(expires_in="3599"))
    tokens = sign_in(auth_source="managed_identity", client_id=client_id, proxy="http://other.example:3128")
    assert tokens.get() == "granted"
    assert script.sent[0].headers["Metadata"] == "true"
    assert not any(script.settings[0]["proxies"].values())


def test_all_proxy_does_not_apply_to_a_managed_identity(
    script: Script, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    query = "?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com"
    script.expect("GET", IMDS + query, granted(expires_in="3599"))
    sign_in(auth_source="managed_identity").get()
    assert not any(script.settings[0]["proxies"].values())


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        ("AADSTS7000215", "client_secret is not the application's; take the secret's value, not its id"),
        ("AADSTS7000222", "client_secret has expired"),
        ("AADSTS700016", "no application with this client_id exists in this tenant_id"),
        ("AADSTS700213", "no federated credential of the application fits the token"),
        ("AADSTS700211", "no federated credential of the application fits the token"),
        ("AADSTS53003", "a Conditional Access policy blocks this application"),
    ],
)
def test_a_refusal_is_explained(script: Script, sign_in: SignIn, number: str, advice: str) -> None:
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, denied(401, "invalid_client", f"{number}: No. Trace ID: t-1 Correlation ID: c-1"))
    error = failed(sign_in(**SECRET))
    assert error.sentence.startswith(
        f"Signing in with client_secret failed: https://login.microsoftonline.com answered 401 invalid_client: "
        f"{number}: No.; {advice}"
    )
    failure = error.failure
    assert (failure.code, failure.service_code, failure.status) == ("auth_failed", "invalid_client", 401)
    assert (failure.request_id, failure.client_request_id, failure.retryable) == ("t-1", "c-1", False)


def test_an_unknown_tenant_is_explained(script: Script, sign_in: SignIn) -> None:
    script.expect("GET", DISCOVERY, denied(400, "invalid_tenant", "AADSTS90002: Tenant 'contoso.example' not found."))
    error = failed(sign_in(**SECRET))
    assert error.sentence.endswith("the tenant does not exist; check tenant_id and cloud")
    assert (error.failure.code, error.failure.service_code) == ("auth_failed", "invalid_tenant")


def test_a_busy_authority_is_requested_again_after_its_wait(script: Script, sign_in: SignIn, clock: Clock) -> None:
    script.expect("GET", DISCOVERY, Reply(503, headers={"Retry-After": "7"}))
    script.expect("GET", DISCOVERY, requests.exceptions.ConnectionError("reset"))
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, denied(429, "busy", "AADSTS: later"))
    script.expect("POST", TOKEN, Reply(200, raw=b'{"access_token": "gra'))
    script.expect("POST", TOKEN, granted())
    assert sign_in(**SECRET).get() == "granted"
    assert clock.slept[0] == 7
    assert len(clock.slept) == 4


def test_an_authority_that_stays_busy_fails_the_task(script: Script, sign_in: SignIn, clock: Clock) -> None:
    script.expect("GET", DISCOVERY, Reply(429, headers={"Retry-After": "900"}))
    error = failed(sign_in(**SECRET))
    assert (error.failure.code, error.failure.retryable, error.failure.retry_after) == ("throttled", True, 900)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Reply(302, headers={"Location": "https://evil.example/x"}), "bad_response", "a redirect to https://evil.exam"),
        (Reply(200, {}), "auth_failed", "check authority_url"),
        (Reply(200, ["x"]), "auth_failed", "check authority_url"),
        (Reply(404, raw=b"<title>Not here</title>"), "auth_failed", "a web page titled 'Not here'"),
        (requests.exceptions.InvalidURL("no"), "connection_failed", "no connection to https://login.microsoft"),
    ],
)
def test_a_host_that_is_no_authority_is_reported(
    script: Script, sign_in: SignIn, answer: Reply | Exception, code: str, words: str
) -> None:
    script.expect("GET", DISCOVERY, answer)
    error = failed(sign_in(**SECRET))
    assert error.failure.code == code
    assert words in error.sentence


def test_a_secret_goes_to_no_other_host_than_the_authority(script: Script, sign_in: SignIn) -> None:
    script.expect("GET", DISCOVERY, Reply(200, {**ENDPOINTS.document, "token_endpoint": "https://evil.example/token"}))
    error = failed(sign_in(**SECRET))
    assert error.failure.code == "foreign_link"
    assert "https://evil.example" in error.sentence


def test_an_answer_without_a_token_is_an_error(script: Script, sign_in: SignIn) -> None:
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, Reply(200, {"token_type": "Bearer"}))
    assert failed(sign_in(**SECRET)).failure.code == "auth_failed"


# --- the cache


def test_the_next_task_uses_the_token_from_the_cache(script: Script, sign_in: SignIn, tmp_path: Path) -> None:
    cache = tmp_path / "tokens"
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted())
    assert sign_in(**SECRET, token_cache=str(cache)).get() == "granted"
    assert "granted" in cache.read_text()
    assert "swordfish" not in cache.read_text()
    script.expect("GET", DISCOVERY, ENDPOINTS)
    assert sign_in(**SECRET, token_cache=str(cache)).get() == "granted"


def test_a_token_that_graph_refused_leaves_the_cache(script: Script, sign_in: SignIn, tmp_path: Path) -> None:
    cache = tmp_path / "tokens"
    tokens = sign_in(**SECRET, token_cache=str(cache))
    for token in ("one", "two"):
        script.expect("GET", DISCOVERY, ENDPOINTS)
        script.expect("POST", TOKEN, granted(token))
        tokens.renew()
        assert tokens.get() == token
    entries = json.loads(cache.read_text())["AccessToken"].values()
    assert [entry["secret"] for entry in entries] == ["two"]


def test_another_application_does_not_get_the_token_from_the_cache(
    script: Script, sign_in: SignIn, tmp_path: Path
) -> None:
    for client_id in ("app", "other"):
        script.expect("GET", DISCOVERY, ENDPOINTS)
        script.expect("POST", TOKEN, granted(f"for-{client_id}"))
        options = {**SECRET, "client_id": client_id, "token_cache": str(tmp_path / "tokens")}
        assert sign_in(**options).get() == f"for-{client_id}"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "[1, 2]",
        "null",
        '"text"',
        '{"my": "settings"}',
        '{"auths": {"registry.example": {"auth": "eDp5"}}}',  # that of Docker, which is private too
        '{"AccessToken": 5}',
        '{"AccessToken": {"k": 5}}',
    ],
)
def test_a_file_that_is_no_cache_stays_as_it_is(script: Script, sign_in: SignIn, tmp_path: Path, text: str) -> None:
    cache = tmp_path / "settings.json"
    cache.write_text(text)
    cache.chmod(0o600)
    with pytest.raises(InvalidOptionsError, match="is not a token cache; delete it or name another"):
        sign_in(**SECRET, token_cache=str(cache)).get()
    assert cache.read_text() == text
    script.finish()


@pytest.mark.parametrize("text", ["", "{}"])
def test_an_empty_file_becomes_a_cache(script: Script, sign_in: SignIn, tmp_path: Path, text: str) -> None:
    cache = tmp_path / "tokens"
    cache.write_text(text)
    cache.chmod(0o600)
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted())
    sign_in(**SECRET, token_cache=str(cache)).get()
    assert "granted" in cache.read_text()


def test_a_cache_that_cannot_be_written_is_reported(
    script: Script, sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    script.expect("GET", DISCOVERY, ENDPOINTS)
    script.expect("POST", TOKEN, granted())
    with pytest.raises(IntuneError, match=r"token_cache \(INTUNE_TOKEN_CACHE\).*No space left on device"):
        sign_in(**SECRET, token_cache=str(tmp_path / "tokens")).get()
