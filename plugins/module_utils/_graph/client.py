# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Microsoft Graph over HTTP, for any resource: authorized requests, repeated where that is safe, and pages."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from .._errors import Code, IntuneError, Phase
from .._options import Connection
from .._sign_in.credentials import Credential
from .._sign_in.tokens import Tokens
from .._text import shorten
from .._transport.http import Answer, Transport
from .._transport.retry import Clock, RetryBudget
from .._version import USER_AGENT
from .call import MAX_REQUESTS, Call
from .progress import Progress
from .rate_limits import Budget
from .resource import Family, Operation

LONGEST_HOLD = 3600.0
"""Seconds for which one answer can stop an event source: a wait of years is a mistake, and is asked about again."""

_MOST_PAGES_WITHOUT_NEWS = 100
"""A page may be empty and still have a next one; a service has been seen to send such pages without end."""


class GraphClient:
    """One task's session with Microsoft Graph.

    Args:
        connection: the options.
        credential: how to sign in.
        register_secret: called with each token.
        clock: where time comes from, for tests.
        progress: gets the progress of long reads, and long waits.
    """

    def __init__(
        self,
        connection: Connection,
        credential: Credential,
        register_secret: Callable[[str], object],
        clock: Clock = time,
        progress: Progress | None = None,
    ) -> None:
        self.progress = progress or Progress(None, clock)
        self.retry_budget = RetryBudget(
            connection.retry_timeout, clock, notify=partial(self.progress.report, always=True)
        )
        self._transport = Transport(connection, self.retry_budget)
        self._tokens = Tokens(credential, self._transport, register_secret)
        self._root = f"{connection.graph_url}/{connection.api_version}"
        self._connection = connection
        self._budgets: dict[Family, Budget] = {}
        self._held: tuple[float, IntuneError] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def share(self, family: Family, part: float) -> None:
        """Use this part of a family's request budget, since others use the rest; an envelope must fit into it."""
        self._requests(family).reduce(max(int(family.requests * part), MAX_REQUESTS))

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

    def get(self, path: str, operation: Operation) -> dict[str, Any]:
        """Return the document at *path*.

        Raises:
            IntuneError: the service refused, or did not answer while the task's retry budget lasted.
        """
        return self._repeat(Call("GET", path), operation)[0]

    def pages(self, path: str, operation: Operation) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of each page of a collection, in the service's order; a page can be empty.

        A row that moves from one page to the next while they are read is yielded once.

        Raises:
            IntuneError: a page cannot be read, or the next one is on another host or was read before, or many pages
                bring nothing new.
        """
        call = Call("GET", path)
        read: set[Call] = set()
        ids: set[str] = set()
        count = without_news = 0
        while True:
            if call in read:
                raise self._unfit(call, operation, "the pages' links form a circle")
            read.add(call)
            document = self._repeat(call, operation)[0]
            rows = document.get("value")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise self._unfit(call, operation, "a page without a list of objects in 'value'")
            fresh = []
            for row in rows:
                if not isinstance(row_id := row.get("id"), str):  # not known to be the same
                    fresh.append(row)
                elif row_id not in ids:
                    ids.add(row_id)
                    fresh.append(row)
            without_news = 0 if fresh else without_news + 1
            count += len(fresh)
            self.progress.report(f"{operation.what}: {count} rows so far")
            yield fresh
            link = document.get("@odata.nextLink")
            if link is None or (not rows and link == self._url(call.path)):  # an empty last page may name itself
                return
            if without_news >= _MOST_PAGES_WITHOUT_NEWS:
                raise self._unfit(call, operation, f"{without_news} pages in a row brought nothing new")
            if not (isinstance(link, str) and "://" in link):
                raise self._unfit(call, operation, "a page whose @odata.nextLink is not a URL")
            call = Call("GET", link)

    def patch(self, path: str, body: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Send a PATCH once, or again where the service reports that it did not take it.

        Returns:
            The entity, or {} where the answer has no body.

        Raises:
            IntuneError: the service refused; or, with ``may_have_applied`` set, the change may be in effect: read
                before repeating.
        """
        return self._repeat(Call("PATCH", path, body), operation)[0]

    def post(self, path: str, operation: Operation, body: Any = None) -> dict[str, Any]:
        """Send a POST as `patch` does: an action, which may be answered with 204, or a report, which only reads."""
        return self._repeat(Call("POST", path, body), operation)[0]

    def once(self, call: Call, operation: Operation) -> dict[str, Any]:
        """Send a call and repeat nothing but a refused sign-in: for who knows what may be repeated."""
        return self._attempt(call, operation)[0]

    def batch(self, calls: Sequence[Call], operation: Operation) -> list[dict[str, Any] | IntuneError]:
        """Send up to 20 calls in one envelope; return the document or the error of each, in their order.

        The envelope is repeated where that is safe, its calls are not: who sent them knows what may be repeated.

        Raises:
            IntuneError: the complete envelope failed; with ``may_have_applied`` set, its writes may be in effect.
        """
        from .batch import answers, envelope  # loaded by tasks for many objects

        document, date = self._repeat(envelope(calls), operation, size=len(calls))
        found = answers(document, len(calls), date)
        outcomes = [self._outcome(call, answer, operation) for call, answer in zip(calls, found, strict=True)]
        refused = [error for error in outcomes if isinstance(error, IntuneError) and error.failure.status == 401]
        if refused and self._tokens.renewable:
            # The token expired between the envelope's door and its requests; these were not carried out.
            try:
                self._tokens.renew()
            except IntuneError as final:
                if not operation.writes:
                    raise
                # The other updates were answered, and their outcomes count.
                return [final if outcome in refused else outcome for outcome in outcomes]
            for error in refused:
                error.failure.retryable = True
        return outcomes

    def _outcome(self, call: Call, answer: Answer | None, operation: Operation) -> dict[str, Any] | IntuneError:
        if answer is None:
            message = "the batch came back without an answer to this request"
            return self._unfit(call, operation, message, retryable=True, may_have_applied=True)
        self._transport.counters.throttled += answer.status == 429
        try:
            return self._document(call, answer, operation)
        except IntuneError as error:
            if answer.status == 424:
                # No request depends on another one: the batch failed temporarily, and this one was not carried out.
                error.failure.retryable = True
            return error

    def _repeat(self, call: Call, operation: Operation, size: int = 1) -> tuple[dict[str, Any], str | None]:
        """Send until there is a document, returned with its ``Date``, or an error that is final."""
        attempt = 0
        while True:
            try:
                return self._attempt(call, operation, size)
            except IntuneError as error:
                unsafe = error.may_have_applied and operation.writes
                if not error.failure.retryable or unsafe or error.failure.phase is Phase.AUTH:
                    raise
                attempt += 1
                self.retry_budget.wait(attempt, error)

    def _attempt(self, call: Call, operation: Operation, size: int = 1) -> tuple[dict[str, Any], str | None]:
        """Send once, and once more with a new token where the first was refused."""
        try:
            answer = self._send(call, operation, size)
            if answer.status == 401 and self._tokens.renewable:
                self._tokens.renew()
                self.retry_budget.retries += 1
                answer = self._send(call, operation, size)
            return self._document(call, answer, operation), answer.headers.get("Date")
        except IntuneError as error:
            self.hold(error)
            raise

    def _send(self, call: Call, operation: Operation, size: int) -> Answer:
        """Send one HTTP request, which counts as *size* against the limits of the resource's family."""
        self._refuse_early(call, operation)
        token = self._tokens.get()
        headers = {
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            "client-request-id": str(uuid.uuid4()),
            "return-client-request-id": "true",
        }
        requests = self._requests(operation.resource.family)
        requests.take(size, least=size)
        self._transport.counters.writes += size if operation.writes else 0
        try:
            return self._transport.send(
                call.method,
                self._url(call.path),
                operation,
                headers=headers,
                json_body=call.body,
                bearer=token,
                only=self._root,
            )
        finally:
            requests.spend(size)

    def _requests(self, family: Family) -> Budget:
        if family not in self._budgets:
            self._budgets[family] = self.budget(f"{family.name} requests", family.requests, family.period)
        return self._budgets[family]

    def hold(self, error: IntuneError) -> None:
        """Send nothing before the time for which the service asked: a task that cannot wait cannot go on either."""
        asked = error.failure.retry_after
        if asked is not None and error.failure.phase is not Phase.AUTH:
            self._held = (self.retry_budget.clock.monotonic() + min(asked, LONGEST_HOLD), error)

    def _refuse_early(self, call: Call, operation: Operation) -> None:
        """Raise an error where a request would come before the time for which the service asked.

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
            error.failure,
            message=message,
            phase=operation.phase,
            method=call.method,
            path=self._path(call),
            retry_after=left,
        )
        raise IntuneError(f"{operation.what} failed: {message}", failure)

    def _url(self, path: str) -> str:
        return f"{self._root}{path}" if path.startswith("/") else path

    def _path(self, call: Call) -> str:
        return self._url(call.path).removeprefix(self._connection.graph_url).partition("?")[0]

    def _document(self, call: Call, answer: Answer, operation: Operation) -> dict[str, Any]:
        """Return the object in a successful answer; a write may be answered without one."""
        url = self._url(call.path)
        if not answer.ok:
            from .advice import explain  # loaded where something failed

            error = self._transport.failure(answer, call.method, url, operation)
            raise explain(error, operation, self._tokens, self.retry_budget.clock.time())
        if operation.writes and not answer.body.strip():
            return {}
        try:
            document = answer.json()
        except ValueError as error:
            raise self._transport.not_json(answer, call.method, url, operation, error) from None
        if not isinstance(document, dict):
            raise self._unfit(call, operation, "the answer is JSON, but not an object", may_have_applied=True)
        if isinstance(document.get("error"), dict):
            code, message = document["error"].get("code"), document["error"].get("message")
            text = f"the answer reports success with an error in it: {shorten(f'{code}: {message}')}"
            raise self._unfit(call, operation, text, may_have_applied=True)
        return document

    def _unfit(
        self, call: Call, operation: Operation, message: str, *, retryable: bool = False, may_have_applied: bool = False
    ) -> IntuneError:
        error = operation.failed(
            Code.BAD_RESPONSE, message, retryable=retryable, method=call.method, path=self._path(call)
        )
        error.may_have_applied = may_have_applied
        return error
