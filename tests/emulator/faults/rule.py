# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads fault rules from JSON, strictly: with a misspelled rule, a test would pass without testing anything."""

from __future__ import annotations

import enum
import re
from typing import TypeVar

from ..graph.device_status import BY_NAME
from ..http.exchange import Kind
from .faults import BodyForm, Drop, Effect, FaultError, JsonAnswer, RetryAfter, RetryIn, Rule

_RULE = frozenset({"match", "times", "skip", "do"})
_MATCH = frozenset({"method", "path", "kind", "batch"})
_EFFECT = frozenset(
    {
        "status", "apply", "code", "message", "retry_after", "body_form", "drop", "delay", "slow_body",
        "keep_nothing", "keep_only", "redirect", "foreign_next_link", "answer_json",
    }
)  # fmt: skip
_NEEDS_STATUS = ("apply", "code", "message", "retry_after")
_ERROR_FORMS = (BodyForm.GRAPH, BodyForm.NESTED, BodyForm.FLAT)

_Choice = TypeVar("_Choice", bound=enum.Enum)


def parse(document: object) -> list[Rule]:
    """The rules of a JSON document, which is one rule or a list of rules; FaultError if it is invalid."""
    items = document if isinstance(document, list) else [document]
    return [_rule(item) for item in items]


def _rule(item: object) -> Rule:
    rule = checked(item, "rule", _RULE)
    match = checked(rule.get("match", {}), "match", _MATCH)
    method = _text(match, "method")
    return Rule(
        effect=effect(rule.get("do")),
        method=None if method is None else method.upper(),
        path=_pattern(match),
        kind=_choice(match, "kind", Kind),
        batch=_flag(match, "batch") if "batch" in match else None,
        times=None if rule.get("times", 1) is None else _whole(rule.get("times", 1), "times"),
        skip=_whole(rule.get("skip", 0), "skip"),
    )


def effect(document: object) -> Effect:
    """The effect of a rule; FaultError if it is invalid."""
    do = checked(document, "do", _EFFECT)
    status = None if "status" not in do else _whole(do["status"], "status")
    form = _choice(do, "body_form", BodyForm)
    needing = [name for name in _NEEDS_STATUS if name in do]
    if status is None and (needing or form in _ERROR_FORMS):
        raise FaultError(f"{', '.join(needing) or 'this body_form'} requires a status")
    return Effect(
        given=do,
        status=status,
        apply=_flag(do, "apply"),
        code=_text(do, "code"),
        message=_text(do, "message"),
        retry_after=_retry_after(do),
        body_form=form,
        drop=_choice(do, "drop", Drop),
        delay=_seconds(do.get("delay", 0), "delay"),
        slow_body=_seconds(do.get("slow_body", 0), "slow_body"),
        keep=_keep(do),
        redirect=_text(do, "redirect"),
        foreign_next_link=_text(do, "foreign_next_link"),
        answer_json=JsonAnswer(do["answer_json"]) if "answer_json" in do else None,
    )


def _retry_after(do: dict[str, object]) -> RetryAfter | None:
    value = do.get("retry_after")
    if value is None:
        return None
    if isinstance(value, str):
        return RetryAfter(RetryIn.HEADER, header=value)
    if isinstance(value, (int, float)):
        return RetryAfter(RetryIn.HEADER, header=str(value))
    given = checked(value, "retry_after", frozenset({RetryIn.HTTP_DATE_IN.value, RetryIn.NESTED.value}))
    if len(given) != 1:
        raise FaultError("retry_after must have either http_date_in or nested")
    [(place, seconds)] = given.items()
    return RetryAfter(RetryIn(place), seconds=_seconds(seconds, place))


def _keep(do: dict[str, object]) -> frozenset[str] | None:
    if _flag(do, "keep_nothing"):
        return frozenset()
    names = do.get("keep_only")
    if names is None:
        return None
    if not isinstance(names, list) or not all(name in BY_NAME for name in names):
        raise FaultError("keep_only must be a list of the service's property names")
    return frozenset(names)


def checked(value: object, what: str, known: frozenset[str]) -> dict[str, object]:
    """The value, which must be an object without unknown members; else FaultError."""
    if not isinstance(value, dict):
        raise FaultError(f"{what} must be an object")
    unknown = value.keys() - known
    if unknown:
        raise FaultError(f"{what}: unknown members {', '.join(sorted(unknown))}")
    return value


def _pattern(match: dict[str, object]) -> re.Pattern[str] | None:
    text = _text(match, "path")
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise FaultError(f"path: {error}") from None


def _text(values: dict[str, object], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    raise FaultError(f"{name} must be a string")


def _flag(values: dict[str, object], name: str) -> bool:
    value = values.get(name, False)
    if isinstance(value, bool):
        return value
    raise FaultError(f"{name} must be true or false")


def _whole(value: object, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FaultError(f"{name} must be an integer of at least 0")


def _seconds(value: object, name: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise FaultError(f"{name} must be a number of seconds")


def _choice(values: dict[str, object], name: str, choices: type[_Choice]) -> _Choice | None:
    if name not in values:
        return None
    try:
        return choices(values[name])
    except ValueError:
        raise FaultError(f"{name} must be one of {', '.join(str(choice.value) for choice in choices)}") from None
