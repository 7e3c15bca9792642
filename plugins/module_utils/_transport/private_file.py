# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A private file that several processes share: checked, locked, and replaced in one step."""

from __future__ import annotations

import abc
import contextlib
import fcntl
import os
import stat
import tempfile
import typing
from collections.abc import Iterator
from typing import Any

from .._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from .._options import named
from .json_document import parse_json
from .retry import Clock

_POLL_SECONDS = 0.05


class PrivateFile(abc.ABC):
    """A JSON file that an option names, of which nobody else may know.

    Args:
        path: the file; a lock file stands beside it, since the file itself is replaced at each write.
    """

    option: typing.ClassVar[str]
    kind: typing.ClassVar[str]
    """What the file is, for a message; ``harm`` is what others could do to it."""
    harm: typing.ClassVar[str]

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)
        self._lock_path = f"{self._path}.lock"

    def problems(self) -> list[str]:
        """Return a sentence for each thing that makes the file unusable."""
        folder = os.path.dirname(self._path)
        if not os.access(folder, os.W_OK | os.X_OK):
            return [f"{named(self.option)}: the folder {folder} does not exist or cannot be written"]
        for path in (self._path, self._lock_path):
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                return [f"{named(self.option)}: {path} is not a regular file of this user's own; name another"]
            if found.st_mode & 0o077:
                return [
                    f"{named(self.option)}: {path} has mode {stat.S_IMODE(found.st_mode):04o}, others can "
                    f"{self.harm}; delete it, or set its mode to 0600"
                ]
        return []

    @contextlib.contextmanager
    def locked(self, clock: Clock, seconds: float) -> Iterator[None]:
        """Hold the file against other processes, so that forks that start together log in once.

        Raises:
            IntuneError: another process held it for longer than *seconds*.
        """
        try:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            ends = clock.monotonic() + seconds
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if clock.monotonic() > ends:
                        sentence = (
                            f"{named(self.option)}: another process has held {self._lock_path} for {seconds:g} s; "
                            "run the task again, or look for a hanging one"
                        )
                        failure = Failure(Code.TIMEOUT, sentence, Phase.AUTH, retryable=True)
                        raise IntuneError(sentence, failure) from None
                    clock.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> str:
        """Return the file's text, an empty object where there is no file yet. Call while locked.

        Raises:
            InvalidOptionsError: the file cannot be used, or holds something else.
        """
        # Checked again under the lock: the file may have come since.
        if problems := self.problems():
            raise InvalidOptionsError(problems)
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read() or "{}"
            document = parse_json(text)
        except FileNotFoundError:
            return "{}"
        except OSError as error:
            raise self._unusable(error) from None
        except ValueError:
            document = None
        if self._fits(document):
            return text
        raise InvalidOptionsError([f"{named(self.option)}: {self._path} is not {self.kind}; delete it or name another"])

    def write(self, text: str) -> None:
        """Replace the file in one step. Call while locked.

        Raises:
            InvalidOptionsError: the file cannot be written.
        """
        temporary = None
        try:
            descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(self._path), prefix=".intune-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # mkstemp made it 0600
                file.write(text)
            os.replace(temporary, self._path)
            temporary = None
        except OSError as error:
            raise self._unusable(error) from None
        finally:
            if temporary is not None:
                os.unlink(temporary)

    def _unusable(self, error: OSError) -> InvalidOptionsError:
        return InvalidOptionsError([f"{named(self.option)}: {self._path}: {error.strerror}"])

    @abc.abstractmethod
    def _fits(self, document: Any) -> bool:
        """Tell whether this is such a file. Overwriting another could destroy a user's data."""
