# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing is claimed that was not read back, and nothing partial looks complete: answers that contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_items import BulkOptions
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.converge import converge_many
from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import Filters, read_statuses
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError

from ...batches import expect_batch, reads, updates
from ...converging import Converge
from ...support import ITEM, LIST, POLICIES, POLICY, STATUS, Clock, Reply, Script, graph_client, refusal, row

OTHER = "someone-else"
GONE = refusal(404, "ResourceNotFound", "gone")


class Info:
    """One reading task: call it for the result."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.warnings: list[str] = []

    def __call__(self, *, overview: bool = False, **filters: Any) -> dict[str, Any]:
        given = Filters.from_options(filters)
        client = graph_client(self._clock)
        return read_statuses(client, given, api_version="beta", overview=overview, warn=self.warnings.append)


@pytest.fixture
def info(clock: Clock) -> Info:
    return Info(clock)


def bulk(clock: Clock, *ids: str, verify: bool = True) -> tuple[dict[str, Any], IntuneError | None]:
    items = read_items([{"status_id": one, "status": "error"} for one in ids], {"policy_id": POLICY}, "beta")
    try:
        return converge_many(graph_client(clock), items, BulkOptions(check_mode=False, verify=verify)), None
    except IntuneError as error:
        return error.result, error


# --- everything that is declared counts after a write


def test_another_declared_property_that_changed_meanwhile_fails_the_task(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error", userName="Mallory")))
    error = converge.fail(status="error", user_name="Ada")
    assert error.failure.as_dict()["properties"] == {"user_name": {"wanted": "Ada", "found": "Mallory"}}
    assert "the update was kept, but user_name changed meanwhile and is not as declared" in error.sentence
    assert (error.result["changed"], error.result["changed_properties"]) == (True, ["status"])


def test_in_a_bulk_task_too(clock: Clock, script: Script) -> None:
    item = {"status_id": "a", "status": "error", "user_name": "Ada"}
    expect_batch(script, reads("a"), Reply(200, row(id="a")))
    expect_batch(script, updates(a={"status": "error"}), Reply(204))
    expect_batch(script, reads("a"), Reply(200, row(id="a", status="error", userName="Mallory")))
    items = read_items([item], {"policy_id": POLICY}, "beta")
    with pytest.raises(IntuneError) as caught:
        converge_many(graph_client(clock), items, BulkOptions(check_mode=False, verify=True))
    assert caught.value.failure.code == "not_persisted"
    assert caught.value.result["changed"]


# --- an answer about another object


def test_a_status_that_is_answered_by_another_is_not_written(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row(id=OTHER)))
    error = converge.fail(status="error")
    assert error.failure.code == "bad_response"
    assert f"the answer is about '{OTHER}' instead of '{STATUS}'" in error.sentence


def test_a_read_back_that_is_about_another_status_proves_nothing(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(id=OTHER, status="error")))
    error = converge.fail(status="error")
    assert error.failure.code == "bad_response"
    assert not error.result["changed"]


def test_items_that_are_answered_crosswise_fail(clock: Clock, script: Script) -> None:
    expect_batch(script, reads("a", "b"), Reply(200, row(id="b")), Reply(200, row(id="a")))
    result, error = bulk(clock, "a", "b")
    assert [entry["outcome"] for entry in result["results"]] == ["failed", "failed"]
    assert error is not None
    assert error.failure.code == "bad_response"


def test_an_id_in_another_case_is_the_same(converge: Converge, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row(id=STATUS.upper(), status="error")))
    assert not converge(status="error")["changed"]


def test_a_policy_that_is_answered_by_another_fails_the_task(info: Info, script: Script) -> None:
    script.expect("GET", f"{POLICIES}/{POLICY}", Reply(200, {"id": OTHER, "displayName": "x"}))
    with pytest.raises(IntuneError, match="the answer is about 'someone-else'"):
        info(policy_id=POLICY)


@pytest.mark.parametrize("document", [{}, {"value": {}}, {"@odata.context": "x"}, {"id": STATUS}], ids=str)
def test_an_answer_without_a_property_is_no_status(converge: Converge, script: Script, document: Any) -> None:
    script.expect("GET", ITEM, Reply(200, document))
    error = converge.fail(status="error")
    assert (error.failure.code, "contains no device status" in error.sentence) == ("bad_response", True)


@pytest.mark.parametrize("identifier", ["..", ".", " "])
def test_an_id_of_the_services_that_leads_elsewhere_is_never_a_path(
    converge: Converge, script: Script, identifier: str
) -> None:
    script.expect("GET", LIST, Reply(200, {"value": [row(id=identifier)]}))
    error = converge.fail(match={"device_display_name": "PC-0001"}, status="error")
    assert error.failure.code == "bad_response"
    assert "would lead to another object" in error.sentence


def test_a_policys_id_that_leads_elsewhere_is_never_a_path(info: Info, script: Script) -> None:
    script.expect("GET", POLICIES, Reply(200, {"value": [{"id": "..", "displayName": "x"}]}))
    with pytest.raises(IntuneError, match="would lead to another object"):
        info()


# --- lists and their counts


def test_a_status_without_an_id_fails_the_listing(info: Info, script: Script) -> None:
    script.expect("GET", f"{POLICIES}/{POLICY}", Reply(200, {"id": POLICY}))
    script.expect("GET", LIST, Reply(200, {"value": [row(id=None), row(id=None)]}))
    with pytest.raises(IntuneError, match="statuses without an id"):
        info(policy_id=POLICY)


@pytest.mark.parametrize("count", [-5, True, "3", None, 1.5])
def test_a_count_that_is_not_valid_hides_no_missing_row(info: Info, script: Script, count: Any) -> None:
    script.expect("GET", f"{POLICIES}/{POLICY}", Reply(200, {"id": POLICY, "displayName": "Windows"}))
    script.expect("GET", LIST, Reply(200, {"value": [row()]}))
    overview = {"successCount": 6, "errorCount": count}
    script.expect("GET", f"{POLICIES}/{POLICY}/deviceStatusOverview", Reply(200, overview))
    assert info(policy_id=POLICY, overview=True)["complete"] is False
    assert len(info.warnings) == 1


def two_policies(*names: str) -> Reply:
    return Reply(200, {"value": [{"id": name, "displayName": name.title()} for name in names]})


def test_a_policy_that_is_listed_twice_is_read_once(info: Info, script: Script) -> None:
    script.expect("GET", POLICIES, two_policies("a", "a"))
    script.expect("GET", f"{POLICIES}/a/deviceStatuses", Reply(200, {"value": [row()]}))
    assert info()["count"] == 1


def test_a_policy_that_is_gone_when_it_is_read_is_left_out_with_a_warning(info: Info, script: Script) -> None:
    script.expect("GET", POLICIES, two_policies("a", "b"))
    script.expect("GET", f"{POLICIES}/a/deviceStatuses", GONE)
    script.expect("GET", POLICIES, two_policies("b"))
    script.expect("GET", f"{POLICIES}/b/deviceStatuses", Reply(200, {"value": [row()]}))
    assert info()["count"] == 1
    assert info.warnings == ["Policy A was deleted while the statuses were read, and is left out."]


def test_a_policy_that_is_listed_and_cannot_be_found_fails_by_its_name(info: Info, script: Script) -> None:
    script.expect("GET", POLICIES, two_policies("a"))
    script.expect("GET", f"{POLICIES}/a/deviceStatuses", GONE)
    script.expect("GET", POLICIES, two_policies("a"))
    with pytest.raises(IntuneError) as caught:
        info()
    assert "policy 'A' is listed, but its statuses are not found" in caught.value.sentence
    assert "policy_id" not in caught.value.sentence
