# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One status: this module compared with the same work done with ``ansible.builtin.uri``.

The variants alternate, so that changes in the machine's speed affect them equally. Every figure is the median of the
wall times of complete ``ansible-playbook`` processes; the ratio is taken after subtracting the median of an empty play.
"""

from __future__ import annotations

import statistics

from .figures import at_most, progress, table
from .stage import Stage, stage

LEAST_ROUNDS = 7

# (playbook, whether the status differs), in the order in which a round runs them.
_VARIANTS = (("empty", False), ("module", True), ("uri", True), ("module", False), ("uri", False))
_GOALS = {True: 0.45, False: 0.60}


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    rounds = max(rounds, LEAST_ROUNDS)
    times: dict[tuple[str, bool], list[float]] = {variant: [] for variant in _VARIANTS}
    with stage() as scene:
        for number in range(rounds + 1):
            progress(f"one status, round {number} of {rounds}")
            for variant in _VARIANTS:
                seconds = _once(scene, *variant)
                if number:  # the first round warms the caches
                    times[variant].append(seconds)
    median = {variant: statistics.median(seconds) for variant, seconds in times.items()}
    empty = median["empty", False]
    rows = []
    for differs, goal in _GOALS.items():
        ours, recipe = median["module", differs] - empty, median["uri", differs] - empty
        work = "a change" if differs else "no change"
        rows.append([work, f"{ours:.3f}", f"{recipe:.3f}", f"{ours / recipe:.2f}", at_most(ours / recipe, goal)])
    return [
        *table(["one status", "this module (s)", "`uri` recipe (s)", "ratio", "goal"], rows),
        "",
        f"Both less an empty play, {empty:.3f} s; medians of {rounds} rounds.",
    ]


def _once(scene: Stage, playbook: str, differs: bool) -> float:
    """Run one playbook, and return its wall time in seconds."""
    status_id = scene.rows[0]["id"]
    scene.emulator.put_status(scene.policy_id, status_id, status="compliant" if differs else "error")
    play = scene.play(playbook, writes=int(differs), judged=playbook == "module", status_id=status_id, wanted="error")
    return play.seconds
