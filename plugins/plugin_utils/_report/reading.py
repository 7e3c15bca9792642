# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read the fleet policy by policy, so that one policy that cannot be read does not hide the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...module_utils._errors import InvalidOptionsError
from .. import _timestamps
from .._compliance import UNKNOWN
from .errors import ReportError
from .snapshot import Policy, Reading, Row, Snapshot

_LIST_POLICIES = "graphops.intune.intune_device_compliance_policy_info"
_LIST_STATUSES = "graphops.intune.intune_device_compliance_status_info"

# A service that is down would cost each policy the complete retry_timeout. After this many seconds spent on policies
# that could not be read, the remaining ones get a short one.
_TROUBLE = 300.0
_SHORT_RETRY_TIMEOUT = 30.0

Result = Mapping[str, Any]
RunModule = Callable[[str, dict[str, Any]], Result]
"""Runs a module with these options, and returns its result, a failure too."""


class FleetReader:
    """Reads policies and their statuses through the collection's modules.

    Args:
        run_module: runs a module.
        connection: the connection options of the task.
        progress: the option with which the module that reads statuses shows its progress, if any.
        monotonic: a clock, in seconds.
    """

    def __init__(
        self,
        run_module: RunModule,
        connection: Mapping[str, Any],
        progress: Mapping[str, str],
        monotonic: Callable[[], float],
    ) -> None:
        self._run_module = run_module
        self._connection = connection
        self._progress = progress
        self._monotonic = monotonic
        self._trouble = 0.0
        self._first_failure: Result | None = None

    def read(self, taken: str, wanted: Sequence[str], option: str) -> Snapshot:
        """Return the snapshot of the fleet.

        Args:
            taken: the timestamp of the snapshot.
            wanted: ids or display names of policies; empty for all.
            option: the name of the option that gave *wanted*, for a message.

        Raises:
            InvalidOptionsError: a policy is wanted that does not exist.
            ReportError: the policies cannot be listed, or none of them can be read.
        """
        listed = self._run_module(_LIST_POLICIES, {**self._connection})
        if "device_compliance_policies" not in listed:
            raise ReportError(str(text(listed.get("msg"))), listed.get("failure"))
        chosen = _choose(listed["device_compliance_policies"], wanted, option)
        policies = [policy_of(policy, self._read_statuses(policy)) for policy in chosen]
        if policies and all(policy.reading is Reading.UNREADABLE for policy in policies):
            failure = (self._first_failure or {}).get("failure")
            raise ReportError(
                f"No policy could be read, so there is nothing to report on. The first error: {policies[0].problem}",
                failure,
            )
        return Snapshot(taken, policies)

    def _read_statuses(self, policy: Mapping[str, Any]) -> Result:
        options = {**self._connection, **self._progress, "policy_id": policy["id"], "overview": True}
        if self._trouble >= _TROUBLE:
            options.setdefault("retry_timeout", _SHORT_RETRY_TIMEOUT)
        started = self._monotonic()
        result = self._run_module(_LIST_STATUSES, options)
        if "device_compliance_statuses" not in result:
            self._trouble += self._monotonic() - started
            self._first_failure = self._first_failure or result
        return result


def _choose(listed: Sequence[Result], wanted: Sequence[str], option: str) -> Sequence[Result]:
    """Return the wanted policies, in the service's order."""
    names = {policy[key] for policy in listed for key in ("id", "display_name")}
    if unknown := [name for name in wanted if name not in names]:
        raise InvalidOptionsError(
            [
                f"{option}: no policy has the id or display name {', '.join(map(repr, unknown))}. Compare the spelling "
                "with the Intune admin center; the name is case-sensitive"
            ]
        )
    return [policy for policy in listed if not wanted or {policy["id"], policy["display_name"]} & set(wanted)]


def policy_of(policy: Mapping[str, Any], result: Result) -> Policy:
    """Return a policy with the rows that were read.

    Args:
        policy: as the module ``intune_device_compliance_policy_info`` returns it.
        result: what the module ``intune_device_compliance_status_info`` returned for it with ``overview: true``, or
            its failure.
    """
    about = Policy(
        str(text(policy["id"])), text(policy.get("display_name")), text(policy.get("type")), Reading.UNREADABLE
    )
    listed = result.get("device_compliance_statuses")
    if not isinstance(listed, Sequence):
        return dataclasses.replace(about, problem=text(result.get("msg")) or "the module returned no statuses")
    counted = sum(number for name, number in result["overviews"][0].items() if name.endswith("_count"))
    # A row that moves from one page to the next while they are read is listed twice, and another one not at all.
    rows = list({row.id: row for row in map(_row, listed)}.values())
    reading = Reading.COMPLETE if result["complete"] and len(rows) >= counted else Reading.INCOMPLETE
    return dataclasses.replace(about, reading=reading, counted=counted, rows=rows)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        id=str(text(row["id"])),
        device=text(row.get("device_display_name")),
        user=text(row.get("user_name")),
        principal=text(row.get("user_principal_name")),
        model=text(row.get("device_model")),
        status=text(row.get("status")) or UNKNOWN,
        reported=_timestamp(row.get("last_reported_date_time")),
        grace=_timestamp(row.get("compliance_grace_period_expiration_date_time")),
    )


def _timestamp(value: Any) -> str | None:
    date = text(value)
    return None if date is None else _timestamps.canonical(date)


def text(value: Any) -> str | None:
    """Return plain text: without ansible-core's marks, and with no half of a surrogate pair, which no file can hold."""
    if value is None:
        return None
    return str.encode(value if isinstance(value, str) else str(value), "utf-8", "replace").decode()
