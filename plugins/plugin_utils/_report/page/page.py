# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The report as one HTML file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib

from ... import _timestamps
from ..._compliance import Group
from ..figures import Figures, Freshness
from ..snapshot import Reading
from ..wording import count, headline, number, share
from . import sections as sections
from .changes import changes
from .html import Html, element, fragment, own_code
from .rows import all_rows
from .tables import under


def to_html(figures: Figures, title: str, style: str, script: str) -> str:
    """Return the page.

    Args:
        title: its heading.
        style: our own style sheet.
        script: our own script.
    """
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{title}, {_timestamps.spell_day(figures.snapshot.taken)}"),
        element("link", rel="icon", href="data:,"),  # or a browser asks the server for one
        own_code("style", style),
    ]
    listed = bool(figures.header.row_count)  # where nothing is, zeros would look like figures
    main = element(
        "main",
        _opening(figures, title),
        sections.fleet(figures) if listed else None,
        sections.history(figures),
        changes(figures),
        sections.policies(figures),
        sections.platforms(figures),
        sections.reporting(figures) if listed else None,
        sections.grace(figures) if listed else None,
        sections.missing(figures),
        all_rows(figures),
        sections.method(figures),
        id="main",
    )
    footer = element(
        "footer",
        element(
            "p",
            "Made from Microsoft Graph by the Ansible collection graphops.intune.",
        ),
    )
    skip = element("a", "Skip to all statuses", href="#rows", class_="skip")
    body = element("body", skip, main, footer, own_code("script", script))
    return f"<!DOCTYPE html>\n{element('html', element('head', head), body, lang='en').text}\n"


def _hash(code: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def _opening(figures: Figures, title: str) -> Html:
    meta = f"As of {_timestamps.spell(figures.snapshot.taken)}. All times are UTC."
    return element(
        "header",
        element("h1", title),
        element("p", headline(figures), class_="headline"),
        element("p", meta, class_="note"),
        _warning(figures),
        _key_figures(figures),
    )


def _warning(figures: Figures) -> Html | None:
    unreadable = len(figures.policies_with(Reading.UNREADABLE))
    incomplete = len(figures.policies_with(Reading.INCOMPLETE))
    if not (unreadable or incomplete):
        return None
    of_all = f" of {count(len(figures.snapshot.policies), 'policy')}"
    parts = [
        f"{number(unreadable)}{of_all} could not be read" if unreadable else "",
        f"the {'list' if incomplete == 1 else 'lists'} of {number(incomplete)}{'' if unreadable else of_all} "
        f"{'is' if incomplete == 1 else 'are'} shorter than the service counts"
        if incomplete
        else "",
    ]
    return element(
        "p",
        element("strong", "This report is incomplete: "),
        "; ".join(part for part in parts if part),
        ". ",
        element("a", "What is missing", href="#missing"),
        class_="warning",
    )


def _key_figures(figures: Figures) -> Html:
    devices, failing = figures.tally.devices.total(), figures.tally.devices_in(Group.NOT_COMPLIANT)
    silent = figures.freshness[Freshness.STALE] + figures.freshness[Freshness.NEVER]
    soon = len({expiring.row.device_key for expiring in figures.expiring})
    # What is missing can only add to these; whether a device is silent, it could also disprove.
    at_least, of_those = ("", "") if figures.header.complete else ("at least", "of those read")
    policies, days = count(figures.header.policies_read, "policy"), count(figures.limits.grace_days, "day")
    entries = (
        ("Devices", at_least, devices, f"under {policies}"),
        ("Not compliant", at_least, failing, f"{share(failing, devices)} {of_those or 'of devices'}"),
        ("Grace ends soon", at_least, soon, f"within {days}"),
        ("Silent", of_those, silent, f"no report for {count(figures.limits.stale_days, 'day')}, or ever"),
    )
    shown = [
        element(
            "div",
            element("dt", term),
            element("dd", under(prefix) if prefix else None, element("b", number(value)), under(words)),
        )
        for term, prefix, value, words in entries
    ]
    if not figures.header.policies_read:
        return fragment()
    return element("dl", shown, class_="key")
