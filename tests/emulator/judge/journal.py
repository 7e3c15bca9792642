# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the requests, without secrets."""

from __future__ import annotations

import dataclasses
import json
import time

from ..entra.authority import read_form
from ..http.exchange import Exchange, Kind
from .leak import LeakScan


@dataclasses.dataclass
class Entry:
    """One request. ``at`` is Unix time in seconds; ``status`` is None if no answer was sent.

    ``batch`` is the ``n`` of the envelope of a request inside a batch; ``retry_at`` is the Unix time before which the
    client must not repeat the request.
    """

    n: int
    at: float
    kind: str
    host: str
    method: str
    path: str
    query: str
    client_request_id: str | None
    user_agent: str | None
    authorization: bool
    body: object
    fault: object
    batch: int | None = None
    status: int | None = None
    retry_at: float | None = None


class Journal:
    """The requests, numbered from 1."""

    def __init__(self, leaks: LeakScan) -> None:
        self._leaks = leaks
        self._entries: list[Entry] = []

    def open(self, exchange: Exchange, fault: object) -> Entry:
        """Adds a request, with its fault if it has one."""
        entry = Entry(
            n=len(self._entries) + 1,
            at=time.time(),
            kind=exchange.kind.value,
            host=exchange.host,
            method=exchange.method,
            path=self._leaks.redacted(exchange.path),
            query=self._leaks.redacted(exchange.query_string),
            client_request_id=exchange.header("client-request-id") or None,
            user_agent=exchange.header("user-agent") or None,
            authorization=bool(exchange.header("authorization")),
            body=_body(exchange),
            fault=fault,
            batch=exchange.batch,
        )
        self._entries.append(entry)
        return entry

    def as_json(self) -> list[dict[str, object]]:
        """The log, oldest first."""
        return [dict(vars(entry)) for entry in self._entries]

    def clear(self) -> None:
        """Removes all requests; the next one is number 1."""
        self._entries.clear()


def _body(exchange: Exchange) -> object:
    if not exchange.body:
        return None
    if exchange.kind is not Kind.GRAPH:
        return sorted(read_form(exchange))
    try:
        return json.loads(exchange.body)
    except ValueError:
        return exchange.body.decode("utf-8", "replace")
