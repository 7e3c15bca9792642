# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The geometry of the report's charts. Pure numbers; nothing here knows colours or HTML."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

_MOST_TICKS = 5


def ticks(maximum: int) -> list[int]:
    """Return round numbers from 0 to the first that is not less than *maximum*, five steps at most."""
    step, magnitude = 1, 1
    while True:
        for factor in (1, 2, 5):
            step = factor * magnitude
            if step * _MOST_TICKS >= maximum:
                steps = max(1, -(-maximum // step))
                return [step * index for index in range(steps + 1)]
        magnitude *= 10


@dataclasses.dataclass(frozen=True)
class Scale:
    """Maps values from ``first`` to ``last`` linearly to coordinates from ``start`` to ``end``."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value, to a tenth; the middle where there is one value only."""
        if self.last == self.first:
            return round((self.start + self.end) / 2, 1)
        return round(self.start + (value - self.first) / (self.last - self.first) * (self.end - self.start), 1)


class Point(NamedTuple):
    """A point of a line; ``certain`` tells whether its value is known or a lower bound."""

    x: float
    y: float
    certain: bool


class Run(NamedTuple):
    """A stretch of a line that is certain, or not, throughout."""

    points: Sequence[Point]
    certain: bool

    @property
    def path(self) -> str:
        """The stretch as the ``points`` of a polyline."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


def runs(points: Sequence[Point]) -> list[Run]:
    """Split a line where it becomes certain or uncertain; a step is certain when both its ends are."""
    found: list[tuple[list[Point], bool]] = []
    for one, other in itertools.pairwise(points):
        certain = one.certain and other.certain
        if found and found[-1][1] == certain:
            found[-1][0].append(other)
        else:
            found.append(([one, other], certain))
    return [Run(stretch, certain) for stretch, certain in found]


class Segment(NamedTuple):
    """A part of a stacked bar, in per cent of its length."""

    start: float
    width: float


def stack(values: Sequence[int], least: float = 0.6) -> list[Segment]:
    """Return the parts of a stacked bar that is 100 long; what is more than nothing is at least *least* wide."""
    total = sum(values)
    if not total:
        return [Segment(0, 0) for _value in values]
    widths = [max(100 * value / total, least) if value else 0.0 for value in values]
    spare = sum(widths) - 100
    room = sum(width - least for width in widths if width > least)
    widths = [width - spare * (width - least) / room if width > least else width for width in widths]
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return [Segment(round(start, 2), round(width, 2)) for start, width in zip(starts, widths, strict=True)]
