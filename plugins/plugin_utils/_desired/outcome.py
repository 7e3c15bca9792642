# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The result of a bulk task in sentences."""

from __future__ import annotations

import collections
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_MAX_SHOWN = 10
_WRONG = ("failed", "not_attempted")

Entry = Mapping[str, Any]


class OutcomeReport(NamedTuple):
    """The outcome of a bulk task.

    ``sentences`` describe it; ``problem`` is the reason to fail, or None where all statuses are as declared;
    ``changed`` is whether anything changed, or would in check mode.
    """

    sentences: list[str]
    problem: str | None
    changed: bool


def describe_outcome(
    result: Entry, statuses: Sequence[Entry], places: Sequence[str], policy_id: str | None = None
) -> OutcomeReport:
    """Return how many items had which outcome, what changed, and each item that is not as declared, up to a number.

    Args:
        result: the result of `intune_device_compliance_status_bulk`.
        statuses: the items of the task.
        places: the name of each item; empty to count them from 0.
        policy_id: describe the items of this policy only.
    """

    def place(index: int) -> str:
        return places[index] if index < len(places) else f"statuses[{index}]"

    reason = str(result.get("msg", "the module returned no message"))
    problem = re.sub(r"statuses\[(\d+)\]", lambda found: place(int(found[1])), reason)
    if result.get("summary") is None:
        return OutcomeReport([], problem, False)
    results = {
        index: entry for index, entry in enumerate(result["results"]) if policy_id in (None, entry.get("policy_id"))
    }
    wrong = [index for index, entry in results.items() if entry["outcome"] in _WRONG]
    sentences = list(_describe(list(results.values()), result["graph"]["writes"]))
    sentences += _describe_wrong(results, wrong, statuses, place)
    if wrong and policy_id is not None:  # the module's message is about all policies
        problem = (
            f"{len(wrong):,} of {len(results):,} statuses of this policy are not as declared; run it again to retry "
            f"only these; the first, {place(wrong[0])}: {_why(results[wrong[0]])}"
        )
    changed = any(entry["changed_properties"] for entry in results.values())
    return OutcomeReport(sentences, problem if wrong else None, changed)


def _describe(results: Sequence[Entry], writes: int) -> Iterator[str]:
    """Yield how many items had which outcome, which properties changed, and on which devices."""
    counts = collections.Counter(entry["outcome"] for entry in results)
    # By the number of writes, because a task can be in check mode when its play is not.
    predicted = counts["changed"] > 0 and writes == 0
    outcomes = [f"{counts['ok']:,} as declared", f"{counts['changed']:,} {'would change' if predicted else 'changed'}"]
    outcomes += [f"{counts[outcome]:,} {outcome.replace('_', ' ')}" for outcome in _WRONG if counts[outcome]]
    yield f"{len(results):,} {'status' if len(results) == 1 else 'statuses'}: {', '.join(outcomes)}."
    changed = [entry for entry in results if entry["changed_properties"]]
    if changed:
        properties = collections.Counter(name for entry in changed for name in entry["changed_properties"])
        counted = ", ".join(f"{name} ({count:,})" for name, count in properties.most_common())
        yield f"{'Properties that would change' if predicted else 'Changed properties'}: {counted}."
        yield f"{'Would change' if predicted else 'Changed'}: {', '.join(_devices(changed))}."


def _devices(changed: Sequence[Entry]) -> Iterator[str]:
    """Yield the devices that changed, since the diff has ids only."""
    for entry in changed[:_MAX_SHOWN]:
        yield f"{entry['device_display_name'] or entry['status_id']} ({', '.join(entry['changed_properties'])})"
    if len(changed) > _MAX_SHOWN:
        yield f"and {len(changed) - _MAX_SHOWN:,} more, which results lists"


def _describe_wrong(
    results: Mapping[int, Entry], wrong: Sequence[int], statuses: Sequence[Entry], place: Callable[[int], str]
) -> Iterator[str]:
    """Yield a sentence for each item that is not as declared."""
    for index in wrong[:_MAX_SHOWN]:
        outcome = results[index]["outcome"].replace("_", " ").capitalize()
        yield f"{outcome}, {place(index)}{_device(statuses[index])}: {_why(results[index])}"
    if len(wrong) > _MAX_SHOWN:
        yield f"And {len(wrong) - _MAX_SHOWN:,} more, which results lists."


def _why(entry: Entry) -> str:
    failure = entry["failure"] or {}
    return f"{failure.get('code')}, {failure.get('message')}"


def _device(item: Entry) -> str:
    """Return the name or id by which a person recognizes the device."""
    match = item.get("match") or {}
    names = [*match.values(), item.get("device_display_name"), item.get("status_id", item.get("id"))]
    name = next((str(name) for name in names if name), "")
    return f" ({name})" if name else ""
