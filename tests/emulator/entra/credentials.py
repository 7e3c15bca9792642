# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All credentials that a client can use, generated at each start, and the files with them."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import secrets
import time
import uuid
from pathlib import Path

import jwt
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
PFX_PASSWORD = "emulator-pfx-password"

_FEDERATED_LIFETIME = 24 * 3600


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """The registration of one application and one managed identity in one tenant."""

    federated_issuer: str
    tenant_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    client_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    client_secret: str = dataclasses.field(default_factory=lambda: f"emu8Q~{secrets.token_urlsafe(30)}")
    managed_identity_client_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    app_service_header: str = dataclasses.field(default_factory=lambda: secrets.token_hex(16).upper())
    federated_subject: str = "system:serviceaccount:automation:ansible"
    key: rsa.RSAPrivateKey = dataclasses.field(default_factory=_new_key)
    federated_key: rsa.RSAPrivateKey = dataclasses.field(default_factory=_new_key)
    certificate: x509.Certificate = dataclasses.field(init=False)
    federated_token: str = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate", _self_signed(self.key))
        object.__setattr__(self, "federated_token", self._assertion())

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets, which must not be in a URL."""
        return (self.client_secret, self.app_service_header, self.federated_token, PFX_PASSWORD)

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {
            "aud": FEDERATED_AUDIENCE,
            "iss": self.federated_issuer,
            "sub": self.federated_subject,
            "iat": now,
            "nbf": now,
            "exp": now + _FEDERATED_LIFETIME,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.federated_key, algorithm="RS256", headers={"kid": "emulator-workload"})


@dataclasses.dataclass(frozen=True)
class Addresses:
    """The addresses of the services."""

    graph_url: str
    authority_url: str
    identity_url: str

    @property
    def control_url(self) -> str:
        """The root of the control routes."""
        return f"{self.graph_url}/_emulator"


@dataclasses.dataclass(frozen=True)
class CredentialFiles:
    """The files of one start, readable by their owner alone."""

    directory: Path

    @property
    def ca(self) -> Path:
        """The certificate authority to trust."""
        return self.directory / "ca.pem"

    @property
    def server(self) -> Path:
        """The key and certificate chain of the TLS listener."""
        return self.directory / "server.pem"

    def write_tls(self) -> None:
        """Writes a certificate authority, and a certificate of it for the two names of the TLS listener."""
        authority = trustme.CA()
        server = authority.issue_cert("localhost", "127.0.0.1")
        write_private(self.ca, authority.cert_pem.bytes())
        write_private(self.server, server.private_key_and_cert_chain_pem.bytes())

    def write(self, credentials: Credentials, addresses: Addresses) -> None:
        """Writes each credential in each form that a client may need, and ``credentials.json`` that lists them."""
        listed = {
            "tenant_id": credentials.tenant_id,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "certificate_password": PFX_PASSWORD,
            "federated_token": credentials.federated_token,
            "federated_issuer": credentials.federated_issuer,
            "federated_subject": credentials.federated_subject,
            "managed_identity_client_id": credentials.managed_identity_client_id,
            "imds_url": addresses.identity_url,
            "app_service_endpoint": f"{addresses.identity_url}/msi/token",
            "app_service_header": credentials.app_service_header,
            "graph_url": addresses.graph_url,
            "authority_url": addresses.authority_url,
            "control_url": addresses.control_url,
            "ca_path": str(self.ca),
        }
        for name, (file_name, content) in _credential_files(credentials).items():
            write_private(self.directory / file_name, content)
            listed[name] = str(self.directory / file_name)
        write_private(self.directory / "credentials.json", json.dumps(listed, indent=2).encode() + b"\n")


def _credential_files(credentials: Credentials) -> dict[str, tuple[str, bytes]]:
    """The files by their names in ``credentials.json``, each with its file name and content."""
    key, certificate = credentials.key, credentials.certificate.public_bytes(serialization.Encoding.PEM)
    password = serialization.BestAvailableEncryption(PFX_PASSWORD.encode())
    pfx = pkcs12.serialize_key_and_certificates(b"emulator", key, credentials.certificate, None, password)
    return {
        "certificate_path": ("certificate.pem", _pem(key) + certificate),
        "certificate_encrypted_path": ("certificate-encrypted.pem", _pem(key, password) + certificate),
        "certificate_pfx_path": ("certificate.pfx", pfx),
        "federated_token_file": ("federated-token", credentials.federated_token.encode()),
    }


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read, atomically."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    temporary.replace(path)


def _pem(key: rsa.RSAPrivateKey, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "emulator application")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=30))
    return builder.sign(key, hashes.SHA256())
