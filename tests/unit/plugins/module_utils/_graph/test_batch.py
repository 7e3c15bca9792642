# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes: their requests, and the answer to each request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._graph.batch import (
    answers,
    envelope,
)
from ansible_collections.graphops.intune.plugins.module_utils._graph.call import Call
from hypothesis import given
from hypothesis import strategies as st

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "status", "headers", "body", "responses", "x"]), inner, max_size=5)
    ),
    max_leaves=20,
)


def response(identifier: Any, status: Any = 200, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "status": status, **more}


def test_a_body_brings_its_own_content_type() -> None:
    call = envelope([Call("GET", "/a"), Call("PATCH", "/b", {"x": None})])
    assert (call.method, call.path) == ("POST", "/$batch")
    assert call.body == {
        "requests": [
            {"id": "0", "method": "GET", "url": "/a"},
            {
                "id": "1",
                "method": "PATCH",
                "url": "/b",
                "headers": {"Content-Type": "application/json"},
                "body": {"x": None},
            },
        ]
    }


@given(st.permutations(range(20)))
def test_answers_come_in_any_order(order: list[int]) -> None:
    document = {"responses": [response(str(place), 200 + place, body={"place": place}) for place in order]}
    found = answers(document, 20)
    assert [answer and (answer.status, answer.json()) for answer in found] == [
        (200 + place, {"place": place}) for place in range(20)
    ]


def test_a_missing_answer_is_found() -> None:
    found = answers({"responses": [response("1", 204)]}, 3)
    assert [answer and answer.status for answer in found] == [None, 204, None]
    assert found[1] is not None
    assert found[1].body == b""


@pytest.mark.parametrize("identifier", ["2", "-1", "", "a", "²", "1.0", 1, None, True, [], {}, "9" * 5000])
def test_an_id_that_was_not_sent_is_ignored(identifier: Any) -> None:
    assert answers({"responses": [response(identifier)]}, 2) == [None, None]


@pytest.mark.parametrize("status", [None, "200", True, 200.0, [], {}])
def test_an_answer_without_a_status_is_ignored(status: Any) -> None:
    assert answers({"responses": [response("0", status)]}, 1) == [None]


def test_two_answers_to_one_request_are_ignored() -> None:
    """It is not known which of the two is correct; an item without an answer is read back."""
    found = answers({"responses": [response("0", 200), response("1", 200), response("0", 429)]}, 2)
    assert [answer and answer.status for answer in found] == [None, 200]


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
def test_headers_are_found_in_any_case(name: str) -> None:
    (answer,) = answers({"responses": [response("0", 429, headers={name: 2.128})]}, 1)
    assert answer is not None
    assert answer.headers["Retry-After"] == "2.128"


def test_a_body_that_is_no_json_comes_as_base64() -> None:
    page = "PGh0bWw+PHRpdGxlPkdhdGV3YXk8L3RpdGxlPjwvaHRtbD4="
    (answer,) = answers({"responses": [response("0", 502, body=page)]}, 1)
    assert answer is not None
    assert answer.body == b"<html><title>Gateway</title></html>"
    (answer,) = answers({"responses": [response("0", 502, body="no base64")]}, 1)
    assert answer is not None
    assert answer.body == b"no base64"
    (answer,) = answers({"responses": [response("0", 502, body="half \ud800")]}, 1)
    assert answer is not None
    assert answer.body == b"half ?"


@given(JUNK, st.integers(1, 20))
def test_an_invalid_answer_never_raises(junk: Any, count: int) -> None:
    for document in (junk, {"responses": junk}, {"responses": [junk]}, {"responses": [{"id": "0", "status": junk}]}):
        assert len(answers(document, count)) == count


@given(JUNK)
def test_a_body_is_kept_as_it_is(body: Any) -> None:
    (answer,) = answers({"responses": [response("0", body=body)]}, 1)
    assert answer is not None
    if isinstance(body, (dict, list)):
        assert answer.body == json.dumps(body).encode()
