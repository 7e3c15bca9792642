# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Read the device statuses of one policy or of all, filter them here, and report whether the list is complete."""

from __future__ import annotations

import collections
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._errors import Code, IntuneError, InvalidOptionsError
from .._graph.client import GraphClient
from .._graph.edm import EdmError
from .._graph.resource import Row, snake_case
from .model import COMPLIANCE_STATUS, DATE_TIME, DEVICE_STATUS, MATCHABLE, POLICY, Target, show
from .routes import DeviceStatuses

_FILTERED = tuple(p for p in MATCHABLE if p.option != "user_name")
_BEFORE = {
    "reported_before": "lastReportedDateTime",
    "grace_expires_before": "complianceGracePeriodExpirationDateTime",
}


def argument_spec() -> dict[str, Any]:
    """Return the options that choose and filter statuses."""
    return {
        "policy_id": {"type": "str"},
        "policy_name": {"type": "str"},
        "status_id": {"type": "str"},
        "status": {"type": "list", "elements": "str", "choices": list(COMPLIANCE_STATUS.choices or ())},
        **{p.option: p.argument() for p in _FILTERED},
        **{option: {"type": "str"} for option in _BEFORE},
        "overview": {"type": "bool", "default": False},
    }


class Filters(NamedTuple):
    """The conditions for a row. The service answers ``$filter`` on this collection with 501."""

    target: Target = Target()
    statuses: frozenset[str] = frozenset()
    before: Mapping[str, str] = types.MappingProxyType({})
    policies: tuple[str, ...] = ()
    """The ids or names of policies, where they are several; none of these and none in ``target`` means every policy."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Filters:
        """Return the filters that the options describe.

        Raises:
            InvalidOptionsError: a date or an id is not valid.
        """
        problems: list[str] = []
        before: dict[str, str] = {}
        for option, name in _BEFORE.items():
            if options.get(option) is not None:
                try:
                    before[name] = DATE_TIME.from_option(options[option])
                except EdmError as error:
                    problems.append(f"{option} {error}")
        match = {p.name: options[p.option] for p in _FILTERED if options.get(p.option) is not None}
        try:
            ids = {name: options.get(name) for name in ("policy_id", "policy_name", "status_id")}
            target = Target.from_options(ids)._replace(match=match)
        except InvalidOptionsError as error:
            raise InvalidOptionsError(error.problems + problems) from None
        if problems:
            raise InvalidOptionsError(problems)
        return cls(target, frozenset(options.get("status") or ()), before)

    def fit(self, row: Row) -> bool:
        """Return whether a row meets them all."""
        return (
            (self.target.status_id is None or row.get("id") == self.target.status_id)
            and (not self.statuses or str(COMPLIANCE_STATUS.from_service(row.get("status"))) in self.statuses)
            and self.target.fits(row)
            and all(DATE_TIME.before(row.get(name), bound) for name, bound in self.before.items())
        )


def read_statuses(
    client: GraphClient,
    filters: Filters,
    *,
    api_version: str,
    overview: bool,
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Return the module's result: all rows that pass the filters, or an error, never only a part of them.

    Args:
        overview: read the policies' overviews too, and compare them with the lists.
        warn: called when a list is shorter than its overview.
    """
    statuses = DeviceStatuses(client)
    rows: list[Row] = []
    overviews: list[Row] = []
    complete = True
    for policy in chosen_policies(statuses, filters):
        policy_id = str(policy["id"])
        about = {"policy_display_name": policy.get("displayName"), "policy_type": policy.get("@odata.type")}
        operation = DEVICE_STATUS.reading(f"Listing the device statuses of policy {policy_id}")
        listed, before = 0, len(rows)
        try:
            for row in statuses.rows(policy_id, operation):
                if not row.get("id"):
                    raise operation.failed(Code.BAD_RESPONSE, "the answer has statuses without an id")
                listed += 1
                if filters.fit(row):
                    rows.append({**show(row, policy_id, api_version), **about})
        except IntuneError as error:
            if filters.target.policy_id is not None or not statuses.is_gone(policy, error):
                raise
            del rows[before:]
            warn(f"Policy {about['policy_display_name']} was deleted while the statuses were read, and is left out.")
            continue
        if overview:
            counts = _counts(statuses.overview(policy_id))
            overviews.append({"policy_id": policy_id, **about, **counts, "listed": listed})
            if not counts or sum(counts.values()) > listed:
                complete = False
                counted = f"{sum(counts.values())}: the service left some out" if counts else "no number"
                warn(
                    f"The list of policy {about['policy_display_name']} has {listed} statuses, its overview counts "
                    f"{counted}."
                )
    result: dict[str, Any] = {
        "changed": False,
        "device_compliance_statuses": rows,
        "count": len(rows),
        "summary": dict(collections.Counter(str(row.get("status")) for row in rows)),
    }
    return {**result, "overviews": overviews, "complete": complete} if overview else result


def chosen_policies(statuses: DeviceStatuses, filters: Filters) -> list[Row]:
    """Return the policies that the filters name, each once; every policy where they name none."""
    if filters.policies:
        # By id: a policy that is given twice, by its id and by its name, is read once.
        return list({str(found["id"]): found for found in map(statuses.policy_called, filters.policies)}.values())
    if filters.target.policy_id is not None:
        return [statuses.policy(filters.target.policy_id)]
    if filters.target.policy_name is not None:
        return [statuses.policy_named(filters.target.policy_name)]
    return statuses.policies(POLICY.reading("Listing the compliance policies"))


def _counts(overview: Row) -> dict[str, int]:
    """Return an overview's counts in snake_case: pending, success, failed …, as the API version has them."""
    counts = {snake_case(name): value for name, value in overview.items() if name.endswith("Count")}
    # A count that is not a number, or negative, would hide rows that are missing.
    whole = all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in counts.values())
    return counts if whole else {}
