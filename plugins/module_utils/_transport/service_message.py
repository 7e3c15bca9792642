# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A Graph error, read from whatever came back: JSON, Intune's JSON inside it, OAuth's form, HTML, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._text import shorten
from .json_document import parse_json

# Compiled when they are first used: most tasks do not fail, and each start of a module counts.
_PERMISSION = r"\b[A-Z][A-Za-z]+\.(?:Read|ReadWrite)\.All\b"
_ACTIVITY_ID = r"Activity ID:\s*([0-9a-fA-F-]{36})"
_HTML_TITLE = r"(?i)<title\b[^<>]*>([^<]*)</title>"
_INTUNE_TRAILER = "Operation ID (for customer support):"
_ENTRA_TRAILER = "Trace ID:"
_MAX_PERMISSIONS = 10
_MOST_NESTED = 3


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


def read_service_message(body: bytes, headers: Mapping[str, str]) -> ServiceMessage:
    """Read an error answer: Graph's JSON with Intune's JSON or its older flat form in it, HTML, or a partial one."""
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


def _text(value: Any) -> str | None:
    return shorten(str(value)) if value not in (None, "") else None


def _before(trailer: str, text: str) -> str:
    """Return what stands before a trailer and its dash.

    Without a regular expression: with blanks around the dash, one takes time by the square of their number.
    """
    head, found, _rest = text.partition(trailer)
    return head.rstrip().removesuffix("-").rstrip() if found else text


def _read_intune_message(message: Any) -> tuple[str, Any]:
    """Return the text and the wait in Intune's ``message``: flat, or JSON that may be nested in JSON again."""
    text = message if isinstance(message, str) else json.dumps(message) if message is not None else ""
    retry_after, code = None, None
    for _level in range(_MOST_NESTED):
        if not text.lstrip().startswith("{"):
            break
        try:
            nested = parse_json(text)
        except ValueError:
            break
        text = str(nested.get("Message") or nested.get("CustomApiErrorPhrase") or text)
        retry_after = nested.get("RetryAfter") or retry_after
        code = nested.get("ErrorCode") or code
    return f"{code}: {text}" if code and str(code) not in text else text, retry_after


def _describe_other(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "an empty answer"
    title = re.search(_HTML_TITLE, text)
    if title and title[1].strip():
        return f"a web page titled '{shorten(title[1])}'"
    return f"an answer that is not JSON: {shorten(text)}"
