# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Microsoft Graph over HTTP: authorised requests, repeated where that is safe, and pages."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from .._errors import READ_PERMISSIONS, WRITE_PERMISSIONS, Code, Failure, IntuneError, Phase
from .._options import Connection
from .._sign_in.credentials import Credential, Tokens
from .._transport.http import Answer, Purpose, Transport
from .._transport.retry import Clock, RetryBudget, show_time
from .._version import USER_AGENT
from .batch import MAX_REQUESTS, Call, answers, count_calls, count_writes, envelope
from .progress import Progress
from .rate_limits import REQUEST_LIMIT, REQUEST_PERIOD, WRITE_LIMIT, WRITE_PERIOD, Budget


class GraphClient:
    """One task's conversation with Microsoft Graph.

    Args:
        connection: the options.
        credential: how to sign in.
        register_secret: told of each token.
        clock: where time comes from, for tests.
        progress: told how far long reading is, and of long waits.
    """

    def __init__(
        self,
        connection: Connection,
        credential: Credential,
        register_secret: Callable[[str], None],
        clock: Clock = time,
        progress: Progress | None = None,
    ) -> None:
        self.progress = progress or Progress(None, clock)
        self.retry_budget = RetryBudget(connection.retry_timeout, clock, tell=partial(self.progress.tell, always=True))
        self._transport = Transport(connection, self.retry_budget)
        self._tokens = Tokens(credential, self._transport, register_secret)
        self._root = f"{connection.graph_url}/{connection.api_version}"
        self._connection = connection
        self._budget = self.budget("requests", REQUEST_LIMIT, REQUEST_PERIOD)
        # One task that writes once needs no pacing; many at a time do, where they can tell each other.
        self._writes = self.budget("writes", WRITE_LIMIT, WRITE_PERIOD) if connection.budget_path else None
        self._held: tuple[float, IntuneError] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def share(self, part: float) -> None:
        """Use this part of the budget of requests alone, since others use the rest; an envelope must fit into it."""
        self._budget.reduce(max(int(REQUEST_LIMIT * part), MAX_REQUESTS))

    def budget(self, kind: str, limit: int, period: float) -> Budget:
        """Return a budget of the application's in its tenant: the task's own, or one shared with other tasks."""
        connection, clock = self._connection, self.retry_budget.clock
        if not connection.budget_path:
            return Budget(limit, period, clock)
        from .shared_budget import BudgetFile, SharedBudget  # opt-in, loaded by those who opted in

        # A token that was given has its tenant and application in it.
        claims = self._tokens.claims_of(connection.access_token) if connection.access_token else {}
        tenant, client = claims.get("tid") or connection.tenant_id, claims.get("appid") or connection.client_id
        name = f"{connection.graph_url} {tenant} {client} {kind}".lower()
        return SharedBudget(BudgetFile(connection.budget_path), name, limit, period, clock, connection.timeout)

    def statistics(self) -> dict[str, Any]:
        """Return the modules' ``graph`` return value."""
        counters = self._transport.counters
        return {
            "requests": counters.requests,
            "token_requests": counters.token_requests,
            "writes": counters.writes,
            "retries": self.retry_budget.retries,
            "throttled": counters.throttled,
            "waited_seconds": round(self.retry_budget.waited, 3),
        }

    def get(self, path: str, purpose: Purpose) -> dict[str, Any]:
        """Return the document at *path* below the version's root, or at an absolute link of the service's own.

        Raises:
            IntuneError: the service refused, or did not answer while the task's retry budget lasted.
        """
        return self._repeat("GET", path, purpose)

    def pages(self, path: str, purpose: Purpose) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of each page of a collection, in the service's order; a page can be empty.

        Raises:
            IntuneError: a page cannot be read, or the next one lies elsewhere or was there before.
        """
        link: Any = path
        seen = set()
        count = 0
        while link is not None:
            if link in seen:
                raise self._unfit(purpose, path, Code.BAD_RESPONSE, "the pages' links go round in a circle")
            seen.add(link)
            document = self.get(link, purpose)
            rows = document.get("value")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise self._unfit(purpose, path, Code.BAD_RESPONSE, "a page without a list of objects in 'value'")
            count += len(rows)
            self.progress.tell(f"{purpose.what}: {count} rows so far")
            yield rows
            link = document.get("@odata.nextLink")
            if link is not None and not (isinstance(link, str) and "://" in link):
                raise self._unfit(purpose, path, Code.BAD_RESPONSE, "a page whose @odata.nextLink is not a URL")

    def patch(self, path: str, body: Mapping[str, Any], purpose: Purpose) -> dict[str, Any]:
        """Send a PATCH once, or again where the service said that it did not take it; return the entity, or {}.

        Raises:
            IntuneError: the service refused; or, with ``may_have_applied`` set, the change may be in effect: read
                before repeating.
        """
        return self._repeat("PATCH", path, purpose, body)

    def batch(self, calls: Sequence[Call], purpose: Purpose) -> list[dict[str, Any] | IntuneError]:
        """Send up to 20 requests in one envelope; return the document or the error of each, in their order.

        The envelope is repeated where that is safe, its requests are not: who sent them knows what may be repeated.

        Raises:
            IntuneError: the envelope as a whole failed; with ``may_have_applied`` set, its writes may have been taken.
        """
        document, date = self._exchange("POST", "/$batch", purpose, envelope(calls))
        found = answers(document, len(calls), date)
        outcomes = [self._outcome(call, answer, purpose) for call, answer in zip(calls, found, strict=True)]
        refused = [error for error in outcomes if isinstance(error, IntuneError) and error.failure.status == 401]
        if refused and self._tokens.renewable:
            # The token expired between the envelope's door and its requests; these were not carried out.
            self._tokens.renew()
            for error in refused:
                error.failure.retryable = True
        return outcomes

    def _outcome(self, call: Call, answer: Answer | None, purpose: Purpose) -> dict[str, Any] | IntuneError:
        if answer is None:
            message = "the batch came back without an answer to this request"
            failure = Failure(Code.BAD_RESPONSE, message, purpose.phase, retryable=True, path=call.path)
            return IntuneError(f"{purpose.what} failed: {message}", failure, may_have_applied=True)
        self._transport.counters.throttled += answer.status == 429
        if not answer.ok:
            error = self._explain(self._transport.failure(answer, call.method, self._url(call.path), purpose))
            if answer.status == 424:
                # No request of ours depends on another: the batch stumbled, and this one was not carried out.
                error.failure.retryable = True
            return error
        try:
            return self._document(answer, call.method, call.path, purpose)
        except IntuneError as error:
            return error

    def _repeat(self, method: str, path: str, purpose: Purpose, body: Any = None) -> dict[str, Any]:
        return self._exchange(method, path, purpose, body)[0]

    def _exchange(
        self, method: str, path: str, purpose: Purpose, body: Any = None
    ) -> tuple[dict[str, Any], str | None]:
        """Send until there is a document, returned with its ``Date``, or an error that is final."""
        writes = count_writes(method, body)
        attempt = 0
        renewed = False
        while True:
            try:
                answer = self._send(method, path, purpose, body)
                if answer.ok:
                    return self._document(answer, method, path, purpose), answer.headers.get("Date")
                if answer.status == 401 and self._tokens.renewable and not renewed:
                    renewed = True
                    self._tokens.renew()
                    self.retry_budget.retries += 1
                    continue
                raise self._explain(self._transport.failure(answer, method, self._url(path), purpose))
            except IntuneError as error:
                unsafe = error.may_have_applied and writes > 0
                self.hold(error)
                if not error.failure.retryable or unsafe or error.failure.phase is Phase.AUTH:
                    raise
                attempt += 1
                self.retry_budget.wait(attempt, error)

    def _send(self, method: str, path: str, purpose: Purpose, body: Any) -> Answer:
        url = self._url(path)
        self._refuse_early(method, path, purpose)
        token = self._tokens.get()
        headers = {
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            "client-request-id": str(uuid.uuid4()),
            "return-client-request-id": "true",
        }
        calls = count_calls(method, body)
        self._budget.take(calls, least=calls)
        if self._writes is not None and method == "PATCH":
            self._writes.take(1)
        self._transport.counters.writes += count_writes(method, body)
        try:
            return self._transport.send(
                method, url, purpose, headers=headers, json_body=body, bearer=token, only=self._root
            )
        finally:
            self._budget.spend(calls)
            if self._writes is not None and method == "PATCH":
                self._writes.spend(1)

    def hold(self, error: IntuneError) -> None:
        """Send nothing before the service wants to hear again: a task without time to wait cannot go on either."""
        asked = error.failure.retry_after
        if asked is not None and error.failure.phase is not Phase.AUTH:
            self._held = (self.retry_budget.clock.monotonic() + asked, error)

    def _refuse_early(self, method: str, path: str, purpose: Purpose) -> None:
        """Raise an error where a request would come before the time that the service asked to wait.

        Calling early counts against the budget, and after a throttled envelope no other request is better.
        """
        if self._held is None:
            return
        ends, error = self._held
        left = ends - self.retry_budget.clock.monotonic()
        if left <= 0:
            self._held = None
            return
        message = f"not sent, since the service asked to wait {left:.3g} s more: {error.failure.message}"
        failure = dataclasses.replace(
            error.failure, message=message, phase=purpose.phase, method=method, path=path, retry_after=left
        )
        raise IntuneError(f"{purpose.what} failed: {message}", failure)

    def _url(self, path: str) -> str:
        return f"{self._root}{path}" if path.startswith("/") else path

    def _document(self, answer: Answer, method: str, path: str, purpose: Purpose) -> dict[str, Any]:
        if method == "PATCH" and not answer.body.strip():
            return {}
        try:
            document = answer.json()
        except ValueError:
            raise self._transport.not_json(answer, method, self._url(path), purpose) from None
        if not isinstance(document, dict):
            raise self._unfit(
                purpose, path, Code.BAD_RESPONSE, "the answer is JSON, but not an object", may_have_applied=True
            )
        return document

    def _unfit(
        self, purpose: Purpose, path: str, code: str, message: str, *, may_have_applied: bool = False
    ) -> IntuneError:
        failure = Failure(code, message, purpose.phase, method="GET", path=path.partition("?")[0])
        return IntuneError(f"{purpose.what} failed: {message}", failure, may_have_applied=may_have_applied)

    def _explain(self, error: IntuneError) -> IntuneError:
        """Say what a refusal means: permissions for a 403, the token's own words for a 401, ids for a 404."""
        failure = error.failure
        if failure.status == 403:
            writes = failure.phase is Phase.WRITE
            failure.required_permissions = failure.required_permissions or (
                WRITE_PERMISSIONS if writes else READ_PERMISSIONS
            )
            failure.token_roles = self._tokens.roles()
            error.sentence = (
                f"{error.sentence}; grant the application {' or '.join(failure.required_permissions)} in Microsoft "
                f"Entra, with admin consent; its token carries {', '.join(failure.token_roles) or 'no permission'}"
            )
        elif failure.status == 401:
            failure.code = Code.AUTH_FAILED
            error.sentence = f"{error.sentence}; {self._about_token()}"
        elif failure.status == 404:
            failure.code = Code.NOT_FOUND
            error.sentence = f"{error.sentence}; check policy_id and status_id, and that tenant_id and cloud fit them"
        return error

    def _about_token(self) -> str:
        claims = self._tokens.claims()
        audience, expires = claims.get("aud"), claims.get("exp")
        if isinstance(expires, (int, float)) and expires < self.retry_budget.clock.time():
            return f"the token expired at {show_time(expires)}; get a new one"
        return f"the token (audience {audience or 'unknown'}) is not accepted; check cloud, graph_url and tenant_id"
