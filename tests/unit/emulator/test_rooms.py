# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The imports between the rooms of the emulator: a room imports only from rooms that are above it in the table."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "emulator"

# The files that are not listed connect the rooms and may import all of them. process and remote run and control an
# emulator from outside, with the standard library only.
ROOMS = {
    "settings": set[str](),
    "http": set(),
    "entra": {"settings", "http"},
    "graph": {"settings", "http", "entra"},
    "faults": {"settings", "http", "entra", "graph"},
    "judge": {"settings", "http", "entra", "graph", "faults"},
    "remote": set(),
    "process": {"remote"},
}
FILES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted(ROOT.rglob("*.py"))}


def imported(name: str) -> set[str]:
    """The files of the emulator that one of them imports, by their dotted names."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [*name.split(".")[: -node.level], *(node.module.split(".") if node.module else ())]
            found |= {".".join([*parts, alias.name]) for alias in node.names} | {".".join(parts)}
    return found & FILES.keys()


@pytest.mark.parametrize("name", [name for name in FILES if name.partition(".")[0] in ROOMS])
def test_no_import_runs_back_up(name: str) -> None:
    room = name.partition(".")[0]
    assert {other.partition(".")[0] for other in imported(name)} <= ROOMS[room] | {room}


def test_no_two_files_import_each_other() -> None:
    graphlib.TopologicalSorter({name: imported(name) for name in FILES}).prepare()


def test_each_room_is_in_the_table() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= ROOMS.keys()
    assert set().union(*map(imported, FILES)) >= {"settings", "graph.store", "faults.budget", "http.exchange"}
