# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The sections of the report's page that say what is missing, and how everything was counted."""

from __future__ import annotations

from collections.abc import Sequence

from ._compliance import SEVERITY, Group, statuses_of
from ._figures import Figures
from ._html import Content, Html, element, fragment
from ._page_tables import policy_with_platform, section
from ._snapshot import Policy, Reading
from ._wording import count, number


def missing(figures: Figures) -> Html | None:
    """What could not be read, or is incomplete."""
    unreadable = figures.policies_with(Reading.UNREADABLE)
    incomplete = figures.policies_with(Reading.INCOMPLETE)
    files = figures.history.unreadable
    if not (unreadable or incomplete or files):
        return None
    return section(
        "missing",
        "What is missing",
        _policies("Policies that could not be read: none of their statuses are in any figure", unreadable),
        _policies(
            "Policies whose list is shorter than the service\u2019s own count: their figures are too low", incomplete
        ),
        [
            element("h3", "Snapshots that could not be read: they are not in the trend"),
            element("ul", [element("li", [file, element("span", problem, class_="why")]) for file, problem in files]),
        ]
        if files
        else None,
    )


def _policies(heading: str, found: Sequence[Policy]) -> Content:
    if not found:
        return None
    items = [
        element("li", policy_with_platform(policy), element("span", _why(policy), class_="why")) for policy in found
    ]
    return [element("h3", heading), element("ul", items)]


def _why(policy: Policy) -> str:
    if policy.reading is Reading.UNREADABLE:
        return policy.problem or ""
    return f"{count(len(policy.rows), 'status')} listed, {number(policy.counted or 0)} counted by the service"


def method(figures: Figures) -> Html:
    """How everything was counted."""
    limits = figures.limits
    groups = "; ".join(
        f"{group.label}: {', '.join(statuses_of(group))}"
        + (", and what this version does not know" if group is Group.NOT_KNOWN else "")
        for group in Group
    )
    terms = {
        "Status": "What the service says of one device and one user under one policy.",
        "Device": "All statuses with the same device name, in upper or lower case. Two devices of one name count as "
        "one; a status without a name counts as a device of its own.",
        "Worst status": f"A device counts once, with the worst of its statuses, in this order: {', '.join(SEVERITY)}. "
        "One that this version does not know comes before unknown.",
        "Groups": f"{groups}.",
        "Change": "A status is compared with the one of the same id under the same policy, so that a renamed device "
        "stays the same. One that is no longer listed has not recovered. Recovered means compliant or remediated now. "
        "Only policies whose lists were complete both times are compared.",
        "Incomplete": "The service lists fewer statuses than its own overview of the policy counts. What is missing is "
        "never counted as zero.",
        "Grace": "Statuses that are not compliant or not known, and whose grace period ends within "
        f"{count(limits.grace_days, 'day')} after this report.",
        "Last report": f"Healthy: within {count(limits.healthy_days, 'day')}. Drifting: within "
        f"{count(limits.stale_days, 'day')}. Stale: longer ago. A device counts with its latest report under any "
        "policy.",
        "Time": "All dates and times are in UTC.",
    }
    items = [fragment(element("dt", term), element("dd", meaning)) for term, meaning in terms.items()]
    return section("method", "How this is counted", element("dl", items, class_="terms"))
