# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that send a byte now and then, each well within the socket's own timeout, and never come to an end."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._transport.deadline import NAME, Deadline

from ...certificates import certificate_pem, key_pem, rsa_key
from ...server import Handler, serve

SECONDS, DRIP = 0.5, 0.05
SURELY_OVER = 20 * SECONDS


class Asking:
    """A session whose exchanges may take SECONDS."""

    def __init__(self) -> None:
        self.deadline = Deadline(SECONDS)
        self.session = requests.Session()
        self.session.trust_env = False
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, self.deadline.adapter())

    def get(self, url: str) -> bytes:
        with self.deadline.exchange(), self.session.get(url, timeout=SECONDS, stream=True) as response:
            return response.raw.read(decode_content=True)

    def give_up(self, url: str) -> None:
        started = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            self.get(url)
        assert SECONDS <= time.monotonic() - started < SURELY_OVER


@pytest.fixture
def asking() -> Iterator[Asking]:
    made = Asking()
    yield made
    made.session.close()


def drip(handler: Handler, byte: bytes = b"X") -> None:
    """Send this byte until the test ends, or the client has had enough."""
    while not handler.server.over.wait(DRIP):
        handler.wfile.write(byte)


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler)


def drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    drip(handler)


def drip_body_of_any_length(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drip(handler)


def drip_chunks(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    drip(handler, b"1\r\nX\r\n")


def drip_compressed(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    for byte in gzip.compress(bytes(range(256)) * 100):
        handler.wfile.write(bytes([byte]))
        if handler.server.over.wait(DRIP):
            break


DRIPS = [drip_headers, drip_body, drip_body_of_any_length, drip_chunks, drip_compressed]


@pytest.mark.parametrize("behavior", DRIPS)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_a_drip_ends_at_the_deadline(
    asking: Asking, tmp_path: Path, behavior: Callable[[Handler], None], secure: bool
) -> None:
    certificate = tmp_path / "server.pem"
    if secure:
        certificate.write_bytes(key_pem(rsa_key()) + certificate_pem(rsa_key()))
        asking.session.verify = str(certificate)
    with serve(behavior, str(certificate) if secure else None) as server:
        asking.give_up(server.url)


@pytest.mark.parametrize(("begin", "byte"), [(b"", b""), (b"\x16\x03\x03\x40\x00", b"\x02")], ids=["silent", "drips"])
def test_a_handshake_that_goes_on_ends_at_the_deadline(asking: Asking, begin: bytes, byte: bytes) -> None:
    with dripping(begin, byte) as address:
        asking.give_up(f"https://{address}")


def test_a_proxy_that_drips_ends_at_the_deadline(asking: Asking) -> None:
    """In the middle of its answer to CONNECT, where there is no TLS yet."""
    with dripping(b"HTTP/1.1 200 ", b"X") as address:
        asking.session.proxies = {"https": f"http://{address}"}
        asking.give_up("https://graph.example")


@contextlib.contextmanager
def dripping(begin: bytes, byte: bytes) -> Iterator[str]:
    """A listener's address, that says this and then drips."""
    over = threading.Event()

    def pose(listener: socket.socket) -> None:
        raw, _address = listener.accept()
        with raw, contextlib.suppress(ConnectionError):
            raw.sendall(begin)
            while not over.wait(DRIP):
                raw.sendall(byte)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=pose, args=(listener,))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join()


def test_who_is_in_time_is_let_alone_before_and_after(asking: Asking) -> None:
    with serve(lambda handler: handler.reply(b"in time")) as good, serve(drip_body) as bad:
        for _round in range(2):
            assert asking.get(good.url) == b"in time"
            asking.give_up(bad.url)
            assert asking.get(good.url) == b"in time"


def test_a_pause_between_two_exchanges_is_no_exchange(asking: Asking) -> None:
    with serve(lambda handler: handler.reply(b"in time")) as server:
        for pause in (SECONDS / 2, SECONDS * 0.7, SECONDS * 2.5):
            assert asking.get(server.url) == b"in time"
            time.sleep(pause)
        assert asking.get(server.url) == b"in time"


def test_many_exchanges_together_may_take_longer_than_one(asking: Asking) -> None:
    def behavior(handler: Handler) -> None:
        time.sleep(SECONDS / 5)
        handler.reply(b"in time")

    started = time.monotonic()
    with serve(behavior) as server:
        while time.monotonic() - started < 3 * SECONDS:
            assert asking.get(server.url) == b"in time"


def test_an_error_in_time_stays_what_it_is(asking: Asking) -> None:
    with serve(lambda _handler: None) as server, pytest.raises(requests.exceptions.ConnectionError):
        asking.get(server.url)


def test_no_thread_is_left_behind(asking: Asking) -> None:
    seen: list[threading.Thread] = []

    def look(handler: Handler) -> None:
        seen.extend(thread for thread in threading.enumerate() if thread.name == NAME)
        handler.reply()

    with serve(look) as server:
        for _request in range(3):
            asking.get(server.url)
    assert len(seen) >= 3
    for thread in seen:
        thread.join(SECONDS / 2)  # before its time would have been up
        assert not thread.is_alive()
