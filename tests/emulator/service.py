# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services behind the listeners: each request is read and handled, and its answer is sent."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .dispatcher import Dispatcher
from .faults.answer import Delivery
from .http.connection import Connection
from .http.exchange import Answer, Exchange, Kind


class Service:
    """Reads the requests and sends the answers."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def listener(self, kind_of: Callable[[Scope], Kind]) -> ASGIApp:
        """The ASGI application of a listener; ``kind_of`` returns the kind of a request."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            try:
                body = await request.body()
            except ClientDisconnect:
                return
            exchange = Exchange.received(request, kind_of(scope), body)
            await self._serve(exchange, Connection(scope, receive, send))

        return application

    async def _serve(self, exchange: Exchange, connection: Connection) -> None:
        handled = self._dispatcher.handle(exchange)
        delivery = handled.delivery
        if delivery.delay and not await connection.wait(delivery.delay):
            return
        if delivery.answer is None:
            await connection.abort()
            return
        handled.entry.status = delivery.answer.status
        self._dispatcher.note_waits(handled)
        await _send(delivery, delivery.answer.with_headers(_ids(exchange)), connection)


async def _send(delivery: Delivery, answer: Answer, connection: Connection) -> None:
    await connection.start(answer)
    half = len(answer.body) // 2 if delivery.cut or delivery.slow_body else 0
    if half:
        await connection.send(answer.body[:half], last=False)
    if delivery.slow_body and not await connection.wait(delivery.slow_body):
        return
    if delivery.cut:
        await connection.close()
    else:
        await connection.send(answer.body[half:], last=True)


def _ids(exchange: Exchange) -> dict[str, str]:
    if exchange.kind is not Kind.GRAPH:
        return {"x-ms-request-id": exchange.request_id}
    client_request_id = exchange.header("client-request-id") or exchange.request_id
    return {"request-id": exchange.request_id, "client-request-id": client_request_id}
