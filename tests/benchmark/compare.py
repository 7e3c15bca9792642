# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand statuses without a difference: the bulk task compared with a bare loop over the same pages.

The basic cost of a process is measured separately and subtracted on both sides: from the loop's process that of an
empty Python, from the module's process that of a module which accepts the same items and returns a result for each
(`answer_items`). All are real processes; ``ansible-playbook`` runs the modules.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .figures import at_most, less, progress, ratio, spread, table
from .meter import Usage
from .stage import Play, Stage, declare, stage

ITEMS = 10_000
_GOAL = 1.3


@dataclasses.dataclass(frozen=True)
class _Round:
    """The cost of each variant in one round. ``loop`` is the bare loop without start and imports, in seconds."""

    python: Usage
    bare: Usage
    loop: float
    empty: Play
    answer: Play
    bulk: Play


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    with stage(statuses=ITEMS) as scene:
        # All rounds use one application, and together would exceed its limit of requests in 20 seconds.
        scene.emulator.settings(budgets_enforced=False)
        scene.sign_in()
        items = scene.write_items(declare(scene.rows))
        measured = []
        for number in range(rounds + 1):
            progress(f"{ITEMS:,} equal statuses, round {number} of {rounds}")
            measured.append(_round(scene, items))
    return _tables(measured[1:])  # the first round warms the caches


def _round(scene: Stage, items: Path) -> _Round:
    given: dict[str, Any] = {"metered": True, "items_file": str(items)}
    _nothing, python = scene.script("-c", "")
    output, bare = scene.script(str(Path(__file__).with_name("bare_loop.py")), STATUSES_URL=scene.statuses_url)
    printed = json.loads(output)
    if printed["rows"] != ITEMS:
        sys.exit(f"the bare loop read {printed['rows']} rows")
    return _Round(
        python=python,
        bare=bare,
        loop=printed["seconds"],
        empty=scene.play("empty"),
        answer=scene.play("answer", **given),
        bulk=scene.play("bulk", **given),
    )


def _tables(rounds: list[_Round]) -> list[str]:
    def each(figure: Callable[[_Round], float]) -> list[float]:
        return [figure(one) for one in rounds]

    python, bare = each(lambda one: one.python.seconds), each(lambda one: one.bare.seconds)
    loop, empty = each(lambda one: one.loop), each(lambda one: one.empty.seconds)
    answer, bulk = each(lambda one: one.answer.process.seconds), each(lambda one: one.bulk.process.seconds)
    answer_play, bulk_play = each(lambda one: one.answer.seconds), each(lambda one: one.bulk.seconds)
    least = less(bare, python)
    processor = ratio(
        each(lambda one: one.bulk.process.processor - one.answer.process.processor),
        each(lambda one: one.bare.processor - one.python.processor),
    )
    ratios = [
        (
            "**bulk's process less the answering one's : the bare loop's less Python's**",
            ratio(less(bulk, answer), least),
        ),
        ("the same in processor time", processor),
        ("bulk's process : the bare loop's process", ratio(bulk, bare)),
        (
            "bulk's process less the answering one's : the loop alone, `requests` loaded before",
            ratio(less(bulk, answer), loop),
        ),
        (
            "bulk's playbook less the answering one : the bare loop's process less Python's",
            ratio(less(bulk_play, answer_play), least),
        ),
        (
            "bulk's playbook less an empty one : the bare loop's process less Python's",
            ratio(less(bulk_play, empty), least),
        ),
    ]
    goals = [at_most(ratios[0][1], _GOAL), *[""] * (len(ratios) - 1)]
    return [
        *table(
            [f"{ITEMS:,} statuses, none differing", "process (s)", "complete playbook (s)"],
            [
                ["Python, empty", spread(python, 3), ""],
                ["bare loop", spread(bare, 3), ""],
                ["of which the loop alone", spread(loop, 3), ""],
                ["an empty play", "", spread(empty, 3)],
                ["a module that answers", spread(answer, 3), spread(answer_play, 3)],
                ["bulk", spread(bulk, 3), spread(bulk_play, 3)],
            ],
        ),
        "",
        *table(
            ["ratio of medians", "", "goal"],
            [[name, f"{value:.2f}", goal] for (name, value), goal in zip(ratios, goals, strict=True)],
        ),
        "",
        f"Medians, least and most of {len(rounds)} rounds.",
    ]
