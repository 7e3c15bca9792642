# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible_collections.graphops.intune.plugins.module_utils._options import (
    CLOUDS,
    ENVIRONMENT,
    Connection,
    connection_argument_spec,
    environment_fallback,
    named,
)
from hypothesis import given
from hypothesis import strategies as st

from ..certificates import certificate_pem, key_pem, rsa_key
from ..support import connection


def test_every_option_reads_the_environment_variables_of_the_interface() -> None:
    assert ENVIRONMENT == {
        "auth_source": ("INTUNE_AUTH_SOURCE",),
        "tenant_id": ("AZURE_TENANT_ID", "AZURE_TENANT"),
        "client_id": ("AZURE_CLIENT_ID",),
        "client_secret": ("AZURE_CLIENT_SECRET", "AZURE_SECRET"),
        "certificate_path": ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_X509_CERTIFICATE_PATH"),
        "certificate_password": ("AZURE_CLIENT_CERTIFICATE_PASSWORD",),
        "federated_token": ("AZURE_FEDERATED_TOKEN",),
        "federated_token_file": ("AZURE_FEDERATED_TOKEN_FILE",),
        "access_token": ("INTUNE_ACCESS_TOKEN",),
        "token_cache": ("INTUNE_TOKEN_CACHE",),
        "budget_path": ("INTUNE_BUDGET_PATH",),
        "cloud": ("INTUNE_CLOUD",),
        "graph_url": ("INTUNE_GRAPH_URL",),
        "authority_url": ("INTUNE_AUTHORITY_URL",),
        "api_version": ("INTUNE_API_VERSION",),
        "ca_path": ("INTUNE_CA_PATH",),
        "timeout": ("INTUNE_TIMEOUT",),
        "retry_timeout": ("INTUNE_RETRY_TIMEOUT",),
    }
    spec = connection_argument_spec()
    assert {name: tuple(entry["fallback"][1]) for name, entry in spec.items() if "fallback" in entry} == ENVIRONMENT


def test_the_first_variable_that_is_not_empty_has_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "")  # as CI systems export a secret that is not set
    monkeypatch.setenv("AZURE_TENANT", "second")
    assert environment_fallback(*ENVIRONMENT["tenant_id"]) == "second"
    monkeypatch.setenv("AZURE_TENANT_ID", "first")
    assert environment_fallback(*ENVIRONMENT["tenant_id"]) == "first"


def test_empty_variables_count_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT["tenant_id"]:
        monkeypatch.setenv(name, "")
    with pytest.raises(AnsibleFallbackNotFound):
        environment_fallback(*ENVIRONMENT["tenant_id"])


def test_empty_options_count_as_not_given() -> None:
    made = connection(client_secret="", graph_url="", ca_path="", token_cache="", proxy="")
    assert (made.client_secret, made.ca_path, made.token_cache, made.proxy) == (None,) * 4
    assert made.graph_url == "https://graph.microsoft.com"
    assert made.problems() == []


@pytest.mark.parametrize(
    ("cloud", "authority", "graph"),
    [
        ("public", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("us_gov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("us_gov_dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_hosts(cloud: str, authority: str, graph: str) -> None:
    made = connection(cloud=cloud)
    assert (made.authority_url, made.graph_url) == (authority, graph)
    assert made.problems() == []


def test_no_cloud_is_left_out() -> None:
    assert connection_argument_spec()["cloud"]["choices"] == list(CLOUDS)


def test_a_given_url_has_precedence_over_that_of_the_cloud() -> None:
    made = connection(cloud="china", graph_url="https://graph.example:8443/", authority_url="https://login.example")
    assert (made.authority_url, made.graph_url) == ("https://login.example", "https://graph.example:8443")
    assert made.problems() == []


@pytest.mark.parametrize("option", ["graph_url", "authority_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://graph.microsoft.com",
        "graph.microsoft.com",
        "//graph.microsoft.com",
        "https://",
        "https:///beta",
        "https://graph.microsoft.com/beta",
        "https://graph.microsoft.com/?a=b",
        "https://graph.microsoft.com?a=b",
        "https://graph.microsoft.com#a",
        "https://user:password@graph.microsoft.com",
        "https://evil.example\\@graph.microsoft.com",
        "https://graph.microsoft.com:0",
        "https://graph.microsoft.com:99999",
        "https://graph.microsoft.com:port",
        "https://[::1",
        "ftp://graph.microsoft.com",
        "file:///etc/passwd",
        " ",
    ],
)
def test_a_url_must_be_https_and_a_host_alone(option: str, url: str) -> None:
    (problem,) = connection(**{option: url}).problems()
    variable = {"graph_url": "INTUNE_GRAPH_URL", "authority_url": "INTUNE_AUTHORITY_URL"}[option]
    assert problem.startswith(f"{option} ({variable}) must be an https URL of a host and nothing more")
    assert "password" not in problem


@pytest.mark.parametrize("url", ["https://graph.microsoft.com?", "https://graph.microsoft.com#", "https://a b"])
def test_a_url_that_would_change_the_path_is_refused(url: str) -> None:
    # In "https://host?/beta/…" the complete path would be a query.
    assert connection(graph_url=url).problems()


@pytest.mark.parametrize("url", ["https://graph.example", "https://10.0.0.1:8443", "https://[::1]:8443", "HTTPS://A.b"])
def test_another_host_is_accepted(url: str) -> None:
    assert connection(graph_url=url, authority_url=url).problems() == []


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_timeout_must_be_more_than_0(seconds: float) -> None:
    (problem,) = connection(timeout=seconds).problems()
    assert problem == "timeout (INTUNE_TIMEOUT) must be more than 0 seconds"


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
def test_a_retry_timeout_must_be_0_or_more(seconds: float) -> None:
    (problem,) = connection(retry_timeout=seconds).problems()
    assert problem == "retry_timeout (INTUNE_RETRY_TIMEOUT) must be 0 seconds or more"
    assert connection(retry_timeout=0.0).problems() == []


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "socks5://proxy.example", "http://", "http:///x", "http://[::1", "http://a:port"]
)
def test_a_proxy_must_be_a_url(proxy: str) -> None:
    (problem,) = connection(proxy=proxy).problems()
    assert problem == "proxy must be a URL such as http://proxy.example.com:3128"


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "https://user:swordfish@proxy.example", "http://[::1]"])
def test_a_given_proxy_is_accepted(proxy: str) -> None:
    assert connection(proxy=proxy).problems() == []


def test_a_ca_that_cannot_be_read_is_reported_unless_verification_is_off(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    (problem,) = connection(ca_path=missing).problems()
    assert problem == f"ca_path (INTUNE_CA_PATH) is {missing}, which does not exist or cannot be read"
    assert connection(ca_path=missing, validate_certs=False).problems() == []


def test_a_folder_of_authorities_is_accepted(tmp_path: Path) -> None:
    assert connection(ca_path=str(tmp_path)).problems() == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"no certificate\n",
        lambda: key_pem(rsa_key()),  # a key instead of a certificate
        lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        lambda: certificate_pem(rsa_key())[:200],
    ],
    ids=["empty", "text", "key", "damaged", "cut off"],
)
def test_a_ca_file_without_a_certificate_is_reported_before_any_request(
    tmp_path: Path, make: Callable[[], bytes]
) -> None:
    rubbish = tmp_path / "ca.pem"
    rubbish.write_bytes(make())
    (problem,) = connection(ca_path=str(rubbish)).problems()
    assert problem.startswith(f"ca_path (INTUNE_CA_PATH) is {rubbish}")


def test_a_given_ca_is_accepted(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(b"# a comment\n" + certificate_pem(rsa_key()) * 2)
    assert connection(ca_path=str(authority)).problems() == []


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    made = connection(graph_url="http://a", timeout=0.0, proxy="x", ca_path=str(tmp_path / "ca.pem"))
    assert len(made.problems()) == 4


@given(
    st.sampled_from(["graph_url", "authority_url", "proxy"]), st.one_of(st.text(), st.text().map("https://{}".format))
)
def test_no_text_crashes_the_check_of_a_url(option: str, text: str) -> None:
    made = connection(**{option: text})
    assert isinstance(made.problems(), list)
    assert isinstance(made.secrets, list)


def test_a_message_names_an_option_with_its_environment_variables() -> None:
    assert named("client_secret") == "client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)"
    assert named("proxy") == "proxy"


def test_the_proxys_password_is_a_secret() -> None:
    assert connection(proxy="http://user:sword%20fish@proxy:1").secrets == ["sword%20fish"]
    assert connection(proxy="http://user@proxy:1").secrets == []
    assert connection(proxy="http://[").secrets == []
    assert connection().secrets == []


def test_no_secret_is_in_the_repr_of_a_connection() -> None:
    texts = (name for name, kind in typing.get_type_hints(Connection).items() if kind == str | None)
    values: dict[str, Any] = {name: f"swordfish-{name}" for name in texts}
    assert {"client_secret", "access_token", "certificate_password", "federated_token"} <= set(values)
    made = connection(**values)
    assert "swordfish" not in f"{made} {made!r}"
    assert "swordfish" not in " ".join(made.problems()).replace("swordfish-ca_path", "")
