# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's connection while its request is answered: sending, waiting, and closing it before time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.types import Receive, Scope, Send

from .exchange import Answer

TRANSPORT = "transport"
"""The key in ASGI's ``state`` under which the listener leaves the connection's transport."""

_CLOSING_TIMEOUT = 5.0


class Transport(Protocol):
    """What is needed of an asyncio transport."""

    def abort(self) -> None:
        """Closes at once, losing what was not sent yet."""

    def close(self) -> None:
        """Closes after what was written has been sent."""


class Connection:
    """Sends one answer. ASGI alone cannot hang up on a client, so the transport is at hand too."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: Transport = scope["state"][TRANSPORT]
        self._receive = receive
        self._send = send

    async def start(self, answer: Answer) -> None:
        """Sends the status and the headers, with the length of the whole body."""
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in answer.headers.items()}
        if answer.status != 204:
            headers[b"content-length"] = str(len(answer.body)).encode()
        await self._send({"type": "http.response.start", "status": answer.status, "headers": list(headers.items())})

    async def send(self, body: bytes, last: bool) -> None:
        """Sends a part of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})

    async def wait(self, seconds: float) -> bool:
        """Waits; False, and early, when the client went away."""
        try:
            await asyncio.wait_for(self._gone(), seconds)
        except asyncio.TimeoutError:
            return True
        return False

    async def drop(self) -> None:
        """Hangs up without a word."""
        self._transport.abort()
        await self.wait(_CLOSING_TIMEOUT)

    async def hang_up(self) -> None:
        """Hangs up after what was sent."""
        self._transport.close()
        await self.wait(_CLOSING_TIMEOUT)

    async def _gone(self) -> None:
        # The request has been read whole, so all that can still come is the end.
        while (await self._receive())["type"] != "http.disconnect":
            continue
