# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The earlier snapshots: the figures of all, and the one to compare with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from .. import _timestamps
from .snapshot import Header, Snapshot
from .snapshot_file import SnapshotError, from_json, header_from_json


class UnreadableFile(NamedTuple):
    """A file among the snapshots that cannot be used, and why."""

    file: str
    problem: str


@dataclasses.dataclass(frozen=True)
class History:
    """The snapshots before the one of the report.

    ``headers`` are the figures of the earlier snapshots, the oldest first; ``baseline`` is the one to compare with.
    """

    headers: tuple[Header, ...] = ()
    baseline: Snapshot | None = None
    unreadable: tuple[UnreadableFile, ...] = ()


def read_history(directory: Path, before: str, compare_days: int) -> History:
    """Read the snapshots of a directory. A directory that does not exist has none.

    The first line of each file is parsed once, and the baseline completely.

    Args:
        before: only snapshots taken before this timestamp count.
        compare_days: the baseline is the newest that is at least this many days older; 0: the newest.

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
            baseline = from_json(_read(path))
            break
        except SnapshotError as error:  # only its first line is valid: try the one before
            unreadable.append(UnreadableFile(path.name, str(error)))
            earlier.remove(path)
    return History(tuple(headers[path] for path in earlier), baseline, tuple(unreadable))


def _read_header(path: Path) -> Header:
    try:
        return header_from_json(_read(path, first_line=True))
    except SnapshotError:  # a file that was formatted again
        return header_from_json(_read(path))


def _read(path: Path, *, first_line: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline() if first_line else file.read()
    except OSError as error:
        raise SnapshotError(f"cannot be read: {error.strerror}") from error
