# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that was processed, whose answer may not have been sent yet."""

from __future__ import annotations

import dataclasses

from .faults.answer import Delivery
from .http.exchange import Exchange
from .judge.journal import Entry


@dataclasses.dataclass(frozen=True)
class Handled:
    """A request, its entry in the log, and its answer.

    ``parts`` are the requests of a batch whose answers are part of this answer.
    """

    exchange: Exchange
    entry: Entry
    delivery: Delivery
    parts: tuple[Handled, ...] = ()
