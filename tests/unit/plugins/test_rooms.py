# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of plugins/: a file imports from its own room and from lower floors only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PLUGINS = Path(__file__).parents[3] / "plugins"
PACKAGE = ("ansible_collections", "graphops", "intune", "plugins")
# The lowest first. Rooms on one floor do not import each other. A folder below a room belongs to it.
FLOORS = (
    {"doc_fragments", "module_utils"},  # the files directly in module_utils, without the two of its top
    {"module_utils/_transport"},
    {"module_utils/_sign_in"},
    {"module_utils/_graph"},
    {"module_utils/_compliance", "module_utils/_devices"},
    {"module_utils top"},
    {"modules", "plugin_utils"},  # ansible-core sends modules to hosts without plugin_utils
    {"plugin_utils/_desired", "plugin_utils/_events", "plugin_utils/_inventory", "plugin_utils/_report"},
    {"action", "filter", "inventory", "lookup"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TOP = ("_module", "_preflight")


def room(path: tuple[str, ...]) -> str:
    """Return the room of a module or of a name in it, by its path below plugins/."""
    kind, *rest = path
    if kind == "module_utils" and rest[0] in TOP:
        return "module_utils top"
    return f"{kind}/{rest[0]}" if (PLUGINS / kind / rest[0]).is_dir() else kind


def imports() -> Iterator[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    """Yield the path of each file, the path of each name of this collection that it imports, and whether relatively."""
    for file in sorted(PLUGINS.rglob("*.py")):
        path = file.relative_to(PLUGINS).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found = [tuple(alias.name.split(".")) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = (*PACKAGE, *path)[: -node.level] if node.level else ()
                module = tuple(node.module.split(".")) if node.module else ()
                found = [(*base, *module, alias.name) for alias in node.names]
            else:
                continue
            for name in found:
                if name[: len(PACKAGE)] == PACKAGE:
                    yield path, name[len(PACKAGE) :], isinstance(node, ast.ImportFrom) and node.level > 0


def test_no_import_leads_to_the_same_or_a_higher_floor() -> None:
    arrows = {(path, room(path), room(name)) for path, name, _relative in imports()}
    assert len(arrows) > 100
    upward = [f"{'/'.join(path)} imports {to}" for path, at, to in arrows if at != to and FLOOR[at] <= FLOOR[to]]
    assert sorted(upward) == []


def test_the_report_does_not_import_its_page() -> None:
    page = ("plugin_utils", "_report", "page")
    arrows = {(path[:3] == page, name[:3] == page) for path, name, _relative in imports() if path[:2] == page[:2]}
    assert arrows >= {(True, True), (True, False), (False, False)}
    assert (False, True) not in arrows


def test_imports_are_relative_but_in_modules_which_need_absolute_ones() -> None:
    others = {"/".join(path) for path, _name, relative in imports() if relative == (path[0] == "modules")}
    assert sorted(others) == []


def test_every_folder_is_a_room_on_a_floor() -> None:
    files = {file.relative_to(PLUGINS).with_suffix("").parts for file in PLUGINS.rglob("*.py")}
    assert {room(path) for path in files} <= set(FLOOR)
