# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: to which requests a fault applies, how often, and what it does."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping

from ..http.exchange import Exchange, Kind


class FaultError(ValueError):
    """A rule that is invalid; the text is the reason."""


class BodyForm(enum.Enum):
    """The form of the body of an answer."""

    GRAPH = "graph"
    NESTED = "nested"
    FLAT = "flat"
    HTML = "html"
    EMPTY = "empty"
    CUT = "cut"
    CUT_JSON = "cut_json"


class Drop(enum.Enum):
    """When a connection is closed without an answer."""

    BEFORE = "before"
    AFTER = "after"


class RetryIn(enum.Enum):
    """Where an answer gives the time to wait."""

    HEADER = "header"
    HTTP_DATE_IN = "http_date_in"
    NESTED = "nested"


@dataclasses.dataclass(frozen=True)
class RetryAfter:
    """How an answer gives the time to wait: a literal header, or seconds as a date or in Intune's JSON."""

    place: RetryIn
    header: str = ""
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class JsonAnswer:
    """Any JSON to answer with, null included."""

    content: object


@dataclasses.dataclass(frozen=True)
class Effect:
    """What happens to a request to which a rule applies; ``given`` is the text of the rule, for the log."""

    given: Mapping[str, object]
    status: int | None = None
    apply: bool = False
    code: str | None = None
    message: str | None = None
    retry_after: RetryAfter | None = None
    body_form: BodyForm | None = None
    drop: Drop | None = None
    delay: float = 0.0
    slow_body: float = 0.0
    keep: frozenset[str] | None = None
    redirect: str | None = None
    foreign_next_link: str | None = None
    answer_json: JsonAnswer | None = None


@dataclasses.dataclass
class Rule:
    """The effect applies to requests that match: not to the first ``skip``, then to ``times`` of them (None: all)."""

    effect: Effect
    method: str | None = None
    path: re.Pattern[str] | None = None
    kind: Kind | None = None
    batch: bool | None = None
    times: int | None = 1
    skip: int = 0

    def take(self, exchange: Exchange) -> bool:
        """Counts this request; whether the effect applies to it."""
        if self.times == 0 or not self._matches(exchange):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _matches(self, exchange: Exchange) -> bool:
        return (
            (self.method is None or self.method == exchange.method)
            and (self.path is None or self.path.search(exchange.path) is not None)
            and (self.kind is None or self.kind is exchange.kind)
            and (self.batch is None or self.batch is (exchange.batch is not None))
        )


class Faults:
    """The rules in force, in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rules: list[Rule]) -> None:
        """Adds rules after those in force."""
        self._rules += rules

    def clear(self) -> None:
        """Removes every rule."""
        self._rules.clear()

    def take(self, exchange: Exchange) -> Effect | None:
        """The effect of the first rule that applies to this request; a later rule may apply to a skipped request."""
        for rule in self._rules:
            if rule.take(exchange):
                return rule.effect
        return None
