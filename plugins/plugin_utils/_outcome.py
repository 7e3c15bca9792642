# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The result of a bulk task in sentences that a person reads."""

from __future__ import annotations

import collections
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_MAX_SHOWN = 10
_WRONG = ("failed", "not_attempted")

Entry = Mapping[str, Any]


class Told(NamedTuple):
    """``sentences`` for everybody; ``problem``, for who has to do something, is None where all is as declared."""

    sentences: list[str]
    problem: str | None


def tell(result: Entry, statuses: Sequence[Entry], places: Sequence[str]) -> Told:
    """Return what became of the items: how many, what changed, and each that is not as declared, up to a number.

    Args:
        result: what `intune_device_compliance_status_bulk` returned.
        statuses: the items that it was given.
        places: what to call each of them; empty to count them from 0.
    """

    def place(index: int) -> str:
        return places[index] if index < len(places) else f"statuses[{index}]"

    message = re.sub(
        r"statuses\[(\d+)\]", lambda found: place(int(found[1])), str(result.get("msg", "it did not say why"))
    )
    summary = result.get("summary")
    if summary is None:
        return Told([], message)
    wrong = [index for index, entry in enumerate(result["results"]) if entry["outcome"] in _WRONG]
    # By what was sent, for a task can be in check mode when its play is not.
    predicted = summary["changed"] > 0 and result["graph"]["writes"] == 0
    lines = [_count(summary, predicted), *_changes(result["results"], predicted)]
    for index in wrong[:_MAX_SHOWN]:
        entry = result["results"][index]
        failure = entry["failure"] or {}
        outcome = entry["outcome"].replace("_", " ").capitalize()
        why = f"{failure.get('code')}, {failure.get('message')}"
        lines.append(f"{outcome}, {place(index)}{_named(statuses[index])}: {why}")
    if len(wrong) > _MAX_SHOWN:
        lines.append(f"And {len(wrong) - _MAX_SHOWN:,} more, each of which is in results.")
    return Told(lines, message if wrong else None)


def _count(summary: Entry, predicted: bool) -> str:
    counts = [f"{summary['ok']:,} as declared", f"{summary['changed']:,} {'would change' if predicted else 'changed'}"]
    counts += [f"{summary[outcome]:,} {outcome.replace('_', ' ')}" for outcome in _WRONG if summary[outcome]]
    return f"{summary['total']:,} {'status' if summary['total'] == 1 else 'statuses'}: {', '.join(counts)}."


def _changes(results: Sequence[Entry], predicted: bool) -> list[str]:
    properties = collections.Counter(name for entry in results for name in entry["changed_properties"])
    said = ", ".join(f"{name} ({count:,})" for name, count in properties.most_common())
    return [f"{'Properties that would change' if predicted else 'Changed properties'}: {said}."] if said else []


def _named(item: Entry) -> str:
    """Return what tells a person which device is meant."""
    match = item.get("match") or {}
    names = [*match.values(), item.get("device_display_name"), item.get("status_id", item.get("id"))]
    name = next((str(name) for name in names if name), "")
    return f" ({name})" if name else ""
