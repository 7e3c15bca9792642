# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dispatches requests: each is logged, judged and answered, alone as well as inside a batch."""

from __future__ import annotations

import time
from typing import Protocol

from .envelope import Envelope
from .faults.answer import Delivery, deliver
from .faults.budget import Excess
from .faults.faults import Effect
from .graph.error import GraphError
from .graph.graph import Graph
from .handled import Handled
from .http.exchange import Answer, Exchange, Kind
from .oversight import Oversight
from .settings import CurrentSettings


class Handler(Protocol):
    """A service whose requests change nothing."""

    def answer(self, exchange: Exchange) -> Answer:
        """The ordinary answer to a request."""


class Dispatcher:
    """Passes requests of each kind to the service that answers them."""

    def __init__(
        self,
        settings: CurrentSettings,
        graph: Graph,
        readers: dict[Kind, Handler],
        hosts: dict[Kind, str],
        oversight: Oversight,
    ) -> None:
        self._settings = settings
        self._graph = graph
        self._readers = readers
        self._hosts = hosts
        self._journal = oversight.journal
        self._judge = oversight.judge
        self._faults = oversight.faults
        self._chaos = oversight.chaos
        self._budget = oversight.budget

    def handle(
        self, exchange: Exchange, refusal: GraphError | None = None, keep: frozenset[str] | None = None
    ) -> Handled:
        """Processes a request.

        ``refusal`` is the answer to a request that is not processed; of a write, only the properties named in
        ``keep`` are kept (None: all).
        """
        excess = None if refusal is not None else self._excess(exchange)
        effect = None if refusal is not None else self._effect(exchange, excess)
        entry = self._journal.open(exchange, None if effect is None else effect.given)
        self._judge.check(exchange, entry.n, self._graph.patch(exchange))
        if refusal is not None:
            return Handled(exchange, entry, Delivery(refusal.answer(exchange)))
        if excess is not None:
            self._judge.exceeded(exchange, entry.n, excess.limits)
        envelope = Envelope(exchange, entry.n, self._graph, self.handle)

        def ordinary(kept: frozenset[str] | None) -> Answer:
            return self._answer(exchange, keep if kept is None else kept, envelope)

        delivery = Delivery(ordinary(None)) if effect is None else deliver(effect, exchange, ordinary)
        return Handled(exchange, entry, envelope.delayed(delivery), envelope.delivered_parts(delivery))

    def note_waits(self, handled: Handled) -> None:
        """Records how long the client has to wait, according to the answer that is being sent."""
        for part in (handled, *handled.parts):
            delivery = part.delivery
            until = delivery.wait_until
            if delivery.wait_seconds is not None:
                until = time.time() + delivery.wait_seconds
            if until is not None and delivery.answer is not None:
                part.entry.retry_at = until
                self._judge.note_wait(part.exchange, delivery.answer.status, until)

    def _excess(self, exchange: Exchange) -> Excess | None:
        # The requests inside an envelope count instead of it; one without a valid token counts for no application.
        if exchange.kind is not Kind.GRAPH or exchange.is_envelope or exchange.host != self._hosts[Kind.GRAPH]:
            return None
        try:
            application = self._graph.authenticate(exchange).app_id
        except GraphError:
            return None
        return self._budget.take(application, self._graph.family(exchange), exchange.is_write)

    def _effect(self, exchange: Exchange, excess: Excess | None) -> Effect | None:
        # Faults do not apply to a request over budget.
        if excess is not None:
            return excess.effect(self._settings.values.retry_after_form)
        return self._faults.take(exchange) or self._chaos.take(exchange)

    def _answer(self, exchange: Exchange, keep: frozenset[str] | None, envelope: Envelope) -> Answer:
        host = self._hosts[exchange.kind]
        if exchange.host != host:
            text = f"This is {exchange.host}; the emulator's {exchange.kind.value} is at {host}."
            return Answer(421, text.encode(), {"Content-Type": "text/plain"})
        if exchange.kind is not Kind.GRAPH:
            return self._readers[exchange.kind].answer(exchange)
        return envelope.answer(keep) if exchange.is_envelope else self._graph.answer(exchange, keep)
