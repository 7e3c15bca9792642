# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in: with MSAL like the collection, and requests that must be refused."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ..conftest import TIMEOUT, Client, policies

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def log_in(client: Client, credential: Any, tenant_id: str | None = None) -> dict[str, Any]:
    """The answer of MSAL for a credential."""
    credentials = client.emulator.credentials
    application = msal.ConfidentialClientApplication(
        credentials["client_id"],
        client_credential=credential,
        authority=f"{credentials['authority_url']}/{tenant_id or credentials['tenant_id']}",
        instance_discovery=False,
        http_client=client.session,
    )
    result: dict[str, Any] = application.acquire_token_for_client([f"{credentials['graph_url']}/.default"])
    return result


def pem_credential(path: str) -> dict[str, str]:
    """MSAL's form of a PEM file with key and certificate."""
    pem = Path(path).read_text(encoding="ascii")
    certificate = pem[pem.index("-----BEGIN CERTIFICATE") :]
    return {"private_key": pem[: pem.index("-----BEGIN CERTIFICATE")], "public_certificate": certificate}


def opens_graph(client: Client, result: dict[str, Any]) -> bool:
    """Whether the token of a login is valid for Graph."""
    answer = client.get(policies(), headers={"Authorization": f"Bearer {result['access_token']}"})
    return answer.status_code == 200


def test_msal_logs_in_with_a_secret(anonymous: Client) -> None:
    result = log_in(anonymous, anonymous.emulator.env["AZURE_CLIENT_SECRET"])
    assert result["expires_in"] == 3600
    assert opens_graph(anonymous, result)


def test_msal_logs_in_with_a_pem_certificate(anonymous: Client) -> None:
    assert opens_graph(anonymous, log_in(anonymous, pem_credential(anonymous.emulator.credentials["certificate_path"])))


def test_msal_logs_in_with_an_encrypted_pem_certificate(anonymous: Client) -> None:
    credentials = anonymous.emulator.credentials
    credential = pem_credential(credentials["certificate_encrypted_path"])
    result = log_in(anonymous, credential | {"passphrase": credentials["certificate_password"]})
    assert opens_graph(anonymous, result)


def test_msal_logs_in_with_a_pfx_certificate(anonymous: Client) -> None:
    credentials = anonymous.emulator.credentials
    credential = {
        "private_key_pfx_path": credentials["certificate_pfx_path"],
        "passphrase": credentials["certificate_password"],
    }
    assert opens_graph(anonymous, log_in(anonymous, credential))


def test_msal_logs_in_with_a_federated_token(anonymous: Client) -> None:
    token = Path(anonymous.emulator.credentials["federated_token_file"]).read_text(encoding="ascii")
    assert token == anonymous.emulator.credentials["federated_token"]
    assert opens_graph(anonymous, log_in(anonymous, {"client_assertion": lambda: token}))


def test_msal_may_repeat_its_own_assertion(anonymous: Client) -> None:
    credentials = anonymous.emulator.credentials
    application = msal.ConfidentialClientApplication(
        credentials["client_id"],
        client_credential=pem_credential(credentials["certificate_path"]),
        authority=f"{credentials['authority_url']}/{credentials['tenant_id']}",
        instance_discovery=False,
        http_client=anonymous.session,
    )
    for _turn in range(2):
        result = application.acquire_token_for_client([f"{credentials['graph_url']}/.default"])
        application.remove_tokens_for_client()
        assert opens_graph(anonymous, result)


def test_msal_gets_the_reason_why_a_secret_is_refused(anonymous: Client) -> None:
    result = log_in(anonymous, "wrong")
    assert result["error"] == "invalid_client"
    assert result["error_codes"] == [7000215]
    assert result["error_description"].startswith("AADSTS7000215: Invalid client secret provided.")


def test_msal_refuses_an_unknown_tenant_at_discovery(anonymous: Client) -> None:
    with pytest.raises(ValueError, match="authority"):
        log_in(anonymous, "wrong", tenant_id=str(uuid.uuid4()))
    assert [entry["path"].rpartition("/")[2] for entry in anonymous.emulator.log()] == ["openid-configuration"]


def test_an_unknown_tenant_is_answered_as_entra_does(anonymous: Client) -> None:
    url = f"{anonymous.emulator.credentials['authority_url']}/nowhere/v2.0/.well-known/openid-configuration"
    answer = anonymous.session.get(url, timeout=TIMEOUT)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_description"].startswith("AADSTS90002: Tenant 'nowhere' not found.")
    assert set(answer.json()) >= {"error_codes", "timestamp", "trace_id", "correlation_id"}


def test_the_key_set_verifies_an_access_token(anonymous: Client) -> None:
    credentials = anonymous.emulator.credentials
    root = f"{credentials['authority_url']}/{credentials['tenant_id']}"
    discovery = anonymous.session.get(f"{root}/v2.0/.well-known/openid-configuration", timeout=TIMEOUT).json()
    [key] = anonymous.session.get(discovery["jwks_uri"], timeout=TIMEOUT).json()["keys"]
    claims = jwt.decode(anonymous.log_in(), jwt.PyJWK(key).key, algorithms=["RS256"], audience=anonymous.emulator.url)
    assert claims["tid"] == credentials["tenant_id"]
    assert claims["appid"] == credentials["client_id"]
    assert claims["roles"] == ["DeviceManagementConfiguration.ReadWrite.All"]


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_id": "00000000-0000-0000-0000-000000000001"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "User.Read"}, 400, "invalid_scope", 1002012),
        ({}, 401, "invalid_client", 7000216),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_assertion": "x.y.z", "client_assertion_type": JWT_BEARER}, 400, "invalid_request", 50027),
        ({"client_assertion": "x.y.z"}, 400, "invalid_request", 900144),
    ],
)
def test_a_wrong_token_request_is_refused(
    anonymous: Client, form: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = anonymous.request_token(**form)
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])


class TestCertificateAssertion:
    """An assertion as MSAL makes it, with one thing wrong."""

    def refused_with(self, client: Client, claims: dict[str, Any], key: Any = None, **header: str) -> int:
        """The AADSTS number of the refusal."""
        return self.number(client, self.signed(client, claims, key, **header))

    def number(self, client: Client, assertion: str) -> int:
        """The AADSTS number with which an assertion is refused, or 0."""
        answer = client.request_token(client_assertion=assertion, client_assertion_type=JWT_BEARER)
        number: int = 0 if answer.ok else answer.json()["error_codes"][0]
        return number

    def signed(self, client: Client, claims: dict[str, Any], key: Any = None, **header: str) -> str:
        """A valid assertion with other claims, key or header."""
        credentials = client.emulator.credentials
        pem = pem_credential(credentials["certificate_path"])
        good = msal.ConfidentialClientApplication(
            credentials["client_id"],
            client_credential=pem,
            authority=f"{credentials['authority_url']}/{credentials['tenant_id']}",
            instance_discovery=False,
            http_client=client.session,
        ).client.client_assertion()
        content = jwt.decode(good, options={"verify_signature": False}) | claims
        content = {name: value for name, value in content.items() if value is not None}
        headers = jwt.get_unverified_header(good) | header
        return jwt.encode(content, key or pem["private_key"], algorithm="PS256", headers=headers)

    def test_valid(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"jti": str(uuid.uuid4())}) == 0

    def test_expired(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"exp": time.time() - 5}) == 700024

    def test_not_yet_valid(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"nbf": int(time.time()) + 60}) == 700024

    def test_another_audience(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"aud": "https://login.microsoftonline.com"}) == 700023

    def test_another_key(self, anonymous: Client) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert self.refused_with(anonymous, {}, key=key) == 700027

    def test_another_certificate(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {}, **{"x5t#S256": "AAAA"}) == 700027

    def test_another_subject(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"sub": "someone"}) == 700021

    def test_no_identifier(self, anonymous: Client) -> None:
        assert self.refused_with(anonymous, {"jti": None}) == 700021

    def test_the_identifier_of_another_assertion(self, anonymous: Client) -> None:
        identifier = str(uuid.uuid4())
        assert self.refused_with(anonymous, {"jti": identifier}) == 0
        assert self.refused_with(anonymous, {"jti": identifier, "exp": time.time() + 99}) == 700027
