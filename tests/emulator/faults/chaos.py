# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults by chance, the same ones for the same seed, and never so many that patience does not help."""

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
    """The chance of a fault, what it may be, and how many of them one method on one path meets at most."""

    seed: int
    rate: float
    kinds: tuple[ChaosKind, ...]
    limit: int

    def as_json(self) -> dict[str, object]:
        """The odds as JSON shows them."""
        names = [kind.name for kind in self.kinds]
        return {"seed": self.seed, "rate": self.rate, "kinds": names, "limit": self.limit}


class Chaos:
    """Lets requests to Graph go wrong at random while there are odds.

    What befalls a request is drawn from the seed, its method, its path, and how many there were of these before: the
    order in which requests of different paths arrive makes no difference.
    """

    def __init__(self, settings: CurrentSettings) -> None:
        self._settings = settings
        self._odds: Odds | None = None
        self._seen: Counter[tuple[str, str]] = Counter()
        self._met: Counter[tuple[str, str]] = Counter()

    def begin(self, odds: Odds) -> None:
        """From now on with these odds, as if no request had been seen."""
        self.clear()
        self._odds = odds

    def clear(self) -> None:
        """No more faults by chance."""
        self._odds = None
        self._seen.clear()
        self._met.clear()

    def take(self, exchange: Exchange) -> Effect | None:
        """What befalls this request, if anything."""
        odds = self._odds
        if odds is None or exchange.kind is not Kind.GRAPH:
            return None
        key = exchange.method, exchange.path
        draw = random.Random(f"{odds.seed} {self._seen[key]} {exchange.method} {exchange.path}")
        self._seen[key] += 1
        if draw.random() >= odds.rate or self._met[key] >= odds.limit:
            return None
        kinds = [kind for kind in odds.kinds if kind.befalls(exchange.batch is not None)]
        if not kinds:
            return None
        self._met[key] += 1
        kind = draw.choice(kinds)
        wait = draw.uniform(_SHORTEST_WAIT, _LONGEST_WAIT) / self._settings.values.time_scale
        do = kind.do(wait)
        return dataclasses.replace(fault_rule.effect(do), given={"chaos": kind.name, **do})


def parse(document: object) -> Odds:
    """The odds of a JSON document; FaultError where it is none."""
    given = fault_rule.checked(document, "chaos", _MEMBERS)
    seed, rate = given.get("seed"), given.get("rate")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise FaultError("seed: a whole number is wanted")
    if not isinstance(rate, (int, float)) or isinstance(rate, bool) or not 0 <= rate <= 1:
        raise FaultError("rate: a number from 0 to 1 is wanted")
    limit = given.get("limit", _DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise FaultError("limit: a whole number is wanted")
    return Odds(seed, float(rate), _kinds(given.get("kinds")), limit)


def _kinds(names: object) -> tuple[ChaosKind, ...]:
    if names is None:
        return tuple(kind for kind in KINDS.values() if kind.unasked)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name in KINDS for name in names):
        raise FaultError(f"kinds: a list of some of {', '.join(KINDS)} is wanted")
    return tuple(KINDS[name] for name in names)
