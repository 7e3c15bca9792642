# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Federated assertions: only the emulator has the key of the issuer, so these tests use the verifier itself."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ....emulator.entra.assertion import AssertionVerifier
from ....emulator.entra.credentials import Credentials
from ....emulator.entra.error import EntraError

CREDENTIALS = Credentials(federated_issuer="https://issuer.invalid")
VERIFIER = AssertionVerifier(CREDENTIALS, ["https://authority.invalid/token"])


def signed(key: rsa.RSAPrivateKey = CREDENTIALS.federated_key, **claims: Any) -> str:
    """The federated token with other claims or another key."""
    content = jwt.decode(CREDENTIALS.federated_token, options={"verify_signature": False})
    return jwt.encode(content | claims, key, algorithm="RS256")


def test_the_federated_token_is_valid_and_may_be_used_again() -> None:
    VERIFIER.verify(CREDENTIALS.federated_token)
    VERIFIER.verify(CREDENTIALS.federated_token)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"sub": "repo:someone/else"}, 700213),
        ({"aud": "https://graph.microsoft.com"}, 700212),
        ({"iss": "https://elsewhere.invalid"}, 700211),
        ({"exp": int(time.time()) - 5}, 700024),
    ],
)
def test_another_claim_is_refused(claims: dict[str, Any], number: int) -> None:
    with pytest.raises(EntraError) as caught:
        VERIFIER.verify(signed(**claims))
    assert (caught.value.status, caught.value.number) == (401, number)


def test_another_key_is_refused() -> None:
    with pytest.raises(EntraError) as caught:
        VERIFIER.verify(signed(CREDENTIALS.key))
    assert caught.value.number == 50013
