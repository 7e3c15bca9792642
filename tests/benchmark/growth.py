# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How cost grows: a thousand, ten thousand and a hundred thousand rows, read and compared.

Time and memory are those of the module's process, which ``ansible-playbook`` runs.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from .figures import at_most, progress, table
from .stage import Play, Stage, declare, stage

_SIZES = (1_000, 10_000, 100_000)
_GOAL_MEGABYTES = 400.0


@dataclasses.dataclass(frozen=True)
class _Variant:
    """A playbook, and the items that it is given."""

    name: str
    playbook: str
    items: Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]] = lambda _rows: []


_VARIANTS = (
    _Variant("info", "info"),
    _Variant("a module that answers", "answer", declare),
    _Variant("bulk", "bulk", declare),
    _Variant("a module that answers, complete rows", "answer", list),
    _Variant("bulk, complete rows", "bulk", list),
)
_NAMES = [variant.name for variant in _VARIANTS]
_HELD_TO_GOAL = "bulk"


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    measured: dict[tuple[str, int], list[Play]] = {}
    for size in _SIZES:
        with stage(statuses=size) as scene:
            # As in `compare`; the module still observes its limit of 1,000 requests in 20 seconds.
            scene.emulator.settings(budgets_enforced=False)
            scene.sign_in()
            # The largest runs take minutes, with little noise.
            for number in range(1, (rounds if size < _SIZES[-1] else 1) + 1):
                for variant in _VARIANTS:
                    progress(f"{size:,} rows, {variant.name}, round {number}")
                    measured.setdefault((variant.name, size), []).append(_run(scene, variant, size))
    return [*_table_of(measured), "", *_growth(measured), "", f"{rounds} rounds, one of {_SIZES[-1]:,} rows."]


def _table_of(measured: dict[tuple[str, int], list[Play]]) -> list[str]:
    rows = []
    for (name, size), plays in sorted(measured.items(), key=lambda entry: _NAMES.index(entry[0][0])):
        megabytes = _median(plays, lambda play: play.process.megabytes)
        goal = name == _HELD_TO_GOAL and size == _SIZES[-1]
        rows.append(
            [
                name,
                f"{size:,}",
                f"{_median(plays, lambda play: play.process.seconds):.2f}",
                f"{_median(plays, lambda play: play.process.processor):.2f}",
                f"{megabytes:.0f}",
                f"{_median(plays, lambda play: play.seconds):.1f}",
                at_most(megabytes, _GOAL_MEGABYTES) if goal else "",
            ]
        )
    head = ["module", "rows", "process (s)", "processor (s)", "peak memory (MB)", "complete playbook (s)", "goal"]
    return table(head, rows)


def _growth(measured: dict[tuple[str, int], list[Play]]) -> list[str]:
    """Show the cost of a further row; growth is linear if it is the same at both ends."""
    spans = list(itertools.pairwise(_SIZES))
    rows = []
    for name in _NAMES:
        microseconds, kilobytes = [], []
        for less, more in spans:
            low, high, further = measured[name, less], measured[name, more], more - less
            processor = _median(high, lambda play: play.process.processor) - _median(
                low, lambda play: play.process.processor
            )
            memory = _median(high, lambda play: play.process.megabytes) - _median(
                low, lambda play: play.process.megabytes
            )
            microseconds.append(f"{processor / further * 1e6:.0f}")
            kilobytes.append(f"{memory / further * 1024:.1f}")
        rows.append([name, *microseconds, *kilobytes])
    names = [f"{less:,} to {more:,}" for less, more in spans]
    head = ["a further row costs", *(f"µs, {span}" for span in names), *(f"KB, {span}" for span in names)]
    return table(head, rows)


def _median(plays: list[Play], figure: Callable[[Play], float]) -> float:
    return statistics.median(figure(play) for play in plays)


def _run(scene: Stage, variant: _Variant, size: int) -> Play:
    items = scene.write_items(variant.items(scene.rows))
    return scene.play(variant.playbook, metered=True, items_file=str(items), count=size)
