# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Show the progress of a module while it runs.

ansible-core shows nothing of a task before its end. The alternatives have disadvantages. ``async`` with ``poll`` shows
that the task runs, but not its progress, and the user has to write it. To run the module in parts loses what the parts
share: the check of all items before the first write, the pages that were read, the budget, the token. The log of the
system is not where the user looks. So the module writes its progress to a file, and this action shows its lines.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

_INTERVAL_SECONDS = 0.5
_OPTION = "progress_path"


class ProgressAction(NormalAction):
    """Runs the module of the same name as ansible-core does, and shows its progress on standard error."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        given = self._task.args
        with shown_progress(self, task_vars or {}) as option:
            self._task.args = {**given, **option}
            try:
                result: dict[str, Any] = super().run(tmp, task_vars)
            finally:
                self._task.args = given  # a retry starts with the arguments of the task
        return result


@contextlib.contextmanager
def shown_progress(action: ActionBase, task_vars: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Show the progress of the modules that an action runs.

    Yields:
        The option that a module needs for it, or nothing where its progress cannot or may not be shown.
    """
    if not _can_watch(action):
        yield {}
        return
    host = task_vars.get("inventory_hostname")
    local_tmp = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]  # set at start
    with tempfile.TemporaryDirectory(dir=local_tmp, prefix="intune-") as folder:
        path = Path(folder) / "progress"
        # On standard error, so that the output of a callback that prints a document stays valid.
        with _Follower(path, lambda line: Display().display(f"[{host}] {line}", stderr=True)):
            yield {_OPTION: str(path)}


def _can_watch(action: ActionBase) -> bool:
    """Return whether the module writes where this process can read, and its progress may be shown."""
    is_local = action._connection.transport == "local" and not action._connection.become
    task = action._task
    return is_local and not (task.args.get(_OPTION) or task.async_val or task.no_log)


class _Follower:
    """Follows a file in a thread, as ``tail -f`` does."""

    def __init__(self, path: Path, show: Callable[[str], None]) -> None:
        self._path = path
        self._show = show
        self._offset = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(_INTERVAL_SECONDS):
            self._show_new()
        self._show_new()

    def _show_new(self) -> None:
        try:
            with self._path.open(encoding="utf-8") as file:
                file.seek(self._offset)
                text = file.read()
        except FileNotFoundError:  # the module has not written yet
            return
        lines = text[: text.rfind("\n") + 1]
        self._offset += len(lines.encode())
        for line in lines.splitlines():
            self._show(line)
