# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""JSON batching: up to 20 requests in one envelope, each with its own answer.

Source: Microsoft's page "Combine multiple HTTP requests using JSON batching".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from .._transport.http import Answer
from .call import Call


def envelope(calls: Sequence[Call]) -> Call:
    """Return the call that carries these; the id of each is its place."""
    return Call("POST", "/$batch", {"requests": [_request(str(place), call) for place, call in enumerate(calls)]})


def _request(identifier: str, call: Call) -> dict[str, Any]:
    request: dict[str, Any] = {"id": identifier, "method": call.method, "url": call.path}
    if call.body is not None:
        # Each request with a body needs its own; the envelope's does not count.
        request["headers"] = {"Content-Type": "application/json"}
        request["body"] = call.body
    return request


def answers(document: Any, count: int, date: str | None = None) -> list[Answer | None]:
    """Return each call's answer in the order of the calls, None where it is missing: they come back in any order.

    *date* is the envelope's ``Date``, from which a date in an answer's Retry-After counts. Two answers to one
    call count as none, since either may be the true one.
    """
    found: dict[str, list[Answer]] = {str(place): [] for place in range(count)}
    responses = document.get("responses") if isinstance(document, dict) else None
    for response in responses if isinstance(responses, list) else ():
        identifier = response.get("id") if isinstance(response, dict) else None
        if isinstance(identifier, str) and identifier in found and _is_status(response.get("status")):
            given_headers = response.get("headers")
            headers = _headers(given_headers if isinstance(given_headers, dict) else {})
            answer = Answer(
                status=response["status"],
                headers={"Date": date, **headers} if date else headers,
                body=_body(response.get("body")),
            )
            found[identifier].append(answer)
    return [given[0] if len(given) == 1 else None for given in found.values()]


def _is_status(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _body(body: Any) -> bytes:
    """Return a body as it would have come outside a batch. What is not JSON comes as text, in base64."""
    if body is None:
        return b""
    if not isinstance(body, str):
        return json.dumps(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return body.encode("utf-8", "replace")


def _headers(headers: dict[str, Any]) -> dict[str, str]:
    """Return the headers as they are spelled in HTTP examples; a sub-answer's are a plain, case-sensitive object."""
    names = {name.lower(): name for name in ("Retry-After", "Date", "Location", "request-id", "client-request-id")}
    return {names.get(str(name).lower(), str(name)): str(value) for name, value in headers.items()}
