# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The earlier snapshots: the figures of all, and the one to compare with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .. import _timestamps
from .snapshot import Header, Snapshot, SnapshotError, from_json, header_from_json


class UnreadableFile(NamedTuple):
    """A file among the snapshots that is none, and why."""

    file: str
    problem: str


@dataclasses.dataclass(frozen=True)
class History:
    """What came before a snapshot.

    ``headers`` are the figures of the earlier snapshots, the oldest first; ``baseline`` is the one to compare with.
    """

    headers: tuple[Header, ...] = ()
    baseline: Snapshot | None = None
    unreadable: tuple[UnreadableFile, ...] = ()

    @classmethod
    def from_lookup(cls, found: Mapping[str, Any]) -> History:
        """Return what the lookup plugin found; see `read`.

        Raises:
            SnapshotError: the baseline is damaged.
        """
        text = found["baseline"]
        return cls(
            tuple(Header(**header) for header in found["headers"]),
            None if text is None else from_json(text),
            tuple(UnreadableFile(**entry) for entry in found["unreadable"]),
        )


def read(directory: Path, before: str, compare_days: int) -> dict[str, Any]:
    """Read the snapshots of a directory; none when there is no such directory.

    Args:
        before: only snapshots taken before this moment count.
        compare_days: the baseline is the newest that is at least so many days older than that; 0: the newest.

    Returns:
        ``headers``: their figures, the oldest first; ``baseline``: the text of the one to compare with, or None;
        ``unreadable``: ``file`` and ``problem`` of each file that is no snapshot.

    Raises:
        OSError: the directory cannot be listed.
    """
    headers: dict[Path, Header] = {}
    unreadable: list[UnreadableFile] = []
    for path in sorted(directory.iterdir()) if directory.exists() else []:
        if path.suffix == ".json":
            try:
                headers[path] = _read_header(path)
            except SnapshotError as error:
                unreadable.append(UnreadableFile(path.name, str(error)))
    earlier = sorted((path for path in headers if headers[path].taken < before), key=lambda path: headers[path].taken)
    latest = _timestamps.days_after(before, -compare_days)
    baseline = None
    for path in [path for path in earlier if headers[path].taken <= latest][::-1]:
        try:
            baseline = path.read_text(encoding="utf-8")
            from_json(baseline)
            break
        except (OSError, ValueError) as error:  # its first line was well: try the one before
            unreadable.append(UnreadableFile(path.name, str(error)))
            earlier.remove(path)
            baseline = None
    return {
        "headers": [headers[path]._asdict() for path in earlier],
        "baseline": baseline,
        "unreadable": [entry._asdict() for entry in unreadable],
    }


def _read_header(path: Path) -> Header:
    try:
        with path.open(encoding="utf-8") as file:
            try:
                return header_from_json(file.readline())
            except SnapshotError:  # a file that somebody has formatted anew
                file.seek(0)
                return header_from_json(file.read())
    except OSError as error:
        raise SnapshotError(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SnapshotError(f"it is not UTF-8: {error}") from error
