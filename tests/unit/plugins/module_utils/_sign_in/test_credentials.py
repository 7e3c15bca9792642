# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked of credentials without the network; see test_sign_in.py for the rest."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._options import AUTH_SOURCES
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import CREDENTIALS, select_credential
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.tokens import Tokens
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget
from hypothesis import given
from hypothesis import strategies as st

from ...support import Clock, Renewable, connection

TENANT = "tenant_id (AZURE_TENANT_ID or AZURE_TENANT)"
CLIENT = "client_id (AZURE_CLIENT_ID)"
SECRET = "client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)"
CERTIFICATE = "certificate_path (AZURE_CLIENT_CERTIFICATE_PATH or AZURE_X509_CERTIFICATE_PATH)"
FEDERATED = "federated_token (AZURE_FEDERATED_TOKEN) or federated_token_file (AZURE_FEDERATED_TOKEN_FILE)"
TOKEN = "access_token (INTUNE_ACCESS_TOKEN)"

APPLICATION = {"tenant_id": "contoso.example", "client_id": "app"}
JWT = "header.payload.signature"


def refused(**options: Any) -> str:
    """Return the message for credentials that cannot be selected."""
    with pytest.raises(InvalidOptionsError) as caught:
        select_credential(connection(**options))
    return caught.value.sentence


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"access_token": "t"}, "access_token"),
        ({**APPLICATION, "client_secret": "s"}, "client_secret"),
        ({**APPLICATION, "certificate_path": "/c.pem"}, "certificate"),
        ({**APPLICATION, "federated_token": JWT}, "federated_token"),
        ({**APPLICATION, "federated_token_file": "/t"}, "federated_token"),
        # The order where several are complete.
        ({**APPLICATION, "access_token": "t", "client_secret": "s", "certificate_path": "/c"}, "access_token"),
        ({**APPLICATION, "client_secret": "s", "certificate_path": "/c", "federated_token": JWT}, "client_secret"),
        ({**APPLICATION, "certificate_path": "/c", "federated_token": JWT}, "certificate"),
        # A complete source has precedence over an incomplete one.
        ({"access_token": "t", "client_secret": "s"}, "access_token"),
        # Empty text counts as not given.
        ({**APPLICATION, "access_token": "", "client_secret": "", "certificate_path": "/c"}, "certificate"),
        # Named by auth_source.
        ({**APPLICATION, "auth_source": "certificate", "client_secret": "s", "certificate_path": "/c"}, "certificate"),
        ({"auth_source": "managed_identity", "access_token": "t"}, "managed_identity"),
        ({"auth_source": "managed_identity"}, "managed_identity"),
    ],
)
def test_the_credential_is_the_first_that_is_complete(options: dict[str, Any], chosen: str) -> None:
    assert select_credential(connection(**options)).name == chosen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client_secret": "s"}, f"client_secret is given, but also needs {TENANT} and {CLIENT}"),
        ({"client_secret": "s", "client_id": "c"}, f"client_secret is given, but also needs {TENANT}"),
        ({"client_secret": "s", "tenant_id": "t"}, f"client_secret is given, but also needs {CLIENT}"),
        ({"certificate_path": "/c", "tenant_id": "t"}, f"certificate_path is given, but also needs {CLIENT}"),
        ({"federated_token": JWT, "client_id": "c"}, f"federated_token is given, but also needs {TENANT}"),
        (
            {"client_secret": "s", "certificate_path": "/c", "tenant_id": "t"},
            f"client_secret is given, but also needs {CLIENT}; certificate_path is given, but also needs {CLIENT}",
        ),
        ({"auth_source": "access_token"}, f"auth_source access_token also needs {TOKEN}"),
        ({"auth_source": "client_secret"}, f"auth_source client_secret also needs {TENANT} and {CLIENT} and {SECRET}"),
        ({"auth_source": "certificate", **APPLICATION}, f"auth_source certificate also needs {CERTIFICATE}"),
        ({"auth_source": "federated_token", **APPLICATION}, f"auth_source federated_token also needs {FEDERATED}"),
        ({"auth_source": "client_secret", **APPLICATION, "client_secret": ""}, f"client_secret also needs {SECRET}"),
    ],
)
def test_an_incomplete_credential_is_refused_with_what_is_missing(options: dict[str, Any], message: str) -> None:
    assert refused(**options).endswith(message)


def test_an_incomplete_credential_names_the_option_that_was_given() -> None:
    assert refused(federated_token_file="/t", tenant_id="t").startswith("federated_token_file is given, but also")


def test_without_any_credential_all_sources_are_named() -> None:
    message = refused()
    for way in (SECRET, CERTIFICATE, *FEDERATED.split(" or "), TENANT, CLIENT, TOKEN, "auth_source managed_identity"):
        assert way in message
    assert refused(**APPLICATION).startswith(f"no credentials: give {SECRET}")
    assert TENANT not in refused(**APPLICATION)


def test_a_managed_identity_is_used_on_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1/token")
    monkeypatch.setenv("IDENTITY_HEADER", "h")
    assert refused(client_id="user-assigned").startswith("no credentials")


def test_auto_knows_every_source() -> None:
    assert ("auto", *(kind.name for kind in CREDENTIALS)) == AUTH_SOURCES


@pytest.mark.parametrize("token", ["Bearer abc", "abc\n", "a\r\nX-Other: header", "tökén", "a b", " abc", "\x00"])
def test_a_token_that_is_no_bare_token_is_refused_without_being_shown(token: str) -> None:
    (problem,) = select_credential(connection(access_token=token)).problems()
    assert problem == f"{TOKEN} must be the bare token: one line without spaces and without 'Bearer'"


def test_a_token_that_is_no_jwt_is_accepted() -> None:
    # Graph documents its tokens as opaque.
    assert select_credential(connection(access_token="EwB4A8l6BAAURSN_~+/=")).problems() == []


@pytest.mark.parametrize("tenant", ["contoso.onmicrosoft.com", "0f3c9a8e-6f0c-4a5b-9c1d-2e3f4a5b6c7d", "a_b"])
def test_a_tenant_is_a_guid_or_a_domain(tenant: str) -> None:
    assert select_credential(connection(client_secret="s", client_id="c", tenant_id=tenant)).problems() == []


@pytest.mark.parametrize("tenant", ["a/b", "..", ".", "a?b", "a#b", "a b", "a\\b", "a%2fb", "https://login", "a@b"])
def test_a_tenant_that_would_change_the_url_is_refused(tenant: str) -> None:
    (problem,) = select_credential(connection(client_secret="s", client_id="c", tenant_id=tenant)).problems()
    assert problem == f"{TENANT} must be the tenant's GUID or one of its domain names"


def test_a_federated_token_is_three_parts(tmp_path: Path) -> None:
    file = tmp_path / "token"
    for text in ("", "abc", "a.b", "a.b.c.d"):
        file.write_text(text)
        (problem,) = select_credential(connection(**APPLICATION, federated_token_file=str(file))).problems()
        assert problem == "federated_token is not a JWT: three parts with dots between them"
    file.write_text(f"\n{JWT}\n")  # as editors and `echo` leave it
    assert select_credential(connection(**APPLICATION, federated_token_file=str(file))).problems() == []
    assert select_credential(connection(**APPLICATION, federated_token=f" {JWT}\n")).problems() == []


def test_a_federated_token_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    def problem(path: Path) -> str:
        (found,) = select_credential(connection(**APPLICATION, federated_token_file=str(path))).problems()
        return found

    option = "federated_token_file (AZURE_FEDERATED_TOKEN_FILE)"
    assert problem(tmp_path / "missing") == f"{option}: {tmp_path / 'missing'}: No such file or directory"
    assert problem(tmp_path) == f"{option}: {tmp_path}: Is a directory"
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert problem(tmp_path / "binary") == f"{option}: {tmp_path / 'binary'}: is not text"


def test_a_token_cache_is_checked_before_any_request(tmp_path: Path) -> None:
    cache = tmp_path / "tokens"
    cache.write_text("{}")
    cache.chmod(0o644)
    secret = {**APPLICATION, "client_secret": "s", "token_cache": str(cache)}
    (problem,) = select_credential(connection(**secret)).problems()
    assert "has mode 0644" in problem
    # Nothing is cached for a token that is given.
    assert select_credential(connection(access_token="t", token_cache=str(cache))).problems() == []


def test_all_problems_of_a_credential_are_reported(tmp_path: Path) -> None:
    options = {"client_id": "c", "tenant_id": "a/b", "token_cache": str(tmp_path / "no" / "cache")}
    assert len(select_credential(connection(**options, certificate_path="/missing.pem")).problems()) == 3
    assert len(select_credential(connection(**options, federated_token="x")).problems()) == 3


@pytest.mark.parametrize("kind", CREDENTIALS, ids=lambda kind: str(kind.name))
def test_no_secret_is_in_the_repr_of_a_credential(kind: Any) -> None:
    options = dict.fromkeys(
        ["client_secret", "certificate_password", "federated_token", "access_token", "certificate_path"], "sword fish"
    )
    made = kind(connection(**APPLICATION, **options))
    shown = f"{made} {made!r} {made.missing()}"
    assert "sword fish" not in shown
    assert "sword fish" not in " ".join(made.problems()).replace("sword fish: No such file", "")


# --- the claims of a token


def tokens(token: str) -> Tokens:
    made = Tokens(
        select_credential(connection(access_token=token)),
        Transport(connection(), RetryBudget(0, Clock())),
        lambda _token: None,
    )
    made.get()
    return made


def jwt(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"roles": ["A.Read.All", "B.ReadWrite.All"]}, ["A.Read.All", "B.ReadWrite.All"]),
        ({"scp": "A.Read.All profile"}, ["A.Read.All", "profile"]),
        ({"roles": ["A"], "scp": "B"}, ["A", "B"]),
        ({}, []),
        ({"roles": None, "scp": None}, []),
        ({"roles": "A", "scp": ["B"]}, []),
        ({"roles": [1]}, ["1"]),
        (["roles"], []),
        ("roles", []),
    ],
)
def test_the_permissions_of_a_token_are_read(claims: Any, roles: list[str]) -> None:
    assert tokens(jwt(claims)).roles() == roles


# Any text that is valid in a header; other text is refused before it is read.
HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126))


@given(
    st.one_of(HEADER_TEXT, HEADER_TEXT.map("a.{}.c".format), st.binary().map(lambda b: f"a.{base64.b64encode(b)!r}.c"))
)
def test_no_token_makes_reading_its_claims_raise(token: str) -> None:
    assert tokens(token or "x").roles() == []


def test_claims_that_are_nested_too_deep_are_ignored() -> None:
    for depth in (101, 100_000):
        token = tokens(f"a.{base64.urlsafe_b64encode(b'[' * depth + b']' * depth).decode()}.c")
        assert (token.claims(), token.roles()) == ({}, [])


@pytest.mark.parametrize("token", ["two\nlines", "with space", "naïve"])
def test_a_token_that_no_header_can_hold_is_not_quoted(token: str) -> None:
    with pytest.raises(IntuneError) as refused_token:
        tokens(token)
    assert refused_token.value.failure.code == "bad_response"
    assert token not in refused_token.value.sentence


def test_a_token_is_fetched_once_and_each_is_registered_for_masking() -> None:
    seen: list[str] = []
    credential = Renewable()
    made = Tokens(credential, Transport(connection(), RetryBudget(0, Clock())), seen.append)
    assert made.roles() == []  # requests none
    assert [made.get(), made.get()] == ["token-1", "token-1"]
    made.renew()
    assert made.get() == "token-2"
    assert credential.rejected == [None, "token-1"]
    assert seen == ["token-1", "token-2"]
