# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The life of a client in a plugin, which has no module to open and close it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from ..module_utils._graph.client import GraphClient
from ..module_utils._options import Connection
from ..module_utils._preflight import mask, missing_library
from ..module_utils._sign_in.credentials import Credential
from ..module_utils._transport.retry import Clock


@contextlib.contextmanager
def open_client(connection: Connection, credential: Credential, clock: Clock = time) -> Iterator[GraphClient]:
    """Yield a client of Microsoft Graph, and close its connections at the end.

    Args:
        clock: measures the time of its requests, and waits.

    Raises:
        IntuneError: a library is missing, also one that is imported when it is first needed.
    """
    try:
        client = GraphClient(connection, credential, _mask, clock)
        try:
            yield client
        finally:
            client.close()
    except ImportError as error:
        raise missing_library(error.name or "requests") from None


def _mask(secret: str) -> None:
    mask(secret)
