# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The valid items of a bulk task, and the problems of the others."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_items import Item, Outcome, summarize
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from hypothesis import given
from hypothesis import strategies as st

from ...support import POLICY, row

NOBODY: dict[str, Any] = {"policy_id": None, "policy_name": None}
HERE = {"policy_id": POLICY, "policy_name": None}


def read(*entries: Any, defaults: dict[str, Any] | None = None, api_version: str = "beta") -> list[Item]:
    return read_items(list(entries), defaults or HERE, api_version)


def declared(item: Item) -> dict[str, Any]:
    return {prop.option: value for prop, value in item.desired.values.items()}


def problems(*entries: Any, defaults: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InvalidOptionsError) as caught:
        read(*entries, defaults=defaults)
    return caught.value.problems


def test_both_spellings_are_accepted() -> None:
    snake, camel = read(
        {"status_id": "a", "device_display_name": "PC", "clear": ["user_name"]},
        {"status_id": "b", "deviceDisplayName": "PC", "clear": "userName"},
    )
    assert declared(snake) == declared(camel) == {"device_display_name": "PC", "user_name": None}


def test_a_match_is_accepted_in_both_spellings() -> None:
    snake, camel = read(
        {"match": {"user_principal_name": "a"}}, {"match": {"userPrincipalName": "a", "userName": None}}
    )
    assert snake.target.match == camel.target.match == {"userPrincipalName": "a"}


def test_a_row_of_the_info_module_is_an_item() -> None:
    (item,) = read(
        {
            "id": "a",
            "policy_id": "other",
            "policy_display_name": "Windows",
            "policy_type": "#microsoft.graph.x",
            "status": "quarantined",
            "device_model": None,
            "user_name": "",
            "platform": 0,
        }
    )
    assert (item.target.policy_id, item.target.status_id) == ("other", "a")
    assert declared(item) == {"user_name": "", "platform": 0}


def test_id_and_status_id_may_agree() -> None:
    (item,) = read({"id": "a", "status_id": "a"})
    assert item.status_id == "a"
    assert problems({"id": "a", "status_id": "b"}) == ["statuses[0]: id and status_id disagree; keep one"]


@pytest.mark.parametrize("status", ["quarantined", "Compliant", "inGracePeriod"])
def test_an_unknown_status_is_refused_unless_it_was_read(status: str) -> None:
    assert "statuses[0]: status is" in problems({"status_id": "a", "status": status})[0]
    if status != "quarantined":
        assert "statuses[0]: status is" in problems({"id": "a", "status": status})[0]


def test_the_tasks_policy_is_for_items_that_name_none() -> None:
    items = read({"status_id": "a"}, {"status_id": "b", "policy_id": "x"}, {"status_id": "c", "policy_name": "Y"})
    assert [(item.target.policy_id, item.target.policy_name) for item in items] == [
        (POLICY, None),
        ("x", None),
        (None, "Y"),
    ]
    (named,) = read({"status_id": "a"}, defaults={"policy_id": None, "policy_name": "Y"})
    assert (named.target.policy_id, named.target.policy_name) == (None, "Y")


def test_one_status_under_two_policies_is_two() -> None:
    assert len(read({"status_id": "a"}, {"status_id": "a", "policy_id": "x"})) == 2


def test_numbers_become_texts_as_with_the_single_module() -> None:
    (item,) = read({"status_id": 7, "device_model": 12, "user_name": 1.5, "platform": "8", "match": None})
    assert item.status_id == "7"
    assert declared(item) == {"device_model": "12", "user_name": "1.5", "platform": 8}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("text", "is 'text', not a dictionary"),
        ({"status_id": "a", "color": 1}, "'color' is not an option"),
        ({"status_id": "a", 7: 1}, "7 is not an option"),
        ({}, "exactly one of status_id and match is needed"),
        ({"status_id": None}, "exactly one of status_id and match is needed"),
        ({"status_id": "a", "match": {"user_name": "x"}}, "exactly one of status_id and match is needed"),
        ({"status_id": "a", "policy_name": "x", "policy_id": "y"}, "exactly one of policy_id and policy_name"),
        ({"status_id": ".."}, "status_id is '..'"),
        ({"match": {}}, "match is empty"),
        ({"match": "x"}, "match is 'x', not a dictionary"),
        ({"match": ["x"]}, "match is ['x'], not a dictionary"),
        ({"match": {"device": "x"}}, "match has no 'device'"),
        ({"status_id": "a", "deviceModel": "x", "device_model": "y"}, "contradicts another spelling of device_model"),
        ({"status_id": "a", "clear": {"x": 1}}, "not a list of property names"),
        ({"status_id": "a", "clear": [1]}, "not a list of property names"),
        ({"status_id": "a", "clear": ["platform"]}, "clear names 'platform'"),
        ({"status_id": "a", "platform": True}, "platform is not an integer"),
        ({"status_id": "a", "platform": 2**31}, "platform is 2147483648"),
        ({"status_id": "a", "user_name": ["x"]}, "user_name is not a string"),
        ({"status_id": ["a"]}, "status_id"),
        ({"id": {"a": 1}}, "status_id"),
        ({"status_id": "a", "policy_id": ["x"]}, "policy_id"),
        ({"match": {"user_name": ["x"]}}, "user_name"),
    ],
    ids=repr,
)
def test_a_problem_is_named_by_index_and_option(entry: Any, message: str) -> None:
    found = problems({"status_id": "fine"}, entry)
    assert any(problem.startswith("statuses[1]: ") and message in problem for problem in found), found


def test_every_bad_item_is_named_at_once() -> None:
    found = problems({"status_id": "a", "x": 1}, {"status_id": "b"}, {"platform": "p"}, {"status_id": "b"})
    assert [problem.partition(":")[0][9:-1] for problem in found] == ["0", "2", "2", "3"]


def test_an_option_that_the_api_version_lacks_is_named() -> None:
    with pytest.raises(InvalidOptionsError, match=r"statuses\[0\]: platform does not exist in api_version v1.0"):
        read({"status_id": "a", "platform": 1}, api_version="v1.0")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
SPELLINGS = ["id", "status_id", "policy_id", "policy_name", "match", "clear", "status", "platform", "userName", "x"]


@given(st.dictionaries(st.sampled_from(SPELLINGS), ANYTHING))
def test_any_item_is_accepted_or_refused(entry: dict[str, Any]) -> None:
    found: list[str] = []
    try:
        read(entry)
    except InvalidOptionsError as error:
        found = error.problems
    assert all(problem.startswith("statuses[0]: ") for problem in found)


def test_an_item_is_not_attempted_until_something_is_known() -> None:
    same, differing = read({"status_id": "a", "status": "compliant"}, {"status_id": "b", "status": "error"})
    same.compare(row(id="a"))
    differing.compare(row(id="b"))
    assert (same.outcome, differing.outcome) == (Outcome.OK, Outcome.NOT_ATTEMPTED)
    differing.predict()
    assert (differing.outcome, differing.changed_properties) == (Outcome.CHANGED, ["status"])
    assert summarize([same, differing]) == {"ok": 1, "changed": 1, "failed": 0, "not_attempted": 0, "total": 2}


def test_all_problems_of_an_item_are_reported_together() -> None:
    entry = {"policy_id": ["p"], "match": {"nickname": "x"}, "status": "Compliant", "color": 1, "clear": 7}
    with pytest.raises(InvalidOptionsError) as caught:
        read_items([{"status_id": "a"}, entry], {"policy_id": "p"}, "beta")
    text = " | ".join(caught.value.problems)
    assert all(problem.startswith("statuses[1]: ") for problem in caught.value.problems)
    for word in (
        "policy_id is ['p']",
        "no 'nickname'",
        "status is 'Compliant'",
        "'color' is not an option",
        "clear is 7",
    ):
        assert word in text


def test_a_number_and_its_text_are_one_id() -> None:
    (item,) = read_items([{"id": 7, "status_id": "7"}], {"policy_id": "p"}, "beta")
    assert item.status_id == "7"
