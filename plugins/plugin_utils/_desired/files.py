# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Desired device statuses from a file: CSV, JSON or YAML."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ...module_utils._compliance.bulk_options import read_items
from ...module_utils._errors import InvalidOptionsError
from ...module_utils._text import shorten
from ...module_utils._transport.json_document import check_shape, parse_json
from .csv_rows import Dialect, read_csv

FORMATS = {".csv": "csv", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}

_KEYS = ("statuses", "device_compliance_statuses")
_MAX_SHOWN = 20
_SELECT_BY_NAME = (
    "exactly one of status_id and match is needed",
    "a status is selected by the column status_id, or by columns such as match_device_display_name",
)


class DesiredError(ValueError):
    """A file cannot be used. The text says what is wrong where, and what to do."""


class Desired(NamedTuple):
    """The items of a bulk task, and the place of each in its file."""

    statuses: list[dict[str, Any]]
    places: list[str]


class _Loader(yaml.SafeLoader):
    """Leaves dates the texts that they are: the service's have a digit more than Python's."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_desired(path: Path, kind: str | None, dialect: Dialect, defaults: Mapping[str, Any]) -> Desired:
    """Return what a file declares, checked as far as it can be without the network.

    Args:
        kind: ``csv``, ``json`` or ``yaml``; None to go by the file's name.
        dialect: how CSV is written.
        defaults: ``policy_id`` or ``policy_name`` for the items that name none.

    Raises:
        DesiredError: the file is not what it should be; names every place, up to a number that a person reads.
        OSError: it cannot be read.
    """
    kind = kind or FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DesiredError(f"its name does not tell what it is; name it {', '.join(FORMATS)}, or set the format")
    text = _decode(path.read_bytes())
    if kind == "csv":
        rows = read_csv(text, dialect)
        statuses, places, problems = rows.items, [f"row {number}" for number in rows.rows], rows.problems
    else:
        statuses = _load(text, kind)
        places, problems = [f"statuses[{index}]" for index in range(len(statuses))], []
    try:
        # By the version that has every property: the module knows which one the task uses.
        read_items(statuses, defaults, "beta", places.__getitem__)
    except InvalidOptionsError as error:
        # What a cell did not fit into is missing from its item; that is no second problem.
        wrong = {problem.partition(",")[0] for problem in problems}
        problems = problems + [p for p in error.problems if kind != "csv" or p.partition(":")[0] not in wrong]
    if problems:
        raise DesiredError(_list([_explain(problem, kind) for problem in problems]))
    return Desired(statuses, places)


def _decode(content: bytes) -> str:
    """Return the text: UTF-8 with or without a byte-order mark, or the UTF-16 that has one."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DesiredError(f"line {line} is not UTF-8; save it as UTF-8, which Excel calls CSV UTF-8") from None


def _load(text: str, kind: str) -> list[Any]:
    try:
        document = parse_json(text) if kind == "json" else yaml.load(text, _Loader)  # noqa: S506 - made of the safe one
        check_shape(document)
    # A tag with a text that does not fit it makes PyYAML fall over its own feet: !!int "", !!bool x, !!timestamp x.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, yaml.YAMLError) as error:
        raise DesiredError(f"it is no {kind.upper()}: {shorten(str(error)) or 'it cannot be read'}") from None
    if isinstance(document, dict):
        document = next((document[key] for key in _KEYS if key in document), document)
    if not isinstance(document, list):
        raise DesiredError(f"it is no list of statuses, and has none under {' or '.join(_KEYS)}")
    return document


def _explain(problem: str, kind: str) -> str:
    needed, advice = _SELECT_BY_NAME
    return problem.replace(needed, f"{needed}: {advice}") if kind == "csv" else problem


def _list(problems: list[str]) -> str:
    more = len(problems) - _MAX_SHOWN
    return "; ".join(problems[:_MAX_SHOWN]) + (f"; and {more} more" if more > 0 else "")
