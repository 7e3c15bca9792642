# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback whose behavior a test defines, for what a scripted service cannot show: sockets and TLS."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator


class Handler(http.server.BaseHTTPRequestHandler):
    """Passes each request to the function of the test."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle_any(self) -> None:
        """Handle one request."""
        self.server.seen.append(self)
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        with contextlib.suppress(ConnectionError):
            self.server.answer(self)
        self.close_connection = True

    do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - http.server's names

    def send_response(self, code: int, message: str | None = None) -> None:
        """Start an answer after which the connection is closed."""
        super().send_response(code, message)
        self.send_header("Connection", "close")

    def log_message(self, *_args: object) -> None:
        """Write nothing to stderr."""

    def reply(self, body: bytes = b"{}", status: int = 200, *, length: int | None = None, **headers: str) -> None:
        """Send an answer whose Content-Length may be wrong; underscores in header names become hyphens."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


Behavior = Callable[[Handler], None]


class Server(http.server.ThreadingHTTPServer):
    """The server; ``seen`` contains its requests, ``over`` is set when the test ends."""

    daemon_threads = True

    def __init__(self, answer: Behavior) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.seen: list[Handler] = []
        self.over = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Return the URL on which it listens."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *_request: object) -> None:
        """Ignore that the client closes the connection, which some tests do on purpose."""


@contextlib.contextmanager
def serve(answer: Behavior, certificate: str | None = None) -> Iterator[Server]:
    """Run a server with these answers, over TLS if the file of a certificate is given."""
    with Server(answer) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.scheme = "https"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
