# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch: its requests are processed one after the other, and answered in another order."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from .faults.answer import Delivery
from .graph import batch
from .graph.error import GraphError
from .graph.graph import Graph
from .handled import Handled
from .http.exchange import Answer, Exchange

Handle = Callable[[Exchange, "GraphError | None", "frozenset[str] | None"], Handled]
"""Handles one request, given its error if that is known already, and the properties it may change (None: all)."""

_FAILED = 400


class Envelope:
    """A batch that came as request number ``n``."""

    def __init__(self, exchange: Exchange, n: int, graph: Graph, handle: Handle) -> None:
        self._exchange = exchange
        self._n = n
        self._graph = graph
        self._handle = handle
        self._body = b""
        self._parts: list[Handled] = []

    def answer(self, keep: frozenset[str] | None) -> Answer:
        """Processes the batch; the answer."""
        try:
            self._graph.authenticate(self._exchange)
            steps = batch.parse(self._exchange)
        except GraphError as error:
            return error.answer(self._exchange)
        responses = self._done(steps, keep)
        # The service answers in any order; a client that relies on one has to fail here, reproducibly.
        random.Random(self._n).shuffle(responses)
        answer = Answer.of_json(200, {"responses": responses})
        self._body = answer.body
        return answer

    def delivered_parts(self, delivery: Delivery) -> tuple[Handled, ...]:
        """The requests whose answers reach the client with this delivery: all of them or none."""
        complete = delivery.answer is not None and delivery.answer.body == self._body and not delivery.cut
        return tuple(self._parts) if complete else ()

    def delayed(self, delivery: Delivery) -> Delivery:
        """The delivery, delayed as long as the slowest of the requests."""
        latest = max((part.delivery.delay + part.delivery.slow_body for part in self._parts), default=0.0)
        return dataclasses.replace(delivery, delay=delivery.delay + latest)

    def _done(self, steps: list[batch.Step], keep: frozenset[str] | None) -> list[dict[str, object]]:
        responses = []
        status_of: dict[str, int] = {}
        for step in steps:
            failed = any(status_of[key] >= _FAILED for key in step.depends_on)
            refusal = _unmet() if failed else step.refusal
            part = self._handle(step.exchange(self._exchange, self._n), refusal, keep)
            answer = _within(part)
            part.entry.status = status_of[step.key] = answer.status
            self._parts.append(part)
            responses.append(step.answered(answer))
        return responses


def _unmet() -> GraphError:
    return GraphError(424, "FailedDependency", "A request that this one depends on has failed.")


def _within(handled: Handled) -> Answer:
    """The answer as part of the batch; for a closed connection, the answer of the gateway in front of the service."""
    answer = handled.delivery.answer
    if answer is None:
        error = GraphError(504, "GatewayTimeout", "The service behind the gateway closed the connection.")
        return error.answer(handled.exchange)
    return answer.halved() if handled.delivery.cut else answer
