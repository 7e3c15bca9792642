# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read many objects by their paths, in envelopes where those may be used."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping, Sequence

from .._errors import IntuneError
from .._transport.retry import asks_to_wait, later
from .call import MAX_REQUESTS, Call
from .client import GraphClient
from .resource import Operation, Row

_ABOUT_THE_OBJECT = (400, 404)
"""HTTP statuses that concern one object, and not the connection or the permission."""


def read_each(
    client: GraphClient, paths: Mapping[str, str], operation: Operation, *, batch: bool
) -> Iterator[tuple[str, Row | IntuneError]]:
    """Yield each key with the document at its path, or with the error of reading that one; in any order.

    Args:
        paths: path by key.
        batch: whether envelopes may be used. They are POST requests, which check mode does not send.

    Raises:
        IntuneError: the complete envelope or the connection failed; or the service requests too long a wait.
    """
    waiting = collections.deque(paths)
    failed: dict[str, IntuneError] = {}
    trouble: IntuneError | None = None
    attempt = 0
    while waiting:
        chunk = [waiting.popleft() for _place in range(min(len(waiting), MAX_REQUESTS if batch else 1))]
        found = _get(client, [paths[key] for key in chunk], operation, batch)
        for key, document in zip(chunk, found, strict=True):
            if isinstance(document, IntuneError) and document.failure.retryable:
                failed[key] = document
                trouble = later(trouble, document)
            else:
                yield key, document
        done = len(paths) - len(waiting) - len(failed)
        client.progress.report(f"{operation.what}: {done} of {len(paths)} by id")
        # One object that fails does not hold the others; a service that asks for a pause does.
        if trouble is None or (waiting and not asks_to_wait(trouble)):
            continue
        attempt += 1
        try:
            client.hold(trouble)
            client.retry_budget.wait(attempt, trouble)
        except IntuneError as out_of_time:
            if asks_to_wait(trouble):
                raise
            yield from ((key, IntuneError(out_of_time.sentence, error.failure)) for key, error in failed.items())
            return
        waiting.extend(failed)
        failed, trouble = {}, None


def _get(client: GraphClient, paths: Sequence[str], operation: Operation, batch: bool) -> Sequence[Row | IntuneError]:
    if batch:
        return client.batch([Call("GET", path) for path in paths], operation)
    try:
        return [client.get(path, operation) for path in paths]
    except IntuneError as error:
        if error.failure.status in _ABOUT_THE_OBJECT:
            return [error]
        raise
