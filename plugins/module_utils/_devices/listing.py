# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read managed devices: those with some ids, or all that fit a query."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from .._errors import Code, IntuneError
from .._graph.batch_read import read_each
from .._graph.client import GraphClient
from .._graph.resource import Row, identified, segment
from .model import MANAGED_DEVICE, DeviceQuery

_LISTING = MANAGED_DEVICE.reading("Listing the managed devices")


def read_devices(
    client: GraphClient, query: DeviceQuery, *, batch: bool, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Return the info module's result: all devices that are wanted, or an error, never a part of them.

    Args:
        batch: whether envelopes may be used, which check mode does not send.
        warn: called where the service refuses to filter.

    Raises:
        IntuneError: something cannot be read, or there is no device with one of the ids.
    """
    found = _list(client, query, warn) if query.ids is None else _read(client, query, query.ids, batch)
    devices = [query.show(row) for row in found if query.fits(row)]
    states = collections.Counter(str(device["compliance_state"] or "unknown") for device in devices)
    return {"changed": False, "managed_devices": devices, "count": len(devices), "summary": dict(states)}


def _read(client: GraphClient, query: DeviceQuery, ids: tuple[str, ...], batch: bool) -> list[Row]:
    operation = MANAGED_DEVICE.reading("Reading the managed devices")
    paths = {one: f"{MANAGED_DEVICE.path}/{segment(one)}?$select={query.properties}" for one in ids}
    rows: dict[str, Row] = {}
    missing: list[str] = []
    for one, found in read_each(client, paths, operation, batch=batch):
        if not isinstance(found, IntuneError):
            rows[one] = identified(found, one, operation)
        elif found.failure.code == Code.NOT_FOUND:
            missing.append(one)
        else:
            raise found
    if missing:
        message = f"there is no managed device with the id {', '.join(missing)}"
        raise operation.failed(Code.NOT_FOUND, message, MANAGED_DEVICE.not_found)
    return list({str(rows[one].get("id", one)): rows[one] for one in ids}.values())  # an id may be given in two cases


def _list(client: GraphClient, query: DeviceQuery, warn: Callable[[str], None]) -> list[Row]:
    """Return at least every device that is wanted, filtered by the service as far as it can."""
    everything = f"{MANAGED_DEVICE.path}?$select={query.properties}"
    if not query.filter:
        return list(_rows(client, everything))
    try:
        rows = list(_rows(client, f"{everything}&$filter={quote(query.filter, safe='')}"))
    except IntuneError as error:
        if error.failure.status not in (400, 501):
            raise
        rows = list(_rows(client, everything))
        warn(
            f"The service refused to filter managed devices ({error.failure.message}); all were read and filtered here."
        )
    else:
        # Whether the service compares texts by case is not documented: that none exists, the complete list decides.
        if query.filters_text and not rows:
            rows = list(_rows(client, everything))
    return rows


def _rows(client: GraphClient, path: str) -> Iterator[Row]:
    for page in client.pages(path, _LISTING):
        for row in page:
            if not (row.get("id") and isinstance(row["id"], str)):
                raise _LISTING.failed(Code.BAD_RESPONSE, "the answer has devices without an id")
            yield row
