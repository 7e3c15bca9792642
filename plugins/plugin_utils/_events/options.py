# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The options of the event source: those of the connection, and its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_float,
    check_type_int,
    check_type_list,
    check_type_path,
)

from ...module_utils._compliance.listing import Filters
from ...module_utils._errors import InvalidOptionsError
from ...module_utils._options import Connection, connection_argument_spec
from ...module_utils._preflight import check
from ...module_utils._sign_in.credentials import Credential
from .._options import complete, connect, refuse_unknown

_T = TypeVar("_T")

SPEC: dict[str, dict[str, Any]] = {
    "policies": {"type": "list", "elements": "str", "default": []},
    "state_file": {"type": "path", "required": True},
    "interval": {"type": "float", "default": 300.0},
    "first_poll": {"type": "str", "choices": ["remember", "report"], "default": "remember"},
    "max_events": {"type": "int", "default": 100},
    "feedback": {"type": "bool", "default": False},
}
"""The options beside those of the connection. ``feedback`` is an option of ansible-rulebook."""


class WatchOptions(NamedTuple):
    """What to watch, and how. ``report_first`` makes events of the statuses of a policy's first poll."""

    filters: Filters
    state_file: str
    interval: float
    report_first: bool
    max_events: int


def read_options(given: Mapping[str, Any]) -> tuple[WatchOptions, Connection, Credential]:
    """Return the options in the arguments of the source, checked as far as possible without the network.

    Raises:
        InvalidOptionsError: names each invalid option.
        IntuneError: a library is missing.
    """
    spec = {**connection_argument_spec(), **SPEC}
    refuse_unknown(given, spec)
    options = complete(given, lambda _option, value: value)
    for option, entry in spec.items():
        if entry["type"] == "path" and option != "state_file" and options.get(option):
            options[option] = check_type_path(options[option])
    connection = connect(options.get)
    watch, credential = check(connection, lambda: _own(given))
    return watch, connection, credential


def _own(given: Mapping[str, Any]) -> WatchOptions:
    problems: list[str] = []

    def value(option: str, convert: Callable[[Any], _T], wanted: str, fits: Callable[[_T], bool]) -> Any:
        found = given.get(option)
        try:
            converted = convert(SPEC[option].get("default") if found is None else found)
            if fits(converted):
                return converted
        except (TypeError, ValueError):
            pass
        problems.append(f"{option} must be {wanted}")
        return None

    choices: list[str] = SPEC["first_poll"]["choices"]
    interval = value("interval", check_type_float, "a number of seconds, more than 0", _is_positive)
    max_events = value("max_events", check_type_int, "an integer, 1 or more", lambda number: int(number) >= 1)
    first_poll = value("first_poll", str, f"one of {', '.join(choices)}", lambda choice: choice in choices)
    policies = value("policies", check_type_list, "a list of ids or names", _are_names)
    value("feedback", check_type_bool, "true or false", lambda _feedback: True)
    state_file = value("state_file", _path, "the path of a file, which keeps the state across restarts", bool)
    if problems:
        raise InvalidOptionsError(problems)
    return WatchOptions(Filters(policies=tuple(policies)), state_file, interval, first_poll == "report", max_events)


def _path(value: Any) -> str:
    return str(check_type_path(value)) if isinstance(value, str) and value.strip() else ""


def _is_positive(seconds: Any) -> bool:
    return math.isfinite(seconds) and seconds > 0


def _are_names(values: Any) -> bool:
    return all(isinstance(value, str) and value.strip() for value in values)
