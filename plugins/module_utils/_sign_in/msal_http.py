# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""MSAL's HTTP client: the task's transport, with its retries, and secrets for one host only."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import IntuneError, Phase
from .._transport.http import Answer, Purpose
from .._transport.retry import REPEATED_STATUS

if typing.TYPE_CHECKING:
    from .._transport.http import Transport


class LoginResponse(NamedTuple):
    """An answer with the attributes that MSAL reads."""

    status_code: int
    headers: Mapping[str, str]
    text: str

    def raise_for_status(self) -> None:
        """MSAL calls this before it reads a body, which explains more than an exception."""


class LoginHttp:
    """What MSAL asks of an ``http_client``.

    Args:
        what: the start of an error's sentence.
        host_url: the only host to talk to; None for a managed identity, whose endpoint the platform names.
    """

    def __init__(self, transport: Transport, what: str, host_url: str | None) -> None:
        self._transport = transport
        self._purpose = Purpose(what, Phase.AUTH)
        self._host_url = host_url
        self._last: tuple[Answer, str, str] | None = None

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_more: Any
    ) -> LoginResponse:
        """Send a GET; see `post`."""
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_more: Any,
    ) -> LoginResponse:
        """Send a POST, repeated while the authority is busy or not reachable and the task's retry budget lasts."""
        return self._send("POST", url, params=params, headers=headers, body=data)

    def close(self) -> None:
        """MSAL may close its client; the transport is the task's, which closes it."""

    def last_failure(self) -> IntuneError | None:
        """Return the error in the last answer, None where that was a success or no request was sent."""
        if self._last is None or self._last[0].ok:
            return None
        answer, method, url = self._last
        return self._transport.failure(answer, method, url, self._purpose)

    def _send(self, method: str, url: str, **request: Any) -> LoginResponse:
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._transport.send(method, url, self._purpose, only=self._host_url, **request)
                self._last = (answer, method, url)
                error = self._error(answer, method, url)
            except IntuneError as failed:
                error = failed
            if error is None:
                return LoginResponse(answer.status, answer.headers, answer.body.decode("utf-8", "replace"))
            if not error.failure.retryable:
                raise error
            self._transport.retry_budget.wait(attempt, error)

    def _error(self, answer: Answer, method: str, url: str) -> IntuneError | None:
        """Return the error of an answer that may be repeated; MSAL reads all others itself."""
        if answer.status in REPEATED_STATUS:
            return self._transport.failure(answer, method, url, self._purpose)
        if answer.ok:
            try:
                answer.json()
            except ValueError as error:
                return self._transport.not_json(answer, method, url, self._purpose, error)
        return None
