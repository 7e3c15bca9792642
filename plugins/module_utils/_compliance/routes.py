# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The routes of Graph to compliance policies and their device statuses."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import NamedTuple

from .._errors import Code, Failure, IntuneError
from .._graph.client import GraphClient
from .._graph.resource import Operation, Row, identified, segment
from .._text import quoted
from .model import POLICY, PROPERTIES, Target

# What this route of the live service answered to a GET of one item in 2022 and 2023; other calculated entities answer
# a PATCH with it too.
_NO_ROUTE = "No method match route template"
_MAX_SHOWN = 10
_MAX_CANDIDATES = 100  # a thousand items that each fit a thousand rows must not fill the memory


class DeviceStatuses:
    """The device statuses of compliance policies.

    Args:
        client: the session with Graph.
    """

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._policies: list[Row] | IntuneError | None = None
        self.item_route = True
        """False once the service has answered that it has no route to a single status."""

    def policy_id(self, target: Target) -> str:
        """Return the id of the target's policy, found by its name where only the name was given."""
        if target.policy_id is not None:
            return target.policy_id
        return str(self.policy_named(str(target.policy_name))["id"])

    def policy_named(self, name: str) -> Row:
        """Return the one policy with this display name, case-insensitive."""
        operation = POLICY.reading(f"Looking for the policy named {name!r}")
        policies = self._known_policies(operation)
        named = [p for p in policies if str(p.get("displayName") or "").casefold() == name.casefold()]
        names = tuple(str(p["displayName"]) for p in policies if p.get("displayName"))
        wanted = Wanted("policy", "policies", f"named {quoted(name)}", "select one of them with policy_id")
        return only_one(named, operation, wanted, nearest=None if named else _nearest(name.casefold(), names))

    def policy_called(self, text: str) -> Row:
        """Return the policy with this id or, where no policy has it, the one with this display name."""
        policies = self._known_policies(POLICY.reading(f"Looking for the policy {text!r}"))
        with_id = (policy for policy in policies if str(policy.get("id") or "").casefold() == text.casefold())
        return next(with_id, None) or self.policy_named(text)

    def _known_policies(self, operation: Operation) -> list[Row]:
        if self._policies is None:
            try:
                self._policies = self.policies(operation)
            except IntuneError as error:
                # Kept too: each of a thousand items would ask again for what was refused, or too early.
                self._policies = error
        if isinstance(self._policies, IntuneError):
            raise self._policies
        return self._policies

    def policies(self, operation: Operation) -> list[Row]:
        """Return every device compliance policy."""
        policies = [policy for page in self._client.pages(POLICY.path, operation) for policy in page]
        for policy in policies:
            if not policy.get("id"):
                raise operation.failed(Code.BAD_RESPONSE, "the answer has policies without an id")
            segment(str(policy["id"]))
        return policies

    def is_gone(self, policy: Row, error: IntuneError) -> bool:
        """Return whether a policy was deleted since it was listed, as the error of reading its statuses suggests.

        Raises:
            IntuneError: the policy is still listed, and cannot be read.
        """
        if error.failure.status != 404:
            return False
        listed = self.policies(POLICY.reading("Listing the compliance policies again"))
        if policy["id"] not in {one["id"] for one in listed}:
            return True
        name = policy.get("displayName") or policy["id"]
        message = f"policy {name!r} is listed, but its statuses are not found: {error.failure.message}"
        raise IntuneError(f"Reading the device statuses failed: {message}", error.failure)

    def policy(self, policy_id: str) -> Row:
        """Return one policy."""
        operation = POLICY.reading(f"Reading policy {policy_id}")
        return identified(self._client.get(_policy_path(policy_id), operation), policy_id, operation)

    def overview(self, policy_id: str) -> Row:
        """Return the service's own count of a policy's devices by outcome."""
        operation = POLICY.reading(f"Reading the overview of policy {policy_id}")
        return self._client.get(f"{_policy_path(policy_id)}/deviceStatusOverview", operation)

    def pages(self, policy_id: str, operation: Operation) -> Iterator[list[Row]]:
        """Return a policy's statuses, page by page."""
        # No $filter: this collection answers it with 501.
        return self._client.pages(_collection(policy_id), operation)

    def rows(self, policy_id: str, operation: Operation) -> Iterator[Row]:
        """Yield every status of a policy."""
        for page in self.pages(policy_id, operation):
            yield from page


def entity_of(document: Row) -> Row:
    """Return the entity in the answer to an update.

    An answer of another shape does not undo the success that its HTTP status reports; reading back decides.
    """
    entity = document.get("value", document)
    return entity if isinstance(entity, dict) else {}


def unwrap(document: Row, operation: Operation) -> Row:
    """Return the entity in an answer: the documentation's sample of a GET wraps it in ``value``."""
    row = document.get("value", document)
    if isinstance(row, dict) and any(p.name in row for p in PROPERTIES):
        return row
    raise operation.failed(Code.BAD_RESPONSE, "the answer contains no device status")


def explain_refusal(error: IntuneError, operation: Operation) -> IntuneError:
    """Return the error of an update with its meaning where the service has no route for updates."""
    if not (is_no_route(error) or error.failure.status in (405, 501)):
        return error
    sentence = (
        f"{operation.what} failed: this service does not accept updates to device statuses, which it "
        "calculates itself; nothing was changed; reading, check mode and reports work; to change a "
        "device's status, change the device or its policy, and let the device check in"
    )
    failure = dataclasses.replace(error.failure, code=Code.WRITE_NOT_SUPPORTED)
    return IntuneError(sentence, failure, result=error.result, may_have_applied=error.may_have_applied)


def status_missing(status_id: str, operation: Operation) -> IntuneError:
    """Return the error for an id that no row of the policy has."""
    return operation.failed(
        Code.NOT_FOUND,
        f"the policy has no device status with the id {status_id!r}",
        "check status_id: it is the id of the status and not the device's",
    )


def item_path(policy_id: str, status_id: str) -> str:
    """Return the path of one status; ids are opaque."""
    return f"{_collection(policy_id)}/{segment(status_id)}"


def _policy_path(policy_id: str) -> str:
    return f"{POLICY.path}/{segment(policy_id)}"


def _collection(policy_id: str) -> str:
    return f"{_policy_path(policy_id)}/deviceStatuses"


def is_no_route(error: IntuneError) -> bool:
    """Return whether the service has no route to a single status."""
    failure = error.failure
    answer = f"{failure.service_code} {failure.message}"
    return failure.status == 400 and (_NO_ROUTE in answer or "No OData route exists" in answer)


class Wanted(NamedTuple):
    """What exactly one object was looked for by: its noun, its criteria, and what to do where there are several."""

    noun: str
    plural: str
    criteria: str
    advice: str


def only_one(rows: list[Row], operation: Operation, wanted: Wanted, nearest: str | None = None) -> Row:
    """Return the one row that was found.

    Args:
        nearest: what may have been meant where none was found.

    Raises:
        IntuneError: none or several were found; ``failure.candidates`` has their ids.
    """
    ids = [str(row["id"]) for row in rows if row.get("id")]
    if len(ids) < len(rows):
        raise operation.failed(Code.BAD_RESPONSE, "the answer has rows without an id")
    if len(rows) == 1:
        return rows[0]
    if ids:
        shown = ", ".join(ids[:_MAX_SHOWN]) + (", …" if len(ids) > _MAX_SHOWN else "")
        message = f"{len(ids)} {wanted.plural} {wanted.criteria} were found: {shown}"
        sentence, code = f"{message}; {wanted.advice}", Code.AMBIGUOUS_MATCH
    else:
        message = f"No {wanted.noun} {wanted.criteria} was found"
        advice = f"Did you mean {quoted(nearest)}?" if nearest else "Compare the spelling with the Intune admin center."
        sentence, code = f"{message}. {advice}", Code.NOT_FOUND
    raise IntuneError(sentence, Failure(code, message, operation.phase, details={"candidates": ids[:_MAX_CANDIDATES]}))


@functools.lru_cache  # a thousand items may have the same name wrong
def _nearest(folded: str, names: tuple[str, ...]) -> str | None:
    import difflib  # loaded for misspelled names only

    by_folded = {name.casefold(): name for name in names}
    return next((by_folded[near] for near in difflib.get_close_matches(folded, by_folded, 1)), None)
