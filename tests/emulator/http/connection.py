# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection of a client while its request is answered: sending, waiting, and closing it early."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.types import Receive, Scope, Send

from .exchange import Answer

TRANSPORT = "transport"
"""The key in ASGI's ``state`` under which the listener provides the transport of the connection."""

_CLOSING_TIMEOUT = 5.0


class Transport(Protocol):
    """The methods of an asyncio transport that are used here."""

    def abort(self) -> None:
        """Closes at once, without sending what is buffered."""

    def close(self) -> None:
        """Closes after sending what is buffered."""


class Connection:
    """Sends one answer. ASGI cannot close a connection early, so this uses the transport as well."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: Transport = scope["state"][TRANSPORT]
        self._receive = receive
        self._send = send

    async def start(self, answer: Answer) -> None:
        """Sends the status and the headers, with the length of the complete body."""
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in answer.headers.items()}
        if answer.status != 204:
            headers[b"content-length"] = str(len(answer.body)).encode()
        await self._send({"type": "http.response.start", "status": answer.status, "headers": list(headers.items())})

    async def send(self, body: bytes, last: bool) -> None:
        """Sends a part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})

    async def wait(self, seconds: float) -> bool:
        """Waits; returns False early if the client disconnects."""
        try:
            await asyncio.wait_for(self._gone(), seconds)
        except asyncio.TimeoutError:
            return True
        return False

    async def abort(self) -> None:
        """Closes the connection without an answer."""
        self._transport.abort()
        await self.wait(_CLOSING_TIMEOUT)

    async def close(self) -> None:
        """Closes the connection after sending what is buffered."""
        self._transport.close()
        await self.wait(_CLOSING_TIMEOUT)

    async def _gone(self) -> None:
        # The request has been read completely, so the only message left is the disconnect.
        while (await self._receive())["type"] != "http.disconnect":
            continue
