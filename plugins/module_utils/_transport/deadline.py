# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A time limit for all of an HTTP exchange.

A socket's own timeout covers a TLS handshake, but starts anew with each byte of headers and body: a server that sends
one now and then holds the reader forever. Only the end of the connection ends the reading of a line, so the deadline
has to know the sockets, which urllib3 shows to its connection classes only.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

try:
    import requests
    import requests.adapters
except ImportError:
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

NAME = "graphops.intune deadline"
"""The name of the thread."""


class Deadline:
    """Shuts down the connections of one session when an exchange takes longer than it may.

    Args:
        seconds: what one exchange may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._current: threading.Event | None = None
        """Of the exchange that is under way; set once its time is up."""

    def adapter(self) -> requests.adapters.HTTPAdapter:
        """Return an adapter for a session, whose connections end when their time is up."""
        return _Adapter(self._register)

    @contextlib.contextmanager
    def exchange(self) -> Iterator[None]:
        """Do one exchange at a time in here.

        Raises:
            requests.exceptions.ReadTimeout: it took too long.
        """
        expired = threading.Event()
        timer = threading.Timer(self._seconds, self._expire, (expired,))
        timer.name, timer.daemon = NAME, True
        with self._lock:
            self._current = expired
        timer.start()
        try:
            yield
        except Exception:
            if not expired.is_set():
                raise
        finally:
            timer.cancel()
            with self._lock:
                self._current = None
        # A connection that was shut down is taken for many things, the end of a body of unknown length among them.
        if expired.is_set():
            raise requests.exceptions.ReadTimeout()

    def _expire(self, expired: threading.Event) -> None:
        with self._lock:
            if self._current is expired:
                expired.set()
                for connected in self._sockets:
                    _shut_down(connected)

    def _register(self, connected: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connected)
            if self._current is not None and self._current.is_set():  # it came up too late
                _shut_down(connected)


def _shut_down(connected: socket.socket) -> None:
    # Of a TLS socket too, the plain shutdown: its own forgets the session that the reader is using.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


if HAS_REQUESTS:

    class _Adapter(requests.adapters.HTTPAdapter):
        """Registers each socket that its connections open."""

        def __init__(self, register: Callable[[socket.socket], None]) -> None:
            self._register = register
            super().__init__()

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self._extend(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            known = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not known:
                self._extend(manager)
            return manager

        def _extend(self, manager: Any) -> None:
            """Give a pool manager connections that register their sockets, by the attributes that urllib3 offers."""
            pools = manager.pool_classes_by_scheme
            manager.pool_classes_by_scheme = {scheme: self._extended(pool) for scheme, pool in pools.items()}

        def _extended(self, pool: Any) -> Any:
            register = self._register

            class Connection(pool.ConnectionCls):  # type: ignore[misc]  # of whatever kind: plain, TLS, SOCKS
                # Seen when it is set, since the connection forgets it once an answer is the last one.
                def __setattr__(self, name: str, value: Any) -> None:
                    if name == "sock" and isinstance(value, socket.socket):
                        register(value)
                    super().__setattr__(name, value)

            return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
