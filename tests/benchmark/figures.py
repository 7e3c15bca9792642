# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures as text: medians, ratios, and Markdown tables."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def at_most(value: float, goal: float) -> str:
    """Return the cell of a goal that is met by this much or less."""
    return f"at most {goal:g}: {'met' if value <= goal else 'missed'}"


def at_least(value: float, goal: float) -> str:
    """Return the cell of a goal that is met by this much or more."""
    return f"at least {goal:,g}: {'met' if value >= goal else 'missed'}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median, with the least and the most."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the ratio of two medians."""
    return statistics.median(above) / statistics.median(below)


def less(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return the differences, round by round."""
    return [a - b for a, b in zip(one, other, strict=True)]


def progress(text: str) -> None:
    """Show what is running, on a terminal only."""
    sys.stderr.write(f"{text}\n")
