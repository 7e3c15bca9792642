# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: tokens and roles."""

from __future__ import annotations

import json

import jwt
import pytest

from ....emulator import start
from ....emulator.entra.tokens import TokenError, Tokens
from ..conftest import Client, item, policies

READ = "DeviceManagementConfiguration.Read.All"
WRITE = "DeviceManagementConfiguration.ReadWrite.All"


def test_no_token(anonymous: Client) -> None:
    answer = anonymous.get(policies())
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.json()["error"]["message"] == "Access token is empty."
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", jwt.encode({"aud": "x"}, "k" * 32)])
def test_a_token_of_another_signer(anonymous: Client, token: str) -> None:
    answer = anonymous.get(policies(), headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert "CompactToken validation failed" in answer.json()["error"]["message"]


def test_tokens_can_be_made_to_expire(client: Client) -> None:
    assert client.get(policies()).status_code == 200
    client.emulator.expire_tokens()
    answer = client.get(policies())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "the token is expired" in answer.json()["error"]["message"]
    client.log_in()
    assert client.get(policies()).status_code == 200


def test_a_token_expires_by_itself(client: Client) -> None:
    client.emulator.settings(token_lifetime=0)
    client.log_in()
    assert "the token is expired" in client.get(policies()).json()["error"]["message"]


def test_a_token_that_was_verified_before_expires_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens("https://graph.invalid", "https://authority.invalid/", "tenant")
    issued = tokens.issue("application", (), 60)
    assert tokens.verify(issued.token).app_id == "application"
    monkeypatch.setattr("time.time", lambda: float(issued.expires_on))
    with pytest.raises(TokenError, match="expired"):
        tokens.verify(issued.token)


def test_the_lifetime_can_be_given_at_the_start() -> None:
    with start(token_lifetime=77, profile="read-only") as emulator:
        assert emulator.settings()["token_lifetime"] == 77
        assert emulator.settings()["profile"] == "read-only"


@pytest.mark.parametrize(
    ("roles", "get", "patch"),
    [([WRITE], 200, 200), ([READ], 200, 403), ([READ, WRITE], 200, 200), (["User.Read.All"], 403, 403), ([], 403, 403)],
)
def test_roles(client: Client, roles: list[str], get: int, patch: int) -> None:
    client.emulator.settings(roles=roles)
    client.log_in()
    assert client.get(item()).status_code == get
    assert client.patch(item(), {"platform": 3}).status_code == patch


def test_a_missing_role_is_named_in_the_form_of_intune(client: Client) -> None:
    client.emulator.settings(roles=[READ])
    client.log_in()
    answer = client.patch(item(), {"platform": 3})
    error = answer.json()["error"]
    nested = json.loads(error["message"])
    assert error["code"] == "Forbidden"
    assert nested["_version"] == 3
    assert nested["RetryAfter"] is None
    assert nested["Message"].startswith(
        "Application is not authorized to perform this operation. Application must have one of the following scopes: "
        f"{WRITE} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: "
        f"{answer.headers['request-id']} - Url: https://"
    )


def test_graph_and_the_authority_each_have_their_own_host(client: Client) -> None:
    credentials = client.emulator.credentials
    assert client.get(credentials["authority_url"] + policies()).status_code == 421
    discovery = f"/{credentials['tenant_id']}/v2.0/.well-known/openid-configuration"
    assert client.get(client.emulator.url + discovery).status_code == 421
