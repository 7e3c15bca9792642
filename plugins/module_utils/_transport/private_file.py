# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Private files: checked, locked, and replaced in one step."""

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


def find_problem(path: str, harm: str, remedy: str) -> str | None:
    """Return why a file is not private to this user, or None; a file that does not exist is fine.

    Args:
        harm: what other users could do, such as "use it".
        remedy: what to do when the file's mode lets them.

    Raises:
        OSError: the path cannot be examined.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        return f"{path} is not a regular file of this user's own; name another"
    if found.st_mode & 0o077:
        return f"{path} has mode {stat.S_IMODE(found.st_mode):04o}, others can {harm}; {remedy}"
    return None


def open_lock(path: str) -> int:
    """Return the descriptor of a lock file, which is created where it does not exist; for `try_lock`.

    Raises:
        OSError: it cannot be opened; a symbolic link is not followed.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def try_lock(descriptor: int) -> bool:
    """Take the lock, which is held until the descriptor is closed; False where another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def replace(path: str, content: bytes, *, sync: bool = False) -> None:
    """Replace a file in one step, or create it, with mode 0600: readers see the old content or the new, never a part.

    Args:
        sync: wait until the content is on the disk, so that a crash of the machine cannot lose it.

    Raises:
        OSError: the file is as it was.
    """
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".intune-")  # with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


class PrivateFile(abc.ABC):
    """A JSON file that an option names, that several processes share, and that no other user can read or change.

    Args:
        path: the file; a lock file is beside it, since the file itself is replaced at each write.
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
            if problem := find_problem(path, self.harm, "delete it, or set its mode to 0600"):
                return [f"{named(self.option)}: {problem}"]
        return []

    @contextlib.contextmanager
    def locked(self, clock: Clock, seconds: float) -> Iterator[None]:
        """Hold the file against other processes, so that forks that start together sign in once.

        Raises:
            IntuneError: another process held it for longer than *seconds*.
        """
        try:
            descriptor = open_lock(self._lock_path)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            ends = clock.monotonic() + seconds
            while not try_lock(descriptor):
                if clock.monotonic() > ends:
                    raise self._held(seconds)
                clock.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def _held(self, seconds: float) -> IntuneError:
        sentence = (
            f"{named(self.option)}: another process has held {self._lock_path} for {seconds:g} s; "
            "run the task again, or look for a hanging one"
        )
        return IntuneError(sentence, Failure(Code.TIMEOUT, sentence, Phase.AUTH, retryable=True))

    def read(self) -> str:
        """Return the file's text, an empty object where the file does not exist yet. Call while locked.

        Raises:
            InvalidOptionsError: the file cannot be used, or holds something else.
        """
        # Checked again under the lock: the file may have been created since.
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
        try:
            replace(self._path, text.encode())
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> InvalidOptionsError:
        return InvalidOptionsError([f"{named(self.option)}: {self._path}: {error.strerror}"])

    @abc.abstractmethod
    def _fits(self, document: Any) -> bool:
        """Return whether this is such a file. Overwriting another could destroy a user's data."""
