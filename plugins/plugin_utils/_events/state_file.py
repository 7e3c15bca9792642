# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The file in which an event source remembers where it was: private, locked, never half written.

Lines of JSON: a header, then a line for each policy with its statuses. The file is replaced in one step. Between two
replacements a line is added for each change that was told, since writing everything for each would take long. A line
that a crash cut off counts as not written.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

from ...module_utils._errors import InvalidOptionsError
from ...module_utils._transport import private_file
from ...module_utils._transport.json_document import parse_json
from .memory import Change, Known, Memory

_KIND = "graphops_intune_watch"
_VERSION = 1


class MemoryFile:
    """The file, and the memory in it.

    Args:
        path: the file; a lock file stands beside it, since the file itself is replaced.
        tenant: what tells the tenant's statuses from another's; the file keeps it, and refuses another.

    Raises:
        InvalidOptionsError: the file cannot be used, holds something else, or another process uses it.
    """

    def __init__(self, path: str, tenant: str) -> None:
        self._path = os.path.abspath(path)
        self._tenant = tenant
        self._file = -1
        self._lock = self._take_lock()
        try:
            self.memory, whole = self._load()
            if whole:
                self._open()
            else:
                self.replace()
        except BaseException:
            self.close()
            raise

    @property
    def fresh(self) -> bool:
        """Whether nothing is remembered yet."""
        return not self.memory.policies

    def take(self, change: Change) -> None:
        """Remember that a change was told."""
        entry = (*change.key, change.new, change.number)
        self._write(_line({"told": entry}))
        self.memory.take(*entry)

    def replace(self) -> None:
        """Write everything that is remembered, in one step."""
        head = {_KIND: _VERSION, "id": self.memory.id, "tenant": self._tenant}
        lines = [head, *({"policy": policy, "statuses": known} for policy, known in self.memory.policies.items())]
        try:
            private_file.replace(self._path, b"".join(map(_line, lines)), sync=True)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        self._open()

    def close(self) -> None:
        """Let another process have the file."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def _take_lock(self) -> int:
        path = f"{self._path}.lock"
        try:
            for found in (self._path, path):
                if problem := private_file.find_problem(found, "use it", "set its mode to 0600"):
                    raise self._unusable(problem)
            descriptor = private_file.open_lock(path)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        if private_file.try_lock(descriptor):
            return descriptor
        os.close(descriptor)
        raise self._unusable("another event source uses it; give each source a file of its own")

    def _load(self) -> tuple[Memory, bool]:
        """Return what the file holds, and whether that is all that there is in it to keep."""
        try:
            with open(self._path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return Memory.new(), False
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        *lines, rest = content.split(b"\n")
        try:
            documents = list(map(parse_json, lines))
            version, tenant = documents[0][_KIND], documents[0]["tenant"]
            if version == _VERSION:
                memory, told = _read(documents)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise self._unusable("it is not the state of an event source; name another file") from None
        if version != _VERSION:
            raise self._unusable(f"it has version {version} of its format; this collection reads {_VERSION}")
        if tenant != self._tenant:
            raise self._unusable(f"it is about {tenant} and not {self._tenant}; name another file")
        return memory, not (rest or told)

    def _open(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        if written < len(line):
            raise self._unusable("it could not be written whole; is the disk full?")

    def _unusable(self, reason: str) -> InvalidOptionsError:
        return InvalidOptionsError([f"state_file ({self._path}): {reason}"])


def _line(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _read(documents: list[Any]) -> tuple[Memory, bool]:
    """Return the memory in these lines, and whether changes were told after it was written whole.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: they are something else.
    """
    memory = Memory(str(uuid.UUID(documents[0]["id"])))
    told = False
    for document in documents[1:]:
        if "told" in document:
            policy_id, status_id, status, number = document["told"]
            memory.take(str(policy_id), str(status_id), str(status), int(number))
            told = True
        else:
            statuses = {status_id: _known(*entry) for status_id, entry in document["statuses"].items()}
            memory.policies[str(document["policy"])] = statuses
    return memory, told


def _known(status: Any, number: Any, missing: Any) -> Known:
    return Known(str(status), int(number), None if missing is None else float(missing))
