# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desired statuses from a file or a list, by the lookup."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants as C  # noqa: N812 - the usual name
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.graphops.intune.plugins.lookup import compliance_statuses
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items

_NAME = "graphops.intune.compliance_statuses"
ITEMS: list[dict[str, Any]] = [
    {"policy_id": "p", "status_id": "a", "status": "error"},
    {"policy_id": "p", "match": {"user_name": "Ada"}},
]


def look(term: Path | list[Any], **options: Any) -> dict[str, Any]:
    lookup = compliance_statuses.LookupModule(loader=DataLoader())
    lookup._load_name = _NAME
    documented = yaml.safe_load(compliance_statuses.DOCUMENTATION)["options"]
    define: Any = C.config.initialize_plugin_configuration_definitions
    define("lookup", _NAME, documented)  # as ansible-core's loader does
    [found] = lookup.run([term if isinstance(term, list) else str(term)], {}, **options)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desired.csv"


def problem(file: Path, content: str | bytes, **options: Any) -> str:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = look(file, strict=False, **options)
    assert (found["statuses"], found["places"]) == ([], [])
    with pytest.raises(AnsibleLookupError) as caught:
        look(file, **options)
    assert str(caught.value) == found["problem"]
    prefix = f"{file} cannot be used: "
    assert found["problem"].startswith(prefix)
    return str(found["problem"].removeprefix(prefix))


# Each list has the one before it two hundred times.
BOMB = "- &l0 [x]\n" + "".join(f"- &l{n + 1} [{', '.join([f'*l{n}'] * 200)}]\n" for n in range(6))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheets_write_several_encodings(file: Path, encoding: str) -> None:
    file.write_bytes("policy_id;status_id;device_model\r\np;a;Größe\r\n".encode(encoding))
    assert look(file) == {
        "statuses": [{"policy_id": "p", "status_id": "a", "device_model": "Größe"}],
        "places": ["row 2"],
        "problem": None,
    }


def test_another_encoding_is_an_error_with_a_solution(file: Path) -> None:
    sentence = problem(file, "status_id;device_model\na;x\nb;Größe\n".encode("cp1252"))
    assert sentence == "line 3 is not UTF-8; save it as UTF-8, which Excel calls CSV UTF-8"


@pytest.mark.parametrize("document", [ITEMS, {"statuses": ITEMS}, {"device_compliance_statuses": ITEMS, "count": 2}])
@pytest.mark.parametrize("name", ["x.json", "x.yml", "X.YAML"])
def test_json_and_yaml_have_a_list(tmp_path: Path, name: str, document: Any) -> None:
    (tmp_path / name).write_text(json.dumps(document))  # which is YAML too
    assert look(tmp_path / name) == {"statuses": ITEMS, "places": ["statuses[0]", "statuses[1]"], "problem": None}


def test_a_date_in_yaml_keeps_its_seventh_digit_without_quotes(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(
        "- {policy_id: p, status_id: a, last_reported_date_time: 2017-01-01T00:00:17.7769392Z}"
    )
    [item] = look(tmp_path / "x.yml")["statuses"]
    assert item["last_reported_date_time"] == "2017-01-01T00:00:17.7769392Z"


def test_a_format_that_is_given_has_precedence(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("policy_id,id\np,a\n")
    assert look(tmp_path / "list.txt", format="csv")["statuses"] == [{"policy_id": "p", "id": "a"}]


def test_a_default_policy_is_that_of_the_items_that_name_none(file: Path) -> None:
    file.write_text("id\na\n")
    assert look(file, policy_name="Windows", policy_id="")["problem"] is None
    assert problem(file, "id\na\n") == "row 2: exactly one of policy_id and policy_name is needed"


def test_the_module_accepts_the_items_of_the_lookup(file: Path) -> None:
    file.write_text("policy name;match user name;status;device model\nWindows;Ada;error;<clear>\n")
    [item] = read_items(look(file)["statuses"], {}, "beta")
    assert item.target.match == {"userName": "Ada"}
    assert {prop.option: value for prop, value in item.desired.values.items()} == {
        "status": "error",
        "device_model": None,
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "policy_id,id\np,a\n\np,A\n",
            "row 4: status_id names the same status as row 2; keep one",
        ),
        (
            "policy_id,device_display_name,status\np,PC-1,error\n",
            "row 2: exactly one of status_id and match is needed: a status is selected by the column status_id, or by "
            "columns such as match_device_display_name",
        ),
        (
            "policy_id,id,device_model,clear\np,a,x,device_model\n",
            "row 2: device_model is given a value and named in clear; keep one of the two",
        ),
        (
            "policy_id,id,clear\np,a,status\n",
            "row 2: clear names 'status', which cannot be null; it takes device_displa",
        ),
    ],
)
def test_a_problem_of_several_cells_is_named_by_row(file: Path, content: str, expected: str) -> None:
    assert problem(file, content).startswith(expected)


def test_a_row_with_an_invalid_cell_has_that_problem_only(file: Path) -> None:
    sentence = problem(file, "policy_id,id,platform\np,a,x\n,b,1\n")
    assert sentence == (
        "row 2, column platform: is not an integer: 'x'; row 3: exactly one of policy_id and policy_name is needed"
    )


def test_of_a_thousand_problems_a_few_are_listed(file: Path) -> None:
    sentence = problem(file, "policy_id,id,platform\n" + "".join(f"p,{n},x\n" for n in range(1000)))
    assert sentence.count("is not an integer") == 20
    assert sentence.endswith("; and 980 more")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.json", '[{"id": ', "it is not valid JSON: Expecting value: line 1 column 9 (char 8)"),
        ("x.yml", "- a: [", "it is not valid YAML: while parsing a flow node expected the node content"),
        (
            "x.json",
            '{"values": []}',
            "it is not a list of statuses, and has no list under statuses or device_compliance_s",
        ),
        ("x.yml", "", "it is not a list of statuses"),
        ("x.json", '["a"]', "statuses[0]: is 'a', not a dictionary of options"),
        ("x.json", "[" * 100_000, "it is not valid JSON: nested too deep"),
        ("x.json", "[" * 400 + "]" * 400, "it is not valid JSON: nested too deep"),
        ("x.yml", "[" * 101 + "]" * 101, "it is not valid YAML: nested too deep"),
        ("x.yml", BOMB, "it is not valid YAML: more lists and objects than are accepted"),
        ("x.yml", '- !!int ""', "it is not valid YAML: "),
        ("x.yml", "- !!bool x", "it is not valid YAML: "),
        ("x.yml", "- !!timestamp x", "it is not valid YAML: "),
        ("x.yml", "!!python/object/apply:os.getcwd []", "it is not valid YAML: could not determine a constructor"),
        ("x.txt", "id\na\n", "its format is unknown; name it .csv, .json, .yaml, .yml, or set the format"),
    ],
)
def test_a_file_that_is_something_else_is_an_error(tmp_path: Path, name: str, content: str, expected: str) -> None:
    assert problem(tmp_path / name, content).startswith(expected)


def test_a_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    assert look(tmp_path / "x.csv", strict=False)["problem"] == (
        f"{tmp_path}/x.csv cannot be read: No such file or directory"
    )
    (tmp_path / "x.csv").mkdir()
    assert look(tmp_path / "x.csv", strict=False)["problem"] == f"{tmp_path}/x.csv cannot be read: Is a directory"


def test_a_delimiter_is_one_character(file: Path) -> None:
    with pytest.raises(AnsibleLookupError, match="delimiter is '::'; it must be one character"):
        look(file, delimiter="::")


def test_a_list_is_checked_like_a_file_that_contains_it() -> None:
    assert look(ITEMS) == {"statuses": ITEMS, "places": ["statuses[0]", "statuses[1]"], "problem": None}
    dated = {**ITEMS[0], "last_reported_date_time": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)}
    shown = {**dated, "last_reported_date_time": "2026-01-02T00:00:00+00:00"}
    assert look([dated])["statuses"] == [shown], "YAML reads a date without quotes as a date"
    assert look([]) == {"statuses": [], "places": [], "problem": None}
    found = look([{"id": "a"}, "x"], strict=False)
    assert found == {
        "statuses": [],
        "places": [],
        "problem": (
            "The list of statuses cannot be used: statuses[0]: exactly one of policy_id and policy_name is needed; "
            "statuses[1]: is 'x', not a dictionary of options"
        ),
    }


ONE = {"policy_id": "P1", "policy_name": "Windows baseline", "one_policy": True}


def test_with_one_policy_every_item_has_its_id(file: Path) -> None:
    file.write_text("id,policy_id,policy_name\na,p1,\n\nb,,windows BASELINE\nc,,\nd,P1,Windows baseline\n")
    found = look(file, label="Windows", **ONE)
    assert [(item["id"], item["policy_id"], item["policy_name"]) for item in found["statuses"]] == [
        ("a", "P1", None),
        ("b", "P1", None),
        ("c", "P1", None),
        ("d", "P1", None),
    ]
    assert found["places"] == ["Windows, row 2", "Windows, row 4", "Windows, row 5", "Windows, row 6"]
    assert [item.policy_id for item in read_items(found["statuses"], {}, "beta")] == ["P1"] * 4


def test_with_one_policy_items_of_other_policies_are_refused_by_place(file: Path) -> None:
    items: list[Any] = [{"id": "a", "policy_id": "P2"}, {"id": "b", "policy_name": "Mac"}, {"id": "c"}, "x"]
    assert look(items, strict=False, **ONE)["problem"] == (
        "The list of statuses cannot be used: "
        "statuses[0]: policy_id is 'P2', another policy; declare this status for that policy; "
        "statuses[1]: policy_name is 'Mac', another policy; declare this status for that policy; "
        "statuses[3]: is 'x', not a dictionary of options"
    )
    # Without the policy's name, no name can be compared with it.
    assert "policy_name is 'Windows baseline', another policy" in problem(
        file, "id,policy_name\na,Windows baseline\n", policy_id="P1", one_policy=True
    )


def test_one_policy_needs_an_id() -> None:
    with pytest.raises(AnsibleLookupError, match="one_policy needs policy_id"):
        look([], one_policy=True, policy_name="Windows baseline")
