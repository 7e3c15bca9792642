# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Failures, as one exception with a sentence for a person and a structure for a playbook."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from ._text import printable

_MAX_PROBLEMS = 50


class Phase(str, enum.Enum):
    """What the task was doing when it failed."""

    VALIDATE = "validate"
    AUTH = "auth"
    READ = "read"
    WRITE = "write"
    VERIFY = "verify"


class Code:
    """The values of ``failure.code`` that the collection defines; any other is the service's."""

    INVALID_OPTION = "invalid_option"
    MISSING_LIBRARY = "missing_library"
    AUTH_FAILED = "auth_failed"
    NOT_FOUND = "not_found"
    AMBIGUOUS_MATCH = "ambiguous_match"
    WRITE_NOT_SUPPORTED = "write_not_supported"
    NOT_PERSISTED = "not_persisted"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    FOREIGN_LINK = "foreign_link"
    BAD_RESPONSE = "bad_response"


@dataclasses.dataclass
class Failure:
    """The ``failure`` that a task returns.

    ``retry_after`` is in seconds. ``details`` holds the keys that only some failures have (``candidates``,
    ``properties``).
    """

    code: str
    message: str
    phase: Phase
    service_code: str | None = None
    status: int | None = None
    retryable: bool = False
    retry_after: float | None = None
    method: str | None = None
    path: str | None = None
    request_id: str | None = None
    client_request_id: str | None = None
    activity_id: str | None = None
    required_permissions: list[str] = dataclasses.field(default_factory=list)
    token_roles: list[str] = dataclasses.field(default_factory=list)
    details: dict[str, Any] = dataclasses.field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what a playbook reads."""
        fields = dataclasses.asdict(self)
        details = fields.pop("details")
        return {**fields, "phase": self.phase.value, **details}


class IntuneError(Exception):
    """A failure that the collection reports.

    Args:
        sentence: what happened and what to do next, for the task's ``msg``.
        failure: the same for a playbook.
        result: further keys of the task's result (``changed``, ``diff`` …), where some were known by then.
        may_have_applied: whether the request may have taken effect although no answer to it arrived.
    """

    def __init__(
        self,
        sentence: str,
        failure: Failure,
        *,
        result: Mapping[str, Any] | None = None,
        may_have_applied: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.failure = failure
        self.result = dict(result or {})
        self.may_have_applied = may_have_applied

    @property
    def sentence(self) -> str:
        """One line without control characters, which services may quote: ansible-core prints it as it is."""
        return self._sentence

    @sentence.setter
    def sentence(self, text: str) -> None:
        self._sentence = printable(text)

    def __str__(self) -> str:
        return self.sentence


class InvalidOptionsError(IntuneError):
    """Options that are not valid, found without the network.

    Args:
        problems: sentences that each name the option. The first of them are shown, and the number of the others.
    """

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - _MAX_PROBLEMS
        sentence = "; ".join(problems[:_MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(sentence, Failure(Code.INVALID_OPTION, sentence, Phase.VALIDATE))
        self.problems = problems
