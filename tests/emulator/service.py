# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services behind their listeners: every request is logged, judged, answered, and the answer sent."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .connection import Connection
from .exchange import Answer, Exchange, Kind
from .fault_answer import Delivery, deliver
from .faults import Effect, Faults
from .graph import Graph
from .journal import Journal
from .judge import Judge


class Handler(Protocol):
    """A service that only reads."""

    def answer(self, exchange: Exchange) -> Answer:
        """The ordinary answer to a request."""


class Service:
    """Takes requests of every kind to where they are answered."""

    def __init__(
        self,
        graph: Graph,
        readers: dict[Kind, Handler],
        hosts: dict[Kind, str],
        journal: Journal,
        judge: Judge,
        faults: Faults,
    ) -> None:
        self._graph = graph
        self._readers = readers
        self._hosts = hosts
        self._journal = journal
        self._judge = judge
        self._faults = faults

    def listener(self, kind_of: Callable[[Scope], Kind]) -> ASGIApp:
        """The application of a listener whose requests are of the kind that ``kind_of`` says."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            try:
                body = await request.body()
            except ClientDisconnect:
                return
            exchange = Exchange(request, kind_of(scope), body, str(uuid.uuid4()))
            await self._serve(exchange, Connection(scope, receive, send))

        return application

    async def _serve(self, exchange: Exchange, connection: Connection) -> None:
        effect = self._faults.take(exchange)
        entry = self._journal.open(exchange, None if effect is None else effect.given)
        patch = self._graph.patch(exchange) if exchange.kind is Kind.GRAPH else None
        self._judge.look(exchange, entry.n, patch)
        delivery = self._delivery(exchange, effect)
        if delivery.delay and not await connection.wait(delivery.delay):
            return
        if delivery.answer is None:
            await connection.drop()
            return
        entry.status = delivery.answer.status
        self._tell_judge(delivery, exchange)
        await _send(delivery, delivery.answer.with_headers(_ids(exchange)), connection)

    def _delivery(self, exchange: Exchange, effect: Effect | None) -> Delivery:
        if effect is None:
            return Delivery(self._answer(exchange))
        return deliver(effect, exchange, lambda keep: self._answer(exchange, keep))

    def _answer(self, exchange: Exchange, keep: frozenset[str] | None = None) -> Answer:
        host = self._hosts[exchange.kind]
        if exchange.host != host:
            text = f"This is {exchange.host}; the emulator's {exchange.kind.value} is at {host}."
            return Answer(421, text.encode(), {"Content-Type": "text/plain"})
        if exchange.kind is Kind.GRAPH:
            return self._graph.answer(exchange, keep)
        return self._readers[exchange.kind].answer(exchange)

    def _tell_judge(self, delivery: Delivery, exchange: Exchange) -> None:
        if delivery.wait_seconds is not None:
            self._judge.told_to_wait(exchange, time.time() + delivery.wait_seconds)
        elif delivery.wait_until is not None:
            self._judge.told_to_wait(exchange, delivery.wait_until)


async def _send(delivery: Delivery, answer: Answer, connection: Connection) -> None:
    await connection.start(answer)
    half = len(answer.body) // 2 if delivery.cut or delivery.slow_body else 0
    if half:
        await connection.send(answer.body[:half], last=False)
    if delivery.slow_body and not await connection.wait(delivery.slow_body):
        return
    if delivery.cut:
        await connection.hang_up()
    else:
        await connection.send(answer.body[half:], last=True)


def _ids(exchange: Exchange) -> dict[str, str]:
    if exchange.kind is not Kind.GRAPH:
        return {"x-ms-request-id": exchange.request_id}
    client_request_id = exchange.header("client-request-id") or exchange.request_id
    return {"request-id": exchange.request_id, "client-request-id": client_request_id}
