# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Write the report's files: each in one step, only where it differs, or as a prediction in check mode."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .errors import ReportError

_ABSENT = "absent"
# With the zero before it: YAML reads 0640 without quotes as 416, which older versions of Ansible pass on as text.
_OCTAL = re.compile(r"0o?[0-7]{0,4}")
_NEW_FILE, _NEW_DIRECTORY = stat.S_IFREG | 0o666, stat.S_IFDIR | 0o777


class FileWriter:
    """Writes files and directories, and keeps what has changed.

    Args:
        mode: the permissions of files, octal or symbolic as for ``ansible.builtin.copy``.
        directory_mode: the permissions of directories that do not exist yet.
        check: whether to predict the changes and to write nothing.
    """

    def __init__(self, mode: str, directory_mode: str, *, check: bool) -> None:
        self._mode = mode
        self._directory_mode = directory_mode
        self.check = check
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}

    @property
    def changed(self) -> bool:
        """Whether anything has changed, or would change."""
        return bool(self._after)

    def diff(self) -> dict[str, dict[str, str]]:
        """Return which files and directories have changed, without their content."""
        return {"before": self._before, "after": self._after}

    def directory(self, path: Path) -> None:
        """Create a directory and its parents where they do not exist.

        Raises:
            ReportError: it cannot be created, or it is something else.
        """
        with _explained(path):
            missing = [folder for folder in (path, *path.parents) if not folder.exists()]
            existing = path if not missing else missing[-1].parent
            if not existing.is_dir():
                raise NotADirectoryError(20, "it is not a directory", str(existing))
            if not os.access(existing, os.W_OK | os.X_OK):
                raise PermissionError(13, "the directory cannot be written to", str(existing))
            for folder in missing[::-1]:
                mode = _octal(self._directory_mode, _NEW_DIRECTORY & ~_umask())
                self._note(folder, _ABSENT, f"directory, mode {mode:04o}")
                if not self.check:
                    folder.mkdir(0o700)
                    folder.chmod(mode)

    def file(self, path: Path, text: str, *, replace: bool = True) -> None:
        """Write a file in one step, unless it has this content and these permissions already.

        Args:
            replace: whether to replace a file that exists.

        Raises:
            ReportError: it cannot be written.
        """
        with _explained(path):
            found = path.stat() if path.exists() else None
            if found and not replace:
                return
            content = text.encode()
            mode = _octal(self._mode, found.st_mode if found else _NEW_FILE & ~_umask())
            present = path.read_bytes() if found else b""
            if found and (present, stat.S_IMODE(found.st_mode)) == (content, mode):
                return
            before = _describe(present, stat.S_IMODE(found.st_mode)) if found else _ABSENT
            self._note(path, before, _describe(content, mode))
            if not self.check:
                _replace(path, content, mode, found)

    def _note(self, path: Path, before: str, after: str) -> None:
        self._before[str(path)] = before
        self._after[str(path)] = after


def is_mode(text: str) -> bool:
    """Return whether a text is a mode, octal or symbolic."""
    with contextlib.suppress(ValueError):
        _octal(text, _NEW_FILE)
        return True
    return False


def _octal(mode: str, present: int) -> int:
    """Return the permissions that a mode gives to a file that now has the type and permissions *present*."""
    if _OCTAL.fullmatch(mode):
        return int(mode, 8)
    if not mode:
        raise ValueError("no mode")
    now = os.stat_result((present, *[0] * 9))
    return int(AnsibleModule._symbolic_mode_to_octal(now, mode))


def _umask() -> int:
    present = os.umask(0o077)
    os.umask(present)
    return present


def _describe(content: bytes, mode: int) -> str:
    return f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()[:8]}, mode {mode:04o}"


def _replace(path: Path, content: bytes, mode: int, found: os.stat_result | None) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if found:
            with contextlib.suppress(PermissionError):  # only root may give files away
                os.chown(temporary, found.st_uid, found.st_gid)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror or error}") from error
