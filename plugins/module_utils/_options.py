# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The connection options: their argument spec, their environment variables, and what can be checked offline."""

from __future__ import annotations

import math
import os
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible.module_utils.errors import AnsibleFallbackNotFound

API_VERSIONS = ("beta", "v1.0")

AUTH_SOURCES = ("auto", "access_token", "client_secret", "certificate", "federated_token", "managed_identity")


class Cloud(NamedTuple):
    """The hosts of one of Microsoft's clouds."""

    authority_url: str
    graph_url: str


CLOUDS = {
    "public": Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "us_gov": Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "us_gov_dod": Cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": Cloud("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Source: Microsoft's page "Microsoft Graph and national cloud deployments"."""

ENVIRONMENT: dict[str, tuple[str, ...]] = {
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
"""The environment variables of each option, the first that is set and not empty wins."""


def environment_fallback(*names: str) -> str:
    """Return the first variable that is set and not empty: CI systems export unset secrets as empty text."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def connection_argument_spec() -> dict[str, Any]:
    """Return the argument spec that every module of the collection shares."""
    spec: dict[str, dict[str, Any]] = {
        "auth_source": {"type": "str", "choices": list(AUTH_SOURCES), "default": "auto"},
        "tenant_id": {"type": "str", "aliases": ["tenant"]},
        "client_id": {"type": "str"},
        "client_secret": {"type": "str", "aliases": ["secret"], "no_log": True},
        "certificate_path": {"type": "path", "aliases": ["x509_certificate_path"]},
        "certificate_password": {"type": "str", "no_log": True},
        "federated_token": {"type": "str", "aliases": ["oidc_token"], "no_log": True},
        # The path of a secret is not secret.
        "federated_token_file": {"type": "path", "aliases": ["oidc_token_file_path"], "no_log": False},
        "access_token": {"type": "str", "no_log": True},
        "token_cache": {"type": "path", "no_log": False},
        "budget_path": {"type": "path"},
        "cloud": {"type": "str", "choices": list(CLOUDS), "default": "public"},
        "graph_url": {"type": "str"},
        "authority_url": {"type": "str"},
        "api_version": {"type": "str", "choices": list(API_VERSIONS), "default": "beta"},
        "ca_path": {"type": "path"},
        "validate_certs": {"type": "bool", "default": True},
        "proxy": {"type": "str"},
        "timeout": {"type": "float", "default": 30.0},
        "retry_timeout": {"type": "float", "default": 600.0},
    }
    for option, names in ENVIRONMENT.items():
        spec[option]["fallback"] = (environment_fallback, list(names))
    return spec


def named(option: str) -> str:
    """Return an option's name with the environment variables that set it, for a message."""
    names = ENVIRONMENT.get(option)
    return f"{option} ({' or '.join(names)})" if names else option


class Connection(NamedTuple):
    """The connection options of one task. Empty text counts as not given."""

    auth_source: str
    tenant_id: str | None
    client_id: str | None
    client_secret: str | None
    certificate_path: str | None
    certificate_password: str | None
    federated_token: str | None
    federated_token_file: str | None
    access_token: str | None
    token_cache: str | None
    budget_path: str | None
    graph_url: str
    authority_url: str
    api_version: str
    ca_path: str | None
    validate_certs: bool
    proxy: str | None
    timeout: float
    retry_timeout: float

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Connection:
        """Return the connection for a task's options; `problems` reports whether it can be used."""
        cloud = CLOUDS[options["cloud"]]
        given: dict[str, Any] = {name: None if options.get(name) == "" else options.get(name) for name in cls._fields}
        given["graph_url"] = (given["graph_url"] or cloud.graph_url).rstrip("/")
        given["authority_url"] = (given["authority_url"] or cloud.authority_url).rstrip("/")
        return cls(**given)

    def __repr__(self) -> str:
        """Return no value: some are secrets."""
        return f"<{type(self).__name__}>"

    def problems(self) -> list[str]:
        """Return a sentence for each option that is not valid, found without the network."""
        found = [
            f"{named(option)} must be an https URL of a host and nothing more, such as https://{example}"
            for option, url, example in (
                ("graph_url", self.graph_url, "graph.microsoft.com"),
                ("authority_url", self.authority_url, "login.microsoftonline.com"),
            )
            if not _is_https_host(url)
        ]
        if self.ca_path and self.validate_certs and not os.access(self.ca_path, os.R_OK):
            found.append(f"{named('ca_path')} is {self.ca_path}, which does not exist or cannot be read")
        elif self.ca_path and self.validate_certs and not _holds_certificates(self.ca_path):
            found.append(f"{named('ca_path')} is {self.ca_path}, a file without complete certificates in PEM")
        if self.proxy and not _is_url(self.proxy, "http", "https"):
            found.append("proxy must be a URL such as http://proxy.example.com:3128")
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            found.append(f"{named('timeout')} must be more than 0 seconds")
        if not (math.isfinite(self.retry_timeout) and self.retry_timeout >= 0):
            found.append(f"{named('retry_timeout')} must be 0 seconds or more")
        return found

    @property
    def secrets(self) -> list[str]:
        """The secrets beyond the options that are marked ``no_log`` themselves."""
        try:
            password = urlsplit(self.proxy or "").password
        except ValueError:
            password = None
        return [password] if password else []


def _is_url(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_https_host(text: str) -> bool:
    # Nothing but scheme, host and port: what follows would become part of the path, what precedes is a password.
    return _is_url(text, "https") and not set(text.partition("://")[2]) & set("/?#@\\ \t\r\n")


def _holds_certificates(path: str) -> bool:
    try:
        if not os.path.isdir(path):
            ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return False
    return True
