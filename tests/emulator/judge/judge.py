# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what a good client never does."""

from __future__ import annotations

import dataclasses
import enum
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus

from ..faults.budget import Limit
from ..graph.device_status import unchanged
from ..graph.resource import Patch
from ..http.exchange import Exchange, Kind
from ..settings import CurrentSettings
from .leak import LeakScan


class Offence(enum.Enum):
    """The rules of the judge."""

    PATCH_CHANGES_NOTHING = "patch_changes_nothing"
    PROPERTY_SENT_NEEDLESSLY = "property_sent_needlessly"
    RETRY_BEFORE_TIME = "retry_before_time"
    TOKEN_TO_ANOTHER_HOST = "token_to_another_host"
    NO_CLIENT_REQUEST_ID = "no_client_request_id"
    WRITE_IN_CHECK_MODE = "write_in_check_mode"
    SECRET_IN_URL = "secret_in_url"
    WRITE_OVER_BUDGET = "write_over_budget"
    REQUEST_OVER_BUDGET = "request_over_budget"
    WRITE_WHILE_HELD = "write_while_held"


_OVER_BUDGET = {Limit.WRITES: Offence.WRITE_OVER_BUDGET, Limit.REQUESTS: Offence.REQUEST_OVER_BUDGET}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One offence: the rule, the number of the request in the log, and what was wrong."""

    rule: Offence
    n: int
    detail: str


class Judge:
    """Looks at every request before it is answered."""

    def __init__(
        self, graph_host: str, settings: CurrentSettings, leaks: LeakScan, clock: Callable[[], float] = time.time
    ) -> None:
        self._graph_host = graph_host
        self._settings = settings
        self._leaks = leaks
        self._clock = clock
        self._findings: list[Finding] = []
        self._request_ids: set[uuid.UUID] = set()
        self._not_before: dict[tuple[str, str, str], float] = {}
        self._held_until: dict[str, float] = {}

    def look(self, exchange: Exchange, n: int, patch: Patch | None) -> None:
        """Judges request number ``n``; ``patch`` is what it asks to change of which row."""
        if self._leaks.found(exchange.raw_path) or self._leaks.found(exchange.query_string):
            self._find(Offence.SECRET_IN_URL, n, f"a secret or token in the URL of a {exchange.method}")
        if exchange.bearer and (exchange.kind is not Kind.GRAPH or exchange.host != self._graph_host):
            self._find(Offence.TOKEN_TO_ANOTHER_HOST, n, f"a bearer token came to {exchange.host}")
        self._look_for_haste(exchange, n)
        if exchange.kind is Kind.GRAPH:
            if exchange.batch is None:
                self._look_at_request_id(exchange.header("client-request-id"), n)
            if self._settings.values.expect_no_writes and exchange.is_write:
                self._find(Offence.WRITE_IN_CHECK_MODE, n, f"{exchange.method} {exchange.path}")
        if patch is not None:
            self._look_at_patch(patch, n)

    def exceeded(self, exchange: Exchange, n: int, limits: Iterable[Limit]) -> None:
        """Request number ``n`` was refused because it is beyond these limits."""
        for limit in limits:
            self._find(_OVER_BUDGET[limit], n, f"{exchange.method} {exchange.path}")

    def told_to_wait(self, exchange: Exchange, status: int, until: float) -> None:
        """Remembers the Unix time before which this client must not repeat the request that was answered so.

        A write inside a batch that was throttled stands for all writes: sending the next batch of them is to
        run into the same wall with twenty requests at once.
        """
        self._not_before[_repetition(exchange)] = until
        if status == HTTPStatus.TOO_MANY_REQUESTS and exchange.batch is not None and exchange.is_write:
            client = _client(exchange)
            self._held_until[client] = max(until, self._held_until.get(client, 0.0))

    def as_json(self) -> dict[str, object]:
        """The findings, and how many there are of every rule."""
        counted = Counter(finding.rule for finding in self._findings)
        return {
            "findings": [
                {"rule": finding.rule.value, "n": finding.n, "detail": finding.detail} for finding in self._findings
            ],
            "counts": {rule.value: counted[rule] for rule in Offence},
            "total": len(self._findings),
        }

    def clear(self) -> None:
        """Forgets every finding, and what it would have judged by."""
        self._findings.clear()
        self._request_ids.clear()
        self._not_before.clear()
        self._held_until.clear()

    def _look_for_haste(self, exchange: Exchange, n: int) -> None:
        now = self._clock()
        early = self._not_before.get(_repetition(exchange), 0.0) - now
        if early > 0:
            self._find(Offence.RETRY_BEFORE_TIME, n, f"{exchange.method} {exchange.path} came {early:.3f} s early")
        held = self._held_until.get(_client(exchange), 0.0) - now
        if held > 0 and exchange.is_write:
            self._find(Offence.WRITE_WHILE_HELD, n, f"{exchange.method} {exchange.path} came {held:.3f} s early")

    def _look_at_request_id(self, text: str, n: int) -> None:
        try:
            request_id = uuid.UUID(text)
        except ValueError:
            self._find(Offence.NO_CLIENT_REQUEST_ID, n, "client-request-id is no GUID" if text else "none was sent")
            return
        if request_id in self._request_ids:
            self._find(Offence.NO_CLIENT_REQUEST_ID, n, f"client-request-id {request_id} was used before")
        self._request_ids.add(request_id)

    def _look_at_patch(self, patch: Patch, n: int) -> None:
        status, changes = patch
        needless = unchanged(status, changes)
        if len(needless) == len(changes):
            self._find(Offence.PATCH_CHANGES_NOTHING, n, f"every property is so already: {', '.join(needless)}")
        elif needless:
            self._find(Offence.PROPERTY_SENT_NEEDLESSLY, n, f"so already: {', '.join(needless)}")

    def _find(self, rule: Offence, n: int, detail: str) -> None:
        self._findings.append(Finding(rule, n, detail))


def _client(exchange: Exchange) -> str:
    # Many clients may come from one address at once (forks, say), and one must not be blamed for what another was
    # told. Each has a token of its own; where there is none, the program's name has to do.
    return exchange.bearer or f"{exchange.client_address} {exchange.header('user-agent')}"


def _repetition(exchange: Exchange) -> tuple[str, str, str]:
    return _client(exchange), exchange.method, exchange.path
