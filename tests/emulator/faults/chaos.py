# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults at random: the same for the same seed, and few enough that a client that retries succeeds."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

from ..http.exchange import Exchange, Kind
from ..settings import CurrentSettings
from . import rule as fault_rule
from .chaos_kind import KINDS, ChaosKind
from .faults import Effect, FaultError

_SHORTEST_WAIT, _LONGEST_WAIT = 0.05, 0.2
_DEFAULT_LIMIT = 3
_MEMBERS = frozenset({"seed", "rate", "kinds", "limit"})


@dataclasses.dataclass(frozen=True)
class Odds:
    """The probability of a fault, its kinds, and the most faults for one method on one path."""

    seed: int
    rate: float
    kinds: tuple[ChaosKind, ...]
    limit: int

    def as_json(self) -> dict[str, object]:
        """The odds as JSON."""
        names = [kind.name for kind in self.kinds]
        return {"seed": self.seed, "rate": self.rate, "kinds": names, "limit": self.limit}


class Chaos:
    """Makes requests to Graph fail at random while odds are set.

    The fault of a request depends on the seed, its method, its path, and the number of such requests before it: the
    order in which requests of different paths arrive makes no difference.
    """

    def __init__(self, settings: CurrentSettings) -> None:
        self._settings = settings
        self._odds: Odds | None = None
        self._seen: Counter[tuple[str, str]] = Counter()
        self._faulty: Counter[tuple[str, str]] = Counter()

    def begin(self, odds: Odds) -> None:
        """Starts with these odds, as if no request had been seen."""
        self.clear()
        self._odds = odds

    def clear(self) -> None:
        """Ends the faults at random."""
        self._odds = None
        self._seen.clear()
        self._faulty.clear()

    def take(self, exchange: Exchange) -> Effect | None:
        """The fault of this request, if it has one."""
        odds = self._odds
        if odds is None or exchange.kind is not Kind.GRAPH:
            return None
        key = exchange.method, exchange.path
        draw = random.Random(f"{odds.seed} {self._seen[key]} {exchange.method} {exchange.path}")
        self._seen[key] += 1
        if draw.random() >= odds.rate or self._faulty[key] >= odds.limit:
            return None
        kinds = [kind for kind in odds.kinds if kind.applies_to(exchange.batch is not None)]
        if not kinds:
            return None
        self._faulty[key] += 1
        kind = draw.choice(kinds)
        wait = draw.uniform(_SHORTEST_WAIT, _LONGEST_WAIT) / self._settings.values.time_scale
        do = kind.do(wait)
        return dataclasses.replace(fault_rule.effect(do), given={"chaos": kind.name, **do})


def parse(document: object) -> Odds:
    """The odds of a JSON document; FaultError if it is invalid."""
    given = fault_rule.checked(document, "chaos", _MEMBERS)
    seed, rate = given.get("seed"), given.get("rate")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise FaultError("seed must be an integer")
    if not isinstance(rate, (int, float)) or isinstance(rate, bool) or not 0 <= rate <= 1:
        raise FaultError("rate must be a number from 0 to 1")
    limit = given.get("limit", _DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise FaultError("limit must be an integer of at least 0")
    return Odds(seed, float(rate), _kinds(given.get("kinds")), limit)


def _kinds(names: object) -> tuple[ChaosKind, ...]:
    if names is None:
        return tuple(kind for kind in KINDS.values() if kind.by_default)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name in KINDS for name in names):
        raise FaultError(f"kinds must be a list of some of {', '.join(KINDS)}")
    return tuple(KINDS[name] for name in names)
