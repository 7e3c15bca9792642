# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read an application's certificate, PEM or PFX, with MSAL's own dependency ``cryptography``."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate


def load_certificate(path: str, password: str | None) -> dict[str, str]:
    """Return MSAL's ``client_credential`` for a file: both parts as PEM text, the key decrypted.

    Reading it here, before MSAL does, reports a wrong password without a request. Given the certificate itself,
    MSAL signs with PS256 and a SHA-256 thumbprint.

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not hold a key and its certificate; the text continues a sentence that names the file.
        ImportError: ``cryptography`` is not installed.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    with open(path, "rb") as file:
        content = file.read()
    secret = password.encode() if password else None
    key, certificate = _load_pem(content, secret) if b"-----BEGIN" in content else _load_pfx(content, secret)

    def public(part: typing.Any) -> bytes:
        encoded: bytes = part.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return encoded

    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is not an RSA key, the only kind that Entra takes")
    if public(key) != public(certificate):
        raise ValueError("the certificate does not belong to the private key; put the application's own first")
    return {
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "public_certificate": certificate.public_bytes(Encoding.PEM).decode(),
    }


def _load_pem(content: bytes, password: bytes | None) -> tuple[PrivateKeyTypes, Certificate]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in content or b"BEGIN CERTIFICATE-----" not in content:
        raise ValueError("a PEM file must hold both the private key and the certificate")
    # cryptography refuses a password that is not needed, and raises TypeError for a missing one.
    encrypted = b"ENCRYPTED" in content
    try:
        key = load_pem_private_key(content, password if encrypted else None)
    except TypeError:
        raise ValueError("the private key is encrypted; give certificate_password") from None
    except ValueError:
        raise ValueError(
            "the private key cannot be read; check certificate_password" if encrypted else "the private key is damaged"
        ) from None
    try:
        return key, x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])
    except ValueError:
        raise ValueError("the certificate is damaged") from None


def _load_pfx(content: bytes, password: bytes | None) -> tuple[PrivateKeyTypes, Certificate]:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, _chain = load_key_and_certificates(content, password)
    except ValueError:
        raise ValueError("neither PEM, nor a PFX that certificate_password opens") from None
    if key is None or certificate is None:
        raise ValueError("a PFX file must hold both the private key and the certificate")
    return key, certificate
