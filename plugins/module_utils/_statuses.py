# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The routes of Graph to compliance policies and their device statuses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from ._client import GraphClient
from ._device_status import Row, Target
from ._errors import Code, Failure, IntuneError, Phase
from ._http import Purpose

_POLICIES = "/deviceManagement/deviceCompliancePolicies"

# What this route of the live service answered to a GET of one item in 2022 and 2023; other calculated entities answer
# a PATCH with it too.
_NO_ROUTE = "No method match route template"
_MAX_SHOWN = 10


class DeviceStatuses:
    """The device statuses of compliance policies.

    Args:
        client: the conversation with Graph.
    """

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self.item_route = True
        """False once the service has answered that it has no route to a single status."""

    def policy_id(self, target: Target) -> str:
        """Return the id of the target's policy, found by its name where that is what was given."""
        if target.policy_id is not None:
            return target.policy_id
        name = str(target.policy_name)
        purpose = Purpose(f"Looking for the policy named {name!r}", Phase.READ)
        policies = [
            policy
            for page in self._client.pages(_POLICIES, purpose)
            for policy in page
            if str(policy.get("displayName") or "").casefold() == name.casefold()
        ]
        return str(_only_one(policies, purpose, "policy_id")["id"])

    def locate(self, policy_id: str, target: Target) -> Row:
        """Return the target's row."""
        if target.status_id is not None:
            return self.read(policy_id, target.status_id, Purpose(f"Reading {target}", Phase.READ))
        purpose = Purpose(f"Looking for {target}", Phase.READ)
        rows = [row for row in self.rows(policy_id, purpose) if target.fits(row)]
        return _only_one(rows, purpose, "status_id")

    def rows(self, policy_id: str, purpose: Purpose) -> Iterator[Row]:
        """Yield every status of a policy."""
        # No $filter: this collection answers it with 501.
        for page in self._client.pages(_collection(policy_id), purpose):
            yield from page

    def read(self, policy_id: str, status_id: str, purpose: Purpose) -> Row:
        """Return one status, from the list where the service has no route to the item."""
        if self.item_route:
            try:
                row = self._unwrap(self._client.get(_item(policy_id, status_id), purpose), purpose)
                return {"id": status_id, **row}
            except IntuneError as error:
                if not _is_no_route(error):
                    raise
                self.item_route = False
        for row in self.rows(policy_id, purpose):
            if row.get("id") == status_id:
                return row
        message = f"none of the policy's device statuses has the id {status_id!r}"
        raise IntuneError(
            f"{purpose.what} failed: {message}; check status_id, it is the row's id and not the device's",
            Failure(Code.NOT_FOUND, message, purpose.phase),
        )

    def write(self, policy_id: str, status_id: str, body: Row, purpose: Purpose) -> Row:
        """Send the PATCH; return the entity that the service answered, or an empty one.

        Raises:
            IntuneError: code ``write_not_supported`` where the service has no route for it.
        """
        try:
            row = self._client.patch(_item(policy_id, status_id), body, purpose)
            entity = row.get("value", row)
            # An answer of another shape takes nothing back: the service said that it did it, and reading tells.
            return entity if isinstance(entity, dict) else {}
        except IntuneError as error:
            if _is_no_route(error) or error.failure.status in (405, 501):
                error.failure.code = Code.WRITE_NOT_SUPPORTED
                error.sentence = (
                    f"{purpose.what} failed: this service does not accept updates to device statuses, which it "
                    "calculates itself; nothing was changed; reading, check mode and reports work; to change a "
                    "device's status, change the device or its policy, and let the device check in"
                )
            raise

    @staticmethod
    def _unwrap(document: Row, purpose: Purpose) -> Row:
        # The documentation's sample of a GET wraps the entity in "value".
        row = document.get("value", document)
        if isinstance(row, dict):
            return row
        message = "the answer holds no device status"
        raise IntuneError(f"{purpose.what} failed: {message}", Failure(Code.BAD_RESPONSE, message, purpose.phase))


def _collection(policy_id: str) -> str:
    return f"{_POLICIES}/{quote(policy_id, safe='')}/deviceStatuses"


def _item(policy_id: str, status_id: str) -> str:
    return f"{_collection(policy_id)}/{quote(status_id, safe='')}"


def _is_no_route(error: IntuneError) -> bool:
    failure = error.failure
    said = f"{failure.service_code} {failure.message}"
    return failure.status == 400 and (_NO_ROUTE in said or "No OData route exists" in said)


def _only_one(rows: list[Row], purpose: Purpose, option: str) -> Row:
    """Return the one row that was found; none or several is an error that lists their ids."""
    ids = [str(row["id"]) for row in rows if row.get("id")]
    if len(ids) < len(rows):
        message = "the answer has rows without an id"
        raise IntuneError(f"{purpose.what} failed: {message}", Failure(Code.BAD_RESPONSE, message, purpose.phase))
    if len(rows) == 1:
        return rows[0]
    if not ids:
        code, message, advice = Code.NOT_FOUND, "there is none", "compare the spelling with the Intune portal"
    else:
        shown = ", ".join(ids[:_MAX_SHOWN]) + (", …" if len(ids) > _MAX_SHOWN else "")
        code, message = Code.AMBIGUOUS_MATCH, f"there are {len(ids)}: {shown}"
        advice = f"name one of them by {option}" + (", or match more properties" if option == "status_id" else "")
    failure = Failure(code, message, purpose.phase, details={"candidates": ids})
    raise IntuneError(f"{purpose.what} failed: {message}; {advice}", failure)
