# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: its text, its elements, and that it sends no request."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import UnreadableFile
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page import page as _page
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.table import PAGE_SIZE
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Reading

from .. import fleets
from ..fleets import HOSTILE, NOW, WEEK_AGO, figures, policy, row, snapshot, unreadable
from .dom import Node, parse

STYLE, SCRIPT = ((_page.FILES / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))


def page(found: Figures, title: str = "Fleet") -> Node:
    return parse(fleets.page(found, title))


def section(document: Node, identifier: str) -> Node:
    return document.one("section", aria_labelledby=identifier)


def table(document: Node, identifier: str, index: int = 0) -> list[list[str]]:
    return section(document, identifier).all("table")[index].table()


def data(document: Node) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(document.one("script", id="data").text)
    return read


def everything() -> Figures:
    """A fleet in which everything occurs."""
    before = [
        policy(row("PC-1", "error"), row("PC-2"), row("PC-3", "error"), row("GONE", "error"), row("PC-5", "conflict")),
        policy(row("iPad"), id="ios"),
    ]
    now = [
        policy(
            row("PC-1"),
            row("PC-2", "nonCompliant", grace="2026-11-25T00:00:00Z", principal="ada@contoso.example"),
            row("PC-3", "unknown"),
            row("NEW", "error", reported="never"),
            row("PC-5", "conflict", reported="2026-01-01T00:00:00Z"),
            row("PC-6", "quarantined", reported=None),
            row("PC-7", "notApplicable", reported="2026-11-10T00:00:00Z"),
        ),
        policy(
            row("iPad"), id="ios", type="#microsoft.graph.iosCompliancePolicy", reading=Reading.INCOMPLETE, counted=9
        ),
        unreadable("mac", type="#microsoft.graph.macOSCompliancePolicy"),
    ]
    earlier = snapshot(*before, taken=WEEK_AGO)
    return figures(snapshot(*now), earlier, unreadable=(UnreadableFile("x.json", "not valid JSON"),))


def test_the_summary() -> None:
    document = page(everything(), "Fleet, Contoso")
    assert document.one("head").one("title").text == "Fleet, Contoso, 24 November 2026"
    assert document.one("h1").text == "Fleet, Contoso"
    assert document.one("p", class_="headline").text == (
        "As far as could be read, 3 of 8 devices (37.5%) are not compliant; in the one policy read in full both "
        "times, 1 fewer than on 17 November."
    )
    assert "All times are UTC" in document.one("header").text
    assert " ".join(document.one("p", class_="warning").text.split()) == (
        "This report is incomplete: of 3 policies, 1 could not be read, and 1 lists fewer statuses than the service "
        "counts. What is missing"
    )
    key = document.one("dl", class_="key")
    assert [(term.text, value.text) for term, value in zip(key.all("dt"), key.all("b"), strict=True)] == [
        ("Devices", "8"),
        ("Not compliant", "3"),
        ("Grace ends soon", "1"),
        ("Not reporting", "2"),
    ]
    assert [value.text.startswith("at least") for value in key.all("dd")] == [True, True, True, False]


def test_the_fleet_by_worst_status() -> None:
    assert table(page(everything()), "fleet") == [
        ["Worst status", "Devices", "Share", "Statuses"],
        ["Not compliant", "3", "37.5%", "3"],
        ["Error", "1", "12.5%", "1"],
        ["Conflict", "1", "12.5%", "1"],
        ["Noncompliant", "1", "12.5%", "1"],
        ["Not known", "2", "25.0%", "2"],
        ["quarantined", "1", "12.5%", "1"],
        ["Unknown", "1", "12.5%", "1"],
        ["Compliant", "2", "25.0%", "2"],
        ["Compliant", "2", "25.0%", "2"],
        ["Not applicable", "1", "12.5%", "1"],
        ["All", "8", "100.0%", "8"],
    ]


def test_what_has_changed() -> None:
    document = page(everything())
    assert section(document, "changes").one("h2").text == "Since 17 November"
    assert (
        "Left out, because they were not read in full both times: The ios policy; The mac policy."
        in section(document, "changes").text
    )
    assert table(document, "changes") == [
        ["Step", "Statuses"],
        ["Not compliant then", "4"],
        ["Recovered", "\u22121"],
        ["Now unknown, not assigned or not applicable", "\u22121"],
        ["No longer listed", "\u22121"],
        ["Newly not compliant", "+1"],
        ["First listed, and not compliant", "+1"],
        ["Not compliant now", "3"],
    ]
    headings = [heading.text for heading in section(document, "changes").all("h3")]
    lists = [table(document, "changes", index + 1)[1] for index in range(len(headings))]
    windows = "The windows policy"
    assert dict(zip(headings, lists, strict=True)) == {
        "Newly not compliant": ["PC-2", "ada@contoso.example", windows, "Noncompliantwas compliant"],
        "First listed, and not compliant": ["NEW", "no user", windows, "Error"],
        "Recovered": ["PC-1", "no user", windows, "Compliantwas error"],
        "Now unknown, not assigned or not applicable": ["PC-3", "no user", windows, "Unknownwas error"],
        "No longer listed": ["GONE", "no user", windows, "Error"],
    }


def test_by_policy_and_by_platform_never_zero_for_what_was_not_read() -> None:
    document = page(everything())
    assert table(document, "policies") == [
        ["Policy", "Devices", "Not compliant", "Share"],
        ["The windows policyWindows", "7", "3", "42.9%"],
        ["The ios policyiOS and iPadOSincomplete", "at least 1", "at least 0", "0.0%of those read"],
        ["The mac policymacOS", "not read", "not read", "not read"],
    ]
    assert table(document, "platforms")[1:] == [
        ["Windows", "7", "3", "42.9%"],
        ["iOS and iPadOSincomplete", "at least 1", "at least 0", "0.0%of those read"],
        ["macOS", "not read", "not read", "not read"],
    ]
    missing = section(document, "missing")
    assert [item.text for item in missing.all("li")] == [
        "The mac policymacOS403 Forbidden",
        "The ios policyiOS and iPadOS1 status listed, 9 counted by the service",
        "x.jsonnot valid JSON",
    ]


def test_trend() -> None:
    document = page(everything())
    assert table(document, "trend") == [
        ["Snapshot, UTC", "Devices", "Not compliant", "Share"],
        ["2026-11-17 06:00", "6", "4", "66.7%"],
        ["2026-11-24 06:00incomplete", "8", "3", "37.5%"],
    ]
    for kind in ("wide", "narrow"):
        chart = section(document, "trend").one("svg", class_=kind)
        assert len(chart.all("circle")) == 2
        assert [("uncertain" in str(dot.attributes["class"])) for dot in chart.all("circle")] == [False, True]
        heights = [float(str(dot.attributes["cy"])) for dot in chart.all("circle")]
        assert heights[0] < heights[1]  # 4 is above 3
    assert (
        "From 4 on 17 November 2026 to at least 3 on 24 November 2026; of the complete readings, lowest 4"
        in section(document, "trend").text
    )


def test_grace_and_reporting() -> None:
    document = page(everything())
    assert table(document, "grace")[1] == [
        "PC-2",
        "ada@contoso.example",
        "The windows policy",
        "Noncompliant",
        "2026-11-25 00:00",
    ]
    assert [line[:2] for line in table(document, "reporting")[1:]] == [
        ["Healthywithin 7 days", "4"],
        ["Driftingwithin 30 days", "1"],
        ["Stalelonger ago", "1"],
        ["Neverhas not reported yet", "1"],
        ["Unknownno date, or not a valid one", "1"],
    ]


def test_a_first_and_complete_report() -> None:
    document = page(figures(snapshot(policy(row("PC-1")))))
    assert not document.all("p", class_="warning")
    assert not document.all("section", aria_labelledby="missing")
    assert "no earlier snapshot" in section(document, "changes").text
    assert "first snapshot" in section(document, "trend").text
    assert not section(document, "trend").all("svg")
    assert "No grace period" in section(document, "grace").text
    assert not document.all("select", id="change")


def test_no_policy_at_all() -> None:
    document = page(figures(snapshot()))
    assert document.one("p", class_="headline").text == "No compliance policies were found."
    assert not document.all("table")


def test_nothing_readable_shows_no_key_figures() -> None:
    document = page(figures(snapshot(unreadable())))
    assert not document.all("dl", class_="key")
    assert "not read" in section(document, "policies").text
    assert not [cell for found in document.all("table") for line in found.table() for cell in line if cell == "0"]


def test_all_rows_are_data_and_the_worst_are_there_without_a_script() -> None:
    rows = [row(f"PC-{number:03}", "error" if number == 77 else "compliant") for number in range(120)]
    document = page(figures(snapshot(policy(*rows))))
    found = data(document)
    assert len(found["rows"]) == 120
    assert found["policies"] == [["The windows policy", "Windows"]]
    assert found["statuses"] == [["Error", "not_compliant"], ["Compliant", "compliant"]]
    assert found["rows"][0] == ["PC-077", "", 0, 0, "2026-11-24 06:00", "never", -1]
    listed = table(document, "rows")
    assert len(listed) == 1 + PAGE_SIZE
    assert [line[0] for line in listed[1:3]] == ["PC-077", "PC-000"]
    assert document.one("p", id="shown").text == "The first 50 of 120 statuses, the worst first."
    assert "hidden" in document.one("div", id="filters").attributes


def test_the_change_of_a_row_is_in_its_data() -> None:
    document = page(everything())
    words = data(document)["changes"]
    found = {line[0]: words[line[6]] for line in data(document)["rows"] if line[6] >= 0}
    assert found == {
        "PC-1": "recovered",
        "PC-2": "newly not compliant",
        "PC-3": "no longer known",
        "NEW": "first listed",
    }


@pytest.mark.parametrize(
    "name",
    [
        HOSTILE,
        "</script><script>alert(1)</script>",
        "<!--",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}",
        "{% raw %}",
        "&lt;",
    ],
)
def test_hostile_names_show_as_text_everywhere(name: str) -> None:
    hostile = row(name, "error", user=name, principal=name, model=name, grace="2026-11-25T00:00:00Z", id=name)
    now = policy(hostile, id=name, name=name, type=name)
    shut = unreadable(f"{name} 2", name=name, type=name, problem=name)
    found = figures(
        snapshot(now, shut),
        snapshot(policy(id=name, name=name), taken=WEEK_AGO),
        unreadable=(UnreadableFile(name, name),),
    )
    document = page(found, name)
    assert len(document.all("script")) == 2
    assert not document.all("img")
    assert document.one("h1").text == name
    assert data(document)["rows"][0][:2] == [name, name]
    assert data(document)["policies"][0] == [name, name]
    for identifier in ("changes", "policies", "platforms", "grace", "missing", "rows"):
        assert name in section(document, identifier).text, identifier
    assert "49" not in document.one("h1").text


def test_characters_that_turn_the_text_are_written_out_everywhere() -> None:
    name = "gpj\u202eexe."
    hostile = row(name, "error", user=name, principal=name, grace="2026-11-25T00:00:00Z")
    shut = unreadable(name=name, type=name, problem=name)
    found = figures(
        snapshot(policy(hostile, name=name, type=name), shut),
        snapshot(policy(), taken=WEEK_AGO),
        unreadable=(UnreadableFile(name, name),),
    )
    markup = fleets.page(found, name)
    assert "\u202e" not in markup
    document = parse(markup)
    shown = "gpj[U+202E]exe."
    assert document.one("h1").text == shown
    assert data(document)["policies"][0] == [shown, shown]
    assert data(document)["rows"][0][:2] == [shown, shown]
    assert table(document, "rows")[1][0] == shown
    for identifier in ("changes", "policies", "platforms", "grace", "missing", "rows"):
        assert shown in section(document, identifier).text, identifier


def test_names_end_their_direction_of_writing_and_their_absence_is_shown() -> None:
    named = row("PC-1", "error", principal="ada@contoso.example", grace="2026-11-25T00:00:00Z")
    blank = row(" \t", "error", id="2", principal="", grace="2026-11-25T00:00:00Z")
    found = figures(snapshot(policy(named, blank, name="Baseline")), snapshot(policy(), taken=WEEK_AGO))
    for identifier in ("rows", "grace", "changes"):
        lines = section(page(found), identifier).all("table")[-1].one("tbody").all("tr")
        names = [[node.text for node in line.all("bdi")] for line in lines]
        absent = [[node.text for node in line.all("span", class_="none")] for line in lines]
        assert sorted(names) == [["Baseline"], ["PC-1", "ada@contoso.example", "Baseline"]], identifier
        assert sorted(absent) == [[], ["no name", "no user"]], identifier


def test_it_sends_no_request() -> None:
    markup = fleets.page(everything())
    document = parse(markup)
    for node in document:
        assert node.tag not in ("img", "iframe", "object", "embed", "base", "form", "audio", "video", "image", "use")
        assert "style" not in node.attributes, "the policy forbids it"
        assert not [name for name in node.attributes if name.startswith("on")], "the policy forbids it"
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            link = node.attributes.get(name) or "#"
            assert link.startswith("#") or link == "data:,", link
    assert "@import" not in STYLE
    assert "url(" not in STYLE
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|import)\b|innerHTML|outerHTML|insertAdjacentHTML|eval", SCRIPT
    )
    assert not re.search(r"https?://(?!www\.gnu\.org)", markup)


def test_the_policy_allows_our_own_code_alone() -> None:
    document = page(everything())
    policy_text = str(document.one("meta", http_equiv="Content-Security-Policy").attributes["content"])
    directives = dict(directive.strip().split(" ", 1) for directive in policy_text.split(";"))
    code = {"style-src": document.one("style").text, "script-src": document.all("script")[-1].text}
    for directive, text in code.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert directives.pop(directive) == f"'sha256-{digest}'"
    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    tags = [node.tag for node in document.one("head")]
    assert tags[1:3] == ["meta", "meta"], "the character set and the policy come before all that they are about"


def test_our_own_code_cannot_end_its_element(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_page, "FILES", tmp_path)
    (tmp_path / "report.js").write_text("void 0")
    for text in ("a </STYLE> b", "<!-- a"):
        (tmp_path / "report.css").write_text(text)
        with pytest.raises(ValueError, match=r"report\.css must contain neither"):
            page(everything())


def test_headings_are_in_order() -> None:
    levels = [int(node.tag[1]) for node in page(everything()) if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_references_lead_somewhere_and_ids_are_unique() -> None:
    document = page(everything())
    ids = [node.attributes["id"] for node in document if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in document:
        for identifier in (node.attributes.get("aria-labelledby") or "").split():
            assert identifier in ids
        link = node.attributes.get("href") or ""
        assert not link.startswith("#") or link[1:] in ids


def test_tables_are_accessible() -> None:
    for found in page(everything()).all("table"):
        assert found.one("caption").text
        columns = len(found.one("thead").all("th"))
        assert all(head.attributes["scope"] == "col" for head in found.one("thead").all("th"))
        for line in found.one("tbody").all("tr"):
            assert line.one("th").attributes["scope"] == "row"
            assert 1 + len(line.all("td")) == columns
        assert found.attributes["role"] == "table"


def test_charts_are_accessible() -> None:
    document = page(everything())
    charts = [chart for chart in document.all("svg") if chart.attributes.get("aria-hidden") != "true"]
    assert len(charts) == 4
    for chart in charts:
        assert chart.attributes["role"] == "img"
        assert chart.one("title").text
        assert chart.one("desc").text.endswith(".")


def test_a_status_is_never_shown_by_color_alone() -> None:
    document = page(everything())
    for node in document:
        marks = [
            child
            for child in node.children
            if isinstance(child, Node) and "mark" in str(child.attributes.get("class")).split()
        ]
        assert not marks or node.text.strip()


def test_controls_have_names() -> None:
    document = page(everything())
    labelled = [control for label in document.all("label") for tag in ("input", "select") for control in label.all(tag)]
    controls = [*document.all("input"), *document.all("select")]
    assert [id(control) for control in controls] == [id(control) for control in sorted(labelled, key=controls.index)]
    assert all(label.text.strip() for label in document.all("label"))
    assert all(button.text for button in document.all("button"))
    assert document.one("p", id="shown").attributes["role"] == "status"
    assert document.one("html").attributes["lang"] == "en"


def test_many_snapshots_are_a_line_without_marks() -> None:
    days = [f"20{year:02}-{month:02}-01T06:00:00Z" for year in range(20, 26) for month in range(1, 13)]
    earlier = [snapshot(policy(row("A", "error")), taken=day) for day in days]
    document = page(figures(snapshot(policy(row("A", "error"))), *earlier))
    chart = document.one("svg", class_="wide")
    assert len(chart.all("circle")) == 1
    assert len(str(chart.one("polyline").attributes["points"]).split()) == len(days) + 1
    assert len(table(document, "trend")) == len(days) + 2
    assert NOW[:10] in table(document, "trend")[-1][0]
