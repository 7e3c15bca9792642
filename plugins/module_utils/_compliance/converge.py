# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Bring one device status to what is desired, and claim only what was read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._errors import Code, Failure, IntuneError, Phase
from .._graph.client import GraphClient
from .._transport.http import Purpose
from .model import NOT_KEPT, Desired, Plan, Row, Target, show
from .routes import DeviceStatuses


def converge(
    client: GraphClient,
    target: Target,
    desired: Desired,
    *,
    api_version: str,
    verify: bool,
    check_mode: bool,
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Bring one status to what is desired, and return the module's result.

    Args:
        verify: whether to read back after a write.
        check_mode: stop before the write, and return the predicted object.
        warn: told what the user should know although the task succeeds.

    Raises:
        IntuneError: its ``result`` holds ``changed``, ``changed_properties`` and ``diff`` as far as they are known.
    """
    statuses = DeviceStatuses(client)
    policy_id = statuses.policy_id(target)
    before = statuses.locate(policy_id, target)
    plan = Plan.between(before, desired)
    after = plan.predicted
    if plan.changes and check_mode and not statuses.item_route:
        warn(f"This service has no route to {target} alone and may refuse its update; check mode cannot tell.")
    elif plan.changes and not check_mode:
        change = _Change(client, statuses, policy_id, target, desired)
        plan, after = change.carry_out(plan, verify=verify)
    return _result(plan, show(after, policy_id, api_version))


def _result(plan: Plan, status: Row) -> dict[str, Any]:
    return {
        "changed": bool(plan.changes),
        "changed_properties": plan.names,
        "device_compliance_status": status,
        "diff": plan.diff(),
    }


MAYBE = "; the update was sent and may have been taken; run the task again to see"


class _Change:
    """The write of one status."""

    def __init__(
        self, client: GraphClient, statuses: DeviceStatuses, policy_id: str, target: Target, desired: Desired
    ) -> None:
        self._client = client
        self._statuses = statuses
        self._policy_id = policy_id
        self._target = target
        self._desired = desired

    def carry_out(self, plan: Plan, *, verify: bool) -> tuple[Plan, Row]:
        """Send what differs; return the plan that came true, and the row as it is now.

        A write whose answer was lost is read back before anything is repeated, and only what still differs then is
        sent again.
        """
        status_id = str(plan.before["id"])
        pending, attempt, found = plan, 0, plan.before
        while pending.changes:
            try:
                answer = self._statuses.write(
                    self._policy_id, status_id, pending.body, Purpose(f"Updating {self._target}", Phase.WRITE)
                )
            except IntuneError as error:
                error.result = _claim(plan, found)  # a part may have come true by an earlier, lost write
                if not error.may_have_applied:
                    raise
                attempt += 1
                out_of_time = self._wait(attempt, error)
                found = self._read_back(status_id)
                pending = Plan.between(found, self._desired)
                # Somebody else may have changed another declared property meanwhile; it is sent with the rest.
                plan = Plan(plan.before, {**plan.changes, **pending.changes})
                if out_of_time and pending.changes:
                    out_of_time.result = _claim(plan, found)
                    raise out_of_time from None
            else:
                # Unless it is read back, the entity in the answer is all there is to go by.
                found = self._read_back(status_id) if verify else {**plan.predicted, **answer}
                self._check(plan, found)
                break
        return plan, found

    def _wait(self, attempt: int, error: IntuneError) -> IntuneError | None:
        """Wait as the service asked; return the error of a task that is out of time, for which one look is left."""
        try:
            self._client.retry_budget.wait(attempt, error)
        except IntuneError as out_of_time:
            if error.failure.retry_after is not None:
                out_of_time.sentence += MAYBE
                raise
            return out_of_time
        return None

    def _read_back(self, status_id: str) -> Row:
        purpose = Purpose(f"Reading back {self._target} after its update", Phase.VERIFY)
        try:
            return self._statuses.read(self._policy_id, status_id, purpose)
        except IntuneError as error:
            error.sentence += MAYBE
            raise

    def _check(self, plan: Plan, found: Row) -> None:
        """Raise where a value did not stick: a 2xx alone proves nothing."""
        missed = plan.missed(found)
        if not missed:
            return
        message = f"the service answered with success but did not keep {', '.join(missed)}"
        failure = Failure(Code.NOT_PERSISTED, message, Phase.VERIFY, details={"properties": missed})
        raise IntuneError(
            f"Updating {self._target} failed: {message}; {NOT_KEPT}",
            failure,
            result=_claim(plan, found),
        )


def _claim(plan: Plan, found: Row) -> dict[str, Any]:
    """Return what may be said to have changed although the task fails: what was seen to."""
    moved = plan.moved(found)
    return {"changed": bool(moved), "changed_properties": moved, "diff": plan.diff(found)}
