# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What records, judges and disturbs the requests, whichever service they are for."""

from __future__ import annotations

import dataclasses

from .faults.budget import Budget
from .faults.chaos import Chaos
from .faults.faults import Faults
from .judge.journal import Journal
from .judge.judge import Judge


@dataclasses.dataclass(frozen=True)
class Oversight:
    """The log, the judge, and the reasons why a request is not answered as usual."""

    journal: Journal
    judge: Judge
    faults: Faults
    chaos: Chaos
    budget: Budget

    def clear(self) -> None:
        """Resets everything to the state at the start."""
        self.journal.clear()
        self.judge.clear()
        self.faults.clear()
        self.chaos.clear()
        self.budget.clear()
