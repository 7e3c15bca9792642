# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one collection, made so that the last of a hundred thousand is read as fast as the first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, ValuesView
from typing import Generic, TypeVar

from ..http.exchange import json_bytes
from .entity import Entity, View
from .odata_filter import Filter

_Row = TypeVar("_Row", bound=Entity)


@dataclasses.dataclass
class Rows(Generic[_Row]):
    """Rows by id, in the order in which they were added."""

    _by_id: dict[str, _Row] = dataclasses.field(default_factory=dict)
    # What follows from the rows: the ids in order, since a page is a slice of them; those that the last filter left;
    # and each row's JSON.
    _order: list[str] | None = dataclasses.field(default=None, init=False, compare=False, repr=False)
    _filtered: tuple[Filter, list[str]] | None = dataclasses.field(default=None, init=False, compare=False, repr=False)
    _shown: dict[View, dict[str, bytes]] = dataclasses.field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @classmethod
    def of(cls, rows: Iterable[_Row]) -> Rows[_Row]:
        """Rows in this order; of two with one id the latter counts."""
        return cls({row.id: row for row in rows})

    def __len__(self) -> int:
        return len(self._by_id)

    def copy(self) -> Rows[_Row]:
        """Rows that can change without changing these."""
        return Rows(dict(self._by_id))

    def values(self) -> ValuesView[_Row]:
        """Every row."""
        return self._by_id.values()

    def get(self, row_id: str) -> _Row | None:
        """The row with this id, if it exists."""
        return self._by_id.get(row_id)

    def put(self, row: _Row) -> None:
        """Adds a row, or replaces the one with its id."""
        if self._order is not None and row.id not in self._by_id:
            self._order.append(row.id)
        self._by_id[row.id] = row
        self._forget(row.id)

    def remove(self, row_id: str) -> None:
        """Removes a row."""
        del self._by_id[row_id]
        self._order = None
        self._forget(row_id)

    def count(self, where: Filter | None = None) -> int:
        """How many rows a filter leaves (None: all)."""
        return len(self._by_id) if where is None else len(self._ids(where))

    def page(self, start: int, end: int, view: View, where: Filter | None = None) -> list[bytes]:
        """The JSON of the rows from ``start`` on and before ``end``, among those that the filter leaves."""
        shown = self._shown.setdefault(view, {})
        ids = self._ids(where)[start:end]
        for row_id in ids:
            if row_id not in shown:
                shown[row_id] = json_bytes(self._by_id[row_id].as_json(view))
        return [shown[row_id] for row_id in ids]

    def _ids(self, where: Filter | None) -> list[str]:
        if self._order is None:
            self._order = list(self._by_id)
        if where is None:
            return self._order
        if self._filtered is None or self._filtered[0] != where:
            self._filtered = where, [row_id for row_id in self._order if where.matches(self._by_id[row_id])]
        return self._filtered[1]

    def _forget(self, row_id: str) -> None:
        self._filtered = None
        for shown in self._shown.values():
            shown.pop(row_id, None)
