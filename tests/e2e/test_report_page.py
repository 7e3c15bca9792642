# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report over 10,000 rows, 8 policies and 12 snapshots, with gaps and hostile names, in a real browser."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import resource
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ..emulator.process import start
from . import chromium
from .chromium import Page
from .conftest import Ansible, Run
from .fleet import Fleet
from .reports import NOW, Expected, Report, check_agreement, quick

NAMES = [
    "<script>window.harmed = 1</script>",
    "</script><img src=x onerror='window.harmed = 1'>",
    "gpj\u202eexe.",
]
PAGE_SIZE = 50
OLDEST = "2.16."

# Contrast as WCAG 2.2 defines it, of every text with what is behind it, and of every part of a chart with the page.
CONTRAST = """
(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(channels(one)), luminance(channels(other))].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (node) => {
    for (let found = node; found; found = found.parentElement) {
      const color = getComputedStyle(found).backgroundColor;
      if (!found.matches(".mark") && (channels(color)[3] ?? 1) > 0) return color;
    }
  };
  const poor = [];
  let looked = 0;
  const check = (node, color, least) => {
    looked += 1;
    const found = contrast(color, behind(node));
    if (found < least) poor.push([node.outerHTML.slice(0, 80), color, found]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest("script, desc, title")) continue;
    const style = getComputedStyle(node);
    check(node, node instanceof SVGElement ? style.fill : style.color, 4.5);
  }
  for (const node of document.querySelectorAll("rect, circle, polyline")) {
    const style = getComputedStyle(node);
    if (node.checkVisibility()) check(node, node.matches("rect") ? style.fill : style.stroke, 3);
  }
  for (const node of document.querySelectorAll(".mark")) check(node, getComputedStyle(node).color, 3);
  return { looked, poor };
})()
"""


class Written(NamedTuple):
    """A report, the run that made it, its processor time in seconds, and what the report should show."""

    report: Report
    run: Run
    seconds: float
    expected: Expected
    unreadable: str
    incomplete: str


def _processor_seconds() -> float:
    """The processor time of ended children. Unlike elapsed time, it does not depend on other processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, collections: str) -> Written:
    """A report by the playbook, with a policy whose list cannot be read to its end and a list that is incomplete."""
    folder = tmp_path_factory.mktemp("report")
    found = Report(folder / "compliance-report")
    found.folder.mkdir(mode=0o755)
    with start(statuses=10_000, policies=8) as emulator:
        ansible = quick(Ansible(emulator, folder, collections))
        ansible.expected_warnings = ("The list of policy Generated baseline",)
        now = datetime.datetime(2025, 10, 23, 6, tzinfo=datetime.timezone.utc)
        state = emulator.state()
        Fleet.of(state, now).write(found.snapshots, 11)
        hostile, incomplete, *_others, unreadable = (policy["id"] for policy in state["policies"])
        for number, name in enumerate(NAMES):
            names = {"deviceDisplayName": name, "userPrincipalName": name}
            emulator.put_status(hostile, f"hostile-{number}", status="error", **names)
            emulator.put_status(incomplete, f"more-{number}", status="compliant", deviceDisplayName=f"MORE-{number}")
        emulator.put_status(incomplete, "unlisted", status="error", deviceDisplayName="UNLISTED")
        limit = 10_000 // 8 + len(NAMES)
        emulator.settings(list_limit=limit)
        refused = {"status": 403, "code": "Forbidden"}
        emulator.faults({"match": {"path": f"{unreadable}/deviceStatuses$"}, "skip": 2, "do": refused})
        options = {"moment": NOW, "mode": "0644", "require_complete": True}
        variables = json.dumps({f"compliance_report_{name}": value for name, value in options.items()})
        begun = _processor_seconds()
        # As a user types it, for it is timed: printing ten thousand rows for -vvvv would be half of it.
        run = ansible._run(["ansible-playbook", "graphops.intune.report", "-e", variables], {}, verbosity="")
        seconds = _processor_seconds() - begun
        assert emulator.judge()["total"] == 0, emulator.judge()["findings"]
        return Written(found, run, seconds, Expected(emulator.state(), unreadable, limit), unreadable, incomplete)


def test_it_takes_less_than_half_a_minute(written: Written) -> None:
    document = written.report.json()
    assert len(document["trend"]) == 12
    assert len(document["policies"]) == 8
    assert len(document["comparison"]["policies_compared"]) == 6
    assert written.seconds < 30


def test_its_figures_are_those_of_the_service(written: Written) -> None:
    check_agreement(written.report, written.expected, written.unreadable, frozenset({written.incomplete}))


def test_what_is_missing_is_listed_and_fails_the_run_that_requires_it(written: Written) -> None:
    assert written.run.code != 0
    assert "compliance_report_require_complete is true" in written.run.output
    last = written.report.stored()[-1]
    readings = {policy["id"]: policy["reading"] for policy in last["policies"] if policy["reading"] != "complete"}
    assert readings == {written.unreadable: "unreadable", written.incomplete: "incomplete"}
    document = written.report.html()
    assert "This report is incomplete" in document.one("p", class_="warning").text
    missing = document.one("section", aria_labelledby="missing").text
    assert "Forbidden" in missing
    assert "1,253 statuses listed, 1,254 counted by the service" in missing


def test_the_files_have_the_requested_permissions_and_a_directory_keeps_its_own(written: Written) -> None:
    assert stat.S_IMODE(written.report.folder.stat().st_mode) == 0o755
    assert stat.S_IMODE(written.report.page.stat().st_mode) == 0o644


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if importlib.metadata.version("ansible-core").startswith(OLDEST):
        pytest.skip("a browser shows the same page whichever ansible-core has written it; the newest one tests it")
    path = chromium.find()
    if path is None:
        pytest.skip("there is no Chromium on this machine; Debian's package chromium brings one")
    with Page(path, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def lines(written: Written) -> list[dict[str, str]]:
    """The lines of the CSV that are statuses."""
    return [line for line in written.report.csv() if line["policy_reading"] != "unreadable"]


@pytest.fixture
def page(browser: Page, written: Written) -> Iterator[Page]:
    """The report, opened. At the end no request was sent, and no message is in the console."""
    browser.allow_scripts(True)
    browser.look()
    browser.forget()
    browser.open(written.report.page.as_uri())
    yield browser
    assert browser.console == []
    assert set(browser.requests) == {written.report.page.as_uri()}
    assert browser.run("window.harmed") is None


def click(page: Page, selector: str) -> None:
    page.run(f"document.querySelector({selector!r}).click()")


def shown(page: Page) -> list[list[str]]:
    """The cells of the table of all statuses."""
    rows: list[list[str]] = page.run(
        "[...document.querySelectorAll('#table tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    )
    return rows


def described(page: Page) -> str:
    text: str = page.run("document.getElementById('shown').textContent")
    return text


def choose(page: Page, control: str, value: str) -> None:
    """Choose by the words that a user sees, or type."""
    page.run(
        f"""(() => {{
          const control = document.getElementById({control!r});
          if (control.options) control.selectedIndex = [...control.options].findIndex((o) => o.text === {value!r});
          else control.value = {value!r};
          control.dispatchEvent(new Event(control.options ? "change" : "input", {{ bubbles: true }}));
        }})()"""
    )
    page.run("new Promise((done) => setTimeout(done, 200))")  # the script waits until the typing has stopped


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_fits_and_every_text_can_be_read(page: Page, scheme: str, width: int) -> None:
    page.look(width, 800, scheme=scheme)
    assert page.run("document.documentElement.scrollWidth") <= width
    outcome = page.run(CONTRAST)
    assert outcome["looked"] > 500
    assert outcome["poor"] == []


def test_dark_is_dark_and_paper_is_white(page: Page, tmp_path: Path) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    page.look(scheme="dark")
    assert page.run(background) == "rgb(21, 24, 28)"
    page.look(scheme="dark", media="print")
    assert page.run(background) == "rgb(255, 255, 255)"
    hidden = "[...document.querySelectorAll('.filters, .pager, .skip')].every((n) => !n.checkVisibility())"
    assert page.run(hidden)
    page.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_all_rows_are_there_page_by_page(page: Page, lines: list[dict[str, str]]) -> None:
    assert len(shown(page)) == PAGE_SIZE
    assert described(page) == f"Rows 1 to 50 of {len(lines):,}, the worst first."
    assert page.run("document.getElementById('previous').disabled")
    devices = [row[0] for row in shown(page)]
    while not page.run("document.getElementById('next').disabled"):
        click(page, "#next")
        devices += [row[0] for row in shown(page)]
    assert len(devices) == len(lines)
    plain = [line["device_display_name"] for line in lines if line["device_display_name"].startswith("PC-")]
    assert sorted(name for name in devices if name.startswith("PC-")) == sorted(plain)
    assert (
        page.run("document.getElementById('page').textContent")
        == f"Page {-(-len(lines) // 50)} of {-(-len(lines) // 50)}"
    )


@pytest.mark.parametrize("column", range(6), ids=["device", "user", "policy", "status", "reported", "grace"])
def test_sorting(page: Page, column: int) -> None:
    heading = f"#table thead th:nth-child({column + 1})"
    click(page, f"{heading} button")
    assert page.run(f"document.querySelector({heading!r}).getAttribute('aria-sort')") == "ascending"
    ascending = [row[column] for row in shown(page)]
    click(page, f"{heading} button")
    assert page.run(f"document.querySelector({heading!r}).getAttribute('aria-sort')") == "descending"
    assert page.run("document.querySelectorAll('[aria-sort]').length") == 1
    descending = [row[column] for row in shown(page)]
    assert described(page).endswith(", descending.")
    if column == 3:
        first, last = "Error", "Not applicable"
        assert {text.split("\n")[0] for text in ascending} == {first}
        assert {text.split("\n")[0] for text in descending} == {last}
    elif column >= 4:
        assert ascending == sorted(ascending)
        dates = [text for text in descending if text not in ("never", "unknown")]
        assert dates == sorted(dates, reverse=True)
        assert dates == descending[: len(dates)], "no value comes last"
        assert ascending[0] < descending[0]
    else:
        collate = "(texts) => [...texts].sort(new Intl.Collator('en', { numeric: true }).compare)"
        first_lines = [text.split("\n")[0] for text in ascending]
        assert page.run(f"({collate})({first_lines!r})") == first_lines
        assert ascending[0] != descending[0]


def test_sorting_by_the_keyboard(page: Page) -> None:
    page.run("document.querySelector('#table thead button').focus()")
    page.press("Enter", 13, "\r")
    assert page.run("document.querySelector('#table thead th').getAttribute('aria-sort')") == "ascending"
    page.press(" ", 32, " ")
    assert page.run("document.querySelector('#table thead th').getAttribute('aria-sort')") == "descending"
    page.press("Tab", 9)
    assert page.run("document.activeElement.textContent") == "User"
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_first_stop_of_the_keyboard_skips_to_the_table(page: Page) -> None:
    page.press("Tab", 9)
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    page.press("Enter", 13, "\r")
    assert page.run("document.querySelector(':target').id") == "rows"


def test_filters(page: Page, lines: list[dict[str, str]]) -> None:
    everything = f"{len(lines):,} statuses"
    choose(page, "status", "Noncompliant")
    failing = [line for line in lines if line["status"] == "nonCompliant"]
    assert described(page) == f"Rows 1 to 50 of {len(failing):,}, filtered from {everything}, the worst first."
    policy = lines[0]["policy_display_name"]
    choose(page, "policy", policy)
    of_policy = [line for line in failing if line["policy_display_name"] == policy]
    assert f"of {len(of_policy):,}, filtered" in described(page)
    choose(page, "text", "USER1")
    named = [line for line in of_policy if "user1" in line["user_principal_name"]]
    assert f"of {len(named):,}, filtered" in described(page)
    assert named
    choose(page, "text", "nobody")
    assert described(page) == f"No matches in {everything}."
    assert shown(page) == []
    choose(page, "text", "")
    choose(page, "policy", "All policies")
    choose(page, "status", "All statuses")
    assert described(page) == f"Rows 1 to 50 of {len(lines):,}, the worst first."
    choose(page, "change", "Recovered")
    recovered = sum(line["change"] == "recovered" for line in lines)
    assert f" to {min(50, recovered)} of {recovered:,}, filtered" in described(page)
    assert recovered


def test_hostile_names_are_text(page: Page) -> None:
    for name in NAMES:
        choose(page, "text", name.replace("\u202e", "[U+202E]"))
        assert [row[0] for row in shown(page)] == [name.replace("\u202e", "[U+202E]")]
    assert page.run("document.querySelectorAll('script, img').length") == 2


def test_the_page_has_its_figures_without_a_script(browser: Page, written: Written) -> None:
    browser.forget()
    browser.allow_scripts(False)
    browser.open(written.report.page.as_uri())
    browser.allow_scripts(True)  # for the questions below; the page's own script has had its chance
    assert len(shown(browser)) == PAGE_SIZE
    assert described(browser).startswith("The first 50 of ")
    visible = "[...document.querySelectorAll('.filters, .pager')].some((n) => n.checkVisibility())"
    assert not browser.run(visible)
    assert browser.console == []


def test_the_pages_policy_blocks_everything_else(browser: Page, written: Written) -> None:
    browser.forget()
    browser.open(written.report.page.as_uri())
    attempts = {
        "script": "const s = document.createElement('script'); s.text = 'window.harmed = 1'; document.body.append(s)",
        "handler": "document.body.setAttribute('onclick', 'window.harmed = 1'); document.body.click()",
        "image": "new Image().src = 'https://localhost:1/x.png'",
        "request": "fetch('https://localhost:1/x').catch(() => 0)",
    }
    for attempt, code in attempts.items():
        before = len(browser.console)
        browser.run(f"{{ {code} }} new Promise((done) => setTimeout(done, 50))")
        refusals = browser.console[before:]
        assert any("Content Security Policy" in line for line in refusals), attempt
    assert browser.run("window.harmed") is None
