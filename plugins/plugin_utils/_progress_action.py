# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Show how far a module is while it runs.

Ansible shows nothing of a task before its end. What it offers for long ones was judged like this. ``async`` with
``poll`` shows that the task runs, not how far it is, and the user has to write it. Running the module in slices loses
what the slices share: the check of all items before the first write, the pages that were read, the budget, the token.
The system's log is far from whoever waits. So the module tells a file, and this action shows the file's lines.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

_SECONDS = 0.5
_OPTION = "progress_path"


class ProgressAction(NormalAction):
    """Runs the module of its own name as ansible-core does, and shows its progress on standard error."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._can_watch():
            return self._run(tmp, task_vars)
        host = (task_vars or {}).get("inventory_hostname")
        given = self._task.args
        local_tmp = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]  # set when ansible-core has its settings
        with tempfile.TemporaryDirectory(dir=local_tmp, prefix="intune-") as folder:
            path = Path(folder) / "progress"
            self._task.args = {**given, _OPTION: str(path)}
            try:
                # On standard error, where it harms no callback that prints a document.
                with _Watch(path, lambda line: Display().display(f"[{host}] {line}", stderr=True)):
                    return self._run(tmp, task_vars)
            finally:
                self._task.args = given  # a task that is retried starts with its own

    def _run(self, tmp: str | None, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result

    def _can_watch(self) -> bool:
        """Whether the module writes where this process can read, and may be shown."""
        here = self._connection.transport == "local" and not self._connection.become
        return here and not (self._task.args.get(_OPTION) or self._task.async_val or self._task.no_log)


class _Watch:
    """Follows a file in a thread, as ``tail -f`` does."""

    def __init__(self, path: Path, show: Callable[[str], None]) -> None:
        self._path = path
        self._show = show
        self._place = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        try:
            with self._path.open(encoding="utf-8") as file:
                file.seek(self._place)
                text = file.read()
        except FileNotFoundError:  # the module has not begun
            return
        whole = text[: text.rfind("\n") + 1]
        self._place += len(whole.encode())
        for line in whole.splitlines():
            self._show(line)
