# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a bulk task in sentences."""

from __future__ import annotations

from typing import Any

from ansible_collections.graphops.intune.plugins.filter.compliance_outcome import FilterModule

ITEMS = [{"match": {"user_name": "Ada", "device_display_name": "PC-1"}}, {"status_id": "b"}, {"id": "c"}, {}]


def entry(outcome: str = "ok", *changed: str, **failure: str) -> dict[str, Any]:
    names = {"device_display_name": "PC-1", "status_id": "s-1"}
    return {"outcome": outcome, "changed_properties": list(changed), "failure": failure or None, **names}


def result(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    outcomes = [one["outcome"] for one in entries]
    counts = {name: outcomes.count(name) for name in ("ok", "changed", "failed", "not_attempted")}
    writes = {"writes": counts["changed"]}
    return {"results": list(entries), "summary": {**counts, "total": len(entries)}, "graph": writes, **more}


def describe(*arguments: Any, **named: Any) -> dict[str, Any]:
    return FilterModule().filters()["compliance_outcome"](*arguments, **named)


def test_all_is_as_declared() -> None:
    nothing = {"problem": None, "changed": False}
    assert describe(result(entry()), ITEMS) == {"sentences": ["1 status: 1 as declared, 0 changed."], **nothing}
    assert describe(result(), []) == {"sentences": ["0 statuses: 0 as declared, 0 changed."], **nothing}


def test_changes_are_counted_by_property() -> None:
    nameless = {**entry("changed", "status"), "device_display_name": None}
    found = result(entry("changed", "status", "device_model"), nameless, entry())
    assert describe(found, ITEMS)["sentences"] == [
        "3 statuses: 1 as declared, 2 changed.",
        "Changed properties: status (2), device_model (1).",
        "Changed: PC-1 (status, device_model), s-1 (status).",
    ]
    assert describe({**found, "graph": {"writes": 0}}, ITEMS)["sentences"] == [
        "3 statuses: 1 as declared, 2 would change.",
        "Properties that would change: status (2), device_model (1).",
        "Would change: PC-1 (status, device_model), s-1 (status).",
    ]


def test_what_is_wrong_is_named_by_its_place_and_a_name() -> None:
    bad = [
        entry("failed", code="not_found", message="no status matches"),
        entry("not_attempted", code="throttled", message="too much"),
        entry("failed", "status", code="not_persisted", message="the service did not keep user_name"),
        entry("failed", code="timeout", message="no answer"),
    ]
    found = describe(result(*bad, msg="3 of 4 statuses failed; the first, statuses[0]: x"), ITEMS, ["row 2", "row 5"])
    assert found == {
        "sentences": [
            "4 statuses: 0 as declared, 0 changed, 3 failed, 1 not attempted.",
            "Changed properties: status (1).",
            "Changed: PC-1 (status).",
            "Failed, row 2 (Ada): not_found, no status matches",
            "Not attempted, row 5 (b): throttled, too much",
            "Failed, statuses[2] (c): not_persisted, the service did not keep user_name",
            "Failed, statuses[3]: timeout, no answer",
        ],
        "problem": "3 of 4 statuses failed; the first, row 2: x",
        "changed": True,
    }


def test_long_lists_are_shortened() -> None:
    found = describe(result(*[entry("failed", code="x", message="y")] * 1012, msg="z"), [{}] * 1012)
    assert len(found["sentences"]) == 12
    assert found["sentences"][0] == "1,012 statuses: 0 as declared, 0 changed, 1,012 failed."
    assert found["sentences"][-1] == "And 1,002 more, which results lists."
    found = describe(result(*[entry("changed", "status")] * 1012), [{}] * 1012)
    assert found["sentences"][-1].count("PC-1 (status)") == 10
    assert found["sentences"][-1].endswith("PC-1 (status), and 1,002 more, which results lists.")


def test_a_task_that_did_nothing_has_a_problem() -> None:
    refused = {"msg": "statuses[1]: platform is wrong", "failed": False}
    found = describe(refused, ITEMS, ["row 2", "row 3"])
    assert found == {"sentences": [], "problem": "row 3: platform is wrong", "changed": False}
    assert describe({}, [])["problem"] == "the module returned no message"


def test_a_policy_gets_its_own_statuses_only() -> None:
    entries = [
        {**entry("changed", "status"), "policy_id": "p1"},
        {**entry("failed", code="not_found", message="no status matches"), "policy_id": "p2"},
        {**entry("ok"), "policy_id": "p2"},
    ]
    found = result(*entries, msg="1 of 3 statuses failed; the first, statuses[1]: x")
    places = ["A, row 2", "B, row 2", "B, row 3"]
    assert describe(found, ITEMS, places, "p1") == {
        "sentences": [
            "1 status: 0 as declared, 1 changed.",
            "Changed properties: status (1).",
            "Changed: PC-1 (status).",
        ],
        "problem": None,
        "changed": True,
    }
    assert describe(found, ITEMS, places, "p2") == {
        "sentences": [
            "2 statuses: 1 as declared, 0 changed, 1 failed.",
            "Failed, B, row 2 (b): not_found, no status matches",
        ],
        "problem": (
            "1 of 2 statuses of this policy are not as declared; run it again to retry only these; the first, "
            "B, row 2: not_found, no status matches"
        ),
        "changed": False,
    }
    assert describe(found, ITEMS, places, "p3")["sentences"] == ["0 statuses: 0 as declared, 0 changed."]


def test_a_slice_that_did_nothing_gives_each_policy_the_reason() -> None:
    assert describe({"msg": "statuses[1]: platform is wrong"}, ITEMS, ["A, row 2", "B, row 2"], "p1")["problem"] == (
        "B, row 2: platform is wrong"
    )
