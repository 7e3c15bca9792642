# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The sections of the report's page: its figures, what is missing from them, and how they were counted."""

from __future__ import annotations

from collections.abc import Sequence

from ..._compliance import SEVERITY, Group, group_of, label, statuses_of
from ..figures import Figures, Freshness, Share
from ..snapshot import Header, Policy, Reading
from ..wording import count, number, share
from .charts import Part, describe_trend, sliver, stacked_bar, trend
from .html import Content, Html, element, fragment
from .tables import (
    Column,
    Line,
    device,
    figures_table,
    list_table,
    mark,
    moment,
    policy_name,
    policy_with_platform,
    section,
    status,
    under,
    user,
)

_LEAST_SCALE = 0.1
"""The share that fills a bar at least: one device of a thousand is not to look like all of them."""

_FRESHNESS_MARKS = {
    Freshness.HEALTHY: "compliant",
    Freshness.DRIFTING: "not_known",
    Freshness.STALE: "not_compliant",
    Freshness.NEVER: "never",
    Freshness.UNKNOWN: "not_applicable",
}


def fleet(figures: Figures) -> Html:
    """Where the fleet stands: a bar and a table of devices by their worst status."""
    tally = figures.tally
    parts = [Part(group.label, tally.devices_in(group), group.value) for group in Group]
    columns = [Column("Worst status"), Column("Devices"), Column("Share"), Column("Statuses", minor=True)]
    lines = [line for group in Group for line in _group_lines(figures, group)]
    devices = tally.devices.total()
    everything = ["All", number(devices), share(devices, devices), number(tally.rows.total())]
    return section(
        "fleet",
        "Where the fleet stands",
        stacked_bar("Devices by their worst status", parts, "device", "fleet-bar"),
        figures_table(f"Devices by their worst status{_as_far(figures)}", columns, [*lines, Line(everything, "all")]),
    )


def _as_far(figures: Figures) -> str:
    return "" if figures.header.complete else ", as far as could be read"


def _group_lines(figures: Figures, group: Group) -> list[Line]:
    tally = figures.tally
    devices, found = tally.devices.total(), tally.devices_in(group)
    lines = [
        Line(
            [[mark(group.value), group.label], number(found), share(found, devices), number(tally.rows_in(group))],
            "sum",
        )
    ]
    values = [value for value in figures.statuses if group_of(value) is group]
    if values == statuses_of(group)[:1] and len(statuses_of(group)) == 1:
        return lines  # the only status there is would repeat its group
    return lines + [
        Line(
            [
                label(value),
                number(tally.devices[value]),
                share(tally.devices[value], devices),
                number(tally.rows[value]),
            ],
            "part",
        )
        for value in values
    ]


def history(figures: Figures) -> Html:
    """The trend over all snapshots."""
    points = figures.trend
    if len(points) < 2:
        text = "This is the first snapshot. The trend begins with the next one."
        return section("trend", "Trend", element("p", text))
    columns = [Column("Snapshot, UTC"), Column("Devices"), Column("Not compliant"), Column("Share")]
    note = "A hollow mark and a dashed line: that reading was incomplete, and the true number can only be higher."
    return section(
        "trend",
        "Trend",
        element("p", f"Devices that are not compliant. {describe_trend(points)}"),
        trend(points),
        element("p", note, class_="note") if not all(point.complete for point in points) else None,
        element(
            "details",
            element("summary", f"The figures of all {count(len(points), 'snapshot')}"),
            figures_table("Devices that are not compliant, by snapshot", columns, map(_trend_line, points)),
        ),
    )


def _trend_line(point: Header) -> Line:
    when = [moment(point.taken), None if point.complete else under("incomplete", gap=True)]
    devices, failing = point.device_count, point.not_compliant_devices
    return Line([when, number(devices), number(failing), share(failing, devices)])


def policies(figures: Figures) -> Html:
    """The figures by policy."""
    entries = [(policy_with_platform(part.policies[0]), part) for part in figures.policies]
    return section("policies", "By policy", _shares("Devices by policy", "Policy", entries))


def platforms(figures: Figures) -> Html | None:
    """The figures by platform."""
    caption = "Devices by platform, as the types of the policies tell it"
    entries = list(figures.platforms.items())
    return section("platforms", "By platform", _shares(caption, "Platform", entries)) if entries else None


def _shares(caption: str, what: str, entries: Sequence[tuple[Content, Share]]) -> Html:
    """Return a table of parts of the fleet, the one with the largest share that is not compliant first."""
    if not entries:
        return element("p", "There is none.")
    columns = [Column(what), Column("Devices"), Column("Not compliant"), Column("Share")]
    most = max(_LEAST_SCALE, *(_failing_share(part) for _heading, part in entries))
    ordered = sorted(entries, key=lambda entry: -_failing_share(entry[1]))
    return figures_table(
        caption, columns, [_share_line(heading, part, most) for heading, part in ordered], "figures names"
    )


def _failing_share(part: Share) -> float:
    if part.tally is None:
        return -1
    return part.tally.devices_in(Group.NOT_COMPLIANT) / max(1, part.tally.devices.total())


def _share_line(heading: Content, part: Share, most: float) -> Line:
    if part.tally is None:
        return Line([heading, *[element("span", "not read", class_="gap")] * 3])
    at_least = ""
    if not part.complete:
        heading, at_least = [heading, under("incomplete", gap=True)], "at least "
    devices, failing = part.tally.devices.total(), part.tally.devices_in(Group.NOT_COMPLIANT)
    figures = [f"{at_least}{number(devices)}", f"{at_least}{number(failing)}"]
    of_those = under("of those read") if at_least else None
    return Line([heading, *figures, [share(failing, devices), of_those, sliver(_failing_share(part), most)]])


def grace(figures: Figures) -> Html:
    """What has a grace period that ends soon."""
    days = count(figures.limits.grace_days, "day")
    found = figures.expiring
    heading = "Grace periods that end soon"
    if not found:
        so_far = "" if figures.header.complete else "As far as could be read: "
        text = f"{so_far}no grace period of a device that is not compliant ends within {days}."
        return section("grace", heading, element("p", f"{text[0].upper()}{text[1:]}"))
    devices = len({expiring.row.device_key for expiring in found})
    rows = [
        [
            device(expiring.row),
            user(expiring.row),
            policy_name(expiring.policy),
            status(expiring.row.status),
            moment(expiring.row.grace),
        ]
        for expiring in found
    ]
    caption = (
        f"Within {days}: {count(len(found), 'status')} of {count(devices, 'device')}, the soonest first; times in UTC"
    )
    headings = ["Device", "User", "Policy", "Status", "Grace ends"]
    return section("grace", heading, list_table(caption, headings, rows, "the CSV and the JSON file"))


def reporting(figures: Figures) -> Html:
    """How fresh the reports are."""
    limits, found = figures.limits, figures.freshness
    words = {
        Freshness.HEALTHY: ("Healthy", f"within {count(limits.healthy_days, 'day')}"),
        Freshness.DRIFTING: ("Drifting", f"within {count(limits.stale_days, 'day')}"),
        Freshness.STALE: ("Stale", "longer ago"),
        Freshness.NEVER: ("Never", "has not reported yet"),
        Freshness.UNKNOWN: ("Unknown", "no date, or one that cannot be read"),
    }
    shown = [kind for kind in Freshness if kind is not Freshness.UNKNOWN or found[kind]]
    devices = sum(found.values())
    lines = [
        Line(
            [
                [mark(_FRESHNESS_MARKS[kind]), words[kind][0], under(words[kind][1])],
                number(found[kind]),
                share(found[kind], devices),
            ]
        )
        for kind in shown
    ]
    return section(
        "reporting",
        "How recently devices reported",
        stacked_bar(
            "Devices by their last report",
            [Part(words[kind][0], found[kind], _FRESHNESS_MARKS[kind]) for kind in shown],
            "device",
            "reporting-bar",
        ),
        figures_table(
            f"Devices by their last report under any policy{_as_far(figures)}",
            [Column("Last report"), Column("Devices"), Column("Share")],
            lines,
        ),
    )


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
