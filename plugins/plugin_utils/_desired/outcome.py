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
    """``sentences`` for everybody; ``problem``, for who has to do something, is None where all is as declared.

    ``changed`` tells whether anything did, or would in check mode.
    """

    sentences: list[str]
    problem: str | None
    changed: bool


def tell(result: Entry, statuses: Sequence[Entry], places: Sequence[str], policy_id: str | None = None) -> Told:
    """Return what became of the items: how many, what changed, and each that is not as declared, up to a number.

    Args:
        result: what `intune_device_compliance_status_bulk` returned.
        statuses: the items that it was given.
        places: what to call each of them; empty to count them from 0.
        policy_id: tell of the items of this policy alone.
    """

    def place(index: int) -> str:
        return places[index] if index < len(places) else f"statuses[{index}]"

    message = re.sub(
        r"statuses\[(\d+)\]", lambda found: place(int(found[1])), str(result.get("msg", "it did not say why"))
    )
    if result.get("summary") is None:
        return Told([], message, False)
    results = result["results"]
    ours = [index for index, entry in enumerate(results) if policy_id is None or entry["policy_id"] == policy_id]
    entries = [results[index] for index in ours]
    wrong = [index for index in ours if results[index]["outcome"] in _WRONG]
    counts = collections.Counter(entry["outcome"] for entry in entries)
    # By what was sent, for a task can be in check mode when its play is not.
    predicted = counts["changed"] > 0 and result["graph"]["writes"] == 0
    lines = [_count(counts, predicted), *_changes(entries, predicted), *_devices(entries, predicted)]
    lines += [
        f"{results[index]['outcome'].replace('_', ' ').capitalize()}, {place(index)}{_named(statuses[index])}: "
        f"{_why(results[index])}"
        for index in wrong[:_MAX_SHOWN]
    ]
    if len(wrong) > _MAX_SHOWN:
        lines.append(f"And {len(wrong) - _MAX_SHOWN:,} more, each of which is in results.")
    if wrong and policy_id is not None:  # the module's message speaks of all policies
        message = (
            f"{len(wrong):,} of {len(ours):,} statuses of this policy are not as declared; running it again touches "
            f"only these; the first, {place(wrong[0])}: {_why(results[wrong[0]])}"
        )
    return Told(lines, message if wrong else None, any(entry["changed_properties"] for entry in entries))


def _why(entry: Entry) -> str:
    failure = entry["failure"] or {}
    return f"{failure.get('code')}, {failure.get('message')}"


def _count(counts: collections.Counter[str], predicted: bool) -> str:
    said = [f"{counts['ok']:,} as declared", f"{counts['changed']:,} {'would change' if predicted else 'changed'}"]
    said += [f"{counts[outcome]:,} {outcome.replace('_', ' ')}" for outcome in _WRONG if counts[outcome]]
    total = sum(counts.values())
    return f"{total:,} {'status' if total == 1 else 'statuses'}: {', '.join(said)}."


def _changes(results: Sequence[Entry], predicted: bool) -> list[str]:
    properties = collections.Counter(name for entry in results for name in entry["changed_properties"])
    said = ", ".join(f"{name} ({count:,})" for name, count in properties.most_common())
    return [f"{'Properties that would change' if predicted else 'Changed properties'}: {said}."] if said else []


def _devices(results: Sequence[Entry], predicted: bool) -> list[str]:
    """Return which devices are touched: the diff has their ids alone."""
    changed = [entry for entry in results if entry["changed_properties"]]
    said = [
        f"{entry['device_display_name'] or entry['status_id']} ({', '.join(entry['changed_properties'])})"
        for entry in changed[:_MAX_SHOWN]
    ]
    if len(changed) > _MAX_SHOWN:
        said.append(f"and {len(changed) - _MAX_SHOWN:,} more, each of which is in results")
    return [f"{'Would change' if predicted else 'Changed'}: {', '.join(said)}."] if said else []


def _named(item: Entry) -> str:
    """Return what tells a person which device is meant."""
    match = item.get("match") or {}
    names = [*match.values(), item.get("device_display_name"), item.get("status_id", item.get("id"))]
    name = next((str(name) for name in names if name), "")
    return f" ({name})" if name else ""
