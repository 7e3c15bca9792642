# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every credential source with real sign-ins; TLS, proxy and the token cache."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import Ansible, Ids

NO_SECRET: dict[str, str | None] = {"AZURE_CLIENT_SECRET": None}
GONE: dict[str, str | None] = {**NO_SECRET, "AZURE_TENANT_ID": None, "AZURE_CLIENT_ID": None}


def options_of(source: str, credentials: dict[str, str]) -> dict[str, Any]:
    certificates = {
        "pem": {"certificate_path": credentials["certificate_path"]},
        "encrypted pem": {
            "certificate_path": credentials["certificate_encrypted_path"],
            "certificate_password": credentials["certificate_password"],
        },
        "pfx": {
            "certificate_path": credentials["certificate_pfx_path"],
            "certificate_password": credentials["certificate_password"],
        },
    }
    return {
        **certificates,
        "federated token": {"federated_token": credentials["federated_token"]},
        "federated token file": {"federated_token_file": credentials["federated_token_file"]},
    }[source]


@pytest.mark.parametrize("source", ["pem", "encrypted pem", "pfx", "federated token", "federated token file"])
def test_an_application_signs_in(ansible: Ansible, emulator: RunningEmulator, ids: Ids, source: str) -> None:
    # By environment: otherwise the playbook would contain these secrets.
    names = {
        "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
        "certificate_password": "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "federated_token": "AZURE_FEDERATED_TOKEN",
        "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
    }
    options = options_of(source, emulator.credentials)
    environment = {names[option]: value for option, value in options.items()}
    run = ansible.task(**ids.options, status="error", env={**NO_SECRET, **environment}).only
    assert run["changed"]
    assert run["graph"]["token_requests"] == 2
    [token_request] = [entry for entry in emulator.log("authority") if entry["method"] == "POST"]
    assert "client_assertion" in token_request["body"]
    assert "client_secret" not in token_request["body"]


def test_a_wrong_certificate_password_is_reported_before_any_request(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    path = emulator.credentials["certificate_pfx_path"]
    environment = {"AZURE_CLIENT_CERTIFICATE_PATH": path, "AZURE_CLIENT_CERTIFICATE_PASSWORD": "not this"}
    run = ansible.adhoc(ids.arguments, **NO_SECRET, **environment).only
    assert run["failure"]["code"] == "invalid_option"
    assert "certificate_password" in run["msg"]
    assert emulator.log() == []


@pytest.mark.parametrize("endpoint", ["imds", "app service"])
def test_a_managed_identity_signs_in(ansible: Ansible, emulator: RunningEmulator, ids: Ids, endpoint: str) -> None:
    credentials = emulator.credentials
    environment: dict[str, str | None] = (
        {"AZURE_POD_IDENTITY_AUTHORITY_HOST": credentials["imds_url"]}
        if endpoint == "imds"
        else {
            "IDENTITY_ENDPOINT": credentials["app_service_endpoint"],
            "IDENTITY_HEADER": credentials["app_service_header"],
        }
    )
    # A proxy of the environment must not be used for an address that only this machine reaches.
    environment |= {"http_proxy": "http://127.0.0.1:1", "no_proxy": None, "NO_PROXY": None}
    run = ansible.task(**ids.options, status="error", auth_source="managed_identity", env={**GONE, **environment}).only
    assert run["changed"]
    assert run["graph"]["token_requests"] == 1
    assert len(emulator.log("imds")) == 1


def test_a_given_token_needs_no_login_and_no_msal(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path
) -> None:
    # A package that cannot be imported is found before the real one.
    (tmp_path / "msal.py").write_text("raise RuntimeError('msal was imported')\n")
    environment = {**GONE, "INTUNE_ACCESS_TOKEN": issue_token(emulator), "PYTHONPATH": str(tmp_path)}
    run = ansible.task(**ids.options, status="error", env=environment).only
    assert run["changed"]
    assert run["graph"]["token_requests"] == 0

    emulator.expire_tokens()
    refused = ansible.task(**ids.options, env=environment).only
    assert (refused["failure"]["code"], refused["failure"]["phase"]) == ("auth_failed", "read")
    assert refused["failure"]["status"] == 401
    assert "token" in refused["msg"]


def test_a_missing_msal_is_named(ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path) -> None:
    (tmp_path / "msal.py").write_text("raise ImportError('No module named msal', name='msal')\n")
    run = ansible.task(**ids.options, env={"PYTHONPATH": str(tmp_path)}).only
    assert run["failure"]["code"] == "missing_library"
    assert "msal" in run["msg"]
    assert emulator.log() == []


def test_a_refused_token_is_renewed_once(ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path) -> None:
    cache: dict[str, Any] = {"token_cache": str(tmp_path / "tokens")}
    ansible.task(**ids.options, **cache)
    emulator.expire_tokens()
    run = ansible.task(**ids.options, status="error", **cache).only
    assert run["changed"]
    assert run["graph"]["retries"] == 1
    assert [entry["status"] for entry in emulator.log("graph")][1:] == [401, 200, 200, 200]


def test_the_token_cache_is_private_and_saves_the_login(ansible: Ansible, ids: Ids, tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    first = ansible.adhoc(ids.arguments, INTUNE_TOKEN_CACHE=str(path)).only
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = ansible.adhoc(ids.arguments, INTUNE_TOKEN_CACHE=str(path)).only
    # MSAL requests the authority's metadata at each start, even when it has a token.
    assert (first["graph"]["token_requests"], second["graph"]["token_requests"]) == (2, 1)

    path.chmod(0o644)
    refused = ansible.adhoc(ids.arguments, INTUNE_TOKEN_CACHE=str(path)).only
    assert refused["failure"]["code"] == "invalid_option"
    assert "0644" in refused["msg"]
    assert "INTUNE_TOKEN_CACHE" in refused["msg"]


@pytest.mark.parametrize("bundle", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_ca_path_has_precedence_over_the_environment(ansible: Ansible, ids: Ids, tmp_path: Path, bundle: str) -> None:
    hostile = tmp_path / "hostile.pem"
    hostile.write_text("no certificate at all\n")
    assert ansible.adhoc(f"{ids.arguments} status=error", **{bundle: str(hostile)}).only["changed"]


def test_an_untrusted_certificate_is_reported_at_once(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.adhoc(ids.arguments, INTUNE_CA_PATH=None, REQUESTS_CA_BUNDLE=None).only
    assert (run["failure"]["code"], run["failure"]["phase"]) == ("connection_failed", "auth")
    assert "not trusted" in run["msg"]
    assert "ca_path" in run["msg"]
    assert run["graph"]["retries"] == 0
    assert emulator.log() == []


def test_certificates_can_be_left_unverified(ansible: Ansible, ids: Ids) -> None:
    assert ansible.adhoc(f"{ids.arguments} status=error validate_certs=false", INTUNE_CA_PATH=None).only["changed"]


class Proxy:
    """A CONNECT proxy that counts its connections."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            head = client.recv(65536).decode()
            target = head.split()[1]
            self.targets.append(target)
            host, _colon, port = target.rpartition(":")
            upstream = socket.create_connection((host, int(port)))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for one, other in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            target.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    running = Proxy()
    yield running
    running.close()


def test_the_proxy_carries_login_and_graph(ansible: Ansible, ids: Ids, proxy: Proxy) -> None:
    assert ansible.adhoc(f"{ids.arguments} status=error proxy={proxy.url}").only["changed"]
    hosts = {target.rpartition(":")[0] for target in proxy.targets}
    assert hosts == {"localhost", "127.0.0.1"}

    proxy.targets.clear()
    environment: dict[str, str | None] = {"HTTPS_PROXY": proxy.url, "NO_PROXY": None, "no_proxy": None}
    assert ansible.adhoc(f"{ids.arguments} status=conflict", **environment).only["changed"]
    assert {target.rpartition(":")[0] for target in proxy.targets} == {"localhost", "127.0.0.1"}

    proxy.targets.clear()
    assert ansible.adhoc(ids.arguments, **{**environment, "NO_PROXY": "localhost,127.0.0.1"}).code == 0
    assert proxy.targets == []


def test_missing_permissions_are_named(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(roles=["DeviceManagementConfiguration.Read.All"])
    run = ansible.task(**ids.options, status="error").only
    failure = run["failure"]
    assert (failure["code"], failure["phase"], failure["status"]) == ("Forbidden", "write", 403)
    assert failure["required_permissions"] == ["DeviceManagementConfiguration.ReadWrite.All"]
    assert failure["token_roles"] == ["DeviceManagementConfiguration.Read.All"]
    assert failure["activity_id"]
    for words in ("grant", "DeviceManagementConfiguration.ReadWrite.All", "admin consent", "its token carries"):
        assert words in run["msg"]


def issue_token(emulator: RunningEmulator) -> str:
    """Return a token, requested as any OAuth client does."""
    import requests

    credentials = emulator.credentials
    answer = requests.post(
        f"{emulator.env['INTUNE_AUTHORITY_URL']}/{credentials['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            "scope": f"{emulator.env['INTUNE_GRAPH_URL']}/.default",
        },
        verify=emulator.ca_path,
        timeout=30,
    )
    return str(answer.json()["access_token"])
