# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed identity: with MSAL, and requests that must be refused."""

from __future__ import annotations

from typing import Any

import msal
import pytest
import requests

from ..conftest import TIMEOUT, Client, policies

API = {"api-version": "2018-02-01"}


def acquire(client: Client, identity: Any, resource: str | None = None) -> dict[str, Any]:
    """What MSAL gets for an identity."""
    managed = msal.ManagedIdentityClient(identity, http_client=client.session)
    result: dict[str, Any] = managed.acquire_token_for_client(resource=resource or client.emulator.url)
    return result


def opens_graph(client: Client, result: dict[str, Any]) -> bool:
    """Whether the token is valid for Graph."""
    return client.get(policies(), headers={"Authorization": f"Bearer {result['access_token']}"}).status_code == 200


@pytest.fixture
def virtual_machine(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client on a machine with IMDS."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", anonymous.emulator.credentials["imds_url"])
    return anonymous


@pytest.fixture
def app_service(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client in App Service."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", anonymous.emulator.credentials["app_service_endpoint"])
    monkeypatch.setenv("IDENTITY_HEADER", anonymous.emulator.credentials["app_service_header"])
    return anonymous


@pytest.mark.parametrize("place", ["virtual_machine", "app_service"])
def test_msal_gets_a_token_for_either_identity(place: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(place)
    assigned = msal.UserAssignedManagedIdentity(client_id=client.emulator.credentials["managed_identity_client_id"])
    assert opens_graph(client, acquire(client, msal.SystemAssignedManagedIdentity()))
    assert opens_graph(client, acquire(client, assigned))
    assert {entry["status"] for entry in client.emulator.log("imds")} == {200}


@pytest.mark.parametrize("place", ["virtual_machine", "app_service"])
def test_msal_is_refused_an_identity_or_resource_that_does_not_exist(
    place: str, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(place)
    stranger = msal.UserAssignedManagedIdentity(client_id=client.emulator.credentials["client_id"])
    assert "error" in acquire(client, stranger)
    assert "error" in acquire(client, msal.SystemAssignedManagedIdentity(), resource="https://other.example")


def test_imds_requires_its_header_and_a_version(anonymous: Client) -> None:
    url = f"{anonymous.emulator.credentials['imds_url']}/metadata/identity/oauth2/token"
    query = {"resource": anonymous.emulator.url}
    for params, headers in ((query | API, {}), (query, {"Metadata": "true"})):
        answer = requests.get(url, params=params, headers=headers, timeout=TIMEOUT)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_app_service_requires_its_header(anonymous: Client) -> None:
    answer = requests.get(
        anonymous.emulator.credentials["app_service_endpoint"],
        params={"resource": anonymous.emulator.url},
        headers={"X-IDENTITY-HEADER": "wrong"},
        timeout=TIMEOUT,
    )
    assert answer.status_code == 401


def test_the_listener_serves_nothing_else(anonymous: Client) -> None:
    url = anonymous.emulator.credentials["imds_url"]
    assert requests.get(f"{url}/_emulator/log", timeout=TIMEOUT).status_code == 404
