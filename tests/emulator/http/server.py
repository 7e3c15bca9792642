# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listeners on the loopback interface: TLS for Graph and the authority, plain HTTP for managed identity."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .connection import TRANSPORT

LOOPBACK = "127.0.0.1"

# Longer than any test is idle, so that the emulator closes a connection only where a fault requests that.
_KEEP_ALIVE_SECONDS = 120
# Requests in progress are dropped at a stop, so that an idle client does not delay it.
_STOPPING_SECONDS = 0


class _Protocol(H11Protocol):
    """HTTP that provides its transport, for the faults that close connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio hands this protocol a stream
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """A server that leaves signals to ``serve``, which runs several of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class Listener:
    """A bound socket."""

    def __init__(self, port: int) -> None:
        # The protocol is named, since asyncio sets TCP_NODELAY on such sockets only; without it, each answer whose head
        # and body are two packets waits 40 ms for a delayed acknowledgment.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, port))
        self.port: int = self._socket.getsockname()[1]

    def server(self, application: ASGIApp, certificate: Path | None = None) -> tuple[uvicorn.Server, socket.socket]:
        """A server of the application on this socket, with TLS if a file with key and certificate is given."""
        options: dict[str, Any] = {} if certificate is None else {"ssl_certfile": certificate}
        config = uvicorn.Config(
            _logging_errors(application),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            # Quiet about requests that a stop interrupts as well, so that a clean stop prints nothing.
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOPPING_SECONDS,
            **options,
        )
        return _Server(config), self._socket


def _logging_errors(application: ASGIApp) -> ASGIApp:
    """The application, with the traceback of an internal error on stderr, because uvicorn logs nothing here."""

    async def logging_errors(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await application(scope, receive, send)
        except Exception:
            logging.getLogger(__name__).exception("internal error of the emulator at %s", scope["path"])
            raise

    return logging_errors


async def serve(
    servers: list[tuple[uvicorn.Server, socket.socket]], ready: Callable[[], None], until_eof: bool
) -> None:
    """Serves until SIGTERM or SIGINT, or until standard input ends; calls ``ready`` once all listeners accept."""

    def stop() -> None:
        for server, _rest in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop)
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), _at_eof, stop)
    tasks = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in servers]
    while not all(server.started for server, _rest in servers) and not any(task.done() for task in tasks):
        await asyncio.sleep(0.01)
    if not any(task.done() for task in tasks):
        ready()
    await asyncio.gather(*tasks)


def _at_eof(stop: Callable[[], None]) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop()
