# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The file in which an event source keeps its state: private, locked, never partly written.

Lines of JSON: a header, then a line for each policy with its statuses. The file is replaced in one step. Between two
replacements a line is appended for each reported change, because to write everything for each would take long. A line
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

_KIND = "graphops_intune_event_state"
_VERSION = 1


class StateFile:
    """The file, and the memory that it holds.

    Args:
        path: the file; a lock file is beside it, since the file itself is replaced.
        tenant: identifies the tenant whose statuses these are; a file of another tenant is refused.

    Raises:
        InvalidOptionsError: the file cannot be used, holds something else, or another process uses it.
    """

    def __init__(self, path: str, tenant: str) -> None:
        self._path = os.path.abspath(path)
        self._tenant = tenant
        self._file = -1
        self._lock = self._take_lock()
        try:
            self.memory, is_current = self._load()
            if is_current:
                self._open()
            else:
                self.replace()
        except BaseException:
            self.close()
            raise

    def record(self, change: Change) -> None:
        """Remember that a change was reported."""
        entry = (*change.key, change.new, change.number)
        self._append(_line({"reported": entry}))
        self.memory.record(*entry)

    def replace(self) -> None:
        """Write the complete memory, in one step."""
        head = {_KIND: _VERSION, "id": self.memory.id, "tenant": self._tenant}
        lines = [head, *({"policy": policy, "statuses": known} for policy, known in self.memory.policies.items())]
        try:
            private_file.replace(self._path, b"".join(map(_line, lines)), sync=True)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        self._open()

    def close(self) -> None:
        """Release the file for other processes."""
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
        raise self._unusable("another event source uses it; give each source its own file")

    def _load(self) -> tuple[Memory, bool]:
        """Return the memory in the file, and whether the file needs no replacement."""
        try:
            with open(self._path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return Memory.new(), False
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        *lines, cut_off = content.split(b"\n")
        try:
            documents = list(map(parse_json, lines))
            version, tenant = documents[0][_KIND], documents[0]["tenant"]
            if version == _VERSION:
                memory, has_reported = _read(documents)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise self._unusable("it is not the state of an event source; name another file") from None
        if version != _VERSION:
            raise self._unusable(f"it has version {version} of the format; this collection reads {_VERSION}")
        if tenant != self._tenant:
            raise self._unusable(f"it is the state of {tenant}, not of {self._tenant}; name another file")
        return memory, not (cut_off or has_reported)

    def _open(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _append(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        if written < len(line):
            raise self._unusable("it could not be written completely; is the disk full?")

    def _unusable(self, reason: str) -> InvalidOptionsError:
        return InvalidOptionsError([f"state_file ({self._path}): {reason}"])


def _line(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _read(documents: list[Any]) -> tuple[Memory, bool]:
    """Return the memory in these lines, and whether changes were reported after the file was replaced.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: the lines are something else.
    """
    memory = Memory(str(uuid.UUID(documents[0]["id"])))
    has_reported = False
    for document in documents[1:]:
        if "reported" in document:
            policy_id, status_id, status, number = document["reported"]
            memory.record(str(policy_id), str(status_id), str(status), int(number))
            has_reported = True
        else:
            statuses = {status_id: _known(*entry) for status_id, entry in document["statuses"].items()}
            memory.policies[str(document["policy"])] = statuses
    return memory, has_reported


def _known(status: Any, number: Any, missing: Any) -> Known:
    return Known(str(status), int(number), None if missing is None else float(missing))
