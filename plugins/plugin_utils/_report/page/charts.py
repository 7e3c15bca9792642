# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The geometry of the report's charts. The template draws them, in macros/charts.html.j2."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ... import _timestamps
from ..snapshot import Header
from ..wording import number

_MOST_TICKS = 5
_MOST_MARKED = 40
"""With more points than this, their marks would cover each other."""


class GridLine(NamedTuple):
    """A horizontal line of the grid, and the number at its height."""

    y: float
    value: int


class Label(NamedTuple):
    """Where the last number is written."""

    x: float
    y: float


@dataclasses.dataclass(frozen=True)
class Trend:
    """The trend over all snapshots, in the coordinates of its drawing."""

    width: int
    height: int
    left: int
    """Where the grid begins, right of its numbers."""
    grid: Sequence[GridLine]
    runs: Sequence[Run]
    dots: Sequence[Point]
    label: Label


def trend(points: Sequence[Header], width: int, height: int) -> Trend:
    """Return the trend of devices that are not compliant, in a drawing of this size."""
    steps = ticks(max(point.not_compliant_devices for point in points))
    left = 10 + 8 * len(number(steps[-1]))
    across = Scale(0, _timestamps.seconds_between(points[0].taken, points[-1].taken), left + 6, width - 34)
    up = Scale(0, steps[-1], height - 30, 16)
    line = [
        Point(
            across(_timestamps.seconds_between(points[0].taken, point.taken)),
            up(point.not_compliant_devices),
            point.complete,
        )
        for point in points
    ]
    last = line[-1]
    # Clear of a line that falls, unless there is no room above the days.
    below = line[-2].y < last.y < height - 60
    return Trend(
        width=width,
        height=height,
        left=left,
        grid=[GridLine(up(step), step) for step in steps],
        runs=runs(line),
        dots=[point for point in line if len(line) <= _MOST_MARKED or not point.certain or point is last],
        label=Label(width, round(last.y + (24 if below else -12), 1)),
    )


def describe_trend(points: Sequence[Header]) -> str:
    """Return the trend in words. An incomplete reading is a lower bound, and neither the lowest nor the highest."""
    text = f"From {_spell(points[0])} to {_spell(points[-1])}"
    complete = [point for point in points if point.complete]
    if not complete:
        return f"{text}."
    lowest, highest = (_spell(choose(complete, key=lambda point: point.not_compliant_devices)) for choose in (min, max))
    scope = "" if len(complete) == len(points) else "of the complete readings, "
    return f"{text}; {scope}lowest {lowest}, highest {highest}."


def _spell(point: Header) -> str:
    at_least = "" if point.complete else "at least "
    return f"{at_least}{number(point.not_compliant_devices)} on {_timestamps.spell_day(point.taken)}"


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
    """A point of a line. ``certain`` is false where its value is a lower bound."""

    x: float
    y: float
    certain: bool


class Run(NamedTuple):
    """A part of a line in which every step is certain, or none is."""

    points: Sequence[Point]
    certain: bool

    @property
    def path(self) -> str:
        """The part as the ``points`` of a polyline."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


def runs(points: Sequence[Point]) -> list[Run]:
    """Split a line where it becomes certain or uncertain. A step is certain when both its ends are."""
    found: list[tuple[list[Point], bool]] = []
    for one, other in itertools.pairwise(points):
        certain = one.certain and other.certain
        if found and found[-1][1] == certain:
            found[-1][0].append(other)
        else:
            found.append(([one, other], certain))
    return [Run(part, certain) for part, certain in found]


class Segment(NamedTuple):
    """The place of a part in a stacked bar, in percent of its length."""

    start: float
    width: float


class Part(NamedTuple):
    """A part of a stacked bar of devices."""

    label: str
    devices: int
    kind: str
    """Its class, which gives its color."""
    segment: Segment


def stacked_bar(parts: Sequence[tuple[str, int, str]]) -> list[Part]:
    """Return a stacked bar of parts, each with a label, a number of devices and a kind, in this order."""
    segments = stack([devices for _label, devices, _kind in parts])
    return [Part(*part, segment) for part, segment in zip(parts, segments, strict=True)]


def stack(values: Sequence[int], least: float = 0.6) -> list[Segment]:
    """Return the parts of a stacked bar that is 100 long. A value above 0 is at least *least* wide."""
    total = sum(values)
    if not total:
        return [Segment(0, 0) for _value in values]
    widths = [max(100 * value / total, least) if value else 0.0 for value in values]
    spare = sum(widths) - 100
    room = sum(width - least for width in widths if width > least)
    widths = [width - spare * (width - least) / room if width > least else width for width in widths]
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return [Segment(round(start, 2), round(width, 2)) for start, width in zip(starts, widths, strict=True)]
