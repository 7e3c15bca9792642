# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cost of one item in a bulk task, compared with a loop of ``ansible.builtin.uri`` over similar items.

Both are complete playbooks less an empty one, divided by their items. A bulk task takes two seconds, of which an empty
play takes one, and the noise of the machine is as large as the rest. So one loop is compared with the median of several
bulk tasks.
"""

from __future__ import annotations

import dataclasses
import statistics

from .figures import at_least, progress, spread, table
from .stage import Stage, declare, stage

_LOOP = 50
_BULKS = 5


@dataclasses.dataclass(frozen=True)
class _Work:
    """A bulk task of this number of items, and the goal: how many times faster than in the loop each item is."""

    items: int
    differing: int
    goal: float

    @property
    def name(self) -> str:
        """Return a description of the work."""
        return f"{self.items:,} items, {self.differing or 'none'} differing"


_WORKS = (_Work(10_000, 0, 2000), _Work(1_000, 100, 500))


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    rows = []
    for work in _WORKS:
        with stage(statuses=work.items) as scene:
            scene.sign_in()
            measured = []
            for number in range(1, rounds + 1):
                progress(f"{work.name}, beside `uri`, round {number} of {rounds}")
                measured.append(_round(scene, work))
        loop = [seconds for seconds, _rest in measured]
        bulk = [seconds for _rest, seconds in measured]
        times = [one / other for one, other in measured]
        rows.append(
            [
                work.name,
                spread([1000 * seconds for seconds in loop], 0),
                spread([1000 * seconds for seconds in bulk], 3),
                spread(times, 0),
                at_least(statistics.median(times), work.goal),
            ]
        )
    head = ["one item", f"`uri`, a loop over {_LOOP} (ms)", "bulk (ms)", "times faster", "goal"]
    return [*table(head, rows), "", f"Both less an empty play; {rounds} rounds of one loop and {_BULKS} bulk tasks."]


def _round(scene: Stage, work: _Work) -> tuple[float, float]:
    """Return the seconds that an item costs in the loop, and in the bulk tasks."""
    every = work.items // _LOOP
    differing = work.differing // every
    costs = [_less_empty(scene, "bulk", work.items, work.differing) for _number in range(_BULKS)]
    return _less_empty(scene, "uri_loop", _LOOP, differing, judged=False), statistics.median(costs)


def _less_empty(scene: Stage, name: str, count: int, differing: int, *, judged: bool = True) -> float:
    """Return the seconds for each item in a playbook with these items."""
    items = scene.write_items(declare(scene.rows[:count], differing))
    # A reset restores the rows and the budgets: one run must not wait for what another one used.
    scene.emulator.reset()
    empty = scene.play("empty").seconds
    return (scene.play(name, writes=differing, judged=judged, items_file=str(items)).seconds - empty) / count
