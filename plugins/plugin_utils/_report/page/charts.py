# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The report's charts as SVG, and their geometry.

Each chart has a title and a description; the figures stand in a table beside it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ... import _timestamps
from ..snapshot import Header
from ..wording import count, number
from .html import Html, element, fragment

_AT_LEAST = "\u2265 "
_MOST_TICKS = 5
_MOST_MARKED = 40
"""Beyond so many points, marks would be a smear."""


class Part(NamedTuple):
    """A part of a stacked bar."""

    label: str
    value: int
    class_: str


def stacked_bar(title: str, parts: Sequence[Part], noun: str, identifier: str) -> Html:
    """Return a stacked bar over the whole width, the parts in the given order."""
    description = "; ".join(f"{part.label}: {count(part.value, noun)}" for part in parts) + "."
    segments = [
        element("rect", x=f"{segment.start}%", y=0, width=f"{segment.width}%", height="100%", class_=part.class_)
        for part, segment in zip(parts, stack([part.value for part in parts]), strict=True)
        if part.value
    ]
    return _svg(title, description, identifier, segments, class_="bar", width="100%", height=28)


def sliver(value: float, most: float) -> Html | None:
    """Return a small bar, the longer the closer *value* is to *most*, for a cell whose figures say the same."""
    if value <= 0:
        return None
    width = 100 * value / most
    rect = element("rect", x=f"{100 - width:.1f}%", y=0, width=f"{width:.1f}%", height="100%", class_="not_compliant")
    return element("svg", rect, class_="sliver", width="100%", height=5, aria_hidden="true", focusable="false")


def trend(points: Sequence[Header]) -> Html:
    """Return the trend, drawn once for a wide and once for a narrow page; the style sheet shows one of the two."""
    return fragment(_trend(points, 720, 250, "wide"), _trend(points, 340, 220, "narrow"))


def describe_trend(points: Sequence[Header]) -> str:
    """Return the trend in words. What was not read in full is a lower bound, and neither the lowest nor the highest."""
    text = f"From {_spell(points[0])} to {_spell(points[-1])}"
    complete = [point for point in points if point.complete]
    if not complete:
        return f"{text}."
    lowest, highest = (_spell(choose(complete, key=lambda point: point.not_compliant_devices)) for choose in (min, max))
    whole = "" if len(complete) == len(points) else "of the complete readings, "
    return f"{text}; {whole}lowest {lowest}, highest {highest}."


def _spell(point: Header) -> str:
    at_least = "" if point.complete else "at least "
    return f"{at_least}{number(point.not_compliant_devices)} on {_timestamps.spell_day(point.taken)}"


def _trend(points: Sequence[Header], width: int, height: int, kind: str) -> Html:
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
    grid = [
        fragment(
            element("line", x1=left, x2=width, y1=up(step), y2=up(step), class_="axis" if step == 0 else "grid"),
            element("text", number(step), x=left - 8, y=up(step) + 4, text_anchor="end"),
        )
        for step in steps
    ]
    stretches = [
        element("polyline", points=run.path, class_="line" if run.certain else "line uncertain") for run in runs(line)
    ]
    last = line[-1]
    marks = [
        element("circle", cx=point.x, cy=point.y, r=4, class_="dot" if point.certain else "dot uncertain")
        for point in line
        if len(line) <= _MOST_MARKED or not point.certain or point is last
    ]
    latest = ("" if last.certain else _AT_LEAST) + number(points[-1].not_compliant_devices)
    # Out of the way of a line that falls, unless there is no room above the days.
    below = line[-2].y < last.y < height - 60
    value = element("text", latest, x=width, y=last.y + (24 if below else -12), text_anchor="end", class_="value")
    days = [
        element("text", _timestamps.spell_day(points[0].taken), x=left, y=height - 8, text_anchor="start"),
        element("text", _timestamps.spell_day(points[-1].taken), x=width, y=height - 8, text_anchor="end"),
    ]
    return _svg(
        "Devices that are not compliant, by snapshot",
        describe_trend(points),
        f"trend-{kind}",
        [grid, stretches, marks, value, days],
        class_=f"trend {kind}",
        viewBox=f"0 0 {width} {height}",
    )


def _svg(title: str, description: str, identifier: str, content: Sequence[object], **attributes: str | int) -> Html:
    about = [
        element("title", title, id=f"{identifier}-title"),
        element("desc", description, id=f"{identifier}-desc"),
    ]
    labelled = f"{identifier}-title {identifier}-desc"
    return element("svg", about, content, role="img", aria_labelledby=labelled, **attributes)  # type: ignore[arg-type]


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
