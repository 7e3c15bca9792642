# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Desired device statuses from a file, CSV, JSON or YAML, or from a list."""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ...module_utils._compliance.bulk_options import read_items
from ...module_utils._errors import InvalidOptionsError
from ...module_utils._text import quoted, shorten
from ...module_utils._transport.json_document import check_shape, parse_json
from .csv_rows import Dialect, Rows, read_csv

FORMATS = {".csv": "csv", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}

_KEYS = ("statuses", "device_compliance_statuses")
_MAX_SHOWN = 20
_SELECT_BY_NAME = (
    "exactly one of status_id and match is needed",
    "a status is selected by the column status_id, or by columns such as match_device_display_name",
)


class DesiredError(ValueError):
    """A file or list cannot be used. The text names each place, the reason, and what to do."""


class Desired(NamedTuple):
    """The items of a bulk task, and the place of each in its file or list."""

    statuses: list[dict[str, Any]]
    places: list[str]


class Policy(NamedTuple):
    """The policy of the items that name none.

    With ``only``, all items are of the policy ``policy_id``, which ``policy_name`` names too.
    """

    policy_id: str | None = None
    policy_name: str | None = None
    only: bool = False


class _Loader(yaml.SafeLoader):
    """Keeps dates as text: the service's have one digit more than Python's."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_file(path: Path, kind: str | None, dialect: Dialect, policy: Policy) -> Desired:
    """Return what a file declares, checked as far as possible without the network.

    Args:
        kind: ``csv``, ``json`` or ``yaml``; None to use the file's suffix.
        dialect: how CSV is written.

    Raises:
        DesiredError: the file is invalid; names every place, up to a readable number.
        OSError: it cannot be read.
    """
    kind = kind or FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DesiredError(f"its format is unknown; name it {', '.join(FORMATS)}, or set the format")
    text = _decode(path.read_bytes())
    if kind != "csv":
        return read_list(_load(text, kind), policy)
    rows = read_csv(text, dialect)
    return _check(rows.items, [f"row {number}" for number in rows.rows], policy, rows)


def read_list(statuses: list[Any], policy: Policy) -> Desired:
    """Return what a list declares, checked as far as possible without the network.

    Raises:
        DesiredError: the list is invalid; names every place, up to a readable number.
    """
    # YAML reads a date without quotes as a date.
    statuses = [
        {key: value.isoformat() if isinstance(value, datetime.datetime) else value for key, value in item.items()}
        if isinstance(item, Mapping)
        else item
        for item in statuses
    ]
    return _check(statuses, [f"statuses[{index}]" for index in range(len(statuses))], policy)


def _check(items: list[Any], places: list[str], policy: Policy, rows: Rows | None = None) -> Desired:
    """Return the items, with their policy where that is the only one; *rows* where they came from CSV."""
    problems = [*rows.problems] if rows else []
    wrong = {problem.partition(",")[0] for problem in problems}
    if policy.only:
        own = {"policy_id": policy.policy_id, "policy_name": None}
        problems += _find_other_policies(items, places, policy)
        items = [{**item, **own} if isinstance(item, Mapping) else item for item in items]
    defaults = {"policy_id": policy.policy_id, "policy_name": policy.policy_name}
    try:
        # The version beta has every property; the module knows which version the task uses.
        read_items(items, defaults, "beta", places.__getitem__)
    except InvalidOptionsError as error:
        # A cell that could not be read is missing from its item, which is not a second problem.
        problems += [problem for problem in error.problems if problem.partition(":")[0] not in wrong]
    if problems:
        raise DesiredError(_list([_explain(problem) for problem in problems] if rows else problems))
    return Desired(items, places)


def _find_other_policies(items: Sequence[Any], places: Sequence[str], policy: Policy) -> Iterator[str]:
    """Yield a sentence for each policy that an item names and that is not the only one."""
    expected = {"policy_id": policy.policy_id, "policy_name": policy.policy_name}
    for item, place in zip(items, places, strict=True):
        for option, value in expected.items():
            named = item.get(option) if isinstance(item, Mapping) else None
            if named and str(named).casefold() != (value or "").casefold():
                yield f"{place}: {option} is {quoted(named)}, another policy; declare this status for that policy"


def _decode(content: bytes) -> str:
    """Return the text of UTF-8 with or without a byte-order mark, or of UTF-16 with one."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DesiredError(f"line {line} is not UTF-8; save it as UTF-8, which Excel calls CSV UTF-8") from None


def _load(text: str, kind: str) -> list[Any]:
    try:
        document = parse_json(text) if kind == "json" else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        check_shape(document)
    # PyYAML raises other errors than its own for a tag with an invalid text: !!int "", !!bool x, !!timestamp x.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, yaml.YAMLError) as error:
        raise DesiredError(f"it is not valid {kind.upper()}: {shorten(str(error)) or 'it cannot be read'}") from None
    if isinstance(document, dict):
        document = next((document[key] for key in _KEYS if key in document), document)
    if not isinstance(document, list):
        raise DesiredError(f"it is not a list of statuses, and has no list under {' or '.join(_KEYS)}")
    return document


def _explain(problem: str) -> str:
    """Return a problem of a CSV file with the columns that select a status."""
    needed, advice = _SELECT_BY_NAME
    return problem.replace(needed, f"{needed}: {advice}")


def _list(problems: list[str]) -> str:
    more = len(problems) - _MAX_SHOWN
    return "; ".join(problems[:_MAX_SHOWN]) + (f"; and {more} more" if more > 0 else "")
