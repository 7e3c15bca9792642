# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of random faults, by the names in the README."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

Do = Mapping[str, object]
"""The member ``do`` of a fault rule."""

_TRANSIENT = (408, 500, 502, 503, 504, 509)


@dataclasses.dataclass(frozen=True)
class ChaosKind:
    """A kind of fault: what it does, given a short wait in seconds, and to which requests it can apply.

    Without a selection, the kinds with ``by_default`` are used.
    """

    name: str
    do: Callable[[float], Do]
    alone: bool = True
    inside: bool = True
    by_default: bool = True

    def applies_to(self, in_batch: bool) -> bool:
        """Whether it can apply to a request inside a batch, or to one that is not."""
        return self.inside if in_batch else self.alone


def _always(**do: object) -> Callable[[float], Do]:
    return lambda _wait: do


def _throttled(status: int, retry_after: Callable[[float], object]) -> Callable[[float], Do]:
    return lambda wait: {"status": status, "retry_after": retry_after(wait)}


def _decimal(wait: float) -> object:
    return f"{wait:.3f}"


KINDS = {
    kind.name: kind
    for kind in (
        ChaosKind("429_decimal", _throttled(429, _decimal)),
        # One second is the shortest wait in integers, and a date is rounded down to a second.
        ChaosKind("429_integer", _throttled(429, lambda _wait: "1")),
        ChaosKind("429_http_date", _throttled(429, lambda wait: {"http_date_in": 1 + wait})),
        ChaosKind("429_nested", _throttled(429, lambda wait: {"nested": wait})),
        ChaosKind("429_absent", _always(status=429)),
        ChaosKind("503_retry_after", _throttled(503, _decimal)),
        *(ChaosKind(str(status), _always(status=status)) for status in _TRANSIENT),
        ChaosKind("500_nested", _always(status=500, body_form="nested")),
        ChaosKind("500_flat", _always(status=500, body_form="flat")),
        ChaosKind("500_applied", _always(status=500, apply=True)),
        ChaosKind("504_applied", _always(status=504, apply=True)),
        ChaosKind("424", _always(status=424), alone=False),
        ChaosKind("502_html", _always(status=502, body_form="html"), inside=False),
        ChaosKind("503_empty", _always(status=503, body_form="empty"), inside=False),
        ChaosKind("html", _always(body_form="html"), inside=False),
        ChaosKind("empty", _always(body_form="empty"), inside=False),
        ChaosKind("cut", _always(body_form="cut"), inside=False),
        ChaosKind("cut_json", _always(body_form="cut_json"), inside=False),
        ChaosKind("drop_before", _always(drop="before"), inside=False),
        ChaosKind("drop_after", _always(drop="after"), inside=False),
        # A client cannot succeed by repeating this one.
        ChaosKind("keep_nothing", _always(keep_nothing=True), by_default=False),
    )
}
