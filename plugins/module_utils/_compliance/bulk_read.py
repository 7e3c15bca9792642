# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read the statuses of many items, in the cheaper of two ways: by id in envelopes, or by paging the policy's list."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Iterator

from .._errors import Code, IntuneError, InvalidOptionsError, Phase
from .._graph.batch_read import read_each
from .._graph.call import MAX_REQUESTS
from .._graph.client import GraphClient
from .._graph.resource import Operation, Row, identified, segment
from .bulk_items import Item, Outcome, leave
from .model import DEVICE_STATUS
from .routes import DeviceStatuses, Wanted, is_no_route, item_path, only_one, status_missing, unwrap

Found = tuple[str, "Row | IntuneError"]


class RowReader:
    """Reads rows by id.

    The length of a list is not known beforehand. Ski-rental strategy: page until the wasted round trips equal the cost
    of reading the rest by id, which takes about twice the round trips of the better way at worst. What fits into one
    envelope is read by id at once.

    Args:
        batch: whether envelopes may be used. They are POST requests, which check mode does not send.
    """

    def __init__(self, client: GraphClient, statuses: DeviceStatuses, *, batch: bool) -> None:
        self._client = client
        self._statuses = statuses
        self._batch = batch
        self._chunk = MAX_REQUESTS if batch else 1

    def read(self, policy_id: str, status_ids: Iterable[str], operation: Operation) -> Iterator[Found]:
        """Yield each id with its row, or with the error of reading that one row; in any order.

        Raises:
            IntuneError: a page of the list, or a complete envelope, cannot be read.
        """
        missing = dict.fromkeys(status_ids)
        pages = self._statuses.pages(policy_id, operation)
        wasted_round_trips = 1.0
        while missing:
            if self._statuses.item_route and wasted_round_trips >= math.ceil(len(missing) / self._chunk):
                for status_id, found in self._by_id(policy_id, list(missing), operation):
                    del missing[status_id]
                    yield status_id, found
                continue  # with the list, for what the service turned out to have no route to
            page = next(pages, None)
            if page is None and self._statuses.item_route:
                # Lists are known to leave rows out: read each by id before it is reported as missing.
                wasted_round_trips = math.inf
                continue
            if page is None:
                yield from ((status_id, status_missing(status_id, operation)) for status_id in missing)
                return
            before = len(missing)
            for row in page:
                row_id = str(row.get("id"))
                if row_id in missing:
                    del missing[row_id]
                    yield row_id, row
            wasted_round_trips = max(wasted_round_trips + 1 - (before - len(missing)) / self._chunk, 0.0)

    def _by_id(self, policy_id: str, status_ids: list[str], operation: Operation) -> Iterator[Found]:
        paths = {status_id: item_path(policy_id, status_id) for status_id in status_ids}
        for status_id, found in read_each(self._client, paths, operation, batch=self._batch):
            if isinstance(found, IntuneError) and is_no_route(found):
                self._statuses.item_route = False
                return
            yield status_id, found if isinstance(found, IntuneError) else _entity(found, status_id, operation)


def _entity(document: Row, status_id: str, operation: Operation) -> Row | IntuneError:
    try:
        return identified(unwrap(document, operation), status_id, operation)
    except IntuneError as error:
        return error


class BulkRead:
    """Finds the row of each item, and compares it.

    Args:
        operation: the words for an error.
    """

    def __init__(self, statuses: DeviceStatuses, reader: RowReader, operation: Operation) -> None:
        self._statuses = statuses
        self._reader = reader
        self._operation = operation

    def run(self, items: list[Item]) -> None:
        """Compare every item that can be read; record the error of each other one.

        Raises:
            InvalidOptionsError: two items are for one row.
            IntuneError: signing in failed.
        """
        by_policy: dict[str, list[Item]] = {}
        for item in items:
            try:
                item.policy_id = self._statuses.policy_id(item.target)
            except IntuneError as error:
                _give_up([item], error)
            else:
                by_policy.setdefault(item.policy_id, []).append(item)
        for policy_id, of_policy in by_policy.items():
            try:
                self._read_policy(policy_id, of_policy)
            except IntuneError as error:
                unread = (item for item in of_policy if item.plan is None and item.outcome is not Outcome.OK)
                _give_up([item for item in unread if item.error is None], error)
        _refuse_doubles(items)

    def _read_policy(self, policy_id: str, items: list[Item]) -> None:
        matching = [item for item in items if item.target.match]
        by_id = {item.target.status_id: item for item in items if item.target.status_id is not None}
        if matching:  # exactly one row may match, so every row has to be seen
            self._match(matching, list(self._statuses.rows(policy_id, self._operation)), by_id)
        for status_id, row in self._reader.read(policy_id, list(by_id), self._operation):
            if isinstance(row, IntuneError):
                _give_up([by_id[status_id]], row)
            else:
                by_id[status_id].compare(row)

    def _match(self, items: list[Item], rows: list[Row], by_id: dict[str, Item]) -> None:
        # Looked up by the property that the fewest rows share: each item with each row would take their product.
        index: dict[tuple[str, str], list[Row]] = collections.defaultdict(list)
        names = {name for item in items for name in item.target.match}
        for row in rows:
            for name in names:
                index[name, str(row.get(name)).casefold()].append(row)
        for item in items:
            candidates = (index.get((name, text.casefold()), []) for name, text in item.target.match.items())
            fitting = [row for row in min(candidates, key=len) if item.target.fits(row)]
            try:
                item.compare(_only_match(fitting, item))
            except IntuneError as error:
                item.fail(error)
        for row in rows:
            if item_by_id := by_id.pop(str(row.get("id")), None):
                item_by_id.compare(row)


def _only_match(rows: list[Row], item: Item) -> Row:
    criteria = f"with {item.target.criteria}"
    wanted = Wanted("device status", "device statuses", criteria, "select one with status_id, or match more properties")
    row = only_one(rows, DEVICE_STATUS.reading(f"Looking for {item.target}"), wanted)
    segment(str(row["id"]))  # refused here, before it is a part of many requests
    return row


def _refuse_doubles(items: list[Item]) -> None:
    """Refuse two items for one row, which would undo each other: names and matches are resolved now."""
    if not any(item.target.match or item.target.policy_name for item in items):
        return  # ids were compared before anything was read
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for item in items:
        if item.status_id is not None:
            key = str(item.policy_id).casefold(), item.status_id.casefold()
            first = seen.setdefault(key, item.index)
            if first != item.index:
                problems.append(f"statuses[{item.index}]: names the same status as statuses[{first}]; keep one")
    if problems:
        raise InvalidOptionsError(problems)


def _give_up(items: Iterable[Item], error: IntuneError) -> None:
    """Record an error of reading. Items that were throttled to the end were not attempted."""
    if error.failure.phase is Phase.AUTH:
        raise error
    if error.failure.code == Code.THROTTLED:
        leave(items, error)
    else:
        for item in items:
            item.fail(error)
