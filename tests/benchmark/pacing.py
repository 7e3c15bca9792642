# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thousand writes within a budget of a hundred: how close to the shortest possible time, and never too fast."""

from __future__ import annotations

import statistics

from .figures import at_most, progress, spread, table
from .stage import Stage, declare, stage

_WRITES, _BUDGET, _PERIOD = 1_000, 100, 20.0
# The emulator's clock is faster by this factor, and the task's period is shorter by it. With a larger factor, the
# module's other budget would limit it: 1,000 requests of any kind in 20 seconds of the real clock.
_TIME_SCALE = 5.0
_GOAL = 1.05


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    period = _PERIOD / _TIME_SCALE
    least = (_WRITES / _BUDGET - 1) * period
    taken = []
    with stage(statuses=_WRITES, time_scale=_TIME_SCALE) as scene:
        for number in range(1, rounds + 1):
            progress(f"{_WRITES:,} writes within their budget, round {number} of {rounds}")
            taken.append(_round(scene, period))
    ratios = [seconds / least for seconds in taken]
    head = [f"{_WRITES:,} writes", "least (s)", "taken (s)", "ratio", "goal"]
    row = [
        f"{_BUDGET} in {period:g} s",
        f"{least:.1f}",
        spread(taken),
        spread(ratios, 3),
        at_most(statistics.median(ratios), _GOAL),
    ]
    return [*table(head, [row]), "", f"{rounds} rounds; no answer 429, no early retry in any of them."]


def _round(scene: Stage, period: float) -> float:
    """Return the seconds from the first write to the last."""
    scene.emulator.reset()
    items = scene.write_items(declare(scene.rows, differing=_WRITES))
    # The judge, which `play` checks, counts each write beyond the budget and each early retry.
    scene.play(
        "bulk",
        writes=_WRITES,
        items_file=str(items),
        write_limit_period=period,
    )
    log = scene.emulator.log("graph")
    throttled = sum(entry["status"] == 429 for entry in log)
    if throttled:
        raise SystemExit(f"{throttled} requests were answered 429")
    times = [entry["at"] for entry in log if entry["method"] == "PATCH"]
    return float(max(times) - min(times))
