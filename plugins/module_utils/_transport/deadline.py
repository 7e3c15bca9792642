# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A time limit for the whole of an HTTP exchange.

A socket's own timeout holds for all of a TLS handshake, but starts anew with each byte of headers and body. Whoever
sends one now and then is never done, and nothing but the end of the connection ends the reading of one line.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
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
"""What the thread is called."""

_AGAIN = 0.2


class Deadline:
    """Ends the connections of one session when an exchange takes longer than it may.

    A thread sleeps from deadline to deadline. Exchanges do not have to wake it: each costs two assignments.

    Args:
        seconds: what one exchange may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watching = False
        self._ends: float | None = None

    def adapter(self) -> requests.adapters.HTTPAdapter:
        """Return an adapter for a session, whose connections end when their time is up."""
        return _Adapter(self._know)

    def close(self) -> None:
        """Let the thread end."""
        self._over.set()

    @contextlib.contextmanager
    def exchange(self) -> Iterator[None]:
        """Do one exchange at a time in here.

        Raises:
            requests.exceptions.ReadTimeout: it took too long.
        """
        ends = time.monotonic() + self._seconds
        with self._lock:
            self._ends = ends
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name=NAME, daemon=True).start()
        try:
            yield
        except Exception:
            if time.monotonic() < ends:
                raise
        finally:
            with self._lock:
                self._ends = None
        # An ended connection is taken for many things, the end of a body of no known length among them.
        if time.monotonic() >= ends:
            raise requests.exceptions.ReadTimeout()

    def _watch(self) -> None:
        nap = self._seconds
        while not self._over.wait(nap):
            with self._lock:
                if self._ends is None:  # the next exchange starts another thread
                    self._watching = False
                    break
                nap = self._ends - time.monotonic()
                if nap <= 0:
                    self._end_connections()
                    nap = _AGAIN  # one may just be coming up

    def _know(self, connected: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connected)

    def _end_connections(self) -> None:
        for connected in list(self._sockets):
            # Of a TLS socket too, the plain shutdown: its own forgets the session that the reader is using.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)


if HAS_REQUESTS:

    class _Adapter(requests.adapters.HTTPAdapter):
        """Tells of each socket that its connections open."""

        def __init__(self, tell: Callable[[socket.socket], None]) -> None:
            self._tell = tell
            super().__init__()

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self._watch(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            known = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not known:
                self._watch(manager)
            return manager

        def _watch(self, manager: Any) -> None:
            manager.pool_classes_by_scheme = {
                scheme: self._watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
            }

        def _watched(self, pool: Any) -> Any:
            tell = self._tell

            class Connection(pool.ConnectionCls):  # type: ignore[misc]  # of whatever kind: plain, TLS, SOCKS
                # Seen when it is set, since the connection forgets it once an answer is the last one.
                def __setattr__(self, name: str, value: Any) -> None:
                    if name == "sock" and isinstance(value, socket.socket):
                        tell(value)
                    super().__setattr__(name, value)

            return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
