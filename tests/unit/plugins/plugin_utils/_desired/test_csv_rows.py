# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desired statuses from CSV, as auditors and spreadsheets write it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import PROPERTIES
from ansible_collections.graphops.intune.plugins.plugin_utils._desired.csv_rows import (
    DELIMITERS,
    Dialect,
    Rows,
    read_csv,
)
from hypothesis import given
from hypothesis import strategies as st


def read(text: str, **dialect: Any) -> list[dict[str, Any]]:
    found = read_csv(text, Dialect(**dialect))
    assert found.problems == []
    return found.items


def problems(text: str, **dialect: Any) -> list[str]:
    return read_csv(text, Dialect(**dialect)).problems


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_in_the_headings(delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(cells) for cells in (["status_id", "status"], ["a", "error"], ["b", "compliant"]))
    assert read(text) == [{"status_id": "a", "status": "error"}, {"status_id": "b", "status": "compliant"}]


def test_one_column_needs_no_delimiter() -> None:
    assert read("id\na\n") == [{"id": "a"}]


def test_a_given_delimiter_has_precedence() -> None:
    assert read("status_id,x;status\na;error\n", delimiter=";", columns={"status_id,x": "status_id"}) == [
        {"status_id": "a", "status": "error"}
    ]


def test_the_first_line_of_excel_names_the_delimiter_and_counts_as_a_row() -> None:
    found = read_csv("sep=|\r\nstatus_id|device_model\r\na|x, y; z\r\n", Dialect())
    assert found == Rows([{"status_id": "a", "device_model": "x, y; z"}], [3], [])


@pytest.mark.parametrize("spell", [lambda p: p.option, lambda p: p.name, lambda p: p.option.replace("_", " ").upper()])
def test_headings_have_many_spellings(spell: Any) -> None:
    values = {p.option: "1" if p.option == "platform" else "2026-01-02T03:04:05Z" for p in PROPERTIES}
    values["status"] = "error"
    text = ";".join(spell(p) for p in PROPERTIES) + "\n" + ";".join(values[p.option] for p in PROPERTIES)
    assert read(text) == [{**values, "platform": 1}]


@pytest.mark.parametrize("heading", ["match_user_name", "match.userName", "Match: user name", "match-user-name"])
def test_a_status_is_selected_by_name(heading: str) -> None:
    assert read(f"{heading},status\n Ada ,error\n") == [{"match": {"user_name": "Ada"}, "status": "error"}]


def test_an_empty_cell_leaves_its_property_unchanged() -> None:
    assert read('status_id,device_model,status\na,,error\nb," ",\nc\n') == [
        {"status_id": "a", "status": "error"},
        {"status_id": "b"},
        {"status_id": "c"},
    ]


def test_a_marker_clears() -> None:
    assert read("status_id,device_model,user_name\na, <clear> ,x\nb,<clear>,<clear>\n") == [
        {"status_id": "a", "clear": ["device_model"], "user_name": "x"},
        {"status_id": "b", "clear": ["device_model", "user_name"]},
    ]
    assert read("status_id,device_model\na,<clear>\nb,NULL\n", clear_marker="NULL") == [
        {"status_id": "a", "device_model": "<clear>"},
        {"status_id": "b", "clear": ["device_model"]},
    ]


def test_clear_can_be_a_column() -> None:
    assert read('status_id,clear,device_model\na,"user_name, userPrincipalName",<clear>\n') == [
        {"status_id": "a", "clear": ["user_name", "userPrincipalName", "device_model"]}
    ]


def test_a_property_that_cannot_be_null_cannot_be_cleared() -> None:
    [problem] = problems("status_id,status\na,<clear>\n")
    assert problem.startswith(
        "row 2, column status: is '<clear>', but status cannot be cleared; those that can are dev"
    )


def test_texts_keep_blanks_around_them_and_other_values_do_not() -> None:
    assert read('status_id;device_model;status;platform\n a ;" x ";error ; 7 \n') == [
        {"status_id": "a", "device_model": " x ", "status": "error", "platform": 7}
    ]


def test_quotes_delimiters_and_lines_within_a_cell() -> None:
    found = read_csv('status_id;device_model\na;"x;""y""\nz"\n\nb;q\n', Dialect())
    assert found.items == [{"status_id": "a", "device_model": 'x;"y"\nz'}, {"status_id": "b", "device_model": "q"}]
    assert found.rows == [2, 4]  # as in a spreadsheet: the empty line is a row, the line in a cell is not


def test_rows_without_text_are_ignored() -> None:
    assert read("status_id;status\n;\n  ; \na;error\n;;;\n") == [{"status_id": "a", "status": "error"}]


def test_a_row_of_the_info_module_is_an_item() -> None:
    text = "id,policy_id,policy_display_name,policy_type,status\na,p,Windows,#x,error\n"
    assert read(text) == [{"id": "a", "policy_id": "p", "status": "error"}]


def test_other_headings_can_be_mapped() -> None:
    columns = {"Gerät": "match_device_display_name", "Zustand": "status", "Bemerkung": None}
    assert read("Gerät ;Zustand;Bemerkung;\nPC-1;error;stolen;\n", columns=columns) == [
        {"match": {"device_display_name": "PC-1"}, "status": "error"}
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "status_id,color\na,red\n",
            "row 1, column 2: there is no property 'color'; a heading is one of policy_id, ",
        ),
        ("sep=,\nstatus_id,color\n", "row 2, column 2: there is no property 'color'"),
        ("status_id,status,Status\na,error,error\n", "row 1, column 3: 'Status' appears twice"),
        ("", "row 1 has no headings; name the columns"),
        ("\n\n", "row 1 has no headings"),
        ("status_id\na,b\n", "row 2 has 2 cells for 1 headings; put a text that contains the delimiter"),
        (
            'status_id,status\na,error\n"b,error\n',
            "row 3 is not valid CSV: unexpected end of data; look for a double quote",
        ),
        ('status_id,status\n"a"b,error\n', "row 2 is not valid CSV: ',' expected after '\"'; look for"),
        ("id,status\na,noncompliant\n", "row 2, column status: is 'noncompliant', not one of unknown, "),
        ("id,Platform\na,1.5\n", "row 2, column Platform: is not an integer: '1.5'"),
        ("id,Last reported date time\na,24.11.2026 13:00\n", "row 2, column Last reported date time: is '24.11.2026"),
        (
            "id,lastReportedDateTime\n\na,2026-11-24 13:00\n",
            "row 3, column lastReportedDateTime: is '2026-11-24 13:00', wi",
        ),
    ],
)
def test_a_problem_is_named_by_row_and_column(text: str, expected: str) -> None:
    [problem] = problems(text)
    assert problem.startswith(expected)


def test_all_problems_are_named_at_once() -> None:
    found = problems("id,status,platform\na,x,y\nb,error,1\nc,,z\n")
    assert [problem.partition(":")[0] for problem in found] == [
        "row 2, column status",
        "row 2, column platform",
        "row 4, column platform",
    ]


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(st.lists(_CELL.filter(lambda text: text.strip() != "<clear>"), min_size=1), st.sampled_from(DELIMITERS))
def test_the_output_of_a_csv_writer_is_read(models: list[str], delimiter: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["status_id", "device_model"], *([str(n), model] for n, model in enumerate(models))])
    assert [item["device_model"] for item in read(file.getvalue())] == models


@given(st.text())
def test_every_text_is_read_or_refused(text: str) -> None:
    found = read_csv(f"status_id,status,match_user_name\n{text}", Dialect())
    assert len(found.items) == len(found.rows)
