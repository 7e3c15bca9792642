# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the answer that a fault describes, from the request and, where needed, its ordinary answer."""

from __future__ import annotations

import dataclasses
import email.utils
import json
import time
from collections.abc import Callable

from ..entra.error import EntraError
from ..graph import error as graph_error
from ..http.exchange import Answer, Exchange, Kind
from .faults import BodyForm, Drop, Effect, RetryAfter, RetryIn

Ordinary = Callable[["frozenset[str] | None"], Answer]
"""Answers a request without the fault, keeping only the properties named (None: all)."""

_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "ResourceNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    424: "FailedDependency",
    429: "TooManyRequests",
    500: "InternalServerError",
    501: "NotImplemented",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
    509: "BandwidthLimitExceeded",
}
_HTML = (
    "<!DOCTYPE html>\r\n<html><head><title>{status}</title></head>\r\n"
    "<body><h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as "
    "possible. Please check back soon.</p></body></html>\r\n"
)


@dataclasses.dataclass(frozen=True)
class Delivery:
    """An answer and how it is sent. Without an answer, the connection is closed.

    ``delay`` and ``slow_body`` are seconds; ``cut`` ends the connection in the middle of the body. The answer makes
    the client wait ``wait_seconds`` after it is sent, or until the Unix time ``wait_until``.
    """

    answer: Answer | None
    delay: float = 0.0
    slow_body: float = 0.0
    cut: bool = False
    wait_seconds: float | None = None
    wait_until: float | None = None


def deliver(effect: Effect, exchange: Exchange, ordinary: Ordinary) -> Delivery:
    """The answer to a request to which a fault applies."""
    if effect.drop is Drop.BEFORE:
        return Delivery(None, delay=effect.delay)
    if effect.redirect is not None:
        answer = Answer(effect.status or 302, headers={"Location": effect.redirect})
    elif effect.answer_json is not None:
        answer = Answer.of_json(effect.status or 200, effect.answer_json.content)
    elif effect.status is not None:
        if effect.apply:
            ordinary(effect.keep)
        answer = _refusal(effect, effect.status, exchange)
    else:
        answer = _altered(effect, ordinary(effect.keep))
    if effect.drop is Drop.AFTER:
        return Delivery(None, delay=effect.delay)
    delivery = Delivery(answer, effect.delay, effect.slow_body, cut=effect.body_form is BodyForm.CUT)
    return delivery if effect.retry_after is None else _with_retry_after(delivery, answer, effect.retry_after)


def _altered(effect: Effect, answer: Answer) -> Answer:
    if effect.foreign_next_link is not None and answer.status == 200:
        content = json.loads(answer.body)
        content["@odata.nextLink"] = effect.foreign_next_link
        answer = Answer.of_json(200, content)
    return _formed(effect.body_form, answer)


def _refusal(effect: Effect, status: int, exchange: Exchange) -> Answer:
    code = effect.code or _CODES.get(status, "UnknownError")
    message = effect.message or f"A fault of the emulator answers {status}."
    if exchange.kind is Kind.AUTHORITY:
        answer = dataclasses.replace(_entra(effect, message, status).answer(), status=status)
    elif exchange.kind is Kind.IMDS:
        answer = Answer.of_json(status, {"error": code, "error_description": message})
    else:
        answer = Answer.of_json(status, _graph_content(effect, exchange, code, message))
    if status < 400 and effect.body_form is None:
        return Answer(status)
    return _formed(effect.body_form, answer)


def _graph_content(effect: Effect, exchange: Exchange, code: str, message: str) -> object:
    retry = effect.retry_after
    if retry is not None and retry.place is RetryIn.NESTED:
        message = graph_error.nested_message(exchange, message, retry.seconds)
    elif effect.body_form is BodyForm.NESTED:
        message = graph_error.nested_message(exchange, message)
    elif effect.body_form is BodyForm.FLAT:
        message = graph_error.flat_message(exchange, message)
    return graph_error.envelope(exchange, code, message)


def _entra(effect: Effect, message: str, status: int) -> EntraError:
    # AADSTS90033: "A transient error has occurred. Please try again."
    return EntraError(effect.code or "temporarily_unavailable", 90033, message, status)


def _formed(form: BodyForm | None, answer: Answer) -> Answer:
    if form is BodyForm.HTML:
        page = _HTML.format(status=answer.status).encode()
        return Answer(answer.status, page, answer.headers | {"Content-Type": "text/html; charset=us-ascii"})
    if form is BodyForm.EMPTY:
        return dataclasses.replace(answer, body=b"")
    if form is BodyForm.CUT_JSON:
        return answer.halved()
    return answer


def _with_retry_after(delivery: Delivery, answer: Answer, retry: RetryAfter) -> Delivery:
    if retry.place is RetryIn.NESTED:
        return dataclasses.replace(delivery, wait_seconds=retry.seconds)
    if retry.place is RetryIn.HTTP_DATE_IN:
        header = email.utils.formatdate(time.time() + retry.seconds, usegmt=True)
    else:
        header = retry.header
    seconds, until = _read_header(header)
    extended = answer.with_headers({"Retry-After": header})
    return dataclasses.replace(delivery, answer=extended, wait_seconds=seconds, wait_until=until)


def _read_header(text: str) -> tuple[float | None, float | None]:
    """The seconds to wait, or the Unix time to wait for; neither for a header that is invalid."""
    try:
        return float(text), None
    except ValueError:
        pass
    try:
        return None, email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None, None
