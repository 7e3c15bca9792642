# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that repeat, never end, or report success with an error in them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import LONGEST_HOLD, GraphClient

from ...support import GRAPH, Clock, Reply, Script, graph_client

READING = DEVICE_STATUS.reading("Reading")
WRITING = DEVICE_STATUS.writing("Updating")
ROWS = f"{GRAPH}/beta/rows"


@pytest.fixture
def client(clock: Clock) -> GraphClient:
    return graph_client(clock)


def page(*ids: Any, link: str | None = None) -> Reply:
    return Reply(200, {"value": [{"id": one} for one in ids], **({"@odata.nextLink": link} if link else {})})


def read(client: GraphClient) -> list[Any]:
    return [row["id"] for rows in client.pages("/rows", READING) for row in rows]


def test_a_row_on_two_pages_is_read_once(client: GraphClient, script: Script) -> None:
    script.expect("GET", ROWS, page("a", "b", "b", link=f"{ROWS}?2"))
    script.expect("GET", f"{ROWS}?2", page("b", "c", "a"))
    assert read(client) == ["a", "b", "c"]


def test_rows_without_an_id_are_not_taken_for_one(client: GraphClient, script: Script) -> None:
    script.expect("GET", ROWS, page(None, None, 5, 5))
    assert read(client) == [None, None, 5, 5]


def test_an_empty_last_page_may_name_itself(client: GraphClient, script: Script) -> None:
    script.expect("GET", ROWS, page("a", link=f"{ROWS}?2"))
    script.expect("GET", f"{ROWS}?2", page(link=f"{ROWS}?2"))
    assert read(client) == ["a"]


def test_a_page_with_rows_that_names_itself_is_a_circle(client: GraphClient, script: Script) -> None:
    script.expect("GET", ROWS, page("a", link=f"{ROWS}?2"))
    script.expect("GET", f"{ROWS}?2", page("b", link=f"{ROWS}?2"))
    with pytest.raises(IntuneError, match="form a circle"):
        read(client)


@pytest.mark.parametrize("ids", [(), ("a",)], ids=["empty", "repeated"])
def test_pages_without_end_end_the_task(client: GraphClient, script: Script, ids: tuple[str, ...]) -> None:
    script.expect("GET", ROWS, page("a", link=f"{ROWS}?0"))
    for number in range(100):
        script.expect("GET", f"{ROWS}?{number}", page(*ids, link=f"{ROWS}?{number + 1}"))
    with pytest.raises(IntuneError, match="100 pages in a row brought nothing new"):
        read(client)


def test_many_empty_pages_between_rows_are_read(client: GraphClient, script: Script) -> None:
    script.expect("GET", ROWS, page("a", link=f"{ROWS}?0"))
    for number in range(99):
        script.expect("GET", f"{ROWS}?{number}", page(link=f"{ROWS}?{number + 1}"))
    script.expect("GET", f"{ROWS}?99", page("b"))
    assert read(client) == ["a", "b"]


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_success_with_an_error_in_it_is_not_believed(client: GraphClient, script: Script, method: str) -> None:
    document = {"error": {"code": "Busy", "message": "come back"}}
    body = {"a": 1} if method == "patch" else None
    script.expect(method.upper(), ROWS, Reply(200, document), body=body)
    with pytest.raises(IntuneError) as caught:
        client.get("/rows", READING) if method == "get" else client.patch("/rows", {"a": 1}, WRITING)
    assert caught.value.failure.code == "bad_response"
    assert "with an error in it: Busy: come back" in caught.value.sentence
    assert caught.value.may_have_applied


def test_a_wait_of_a_year_holds_an_event_source_for_an_hour(client: GraphClient, script: Script, clock: Clock) -> None:
    script.expect("GET", ROWS, Reply(429, headers={"Retry-After": "31536000"}))
    script.expect("GET", ROWS, page("a"))
    with pytest.raises(IntuneError):
        read(client)
    clock.now += LONGEST_HOLD - 1000
    with pytest.raises(IntuneError, match="not sent"):
        read(client)
    clock.now += 1000
    assert read(client) == ["a"]
