# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that send a byte from time to time, each within the socket's timeout, and never end."""

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


class TimedSession:
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
def timed() -> Iterator[TimedSession]:
    made = TimedSession()
    yield made
    made.session.close()


def drip(handler: Handler, byte: bytes = b"X") -> None:
    """Send this byte until the test ends or the client closes the connection."""
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
    timed: TimedSession, tmp_path: Path, behavior: Callable[[Handler], None], secure: bool
) -> None:
    certificate = tmp_path / "server.pem"
    if secure:
        certificate.write_bytes(key_pem(rsa_key()) + certificate_pem(rsa_key()))
        timed.session.verify = str(certificate)
    with serve(behavior, str(certificate) if secure else None) as server:
        timed.give_up(server.url)


@pytest.mark.parametrize(("begin", "byte"), [(b"", b""), (b"\x16\x03\x03\x40\x00", b"\x02")], ids=["silent", "drips"])
def test_a_handshake_without_end_ends_at_the_deadline(timed: TimedSession, begin: bytes, byte: bytes) -> None:
    with dripping(begin, byte) as address:
        timed.give_up(f"https://{address}")


def test_a_proxy_that_drips_ends_at_the_deadline(timed: TimedSession) -> None:
    """During its answer to CONNECT, before TLS."""
    with dripping(b"HTTP/1.1 200 ", b"X") as address:
        timed.session.proxies = {"https": f"http://{address}"}
        timed.give_up("https://graph.example")


@contextlib.contextmanager
def dripping(begin: bytes, byte: bytes) -> Iterator[str]:
    """Yield the address of a listener that sends these bytes and then drips."""
    over = threading.Event()

    def answer(listener: socket.socket) -> None:
        raw, _address = listener.accept()
        with raw, contextlib.suppress(ConnectionError):
            raw.sendall(begin)
            while not over.wait(DRIP):
                raw.sendall(byte)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join()


def test_an_exchange_in_time_is_not_interrupted(timed: TimedSession) -> None:
    with serve(lambda handler: handler.reply(b"in time")) as good, serve(drip_body) as bad:
        for _round in range(2):
            assert timed.get(good.url) == b"in time"
            timed.give_up(bad.url)
            assert timed.get(good.url) == b"in time"


def test_a_pause_between_two_exchanges_is_no_exchange(timed: TimedSession) -> None:
    with serve(lambda handler: handler.reply(b"in time")) as server:
        for pause in (SECONDS / 2, SECONDS * 0.7, SECONDS * 2.5):
            assert timed.get(server.url) == b"in time"
            time.sleep(pause)
        assert timed.get(server.url) == b"in time"


def test_many_exchanges_together_may_take_longer_than_one(timed: TimedSession) -> None:
    def behavior(handler: Handler) -> None:
        time.sleep(SECONDS / 5)
        handler.reply(b"in time")

    started = time.monotonic()
    with serve(behavior) as server:
        while time.monotonic() - started < 3 * SECONDS:
            assert timed.get(server.url) == b"in time"


def test_an_error_before_the_deadline_stays_unchanged(timed: TimedSession) -> None:
    with serve(lambda _handler: None) as server, pytest.raises(requests.exceptions.ConnectionError):
        timed.get(server.url)


def test_no_thread_is_left_behind(timed: TimedSession) -> None:
    seen: list[threading.Thread] = []

    def look(handler: Handler) -> None:
        seen.extend(thread for thread in threading.enumerate() if thread.name == NAME)
        handler.reply()

    with serve(look) as server:
        for _request in range(3):
            timed.get(server.url)
    assert len(seen) >= 3
    for thread in seen:
        thread.join(SECONDS / 2)  # before its deadline
        assert not thread.is_alive()
