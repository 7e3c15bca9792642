# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The routes of Graph to compliance policies and their device statuses."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from .._errors import Code, Failure, IntuneError, Phase
from .._graph.client import GraphClient
from .._text import quoted
from .._transport.http import Purpose
from .model import Row, Target

_POLICIES = "/deviceManagement/deviceCompliancePolicies"

# What this route of the live service answered to a GET of one item in 2022 and 2023; other calculated entities answer
# a PATCH with it too.
_NO_ROUTE = "No method match route template"
_MAX_SHOWN = 10
_MAX_CANDIDATES = 100  # a thousand items that each fit a thousand rows must not fill the memory


class DeviceStatuses:
    """The device statuses of compliance policies.

    Args:
        client: the conversation with Graph.
    """

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._policies: list[Row] | IntuneError | None = None
        self.item_route = True
        """False once the service has answered that it has no route to a single status."""

    def policy_id(self, target: Target) -> str:
        """Return the id of the target's policy, found by its name where that is what was given."""
        return (
            target.policy_id if target.policy_id is not None else str(self.policy_named(str(target.policy_name))["id"])
        )

    def policy_named(self, name: str) -> Row:
        """Return the one policy with this display name, case-insensitive."""
        purpose = Purpose(f"Looking for the policy named {name!r}", Phase.READ)
        policies = self._known_policies(purpose)
        named = [p for p in policies if str(p.get("displayName") or "").casefold() == name.casefold()]
        if named:
            return only_one(named, purpose, "policy_id")
        names = tuple(str(p["displayName"]) for p in policies if p.get("displayName"))
        raise _none(purpose, _nearest(name.casefold(), names))

    def policy_called(self, text: str) -> Row:
        """Return the policy with this id or, where no policy has it, the one with this display name."""
        purpose = Purpose(f"Looking for the policy {text!r}", Phase.READ)
        policies = self._known_policies(purpose)
        with_id = (policy for policy in policies if str(policy.get("id") or "").casefold() == text.casefold())
        return next(with_id, None) or self.policy_named(text)

    def _known_policies(self, purpose: Purpose) -> list[Row]:
        if self._policies is None:
            try:
                self._policies = self.policies(purpose)
            except IntuneError as error:
                # Kept too: each of a thousand items would ask again for what was refused, or too early.
                self._policies = error
        if isinstance(self._policies, IntuneError):
            raise self._policies
        return self._policies

    def policies(self, purpose: Purpose) -> list[Row]:
        """Return every device compliance policy."""
        policies = [policy for page in self._client.pages(_POLICIES, purpose) for policy in page]
        if not all(policy.get("id") for policy in policies):
            message = "the answer has policies without an id"
            raise IntuneError(f"{purpose.what} failed: {message}", Failure(Code.BAD_RESPONSE, message, purpose.phase))
        return policies

    def policy(self, policy_id: str) -> Row:
        """Return one policy."""
        purpose = Purpose(f"Reading policy {policy_id}", Phase.READ)
        return {"id": policy_id, **self._client.get(_policy(policy_id), purpose)}

    def overview(self, policy_id: str) -> Row:
        """Return the service's own count of a policy's devices by outcome."""
        purpose = Purpose(f"Reading the overview of policy {policy_id}", Phase.READ)
        return self._client.get(f"{_policy(policy_id)}/deviceStatusOverview", purpose)

    def locate(self, policy_id: str, target: Target) -> Row:
        """Return the target's row."""
        if target.status_id is not None:
            return self.read(policy_id, target.status_id, Purpose(f"Reading {target}", Phase.READ))
        purpose = Purpose(f"Looking for {target}", Phase.READ)
        rows = [row for row in self.rows(policy_id, purpose) if target.fits(row)]
        return only_one(rows, purpose, "status_id")

    def pages(self, policy_id: str, purpose: Purpose) -> Iterator[list[Row]]:
        """Yield a policy's statuses, page by page."""
        # No $filter: this collection answers it with 501. A row that moves while the pages are read comes twice.
        seen: set[Any] = set()
        for page in self._client.pages(_collection(policy_id), purpose):
            fresh = [row for row in page if not isinstance(row.get("id"), str) or row["id"] not in seen]
            seen.update(row.get("id") for row in fresh if isinstance(row.get("id"), str))
            yield fresh

    def rows(self, policy_id: str, purpose: Purpose) -> Iterator[Row]:
        """Yield every status of a policy."""
        for page in self.pages(policy_id, purpose):
            yield from page

    def read(self, policy_id: str, status_id: str, purpose: Purpose) -> Row:
        """Return one status, from the list where the service has no route to the item."""
        if self.item_route:
            try:
                row = unwrap(self._client.get(item_path(policy_id, status_id), purpose), purpose)
                return {**row, "id": row.get("id") or status_id}
            except IntuneError as error:
                if not is_no_route(error):
                    raise
                self.item_route = False
        for row in self.rows(policy_id, purpose):
            if row.get("id") == status_id:
                return row
        raise status_missing(status_id, purpose)

    def write(self, policy_id: str, status_id: str, body: Row, purpose: Purpose) -> Row:
        """Send the PATCH; return the entity that the service answered, or an empty one.

        Raises:
            IntuneError: code ``write_not_supported`` where the service has no route for it.
        """
        try:
            row = self._client.patch(item_path(policy_id, status_id), body, purpose)
            return entity_of(row)
        except IntuneError as error:
            raise explain_refusal(error, purpose) from None


def entity_of(document: Row) -> Row:
    """Return the entity in the answer to an update.

    An answer of another shape takes nothing back: the service said that it did it, and reading tells.
    """
    entity = document.get("value", document)
    return entity if isinstance(entity, dict) else {}


def unwrap(document: Row, purpose: Purpose) -> Row:
    """Return the entity in an answer: the documentation's sample of a GET wraps it in ``value``."""
    row = document.get("value", document)
    if isinstance(row, dict):
        return row
    message = "the answer holds no device status"
    raise IntuneError(f"{purpose.what} failed: {message}", Failure(Code.BAD_RESPONSE, message, purpose.phase))


def explain_refusal(error: IntuneError, purpose: Purpose) -> IntuneError:
    """Say what the error of an update means where the service has no route for updates."""
    if not (is_no_route(error) or error.failure.status in (405, 501)):
        return error
    sentence = (
        f"{purpose.what} failed: this service does not accept updates to device statuses, which it "
        "calculates itself; nothing was changed; reading, check mode and reports work; to change a "
        "device's status, change the device or its policy, and let the device check in"
    )
    failure = dataclasses.replace(error.failure, code=Code.WRITE_NOT_SUPPORTED)
    return IntuneError(sentence, failure, result=error.result, may_have_applied=error.may_have_applied)


def status_missing(status_id: str, purpose: Purpose) -> IntuneError:
    """Return the error for an id that no row of the policy has."""
    message = f"none of the policy's device statuses has the id {status_id!r}"
    return IntuneError(
        f"{purpose.what} failed: {message}; check status_id, it is the row's id and not the device's",
        Failure(Code.NOT_FOUND, message, purpose.phase),
    )


def _policy(policy_id: str) -> str:
    return f"{_POLICIES}/{_segment(policy_id)}"


def _collection(policy_id: str) -> str:
    return f"{_policy(policy_id)}/deviceStatuses"


def item_path(policy_id: str, status_id: str) -> str:
    """Return the path of one status; ids are opaque."""
    return f"{_collection(policy_id)}/{_segment(status_id)}"


def _segment(identifier: str) -> str:
    # Half of a surrogate pair is valid in JSON: it goes out as the bytes it has, and the service tells what it is.
    return quote(identifier, safe="", errors="surrogatepass")


def is_no_route(error: IntuneError) -> bool:
    """Tell whether the service has no route to a single status."""
    failure = error.failure
    said = f"{failure.service_code} {failure.message}"
    return failure.status == 400 and (_NO_ROUTE in said or "No OData route exists" in said)


def only_one(rows: list[Row], purpose: Purpose, option: str) -> Row:
    """Return the one row that was found; none or several is an error that lists their ids."""
    ids = [str(row["id"]) for row in rows if row.get("id")]
    if len(ids) < len(rows):
        message = "the answer has rows without an id"
        raise IntuneError(f"{purpose.what} failed: {message}", Failure(Code.BAD_RESPONSE, message, purpose.phase))
    if len(rows) == 1:
        return rows[0]
    if not ids:
        raise _none(purpose)
    message = f"there are {len(ids)}: {', '.join(ids[:_MAX_SHOWN])}" + (", …" if len(ids) > _MAX_SHOWN else "")
    advice = f"name one of them by {option}" + (", or match more properties" if option == "status_id" else "")
    failure = Failure(Code.AMBIGUOUS_MATCH, message, purpose.phase, details={"candidates": ids[:_MAX_CANDIDATES]})
    raise IntuneError(f"{purpose.what} failed: {message}; {advice}", failure)


def _none(purpose: Purpose, nearest: str | None = None) -> IntuneError:
    """Return the error for something that is not there, of which *nearest* may be what was meant."""
    message = "there is none"
    advice = "compare the spelling with the Intune portal" + (f"; the nearest is {quoted(nearest)}" if nearest else "")
    failure = Failure(Code.NOT_FOUND, message, purpose.phase, details={"candidates": []})
    return IntuneError(f"{purpose.what} failed: {message}; {advice}", failure)


@functools.lru_cache  # a thousand items may have the same name wrong
def _nearest(folded: str, names: tuple[str, ...]) -> str | None:
    import difflib  # loaded by those who misspelt

    by_folded = {name.casefold(): name for name in names}
    return next((by_folded[near] for near in difflib.get_close_matches(folded, by_folded, 1)), None)
