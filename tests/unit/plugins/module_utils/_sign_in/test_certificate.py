# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.certificate import load_certificate
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from ...certificates import certificate, certificate_pem, key_pem, pfx, rsa_key
from ...support import connection

Save = Callable[[bytes], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a certificate's file, and return its path."""

    def save(content: bytes) -> str:
        file = tmp_path / "application"
        file.write_bytes(content)
        return str(file)

    return save


def problems(path: str, password: str | None = None) -> list[str]:
    """Return the problems that are reported before any request."""
    options = connection(tenant_id="t.example", client_id="c", certificate_path=path, certificate_password=password)
    return Certificate(options).problems()


def test_each_form_of_a_certificate_is_read(save: Save) -> None:
    key = rsa_key()
    for content, password in (
        (key_pem(key) + certificate_pem(key), None),
        (certificate_pem(key) + key_pem(key), None),
        (key_pem(key) + certificate_pem(key), "not needed"),
        (key_pem(key, form=PrivateFormat.TraditionalOpenSSL) + certificate_pem(key), None),
        (key_pem(key, "swordfish") + certificate_pem(key), "swordfish"),
        (key_pem(key, "swordfish", PrivateFormat.TraditionalOpenSSL) + certificate_pem(key), "swordfish"),
        (b"Bag Attributes\n  friendlyName: app\n" + key_pem(key) + b"\nsubject=x\n" + certificate_pem(key), None),
        (key_pem(key) + certificate_pem(key) + certificate_pem(rsa_key(1)), None),  # a chain, the leaf first
        (pfx(key), None),
        (pfx(key, "swordfish"), "swordfish"),
        (pfx(key, "schwertfisch ß"), "schwertfisch ß"),
    ):
        path = save(content)
        loaded = load_certificate(path, password)
        assert set(loaded) == {"private_key", "public_certificate"}
        assert load_pem_private_key(loaded["private_key"].encode(), None).public_key() == key.public_key()
        assert x509.load_pem_x509_certificate(loaded["public_certificate"].encode()).public_key() == key.public_key()
        assert problems(path, password) == []


def test_an_invalid_file_is_reported_with_the_reason(save: Save) -> None:
    key, other = rsa_key(), rsa_key(1)
    public_part = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    damaged = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    no_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    without_key = pkcs12.serialize_key_and_certificates(b"app", None, certificate(key), None, NoEncryption())
    for content, password, reason in (
        (key_pem(key, "swordfish") + certificate_pem(key), None, "the private key is encrypted; give certificate_pass"),
        (key_pem(key, "swordfish") + certificate_pem(key), "x", "the private key cannot be read; check certificate_p"),
        (pfx(key, "swordfish"), None, "neither PEM, nor a PFX that certificate_password opens"),
        (pfx(key, "swordfish"), "x", "neither PEM, nor a PFX that certificate_password opens"),
        (key_pem(key), None, "a PEM file must hold both the private key and the certificate"),
        (certificate_pem(key), None, "a PEM file must hold both the private key and the certificate"),
        (public_part + certificate_pem(key), None, "a PEM file must hold both the private key and the certificate"),
        (without_key, None, "a PFX file must hold both the private key and the certificate"),
        (key_pem(key) + certificate_pem(other), None, "the certificate does not belong to the private key"),
        (key_pem(key) + certificate_pem(other) + certificate_pem(key), None, "put the application's own first"),
        (damaged + certificate_pem(key), None, "the private key is damaged"),
        (key_pem(key) + no_certificate, None, "the certificate is damaged"),
        (b"", None, "neither PEM, nor a PFX"),
        (b"\x00\xff rubbish", None, "neither PEM, nor a PFX"),
        (b"-----BEGIN", None, "a PEM file must hold both"),
    ):
        path = save(content)
        with pytest.raises(ValueError, match=re.escape(reason)):
            load_certificate(path, password)
        variables = "AZURE_CLIENT_CERTIFICATE_PATH or AZURE_X509_CERTIFICATE_PATH"
        (problem,) = problems(path, password)
        assert problem.startswith(f"certificate_path ({variables}): {path}: ")
        assert reason in problem
        assert "swordfish" not in problem


def test_a_file_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    (problem,) = problems(str(tmp_path / "missing.pem"))
    assert problem.endswith("missing.pem: No such file or directory")
    (problem,) = problems(str(tmp_path))
    assert problem.endswith(": Is a directory")


def test_a_key_that_entra_does_not_accept_is_reported_before_any_request(save: Save) -> None:
    # MSAL signs with PS256: RSA alone.
    key = ec.generate_private_key(ec.SECP256R1())
    (problem,) = problems(save(key_pem(key) + certificate_pem(key)))
    assert "RSA" in problem


def test_what_is_loaded_is_what_msal_accepts(save: Save) -> None:
    key = rsa_key()
    loaded = load_certificate(save(pfx(key, "swordfish")), "swordfish")
    assert json.dumps(loaded)
    assert loaded["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert loaded["public_certificate"].startswith("-----BEGIN CERTIFICATE-----")
