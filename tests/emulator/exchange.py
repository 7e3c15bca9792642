# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request as it arrived, and the answer to it."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from urllib.parse import unquote

from starlette.requests import Request


class Kind(enum.Enum):
    """Which service of Microsoft's a request is for."""

    GRAPH = "graph"
    AUTHORITY = "authority"
    IMDS = "imds"


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request, read whole. ``segments`` are split before they are decoded, so that an id may contain a slash."""

    request: Request
    kind: Kind
    body: bytes
    request_id: str

    @property
    def method(self) -> str:
        """The verb, in capitals."""
        return self.request.method

    @property
    def raw_path(self) -> str:
        """The path as sent, percent-encoding and all."""
        raw: bytes = self.request.scope["raw_path"]
        return raw.partition(b"?")[0].decode("ascii")

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @property
    def segments(self) -> list[str]:
        """The path's segments, each decoded."""
        return segments(self.raw_path)

    @property
    def query_string(self) -> str:
        """The query as sent."""
        raw: bytes = self.request.scope["query_string"]
        return raw.decode("ascii", "replace")

    @property
    def host(self) -> str:
        """The Host header in lower case."""
        return self.header("host").lower()

    @property
    def bearer(self) -> str | None:
        """The bearer token, if one was sent."""
        scheme, _rest, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def client_address(self) -> str:
        """The address of the caller."""
        return self.request.client.host if self.request.client else ""

    def header(self, name: str) -> str:
        """A header's value, empty when it was not sent."""
        return self.request.headers.get(name, "")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What goes back: the status, the headers beyond Date and Content-Length, and the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_json(cls, status: int, content: object, headers: dict[str, str] | None = None) -> Answer:
        """An answer that carries JSON."""
        body = json.dumps(content, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json"} | (headers or {}))

    def with_headers(self, headers: dict[str, str]) -> Answer:
        """The same answer with more headers."""
        return dataclasses.replace(self, headers=self.headers | headers)


def segments(raw_path: str) -> list[str]:
    """The decoded segments of a path as sent."""
    return [unquote(segment) for segment in raw_path.strip("/").split("/")]


def utc_now() -> datetime.datetime:
    """The time of an answer."""
    return datetime.datetime.now(tz=datetime.timezone.utc)
