# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The items of a bulk task: what each declares, what became of it, and what the task returns."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from .._text import quoted
from .model import (
    COMPLIANCE_STATUS,
    MATCHABLE,
    NOT_KEPT,
    PROPERTIES,
    Desired,
    Plan,
    Row,
    Target,
    read_declaration,
)


class Outcome(str, enum.Enum):
    """What became of an item."""

    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"


@dataclasses.dataclass
class Item:
    """One item of the task.

    ``plan`` is there from when the item was found to differ, ``tried`` is set once an answer to its update was lost,
    ``written`` once the service answered it with success, ``after`` is the row that was read back.
    """

    index: int
    target: Target
    desired: Desired
    policy_id: str | None = None
    status_id: str | None = None
    device_display_name: str | None = None
    plan: Plan | None = None
    tried: bool = False
    written: bool = False
    outcome: Outcome = Outcome.NOT_ATTEMPTED
    changed_properties: list[str] = dataclasses.field(default_factory=list)
    after: Row | None = None
    error: IntuneError | None = None

    def compare(self, row: Row) -> None:
        """Take the row as it is before the task."""
        self.status_id = str(row.get("id"))
        self.device_display_name = row.get("deviceDisplayName")
        plan = Plan.between(row, self.desired)
        if plan.changes:
            self.plan = plan
        else:
            self.outcome = Outcome.OK

    def fail(self, error: IntuneError) -> None:
        """Record why the item is not as it should be."""
        self.outcome = Outcome.FAILED
        self.error = error

    def extend(self, pending: Plan, found: Row) -> None:
        """Take over what came to differ meanwhile: somebody else may have changed another declared property.

        What was kept of the update counts as changed, whatever becomes of the rest.
        """
        if self.plan is not None:
            self.plan = Plan(self.plan.before, {**self.plan.changes, **pending.changes})
            self.after = found
            self.changed_properties = self.plan.moved(found)

    def predict(self) -> None:
        """Record what a run would do."""
        if self.plan is not None:
            self.outcome = Outcome.CHANGED
            self.changed_properties = self.plan.names

    def check(self, found: Row) -> None:
        """Take the row as it was read back after the write."""
        if self.plan is None:
            return
        missed = self.plan.missed(found)
        self.after = found
        self.changed_properties = self.plan.moved(found) if missed else self.plan.names
        if not missed:
            self.outcome = Outcome.CHANGED
            return
        message = f"the service answered with success but did not keep {', '.join(missed)}"
        failure = Failure(Code.NOT_PERSISTED, message, Phase.VERIFY, details={"properties": missed})
        self.fail(IntuneError(f"Updating {self.target} failed: {message}; {NOT_KEPT}", failure))

    @property
    def wrong(self) -> bool:
        """Whether the item is not as it should be."""
        return self.outcome in (Outcome.FAILED, Outcome.NOT_ATTEMPTED)

    def result(self) -> dict[str, Any]:
        """Return the item's entry in ``results``."""
        return {
            "policy_id": self.policy_id,
            "status_id": self.status_id,
            "device_display_name": self.device_display_name,
            "outcome": self.outcome.value,
            "changed_properties": self.changed_properties,
            "failure": self.error.failure.as_dict() if self.error else None,
        }


# Every spelling that an item may use. A row of the info module is an item: its id is the status's, what only describes
# its policy is passed over.
_PASSED_OVER = ("policy_display_name", "policy_type")
_OPTIONS = ("policy_id", "policy_name", "status_id", "match", "clear", *(p.option for p in PROPERTIES))
_SPELLINGS = {**{name: name for name in (*_OPTIONS, "id")}, **{p.name: p.option for p in PROPERTIES}}
_NAMES = ("policy_id", "policy_name", "status_id")
_MATCH_SPELLINGS = {spelling: p.option for p in MATCHABLE for spelling in (p.option, p.name)}


def read_items(
    statuses: list[Any],
    defaults: Mapping[str, Any],
    api_version: str,
    place: Callable[[int], str] = "statuses[{}]".format,
) -> list[Item]:
    """Return the items that a task declares.

    Args:
        statuses: the task's list.
        defaults: ``policy_id`` or ``policy_name`` for the items that name none.
        api_version: the version of Graph.
        place: what an error calls the item with this index from 0.

    Raises:
        InvalidOptionsError: names each wrong item by its place, and the option.
    """
    items: list[Item] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    policy = {name: value for name, value in defaults.items() if value is not None}
    for index, entry in enumerate(statuses):
        wrong: list[str] = []
        options = _read_options(entry, policy, wrong)
        try:
            target, desired = read_declaration(options, api_version)
        except InvalidOptionsError as error:
            wrong += error.problems
        if wrong:
            problems += [f"{place(index)}: {problem}" for problem in wrong]
            continue
        if target.status_id is not None:
            # Case counts in no GUID: two spellings of one would be written twice.
            key = f"{target.policy_id}\0{target.policy_name}\0{target.status_id}".casefold()
            first = seen.setdefault(key, index)
            if first != index:
                problems.append(f"{place(index)}: status_id names the same status as {place(first)}; keep one")
        items.append(Item(index, target, desired, target.policy_id, target.status_id))
    if problems:
        raise InvalidOptionsError(problems)
    return items


def _read_options(entry: Any, policy: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Return an item's options by their own names, as the single module would have them.

    What cannot be right is told to *problems* and left out, so that the rest can be checked too.
    """
    options: dict[str, Any] = {}
    if not isinstance(entry, dict):
        problems.append(f"is {quoted(entry)}, not a dictionary of options")
        return options
    for spelling, value in entry.items():
        name = _SPELLINGS.get(spelling)
        if name is not None:
            if value is not None:  # null means "leave alone", also where two spellings meet
                if options.get(name, value) != value:
                    problems.append(f"{spelling} contradicts another spelling of {name}")
                options[name] = value
        elif spelling not in _PASSED_OVER:
            problems.append(f"there is no option {quoted(spelling)}; an item takes {', '.join(_OPTIONS)}")
    _take_row(options, problems)
    if "policy_id" not in options and "policy_name" not in options:
        options.update(policy)
    for one, other in (("policy_id", "policy_name"), ("status_id", "match")):
        if (one in options) == (other in options):
            problems.append(f"exactly one of {one} and {other} is needed")
    _take_texts(options, problems)
    return options


def _take_row(options: dict[str, Any], problems: list[str]) -> None:
    """Turn a row of the info module into an item."""
    if "id" not in options:
        return
    row_id = options.pop("id")
    if str(options.setdefault("status_id", row_id)) != str(row_id):
        problems.append("id and status_id disagree; keep one")
    status = options.get("status")
    # What the service has and this version does not know was read, and is not to be written. Another spelling of what
    # is known remains a mistake.
    if (
        isinstance(status, str)
        and status not in (COMPLIANCE_STATUS.choices or ())
        and not COMPLIANCE_STATUS.hint(status)
    ):
        del options["status"]


def _take_texts(options: dict[str, Any], problems: list[str]) -> None:
    """Bring values into the types that ansible-core gives the single module's options."""
    if "match" in options:
        options["match"] = _read_match(options["match"], problems)
    clear = options.get("clear")
    if isinstance(clear, str):
        options["clear"] = [name.strip() for name in clear.split(",")]
    elif clear is not None and not (isinstance(clear, list) and all(isinstance(name, str) for name in clear)):
        problems.append(f"clear is {quoted(clear)}, not a list of property names")
        del options["clear"]
    for name, value in options.items():
        if isinstance(value, (int, float)) and name != "platform":
            options[name] = str(value)
    for name in _NAMES:
        if name in options and not isinstance(options[name], str):
            problems.append(f"{name} is {quoted(options.pop(name))}, not a text")


def _read_match(match: Any, problems: list[str]) -> dict[str, str] | None:
    """Return what to match by the options' own names, or None where that cannot be."""
    if not isinstance(match, dict):
        problems.append(f"match is {quoted(match)}, not a dictionary")
        return None
    wrong = [
        f"match has no {quoted(spelling)}; it takes {', '.join(p.option for p in MATCHABLE)}"
        for spelling in match
        if spelling not in _MATCH_SPELLINGS
    ] + [
        f"match: {spelling} is {quoted(value)}, not a text"
        for spelling, value in match.items()
        if isinstance(value, (dict, list))
    ]
    read: dict[str, str] = {}
    for spelling, value in match.items() if not wrong else ():
        name = _MATCH_SPELLINGS[spelling]
        if value is not None and read.setdefault(name, str(value)) != str(value):
            wrong.append(f"match: {spelling} contradicts another spelling of {name}")
    problems += wrong
    return None if wrong else read


def summarise(items: list[Item]) -> dict[str, int]:
    """Return how many items had which outcome."""
    counts = collections.Counter(item.outcome.value for item in items)
    return {**{outcome.value: counts[outcome.value] for outcome in Outcome}, "total": len(items)}


def differences(items: list[Item]) -> dict[str, dict[str, Any]]:
    """Return before and after of what differs, by policy and status."""
    before: dict[str, dict[str, Row]] = {}
    after: dict[str, dict[str, Row]] = {}
    for item in items:
        if item.plan is not None and item.changed_properties:
            diff = item.plan.diff(item.after)
            before.setdefault(str(item.policy_id), {})[str(item.status_id)] = diff["before"]
            after.setdefault(str(item.policy_id), {})[str(item.status_id)] = diff["after"]
    return {"before": before, "after": after}
