# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The geometry of the charts."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.charts import (
    Part,
    Point,
    Scale,
    Segment,
    runs,
    stack,
    stacked_bar,
    ticks,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [(0, [0, 1]), (1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (6, [0, 2, 4, 6]), (412, [0, 100, 200, 300, 400, 500])],
)
def test_ticks(maximum: int, expected: list[int]) -> None:
    assert ticks(maximum) == expected


@given(st.integers(0, 10**7))
def test_ticks_are_few_even_and_reach_the_maximum(maximum: int) -> None:
    found = ticks(maximum)
    assert found[0] == 0
    assert found[-1] >= maximum
    assert 2 <= len(found) <= 6
    assert len({later - earlier for earlier, later in itertools.pairwise(found)}) == 1


def test_scale() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale(value) for value in (0, 2.5, 10)] == [100, 75, 0]
    assert Scale(3, 3, 0, 50)(3) == 25


def test_a_line_is_certain_between_two_certain_points() -> None:
    points = [Point(x, 0, certain) for x, certain in enumerate([True, True, False, True, True, True])]
    found = runs(points)
    assert [(run.certain, [point.x for point in run.points]) for run in found] == [
        (True, [0, 1]),
        (False, [1, 2, 3]),
        (True, [3, 4, 5]),
    ]
    assert found[0].path == "0,0 1,0"
    assert runs(points[:1]) == []


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_a_bar_is_full_and_hides_nothing(values: list[int]) -> None:
    segments = stack(values)
    if not any(values):
        assert all(segment.width == 0 for segment in segments)
        return
    assert sum(segment.width for segment in segments) == pytest.approx(100, abs=0.1)
    for value, segment in zip(values, segments, strict=True):
        assert (segment.width >= 0.59) == (value > 0)
    for one, other in itertools.pairwise(segments):
        assert other.start == pytest.approx(one.start + one.width, abs=0.02)


def test_parts_keep_their_proportions() -> None:
    assert stack([75, 25]) == [Segment(0, 75), Segment(75, 25)]


def test_a_bar_has_its_parts_in_order() -> None:
    assert stacked_bar([("Good", 3, "good"), ("Bad", 1, "bad")]) == [
        Part("Good", 3, "good", Segment(0, 75)),
        Part("Bad", 1, "bad", Segment(75, 25)),
    ]
