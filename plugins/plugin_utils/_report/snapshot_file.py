# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The file of a snapshot: JSON, a row a line.

The first line holds the figures, so that the trend over a year of snapshots does not read their rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ...module_utils._transport.json_document import parse_json
from .. import _timestamps
from .snapshot import Header, Policy, Reading, Row, Snapshot

VERSION = 1
_KIND = "graphops_intune_snapshot"
_ID, _STATUS = Row._fields.index("id"), Row._fields.index("status")
_TEXT = (str, type(None))


class SnapshotError(ValueError):
    """The file is not a valid snapshot. The text is a phrase for the user."""


def to_json(snapshot: Snapshot) -> str:
    """Return the file's text."""
    first = json.dumps({_KIND: VERSION, **snapshot.header._asdict()})
    policies = ",".join(map(_policy_to_json, snapshot.policies))
    return f'{first[:-1]},\n"columns": {json.dumps(Row._fields)},\n"policies": [{policies}]}}\n'


def _policy_to_json(policy: Policy) -> str:
    about = {field: getattr(policy, field) for field in ("id", "name", "type", "counted", "problem")}
    head = json.dumps({**about, "reading": policy.reading.value})
    rows = ",\n".join(map(json.dumps, policy.rows))
    return f'\n{head[:-1]}, "rows": [\n{rows}\n]}}'


def file_name(taken: str, text: str) -> str:
    """Return a snapshot's file name. Two snapshots of the same time have different names unless they are the same."""
    return f"{_timestamps.stamp(taken)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"


def from_json(text: str | bytes) -> Snapshot:
    """Return the snapshot that a file holds.

    Raises:
        SnapshotError: the text is not a snapshot, or it is one of another version.
    """
    document = _document(text)
    taken = _header(document).taken
    if document.get("columns") != list(Row._fields):
        raise SnapshotError("its columns are not those of this version")
    policies = document.get("policies")
    if not isinstance(policies, list):
        raise SnapshotError("invalid list of policies")
    return Snapshot(taken, [_policy(policy) for policy in policies])


def header_from_json(text: str | bytes) -> Header:
    """Return the figures of a file. Its first line is enough.

    Raises:
        SnapshotError: the text is not a snapshot, or it is one of another version.
    """
    line = _encoded(text).rstrip()
    return _header(_document(line[:-1] + b"}" if line.endswith(b",") else line))


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def _document(text: str | bytes) -> dict[str, Any]:
    try:
        document = parse_json(_encoded(text))
    except UnicodeDecodeError as error:
        raise SnapshotError(f"not valid UTF-8: {error}") from error
    except ValueError as error:
        raise SnapshotError(f"not valid JSON: {error}") from error
    if not isinstance(document, dict) or _KIND not in document:
        raise SnapshotError("not a snapshot of this collection")
    if document[_KIND] != VERSION:
        raise SnapshotError(f"its version is {document[_KIND]!r}; this collection reads version {VERSION}")
    return document


def _header(document: Mapping[str, Any]) -> Header:
    if absent := [field for field in Header._fields if field not in document]:
        raise SnapshotError(f"header values are missing: {', '.join(absent)}")
    values: list[Any] = [document[field] for field in Header._fields]
    taken, complete, *numbers = values
    valid = isinstance(complete, bool) and all(isinstance(number, int) and number >= 0 for number in numbers)
    if not valid or not _timestamps.is_timestamp(taken):
        raise SnapshotError("invalid header values")
    return Header(*values)


def _policy(policy: Any) -> Policy:
    try:
        texts = {field: policy[field] for field in ("id", "name", "type", "problem")}
        counted, reading, rows = policy["counted"], Reading(policy["reading"]), policy["rows"]
    except (KeyError, TypeError, ValueError):
        raise SnapshotError("invalid policy") from None
    valid = isinstance(texts["id"], str) and all(isinstance(text, _TEXT) for text in texts.values())
    if not valid or not isinstance(counted, int | None) or not isinstance(rows, list):
        raise SnapshotError("invalid policy")
    return Policy(**texts, counted=counted, reading=reading, rows=[_row(row) for row in rows])


def _row(row: Any) -> Row:
    if not isinstance(row, list) or len(row) != len(Row._fields) or not all(isinstance(cell, _TEXT) for cell in row):
        raise SnapshotError("invalid row")
    if row[_ID] is None or row[_STATUS] is None:
        raise SnapshotError("a row has no id or no status")
    return Row._make(row)
