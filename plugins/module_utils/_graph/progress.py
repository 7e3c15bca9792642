# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Report the progress of a long task in a file."""

from __future__ import annotations

from .._errors import InvalidOptionsError
from .._text import printable
from .._transport.retry import NOTICEABLE, Clock, show_time

PROGRESS_ARGUMENT = {"progress_path": {"type": "path"}}

_LONGEST = 60.0


class Progress:
    """Appends lines to a file: few, and fewer the longer a task runs.

    Args:
        path: the file; None for no report.
        clock: where time comes from.

    Raises:
        InvalidOptionsError: the file cannot be written.
    """

    def __init__(self, path: str | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._started = clock.monotonic()
        self._due = self._started + NOTICEABLE
        if path is not None:
            try:
                self._append("")
            except (OSError, ValueError) as error:  # ValueError: a path with a null character
                raise InvalidOptionsError([f"progress_path ({path!r}) cannot be written: {error}"]) from None

    def report(self, line: str, *, always: bool = False) -> None:
        """Write *line*, unless another was written not long ago.

        Args:
            line: one line, without secrets.
            always: write it in any case, because nothing may happen for a while.
        """
        now = self._clock.monotonic()
        if self._path is None or (now < self._due and not always):
            return
        # The next line is due when a tenth more of the time has passed.
        self._due = now + min(max(NOTICEABLE, (now - self._started) / 10), _LONGEST)
        try:
            self._append(f"{show_time(self._clock.time())} {printable(line)}\n")
        except OSError:
            self._path = None  # a full disk must not stop the task

    def _append(self, text: str) -> None:
        # Opened for each line: the file may have been moved away.
        with open(str(self._path), "a", encoding="utf-8") as file:
            file.write(text)
