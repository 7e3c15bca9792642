# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Bring device statuses to what is desired: read, compare, write, read back. One status is a bulk of one item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._errors import Code, IntuneError, InvalidOptionsError
from .._graph.client import GraphClient
from .._graph.plan import Desired
from .._graph.resource import Operation, Row
from .bulk_items import BulkOptions, Item, Outcome, differences, leave, stopped, summarize
from .bulk_read import BulkRead, RowReader
from .model import COMPLIANCE_POLICIES, DEVICE_STATUS, Target, show
from .routes import DeviceStatuses

READING = DEVICE_STATUS.reading("Reading the device statuses")
WRITING = DEVICE_STATUS.writing("Updating device statuses")
VERIFYING = DEVICE_STATUS.verifying("Reading back the updated device statuses")


class Convergence:
    """One task, with the operations that its errors name.

    Args:
        items: what is declared; the outcome of each is recorded in it.
    """

    def __init__(
        self,
        client: GraphClient,
        items: list[Item],
        options: BulkOptions,
        reading: Operation = READING,
        writing: Operation = WRITING,
        verifying: Operation = VERIFYING,
    ) -> None:
        # A task that writes less than all leaves room for others, which read too.
        client.share(COMPLIANCE_POLICIES, options.share)
        self._items = items
        self._options = options
        self._client = client
        self.statuses = DeviceStatuses(client)
        self._reader = RowReader(client, self.statuses, batch=options.batch and not options.check_mode)
        self._reading, self._writing, self._verifying = reading, writing, verifying

    def run(self) -> None:
        """Do all that can be done; in check mode, all but the writes.

        Raises:
            InvalidOptionsError: two items are for one status.
        """
        try:
            BulkRead(self.statuses, self._reader, self._reading).run(self._items)
        except InvalidOptionsError:
            raise
        except IntuneError as error:  # signing in failed
            leave(self._items, error)
            return
        planned = [item for item in self._items if item.plan is not None]
        failed = next((item for item in self._items if item.error is not None), None)
        if not self._options.check_mode:
            self._write(planned, failed)
        elif failed is not None and self._options.stop_on_error:
            leave(planned, stopped(failed))
        else:
            for item in planned:
                item.predict()

    def _write(self, planned: list[Item], failed: Item | None) -> None:
        if planned:
            from .bulk_write import BulkWrite  # loaded where something is written

            write = BulkWrite(self._client, self._reader, self._options, self._writing, self._verifying)
            write.run(planned, failed)


def converge_many(client: GraphClient, items: list[Item], options: BulkOptions) -> dict[str, Any]:
    """Converge items, and return the bulk module's result.

    Raises:
        IntuneError: not every item is as it should be; its ``result`` is the module's result all the same.
    """
    Convergence(client, items, options).run()
    result: dict[str, Any] = {
        "changed": any(item.changed_properties for item in items),
        "results": [item.result() for item in items],
        "summary": summarize(items),
        "diff": differences(items),
    }
    wrong = [(item, item.error or _no_answer(item)) for item in items if item.wrong]
    if not wrong:
        return result
    # One that failed explains more than one that was left because of it.
    item, error = next(((item, error) for item, error in wrong if item.outcome is Outcome.FAILED), wrong[0])
    counts = result["summary"]
    raise IntuneError(
        f"{counts['failed']} of {counts['total']} statuses failed, {counts['not_attempted']} were not attempted; "
        f"running the task again touches only these; the first, statuses[{item.index}]: {error}",
        error.failure,
        result=result,
    )


def _no_answer(item: Item) -> IntuneError:
    """Return the error of an item that is neither as declared nor refused: an answer about it never came."""
    return READING.failed(Code.BAD_RESPONSE, f"no answer is about {item.target}", retryable=True)


class _Single(Item):
    """The item of a task for one status, which returns the object whether it differs or not."""

    def __init__(self, target: Target, desired: Desired) -> None:
        super().__init__(0, target, desired)
        self.before: Row = {}

    def compare(self, row: Row) -> None:
        self.before = row
        super().compare(row)

    def not_attempted(self, error: IntuneError) -> IntuneError:
        """Return the error itself, since there is no other item to which it belongs."""
        return error


def converge_one(
    client: GraphClient,
    target: Target,
    desired: Desired,
    *,
    api_version: str,
    verify: bool,
    check_mode: bool,
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Converge one status, and return the module's result.

    Args:
        verify: whether to read back after a write.
        check_mode: stop before the write, and return the predicted object.
        warn: called with what the user should know although the task succeeds.

    Raises:
        IntuneError: its ``result`` has ``changed``, ``changed_properties`` and ``diff`` as far as they are known.
    """
    item = _Single(target, desired)
    reading = DEVICE_STATUS.reading(f"{'Looking for' if target.match else 'Reading'} {target}")
    writing = DEVICE_STATUS.writing(f"Updating {target}")
    verifying = DEVICE_STATUS.verifying(f"Reading back {target} after its update")
    options = BulkOptions(check_mode=check_mode, verify=verify, batch=False)
    task = Convergence(client, [item], options, reading, writing, verifying)
    task.run()
    result: dict[str, Any] = {
        "changed": bool(item.changed_properties),
        "changed_properties": item.changed_properties,
        "diff": {"before": {}, "after": {}},
    }
    after = item.before
    if item.error is not None:
        if item.plan is not None:
            result["diff"] = item.plan.diff(item.after or item.before)
        item.error.result = result
        raise item.error
    if item.plan is not None:
        result["diff"] = item.plan.diff()
        after = item.after or item.plan.predicted
        if check_mode and not task.statuses.item_route:
            warn(f"This service has no route to {target} alone and may refuse its update in a run.")
    return {**result, "device_compliance_status": show(after, str(item.policy_id), api_version)}
