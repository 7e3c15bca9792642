# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request as received, and the answer to it."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import json
import uuid
from collections.abc import Mapping
from urllib.parse import unquote

from starlette.datastructures import QueryParams
from starlette.requests import Request

BATCH = "$batch"

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class Kind(enum.Enum):
    """The Microsoft service that a request is for."""

    GRAPH = "graph"
    AUTHORITY = "authority"
    IMDS = "imds"


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A complete request: from a connection, or from inside a batch.

    ``raw_path`` is the percent-encoded path as sent; ``segments`` are split before they are decoded, so that an id may
    contain a slash. ``batch`` is the number, in the log, of the envelope of a request inside a batch.
    """

    kind: Kind
    method: str
    raw_path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    client_address: str
    request_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    batch: int | None = None

    @classmethod
    def received(cls, request: Request, kind: Kind, body: bytes) -> Exchange:
        """A request from a connection."""
        raw_path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        return cls(
            kind=kind,
            method=request.method,
            raw_path=raw_path.partition(b"?")[0].decode("ascii"),
            query_string=query.decode("ascii", "replace"),
            headers=request.headers,
            body=body,
            client_address=request.client.host if request.client else "",
        )

    @functools.cached_property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @functools.cached_property
    def segments(self) -> list[str]:
        """The path's segments, each decoded."""
        return segments(self.raw_path)

    @property
    def is_envelope(self) -> bool:
        """Whether this is a batch, whose requests are judged instead of it."""
        return self.kind is Kind.GRAPH and self.segments[1:] == [BATCH]

    @property
    def is_write(self) -> bool:
        """Whether this requests a change from Graph."""
        return self.kind is Kind.GRAPH and self.method != "GET" and not self.is_envelope

    @property
    def query(self) -> QueryParams:
        """The query's fields, decoded."""
        return QueryParams(self.query_string)

    @property
    def host(self) -> str:
        """The Host header in lower case."""
        return self.header("host").lower()

    @property
    def bearer(self) -> str | None:
        """The bearer token, if one was sent."""
        scheme, _rest, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def header(self, name: str) -> str:
        """The value of a header, named in lower case; empty if it was not sent."""
        return self.headers.get(name, "")


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer: the status, the headers beside Date and Content-Length, and the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_json(cls, status: int, content: object, headers: dict[str, str] | None = None) -> Answer:
        """An answer with a JSON body."""
        return cls.of_bytes(status, json_bytes(content), headers)

    @classmethod
    def of_bytes(cls, status: int, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        """An answer with a JSON body that is already encoded."""
        return cls(status, body, {"Content-Type": "application/json"} | (headers or {}))

    def halved(self) -> Answer:
        """The same answer with half of its body."""
        return dataclasses.replace(self, body=self.body[: len(self.body) // 2])

    def with_headers(self, headers: dict[str, str]) -> Answer:
        """The same answer with more headers."""
        return dataclasses.replace(self, headers=self.headers | headers)


def json_bytes(content: object) -> bytes:
    """JSON as the services send it."""
    return _ENCODER.encode(content).encode()


def segments(raw_path: str) -> list[str]:
    """The decoded segments of a path as sent."""
    return [unquote(segment) for segment in raw_path.strip("/").split("/")]


def utc_now() -> datetime.datetime:
    """The current time."""
    return datetime.datetime.now(tz=datetime.timezone.utc)
