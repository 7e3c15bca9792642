# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What can go wrong, as one exception with a sentence for a person and a structure for a playbook."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

READ_PERMISSIONS = ["DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"]
WRITE_PERMISSIONS = ["DeviceManagementConfiguration.ReadWrite.All"]

# Compiled when they are first used: most tasks do not fail, and each start of a module counts.
_PERMISSION = r"\b[A-Z][A-Za-z]+\.(?:Read|ReadWrite)\.All\b"
_ACTIVITY_ID = r"Activity ID:\s*([0-9a-fA-F-]{36})"
_SURROGATE = r"\\u[dD][89a-fA-F]"
_HTML_TITLE = r"(?i)<title\b[^<>]*>([^<]*)</title>"
_INTUNE_TRAILER = "Operation ID (for customer support):"
_ENTRA_TRAILER = "Trace ID:"
_MAX_SHOWN = 300
_MAX_PROBLEMS = 50
_MAX_DEPTH = 100
_MAX_CONTAINERS = 4_000_000
_CONTAINERS = frozenset({dict, list})
_MAX_PERMISSIONS = 10


class Phase(str, enum.Enum):
    """What the task was doing when it failed."""

    VALIDATE = "validate"
    AUTH = "auth"
    READ = "read"
    WRITE = "write"
    VERIFY = "verify"


class Code:
    """The values of ``failure.code`` that are ours; any other is the service's own."""

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
    """A failure of this collection's own code.

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
        """One line that acts on no terminal: ansible-core prints a task's ``msg`` as it is, and services may quote."""
        return self._sentence

    @sentence.setter
    def sentence(self, text: str) -> None:
        self._sentence = printable(text)

    def __str__(self) -> str:
        return self.sentence


class InvalidOptionsError(IntuneError):
    """Options that cannot be right, found without the network.

    Args:
        problems: sentences that each name the option. The first of them are told, and how many more there are.
    """

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - _MAX_PROBLEMS
        sentence = "; ".join(problems[:_MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(sentence, Failure(Code.INVALID_OPTION, sentence, Phase.VALIDATE))
        self.problems = problems


class ServiceMessage(NamedTuple):
    """A Graph error, read from whatever came back."""

    code: str | None
    text: str
    request_id: str | None = None
    client_request_id: str | None = None
    activity_id: str | None = None
    retry_after: Any = None
    permissions: tuple[str, ...] = ()
    """The permissions that the service named, in its order."""


def parse_json(text: str | bytes) -> Any:
    """Return the document; ValueError where there is none, also for one nested deeper than any that is meant.

    Half of a surrogate pair becomes a question mark. It is valid in JSON, but no file holds it, and ansible-core
    refuses a whole result for it.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")  # Python's parser would let surrogates through, and guess at UTF-16
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    check_shape(document)
    if "\\u" in text and re.search(_SURROGATE, text):  # the first is fast, and mostly enough
        document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    return document


def check_shape(document: Any) -> None:
    """Raise ValueError for a document that is nested too deep, or that aliases (YAML's) blow up.

    What Python's parser can still follow, whoever shows or stores it later cannot, ansible-core among them.
    """
    level: list[Any] = [[document]]
    for _depth in range(_MAX_DEPTH + 1):
        # By the type itself, which takes half as long: parsers make no others, and each value of a page is looked at.
        inside = (
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _CONTAINERS
        )
        level = list(itertools.islice(inside, _MAX_CONTAINERS))
        if not level:
            return
        if len(level) == _MAX_CONTAINERS:
            raise ValueError("more lists and objects than any that is meant")
    raise ValueError("nested too deep")


def read_service_message(body: bytes, headers: Mapping[str, str]) -> ServiceMessage:
    """Read an error answer: Graph's JSON, Intune's JSON inside it, its older flat form, HTML, nothing or half of it."""
    request_id, client_request_id = headers.get("request-id"), headers.get("client-request-id")
    try:
        document = parse_json(body)
    except ValueError:
        return ServiceMessage(None, _describe_other(body), request_id, client_request_id)
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str):  # OAuth's form
        text = _before(_ENTRA_TRAILER, str(document.get("error_description") or error))
        ids = (_text(document.get("trace_id")), _text(document.get("correlation_id")))
        return ServiceMessage(_text(error), shorten(text) or "no message", *ids)
    if not isinstance(error, dict):
        return ServiceMessage(None, shorten(json.dumps(document)), request_id, client_request_id)
    inner = error.get("innerError") or error.get("innererror")
    inner = inner if isinstance(inner, dict) else {}
    text, retry_after = _read_intune_message(error.get("message"))
    activity = re.search(_ACTIVITY_ID, text)
    return ServiceMessage(
        code=_text(error.get("code")),
        text=shorten(_before(_INTUNE_TRAILER, text)) or "no message",
        request_id=_text(inner.get("request-id")) or request_id,
        client_request_id=_text(inner.get("client-request-id")) or client_request_id,
        activity_id=activity[1] if activity else None,
        retry_after=retry_after,
        permissions=tuple(dict.fromkeys(re.findall(_PERMISSION, text)))[:_MAX_PERMISSIONS],
    )


def shorten(text: str) -> str:
    """Return *text* on one line, cut to what a person reads in an error."""
    return _cut(" ".join(text.split()))


def quoted(value: Any) -> str:
    """Return a value as an error quotes it: its beginning, where it is long."""
    try:
        return _cut(repr(value))
    except (RecursionError, ValueError):  # ValueError: Python writes out no number of thousands of digits
        return "a value too deep or too long to show"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def printable(text: str) -> str:
    """Return *text* with all that would act on a terminal, instead of showing, written out: ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _text(value: Any) -> str | None:
    return shorten(str(value)) if value not in (None, "") else None


def _before(trailer: str, text: str) -> str:
    """Return what stands before a trailer and its dash.

    By finding, as a regular expression with blanks around the dash takes time by the square of their number.
    """
    head, found, _rest = text.partition(trailer)
    return head.rstrip().removesuffix("-").rstrip() if found else text


def _read_intune_message(message: Any) -> tuple[str, Any]:
    """Return the text and the wait in Intune's ``message``, nested JSON or flat."""
    text = message if isinstance(message, str) else json.dumps(message) if message is not None else ""
    if not text.lstrip().startswith("{"):
        return text, None
    try:
        nested = parse_json(text)
    except ValueError:
        return text, None
    return str(nested.get("Message") or nested.get("CustomApiErrorPhrase") or text), nested.get("RetryAfter")


def _describe_other(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "an empty answer"
    title = re.search(_HTML_TITLE, text)
    if title and title[1].strip():
        return f"a web page titled '{shorten(title[1])}'"
    return f"an answer that is not JSON: {shorten(text)}"
