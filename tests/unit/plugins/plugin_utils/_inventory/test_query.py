# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils import _preflight
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, IntuneError, InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.query import Query

from ...support import GRAPH, POLICIES, Reply, Script, connection, refusal, row

WINDOWS = {"id": "P1", "displayName": "Windows baseline", "@odata.type": "#microsoft.graph.windows10CompliancePolicy"}
IOS = {"id": "p2", "displayName": "iOS baseline", "@odata.type": "#microsoft.graph.iosCompliancePolicy"}
TWIN = {"id": "p3", "displayName": "iOS Baseline"}


def query(*policies: str, **options: Any) -> Query:
    return Query(
        connection(access_token="t.o.k", retry_timeout=0.0) if not options else connection(**options), policies
    )


def read(*policies: str) -> list[dict[str, Any]]:
    def warn(text: str) -> None:
        raise AssertionError(text)

    return query(*policies).read(warn)


def policies(*found: dict[str, Any]) -> Reply:
    return Reply(200, {"value": list(found)})


def rows(*ids: str) -> Reply:
    return Reply(200, {"value": [row(id=status_id) for status_id in ids]})


def test_every_policy_is_read_with_the_rows_of_the_info_module(script: Script) -> None:
    script.expect("GET", POLICIES, policies(WINDOWS, IOS))
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", rows("a", "b"))
    script.expect("GET", f"{POLICIES}/p2/deviceStatuses", rows("c"))
    found = read()
    assert [(one["id"], one["policy_id"], one["policy_display_name"]) for one in found] == [
        ("a", "P1", "Windows baseline"),
        ("b", "P1", "Windows baseline"),
        ("c", "p2", "iOS baseline"),
    ]
    assert found[0]["policy_type"] == "#microsoft.graph.windows10CompliancePolicy"
    assert found[0]["device_display_name"] == "PC-0001"


@pytest.mark.parametrize("wanted", [["p1"], ["P1"], ["windows BASELINE"], ["P1", "Windows baseline", "p1"]])
def test_a_policy_is_found_by_id_and_by_name_and_read_once(script: Script, wanted: list[str]) -> None:
    script.expect("GET", POLICIES, policies(IOS, WINDOWS))
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", rows("a"))
    assert [one["id"] for one in read(*wanted)] == ["a"]


def test_policies_are_read_in_the_order_given_after_one_listing(script: Script) -> None:
    script.expect("GET", POLICIES, policies(WINDOWS, IOS))
    script.expect("GET", f"{POLICIES}/p2/deviceStatuses", rows("c"))
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", rows("a"))
    assert [one["id"] for one in read("iOS baseline", "Windows baseline")] == ["c", "a"]


def test_an_id_has_precedence_over_a_name(script: Script) -> None:
    script.expect("GET", POLICIES, policies({"id": "p9", "displayName": "P1"}, WINDOWS))
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", rows("a"))
    assert len(read("p1")) == 1


def test_a_policy_without_an_id_makes_the_listing_invalid(script: Script) -> None:
    script.expect("GET", POLICIES, policies({"id": None, "displayName": "x"}, WINDOWS))
    with pytest.raises(IntuneError, match="policies without an id"):
        read("None")


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ("Windows", Code.NOT_FOUND, "No policy named 'Windows' was found"),
        ("ios baseline", Code.AMBIGUOUS_MATCH, "2 policies named 'ios baseline' were found: p2, p3"),
    ],
)
def test_a_name_must_be_that_of_exactly_one_policy(script: Script, wanted: str, code: str, words: str) -> None:
    script.expect("GET", POLICIES, policies(WINDOWS, IOS, TWIN))
    with pytest.raises(IntuneError) as caught:
        read("Windows baseline", wanted)
    assert caught.value.failure.code == code
    assert caught.value.sentence.startswith(words)


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_policy_is_refused_before_any_request(blank: str) -> None:
    with pytest.raises(InvalidOptionsError, match="policies has an empty entry"):
        read("Windows baseline", blank)


@pytest.mark.usefixtures("script")
def test_problems_of_the_connection_are_named_too() -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        query("", graph_url="http://a").read(print)
    assert len(caught.value.problems) == 3


def test_a_page_that_cannot_be_read_fails_the_query(script: Script) -> None:
    script.expect("GET", POLICIES, policies(WINDOWS, IOS))
    following = f"{GRAPH}{POLICIES}/P1/deviceStatuses?$skiptoken=1"
    page = {"value": [row(id="a")], "@odata.nextLink": following}
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", Reply(200, page))
    script.expect("GET", following, refusal(403, "Forbidden", "No"))
    with pytest.raises(IntuneError, match="Listing the device statuses of policy P1 failed"):
        read()


def test_a_policy_that_cannot_be_read_fails_the_query(script: Script) -> None:
    script.expect("GET", POLICIES, policies(WINDOWS, IOS))
    script.expect("GET", f"{POLICIES}/P1/deviceStatuses", rows("a"))
    script.expect("GET", f"{POLICIES}/p2/deviceStatuses", refusal(403, "Forbidden", "No"))
    with pytest.raises(IntuneError, match="Listing the device statuses of policy p2 failed"):
        read()


def test_policies_that_cannot_be_listed_are_not_an_empty_list(script: Script) -> None:
    script.expect("GET", POLICIES, refusal(403, "Forbidden", "No"))
    with pytest.raises(IntuneError, match="Listing the compliance policies failed"):
        read()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    monkeypatch.setattr(_preflight, "HAS_REQUESTS", False)
    with pytest.raises(IntuneError, match=r"\(requests\)"):
        read()
    monkeypatch.setattr(_preflight, "HAS_REQUESTS", True)
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(IntuneError, match=r"\(msal\)"):
        query(client_secret="swordfish", tenant_id="t.example", client_id="app").read(print)
    assert script.sent == []


def test_a_digest_distinguishes_queries_and_contains_no_secret() -> None:
    base = Query(connection(tenant_id="t", client_id="c", client_secret="swordfish"), ("a", "b"))
    others = [
        dataclasses.replace(base, policies=policies) for policies in [(), ("a",), ("b", "a"), ("a", "b", "c"), ("ab",)]
    ]
    for name in ("graph_url", "api_version", "tenant_id", "client_id", "access_token"):
        changed: dict[str, Any] = {name: "https://other"}
        others.append(dataclasses.replace(base, connection=base.connection._replace(**changed)))
    digests = [one.digest() for one in [base, *others]]
    assert len(set(digests)) == len(digests)
    assert base.digest() == Query(connection(tenant_id="t", client_id="c"), ("a", "b")).digest()
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests)
