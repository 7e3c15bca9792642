# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The argument spec of a bulk task, and what each of its items declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._errors import InvalidOptionsError
from .._text import quoted
from .bulk_items import Item
from .model import COMPLIANCE_POLICIES, COMPLIANCE_STATUS, MATCHABLE, PROPERTIES, read_declaration


def bulk_arguments() -> dict[str, Any]:
    """Return the options of the bulk module."""
    return {
        "policy_id": {"type": "str"},
        "policy_name": {"type": "str"},
        "statuses": {"type": "list", "elements": "dict", "required": True},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        "verify": {"type": "bool", "default": True},
        "write_limit": {"type": "int", "default": COMPLIANCE_POLICIES.writes},
        "write_limit_period": {"type": "float", "default": COMPLIANCE_POLICIES.period},
    }


# Every spelling that an item may use. A row of the info module is an item: its id is the status's, and the properties
# of its policy are ignored.
_IGNORED = ("policy_display_name", "policy_type")
_OPTIONS = ("policy_id", "policy_name", "status_id", "match", "clear", *(p.option for p in PROPERTIES))
_SPELLINGS = {**{name: name for name in (*_OPTIONS, "id")}, **{p.name: p.option for p in PROPERTIES}}
_NAMES = ("policy_id", "policy_name", "status_id")
_MATCH_SPELLINGS = {spelling: p.option for p in MATCHABLE for spelling in (p.option, p.name)}


def read_items(
    statuses: list[Any],
    defaults: Mapping[str, Any],
    api_version: str,
    place: Callable[[int], str] = "statuses[{}]".format,
) -> list[Item]:
    """Return the items that a task declares.

    Args:
        statuses: the task's list.
        defaults: ``policy_id`` or ``policy_name`` for the items that name none.
        api_version: the version of Graph.
        place: how an error names the item with this index from 0.

    Raises:
        InvalidOptionsError: names each wrong item by its place, and the option.
    """
    items: list[Item] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    policy = {name: defaults[name] for name in ("policy_id", "policy_name") if defaults.get(name) is not None}
    for index, entry in enumerate(statuses):
        wrong: list[str] = []
        options = _read_options(entry, policy, wrong)
        try:
            target, desired = read_declaration(options, api_version)
        except InvalidOptionsError as error:
            wrong += error.problems
        if wrong:
            problems += [f"{place(index)}: {problem}" for problem in wrong]
            continue
        if target.status_id is not None:
            # GUIDs are case-insensitive: two spellings of one would be written twice.
            key = f"{target.policy_id}\0{target.policy_name}\0{target.status_id}".casefold()
            first = seen.setdefault(key, index)
            if first != index:
                problems.append(f"{place(index)}: status_id names the same status as {place(first)}; keep one")
        items.append(Item(index, target, desired))
    if problems:
        raise InvalidOptionsError(problems)
    return items


def _read_options(entry: Any, policy: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Return an item's options by their own names, as the single module would have them.

    What is not valid is added to *problems* and left out, so that the rest can be checked too.
    """
    options: dict[str, Any] = {}
    if not isinstance(entry, dict):
        problems.append(f"is {quoted(entry)}, not a dictionary of options")
        return options
    for spelling, value in entry.items():
        name = _SPELLINGS.get(spelling)
        if name is not None:
            if value is not None:  # null means "leave unchanged", also where two spellings are given
                if options.get(name, value) != value:
                    problems.append(f"{spelling} contradicts another spelling of {name}")
                options[name] = value
        elif spelling not in _IGNORED:
            problems.append(f"{quoted(spelling)} is not an option; an item takes {', '.join(_OPTIONS)}")
    _take_row(options, problems)
    if "policy_id" not in options and "policy_name" not in options:
        options.update(policy)
    for one, other in (("policy_id", "policy_name"), ("status_id", "match")):
        if (one in options) == (other in options):
            problems.append(f"exactly one of {one} and {other} is needed")
    _take_texts(options, problems)
    return options


def _take_row(options: dict[str, Any], problems: list[str]) -> None:
    """Turn a row of the info module into an item."""
    if "id" not in options:
        return
    row_id = options.pop("id")
    if str(options.setdefault("status_id", row_id)) != str(row_id):
        problems.append("id and status_id disagree; keep one")
    status = options.get("status")
    # A value that only the service knows was read, and is not to be written. Another spelling of a known one is a
    # mistake.
    if (
        isinstance(status, str)
        and status not in (COMPLIANCE_STATUS.choices or ())
        and not COMPLIANCE_STATUS.hint(status)
    ):
        del options["status"]


def _take_texts(options: dict[str, Any], problems: list[str]) -> None:
    """Convert values to the types that ansible-core gives the single module's options."""
    if "match" in options:
        options["match"] = _read_match(options["match"], problems)
    clear = options.get("clear")
    if isinstance(clear, str):
        options["clear"] = [name.strip() for name in clear.split(",")]
    elif clear is not None and not (isinstance(clear, list) and all(isinstance(name, str) for name in clear)):
        problems.append(f"clear is {quoted(clear)}, not a list of property names")
        del options["clear"]
    for name, value in options.items():
        if isinstance(value, (int, float)) and name != "platform":
            options[name] = str(value)
    for name in _NAMES:
        if name in options and not isinstance(options[name], str):
            problems.append(f"{name} is {quoted(options.pop(name))}, not a text")


def _read_match(match: Any, problems: list[str]) -> dict[str, str] | None:
    """Return what to match by the options' own names, or None where it is not valid."""
    if not isinstance(match, dict):
        problems.append(f"match is {quoted(match)}, not a dictionary")
        return None
    wrong = [
        f"match has no {quoted(spelling)}; it takes {', '.join(p.option for p in MATCHABLE)}"
        for spelling in match
        if spelling not in _MATCH_SPELLINGS
    ] + [
        f"match: {spelling} is {quoted(value)}, not a text"
        for spelling, value in match.items()
        if isinstance(value, (dict, list))
    ]
    read: dict[str, str] = {}
    for spelling, value in match.items() if not wrong else ():
        name = _MATCH_SPELLINGS[spelling]
        if value is not None and read.setdefault(name, str(value)) != str(value):
            wrong.append(f"match: {spelling} contradicts another spelling of {name}")
    problems += wrong
    return None if wrong else read
