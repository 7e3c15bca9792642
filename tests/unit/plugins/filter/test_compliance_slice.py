# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy declares is that policy's."""

from __future__ import annotations

from typing import Any

from ansible_collections.graphops.intune.plugins.filter.compliance_slice import FilterModule


def mark(declared: dict[str, Any], *more: Any) -> dict[str, Any]:
    return FilterModule().filters()["compliance_slice"](declared, "Windows", "P1", *more)


def test_each_item_has_its_policy_and_a_place_that_names_it() -> None:
    found = mark({"statuses": [{"status_id": "a"}, {"id": "b", "policy_id": "p1"}], "places": ["row 2", "row 4"]})
    assert found == {
        "statuses": [
            {"status_id": "a", "policy_id": "P1", "policy_name": None},
            {"id": "b", "policy_id": "P1", "policy_name": None},
        ],
        "places": ["Windows, row 2", "Windows, row 4"],
        "problem": None,
    }


def test_without_places_items_are_counted() -> None:
    assert mark({"statuses": [{}, {}]})["places"] == ["Windows, statuses[0]", "Windows, statuses[1]"]
    assert mark({}) == {"statuses": [], "places": [], "problem": None}


def test_the_policy_can_be_named_too() -> None:
    items = [{"policy_name": "windows BASELINE"}, {"policy_name": ""}, {"policy_name": None}]
    found = mark({"statuses": items}, "Windows baseline")
    assert found["problem"] is None
    assert [item["policy_name"] for item in found["statuses"]] == [None] * 3


def test_items_of_other_policies_are_refused_by_name() -> None:
    items = [{"policy_id": f"P{number}"} for number in range(1, 7)] + [{"policy_name": "Mac"}, {"policy_id": "P2"}]
    assert mark({"statuses": items}, "Windows baseline")["problem"] == (
        "the statuses that Windows declares name other policies: 'P2', 'P3', 'P4' and 3 more; declare them for these, "
        "which may be in another slice"
    )
    assert "'Mac'" in mark({"statuses": [{"policy_name": "Mac"}]})["problem"]


def test_the_problem_of_a_file_is_passed_on() -> None:
    assert mark({"problem": "x.csv cannot be read"})["problem"] == "x.csv cannot be read"


def test_what_is_no_dictionary_is_left_to_the_module() -> None:
    assert mark({"statuses": ["x"]})["statuses"] == ["x"]
