# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The opt-in file that keeps access tokens between tasks and forks: private, locked, never half written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from typing import Any

from ._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase, parse_json
from ._options import named
from ._retry import Clock

_POLL_SECONDS = 0.05


class TokenCacheFile:
    """A file that holds MSAL's serialised cache. It is plain text, so nobody else may read it.

    Args:
        path: the file; a lock file stands beside it, since the file itself is replaced at each write.
    """

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)
        self._lock_path = f"{self._path}.lock"

    def problems(self) -> list[str]:
        """Return a sentence for each thing that makes the file unusable."""
        folder = os.path.dirname(self._path)
        if not os.access(folder, os.W_OK | os.X_OK):
            return [f"{named('token_cache')}: the folder {folder} does not exist or cannot be written"]
        for path in (self._path, self._lock_path):
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                return [f"{named('token_cache')}: {path} is not a regular file of this user's own; name another"]
            if found.st_mode & 0o077:
                return [
                    f"{named('token_cache')}: {path} has mode {stat.S_IMODE(found.st_mode):04o}, others can use the "
                    "tokens in it; delete it, or set its mode to 0600"
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
                            f"{named('token_cache')}: another process has held {self._lock_path} for {seconds:g} s; "
                            "run the task again, or look for a hanging one"
                        )
                        failure = Failure(Code.TIMEOUT, sentence, Phase.AUTH, retryable=True)
                        raise IntuneError(sentence, failure) from None
                    clock.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> str:
        """Return MSAL's serialised cache, an empty one where there is no file yet. Call while locked.

        Raises:
            InvalidOptionsError: the file cannot be used, or holds something else.
        """
        # Checked again under the lock: the file may have come since.
        if problems := self.problems():
            raise InvalidOptionsError(problems)
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read() or "{}"
            entries = parse_json(text)
        except FileNotFoundError:
            return "{}"
        except OSError as error:
            raise self._unusable(error) from None
        except ValueError:
            entries = None
        if _is_cache(entries):
            return text
        raise InvalidOptionsError(
            [f"{named('token_cache')}: {self._path} is not a token cache; delete it or name another"]
        )

    def write(self, text: str) -> None:
        """Replace the file in one step. Call while locked.

        Raises:
            InvalidOptionsError: the file cannot be written.
        """
        temporary = None
        try:
            descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(self._path), prefix=".intune-token-")
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
        return InvalidOptionsError([f"{named('token_cache')}: {self._path}: {error.strerror}"])


def _is_cache(entries: Any) -> bool:
    """Tell whether this is MSAL's form, objects by kind and key. Overwriting another could destroy a user's data."""
    return (
        isinstance(entries, dict)
        and set(entries) <= {"AccessToken", "Account", "AppMetadata", "IdToken", "RefreshToken"}
        and all(
            isinstance(kind, dict) and all(isinstance(entry, dict) for entry in kind.values())
            for kind in entries.values()
        )
    )
