# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The variables and filters of the page's template.

Documented for users, in the role's README, are ``title``, ``report``, ``statuses`` and the filters ``number``,
``share`` and ``day``. A user's template gets the others too, and they can change.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ... import _timestamps
from ..._compliance import SEVERITY, Group, group_of, label, statuses_of
from ..comparison import Change
from ..figures import Figures, Freshness, platform
from ..snapshot import Reading
from ..statuses import Status
from ..wording import count, number, share
from . import charts
from .table import CHANGES, PAGE_SIZE, filters, table_data, worst_first
from .template import PageTemplate
from .text import json_for_script

FILES = Path(__file__).parents[4] / "roles" / "compliance_report" / "files"

_LIST_SIZE = 10
"""How many rows a list shows that is not the table of all statuses."""

FILTERS = {
    "number": number,
    "share": share,
    "counted": count,
    "day": _timestamps.spell_day,
    "day_and_time": _timestamps.spell,
    "short_time": _timestamps.show,
    "status_label": label,
    "group_of": group_of,
    "statuses_of": statuses_of,
    "platform": platform,
    "json_for_script": json_for_script,
}


class ReportPage:
    """The page of a report.

    Args:
        template: the file of a user's template; None for the role's own.
        option: the name of the option that gave it, for a message.

    Raises:
        InvalidOptionsError: the template cannot be read or has an error.
    """

    def __init__(self, template: Path | None, option: str) -> None:
        self._template = PageTemplate(template, option, FILTERS)

    def render(self, figures: Figures, report: dict[str, Any], statuses: Sequence[Status]) -> str:
        """Return the page, see `variables`.

        Raises:
            InvalidOptionsError: the template has an error.
        """
        return self._template.render(variables(figures, report, statuses))


def variables(figures: Figures, report: dict[str, Any], statuses: Sequence[Status]) -> dict[str, Any]:
    """Return what a template can use.

    Args:
        report: the document of the JSON file.
        statuses: every status of the report.
    """
    style, script = (_read(name) for name in ("report.css", "report.js"))
    rows = worst_first(statuses)
    return {
        "title": report["title"],
        "report": report,
        "statuses": statuses,
        "figures": figures,
        "policies": {policy.id: policy for policy in figures.snapshot.policies},
        "list_size": _LIST_SIZE,
        "first_rows": rows[:PAGE_SIZE],
        "change_labels": CHANGES,
        "filters": filters(figures),
        "table_data": table_data(figures, rows),
        **_charts(figures),
        "severity": SEVERITY,
        "style": Markup(style),  # noqa: S704 - our own files
        "script": Markup(script),  # noqa: S704 - likewise
        "content_security_policy": _content_security_policy(script, style),
        **{enum.__name__: enum for enum in (Change, Freshness, Group, Reading)},
    }


def _charts(figures: Figures) -> dict[str, Any]:
    groups = [(group.label, figures.tally.devices_in(group), group.value) for group in Group]
    ages = [
        (kind.label, devices, kind.value)
        for kind, devices in figures.freshness.items()
        if devices or kind is not Freshness.UNKNOWN
    ]
    points = figures.trend
    sizes = {"wide": (720, 250), "narrow": (340, 220)}
    return {
        "fleet_bar": charts.stacked_bar(groups),
        "reporting_bar": charts.stacked_bar(ages),
        "trends": {kind: charts.trend(points, *size) for kind, size in sizes.items()} if len(points) > 1 else {},
        "trend_description": charts.describe_trend(points),
    }


def _read(name: str) -> str:
    """Return the style sheet or the script, neither of which may end its element."""
    text = (FILES / name).read_text(encoding="utf-8")
    if "</" in text or "<!--" in text:
        raise ValueError(f"{name} must contain neither </ nor <!--")
    return text


def _content_security_policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(code: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"
