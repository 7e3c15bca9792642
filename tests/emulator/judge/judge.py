# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds violations of the rules for a well-behaved client."""

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


class Violation(enum.Enum):
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


_OVER_BUDGET = {Limit.WRITES: Violation.WRITE_OVER_BUDGET, Limit.REQUESTS: Violation.REQUEST_OVER_BUDGET}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One violation: the rule, the number of the request in the log, and a description."""

    rule: Violation
    n: int
    detail: str


class Judge:
    """Checks each request before it is answered."""

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

    def check(self, exchange: Exchange, n: int, patch: Patch | None) -> None:
        """Checks request number ``n``; ``patch`` is the row and the changes that it requests."""
        if self._leaks.found(exchange.raw_path) or self._leaks.found(exchange.query_string):
            self._report(Violation.SECRET_IN_URL, n, f"a secret or token in the URL of a {exchange.method}")
        if exchange.bearer and (exchange.kind is not Kind.GRAPH or exchange.host != self._graph_host):
            self._report(Violation.TOKEN_TO_ANOTHER_HOST, n, f"a bearer token was sent to {exchange.host}")
        self._check_timing(exchange, n)
        if exchange.kind is Kind.GRAPH:
            if exchange.batch is None:
                self._check_request_id(exchange.header("client-request-id"), n)
            if self._settings.values.expect_no_writes and exchange.is_write:
                self._report(Violation.WRITE_IN_CHECK_MODE, n, f"{exchange.method} {exchange.path}")
        if patch is not None:
            self._check_patch(patch, n)

    def exceeded(self, exchange: Exchange, n: int, limits: Iterable[Limit]) -> None:
        """Reports request number ``n``, which was refused because it is beyond these limits."""
        for limit in limits:
            self._report(_OVER_BUDGET[limit], n, f"{exchange.method} {exchange.path}")

    def note_wait(self, exchange: Exchange, status: int, until: float) -> None:
        """Records the Unix time before which this client must not repeat the request.

        A throttled write inside a batch holds all writes, because the next batch would have twenty more of them
        throttled.
        """
        self._not_before[_repetition(exchange)] = until
        if status == HTTPStatus.TOO_MANY_REQUESTS and exchange.batch is not None and exchange.is_write:
            client = _client(exchange)
            self._held_until[client] = max(until, self._held_until.get(client, 0.0))

    def as_json(self) -> dict[str, object]:
        """The findings, and their number for each rule."""
        counted = Counter(finding.rule for finding in self._findings)
        return {
            "findings": [
                {"rule": finding.rule.value, "n": finding.n, "detail": finding.detail} for finding in self._findings
            ],
            "counts": {rule.value: counted[rule] for rule in Violation},
            "total": len(self._findings),
        }

    def clear(self) -> None:
        """Removes all findings, and what was recorded of earlier requests."""
        self._findings.clear()
        self._request_ids.clear()
        self._not_before.clear()
        self._held_until.clear()

    def _check_timing(self, exchange: Exchange, n: int) -> None:
        now = self._clock()
        early = self._not_before.get(_repetition(exchange), 0.0) - now
        if early > 0:
            self._report(Violation.RETRY_BEFORE_TIME, n, f"{exchange.method} {exchange.path} came {early:.3f} s early")
        held = self._held_until.get(_client(exchange), 0.0) - now
        if held > 0 and exchange.is_write:
            self._report(Violation.WRITE_WHILE_HELD, n, f"{exchange.method} {exchange.path} came {held:.3f} s early")

    def _check_request_id(self, text: str, n: int) -> None:
        try:
            request_id = uuid.UUID(text)
        except ValueError:
            self._report(
                Violation.NO_CLIENT_REQUEST_ID,
                n,
                "not a GUID" if text else "missing",
            )
            return
        if request_id in self._request_ids:
            self._report(Violation.NO_CLIENT_REQUEST_ID, n, f"client-request-id {request_id} was used before")
        self._request_ids.add(request_id)

    def _check_patch(self, patch: Patch, n: int) -> None:
        status, changes = patch
        needless = unchanged(status, changes)
        if len(needless) == len(changes):
            self._report(Violation.PATCH_CHANGES_NOTHING, n, f"nothing to change: {', '.join(needless)}")
        elif needless:
            self._report(Violation.PROPERTY_SENT_NEEDLESSLY, n, f"nothing to change: {', '.join(needless)}")

    def _report(self, rule: Violation, n: int, detail: str) -> None:
        self._findings.append(Finding(rule, n, detail))


def _client(exchange: Exchange) -> str:
    # Several clients may have one address (forks, for example), and each is judged by its own answers. A token
    # identifies a client; without a token, the name of the program is used.
    return exchange.bearer or f"{exchange.client_address} {exchange.header('user-agent')}"


def _repetition(exchange: Exchange) -> tuple[str, str, str]:
    return _client(exchange), exchange.method, exchange.path
