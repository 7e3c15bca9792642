# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one policy: a hundred thousand of them are to be read to the end as fast as the first page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, ValuesView

from ..http.exchange import json_bytes
from .device_status import DeviceStatus, EnumCase, Version

_View = tuple[Version, EnumCase]


@dataclasses.dataclass
class Rows:
    """Rows by id, in the order in which they were added."""

    _by_id: dict[str, DeviceStatus] = dataclasses.field(default_factory=dict)
    # Whatever follows from the rows: the order as a list, for a page is a slice of it, and each row's JSON.
    _order: list[str] | None = dataclasses.field(default=None, init=False, compare=False, repr=False)
    _shown: dict[_View, dict[str, bytes]] = dataclasses.field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @classmethod
    def of(cls, rows: Iterable[DeviceStatus]) -> Rows:
        """Rows in this order; of two with one id the latter counts."""
        return cls({row.id: row for row in rows})

    def __len__(self) -> int:
        return len(self._by_id)

    def copy(self) -> Rows:
        """Rows that can change without changing these."""
        return Rows(dict(self._by_id))

    def values(self) -> ValuesView[DeviceStatus]:
        """Every row."""
        return self._by_id.values()

    def get(self, status_id: str) -> DeviceStatus | None:
        """The row with this id, if there is one."""
        return self._by_id.get(status_id)

    def put(self, row: DeviceStatus) -> None:
        """Adds a row, or replaces the one with its id."""
        if self._order is not None and row.id not in self._by_id:
            self._order.append(row.id)
        self._by_id[row.id] = row
        self._forget(row.id)

    def remove(self, status_id: str) -> None:
        """Removes a row."""
        del self._by_id[status_id]
        self._order = None
        self._forget(status_id)

    def page(self, start: int, end: int, version: Version, case: EnumCase) -> list[bytes]:
        """The JSON of the rows from ``start`` on and before ``end``."""
        if self._order is None:
            self._order = list(self._by_id)
        shown = self._shown.setdefault((version, case), {})
        ids = self._order[start:end]
        for status_id in ids:
            if status_id not in shown:
                shown[status_id] = json_bytes(self._by_id[status_id].as_json(version, case))
        return [shown[status_id] for status_id in ids]

    def _forget(self, status_id: str) -> None:
        for shown in self._shown.values():
            shown.pop(status_id, None)
