# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates made for the tests."""

from __future__ import annotations

import datetime
import functools
import ipaddress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)


@functools.cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return a private key, the same for the same number, because generating one is slow."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any) -> x509.Certificate:
    """Return a self-signed certificate, valid for the application and for a server on loopback."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "graphops.intune tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _encryption(password: str | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()


def key_pem(key: Any, password: str | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """Return a private key as PEM."""
    pem: bytes = key.private_bytes(Encoding.PEM, form, _encryption(password))
    return pem


def certificate_pem(key: Any) -> bytes:
    """Return the key's certificate as PEM."""
    return certificate(key).public_bytes(Encoding.PEM)


def pfx(key: Any, password: str | None = None) -> bytes:
    """Return a key and its certificate as PFX."""
    return pkcs12.serialize_key_and_certificates(b"app", key, certificate(key), None, _encryption(password))
