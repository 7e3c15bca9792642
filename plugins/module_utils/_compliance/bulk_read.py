# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read some of a policy's device statuses in the cheaper of two ways: by item in envelopes, or by paging the list."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Iterator

from .._errors import IntuneError
from .._graph.batch import MAX_REQUESTS, Call
from .._graph.client import GraphClient
from .._transport.http import Purpose
from .model import Row
from .routes import DeviceStatuses, is_no_route, item_path, status_missing, unwrap

Found = tuple[str, "Row | IntuneError"]


class Reader:
    """Reads rows by id.

    Nobody says beforehand how long a list is. A page costs one round trip and pays when it brings as many wanted rows
    as an envelope would; the pages that did not pay add up. Once they have cost as much as reading everything that is
    still missing by item would, it is read by item: about twice the round trips of the better way at worst. What fits
    into one envelope is read by item at once.

    Args:
        batch: whether envelopes may be used. They are POST requests, which check mode does not send.
    """

    def __init__(self, client: GraphClient, statuses: DeviceStatuses, *, batch: bool) -> None:
        self._client = client
        self._statuses = statuses
        self._chunk = MAX_REQUESTS if batch else 1

    def read(self, policy_id: str, status_ids: Iterable[str], purpose: Purpose) -> Iterator[Found]:
        """Yield each id with its row, or with the error of reading that one row; in any order.

        Raises:
            IntuneError: a page of the list, or an envelope as a whole, cannot be read.
        """
        missing = dict.fromkeys(status_ids)
        pages = self._statuses.pages(policy_id, purpose)
        lost_round_trips = 1.0
        while missing:
            if self._statuses.item_route and lost_round_trips >= math.ceil(len(missing) / self._chunk):
                for status_id, found in self._by_item(policy_id, list(missing), purpose):
                    del missing[status_id]
                    yield status_id, found
                continue  # with the list, for what the service turned out to have no route to
            page = next(pages, None)
            if page is None and self._statuses.item_route:
                lost_round_trips = (
                    math.inf
                )  # lists are known to leave rows out: ask for each before it is called missing
                continue
            if page is None:
                yield from ((status_id, status_missing(status_id, purpose)) for status_id in missing)
                return
            before = len(missing)
            for row in page:
                row_id = str(row.get("id"))
                if row_id in missing:
                    del missing[row_id]
                    yield row_id, row
            lost_round_trips = max(lost_round_trips + 1 - (before - len(missing)) / self._chunk, 0.0)

    def _by_item(self, policy_id: str, status_ids: list[str], purpose: Purpose) -> Iterator[Found]:
        waiting, total = collections.deque(status_ids), len(status_ids)
        stumbled: dict[str, IntuneError] = {}
        trouble: IntuneError | None = None
        attempt = 0
        while waiting and self._statuses.item_route:
            chunk = [waiting.popleft() for _place in range(min(len(waiting), self._chunk))]
            for status_id, found in zip(chunk, self._get(policy_id, chunk, purpose), strict=True):
                if isinstance(found, IntuneError) and is_no_route(found):
                    self._statuses.item_route = False
                elif isinstance(found, IntuneError) and found.failure.retryable:
                    stumbled[status_id] = found
                    trouble = later(trouble, found)
                else:
                    yield status_id, found
            self._client.progress.tell(f"{purpose.what}: {total - len(waiting) - len(stumbled)} of {total} by id")
            # One row that stumbles does not hold the others; a service that asks to be left alone does.
            if trouble is None or (waiting and not asks_to_wait(trouble)):
                continue
            attempt += 1
            try:
                self._client.hold(trouble)
                self._client.retry_budget.wait(attempt, trouble)
            except IntuneError as out_of_time:
                if asks_to_wait(trouble):
                    raise
                for status_id, error in stumbled.items():
                    yield status_id, IntuneError(out_of_time.sentence, error.failure)
                return
            waiting.extend(stumbled)
            stumbled, trouble = {}, None

    def _get(self, policy_id: str, status_ids: list[str], purpose: Purpose) -> list[Row | IntuneError]:
        paths = [item_path(policy_id, status_id) for status_id in status_ids]
        outcomes: list[Row | IntuneError]
        if self._chunk > 1:
            outcomes = self._client.batch([Call("GET", path) for path in paths], purpose)
        else:
            outcomes = [self._one(path, purpose) for path in paths]
        return [
            outcome if isinstance(outcome, IntuneError) else _entity(outcome, status_id, purpose)
            for status_id, outcome in zip(status_ids, outcomes, strict=True)
        ]

    def _one(self, path: str, purpose: Purpose) -> Row | IntuneError:
        try:
            return self._client.get(path, purpose)
        except IntuneError as error:
            if error.failure.status in (400, 404):  # about this row, not about the connection
                return error
            raise


def _entity(document: Row, status_id: str, purpose: Purpose) -> Row | IntuneError:
    try:
        row = unwrap(document, purpose)
    except IntuneError as error:
        return error
    return {**row, "id": row.get("id") or status_id}


def asks_to_wait(error: IntuneError) -> bool:
    """Tell whether the service wants to be left alone, and not only for this row."""
    return error.failure.status == 429 or error.failure.retry_after is not None


def later(one: IntuneError | None, other: IntuneError) -> IntuneError:
    """Return the error that asks for the longer wait."""
    return max((one or other, other), key=lambda error: (asks_to_wait(error), error.failure.retry_after or 0))
