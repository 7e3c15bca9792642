# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CSV: RFC 4180, a byte-order mark, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
import time

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.csv_file import COLUMNS, cell, to_csv
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Reading
from ansible_collections.graphops.intune.plugins.plugin_utils._report.statuses import statuses_of
from hypothesis import given
from hypothesis import strategies as st

from .fleets import NOW, WEEK_AGO, figures, policy, row, snapshot, unreadable


def write(found: Figures) -> str:
    return to_csv(found.snapshot.policies, statuses_of(found))


def lines(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b\x07=1", "'\u200b\x07=1"),
        ("\uff1d1", "'\uff1d1"),
        ('=HYPERLINK("https://evil.example","PC-1")', '\'=HYPERLINK("https://evil.example","PC-1")'),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\nx", "'\nx"),
        ("PC-1;=1", "PC-1;'=1"),
        ("PC-1\r\n @SUM(A1)", "PC-1\r\n' @SUM(A1)"),
    ],
)
def test_formulas_do_not_run(text: str, written: str) -> None:
    found = lines(write(figures(snapshot(policy(row(text, user=text, principal=text, model=text), name=text)))))[0]
    for column in ("policy_display_name", "device_display_name", "user_name", "user_principal_name", "device_model"):
        assert found[column] == written


@pytest.mark.parametrize("text", ["PC-1", "a=b", "", "'=1", "#1", "ada@contoso.example", "a; b", "a\nb"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("unseen", ["\x1c", "\x1f\x0b", " ", "\u200b\u3000"])
def test_the_time_for_a_name_grows_only_with_its_length(unseen: str) -> None:
    started = time.monotonic()
    assert cell(unseen * 50_000 + "x").endswith("x")
    assert cell(unseen * 50_000 + "=").startswith("'")
    assert time.monotonic() - started < 3


@given(st.text(st.one_of(st.sampled_from("=+-@;\t\r\n x'"), st.characters()), max_size=6))
def test_no_cell_begins_as_a_formula_does_however_it_is_split(text: str) -> None:
    shown = cell(text)
    assert shown[:1] not in tuple("\t\r\n")
    assert not any(part.lstrip()[:1] in tuple("=+-@") for part in re.split("[;\t\r\n]", shown))
    assert shown.replace("'", "") == text.replace("'", "").replace("\0", "\ufffd")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
def test_whatever_a_name_holds_it_stays_one_cell(name: str) -> None:
    found = lines(write(figures(snapshot(policy(row(f"x{name}", id="1"))))))
    assert [line["device_display_name"] for line in found] == [cell(f"x{name}")]


def test_every_row_is_there_with_what_is_known_of_it() -> None:
    before = policy(row("PC-1", "error"), row("PC-2"))
    now = policy(
        row("PC-1", user="Ada", principal="ada@contoso.example", model="T14"),
        row("PC-2", "nonCompliant", reported="never", grace="2026-11-30T00:00:00Z"),
        row(None, "quarantined", id="3", reported=None, grace=None),
    )
    text = write(figures(snapshot(now), snapshot(before, taken=WEEK_AGO)))
    assert text[1:].splitlines(keepends=True)[0] == ",".join(f'"{column}"' for column in COLUMNS) + "\r\n"
    found = lines(text)
    assert found[0] == {
        "policy_id": "windows",
        "policy_display_name": "The windows policy",
        "platform": "Windows",
        "policy_reading": "complete",
        "id": "PC-1",
        "device_display_name": "PC-1",
        "user_name": "Ada",
        "user_principal_name": "ada@contoso.example",
        "device_model": "T14",
        "status": "compliant",
        "change": "recovered",
        "reporting": "healthy",
        "last_reported_date_time": NOW,
        "compliance_grace_period_expiration_date_time": "never",
        "problem": "",
    }
    assert [line["change"] for line in found] == ["recovered", "newly_not_compliant", ""]
    assert [line["reporting"] for line in found] == ["healthy", "never", "unknown"]
    assert [line["status"] for line in found] == ["compliant", "nonCompliant", "quarantined"]
    assert found[2]["device_display_name"] == found[2]["last_reported_date_time"] == ""


def test_a_policy_that_could_not_be_read_is_a_line_and_an_incomplete_one_is_marked() -> None:
    short = policy(row(), reading=Reading.INCOMPLETE, counted=5)
    found = lines(write(figures(snapshot(short, unreadable(problem="=403"), policy(row(), id="last")))))
    assert [(line["policy_id"], line["policy_reading"], line["status"], line["problem"]) for line in found] == [
        ("windows", "incomplete", "compliant", ""),
        ("closed", "unreadable", "", "'=403"),
        ("last", "complete", "compliant", ""),
    ]
