# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How rows are read, as an ordered list of calls."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_read import RowReader
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._compliance.routes import DeviceStatuses
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError
from ansible_collections.graphops.intune.plugins.module_utils._graph.resource import Row

from ...batches import BATCH, expect_batch, reads
from ...support import GRAPH, LIST, POLICY, Clock, Reply, Script, graph_client, no_route, refusal, row

READING = DEVICE_STATUS.reading("Reading")
NEXT = f"{GRAPH}{LIST}?$skiptoken=x"
MANY = [f"s{number}" for number in range(60)]


class Read:
    """Read ids, and return what was found by id: the row's id, or the code of the error."""

    def __init__(self, clock: Clock, retry_timeout: float = 300.0) -> None:
        self.client = graph_client(clock, retry_timeout=retry_timeout)

    def __call__(self, *ids: str, batch: bool = True) -> dict[str, str]:
        reader = RowReader(self.client, DeviceStatuses(self.client), batch=batch)
        return {status_id: shown(found) for status_id, found in reader.read(POLICY, ids, READING)}


def shown(found: Row | IntuneError) -> str:
    return found.failure.code if isinstance(found, IntuneError) else str(found["id"])


def same(*ids: str) -> dict[str, str]:
    return {status_id: status_id for status_id in ids}


def rows(*ids: str) -> tuple[Reply, ...]:
    return tuple(Reply(200, row(id=status_id)) for status_id in ids)


def page(*ids: str, link: str | None = None) -> Reply:
    more = {"@odata.nextLink": link} if link else {}
    return Reply(200, {"value": [row(id=status_id) for status_id in ids], **more})


@pytest.fixture
def read(clock: Clock) -> Read:
    return Read(clock)


def test_no_ids_send_no_request(read: Read, script: Script) -> None:  # noqa: ARG001 - expects no call
    assert read() == {}


def test_what_fits_into_one_envelope_is_read_by_item(read: Read, script: Script) -> None:
    expect_batch(script, reads(*MANY[:20]), *rows(*MANY[:20]))
    assert read(*MANY[:20]) == same(*MANY[:20])


def test_more_begins_with_the_list_and_stops_when_all_are_found(read: Read, script: Script) -> None:
    script.expect("GET", LIST, page(*MANY, "else", link=NEXT))
    assert read(*MANY) == same(*MANY)


def test_a_list_that_costs_more_than_envelopes_is_abandoned(read: Read, script: Script) -> None:
    # Two pages without any of the ids cost as much as the three envelopes.
    script.expect("GET", LIST, page("x", link=NEXT))
    script.expect("GET", NEXT, page("y", link=f"{NEXT}y"))
    for start in (0, 20, 40):
        expect_batch(script, reads(*MANY[start : start + 20]), *rows(*MANY[start : start + 20]))
    assert read(*MANY) == same(*MANY)


def test_a_list_that_costs_less_than_envelopes_is_read_on(read: Read, script: Script) -> None:
    links = [LIST, NEXT, f"{NEXT}y"]
    for place, url in enumerate(links):
        following = links[place + 1] if place < 2 else None
        script.expect("GET", url, page(*MANY[place * 20 : place * 20 + 20], link=following))
        if place == 1:
            break
    expect_batch(script, reads(*MANY[40:]), *rows(*MANY[40:]))  # the rest fits into one
    assert read(*MANY) == same(*MANY)


def test_what_the_list_leaves_out_is_requested_before_it_is_reported_missing(read: Read, script: Script) -> None:
    script.expect("GET", LIST, page(*MANY[2:]))
    expect_batch(script, reads("s0", "s1"), refusal(404, "ResourceNotFound", "no"), Reply(200, row(id="s1")))
    assert read(*MANY) == {**same(*MANY[1:]), "s0": "not_found"}


@pytest.mark.parametrize("recovers", [True, False])
def test_one_row_with_a_transient_error_does_not_delay_the_others(clock: Clock, script: Script, recovers: bool) -> None:
    broken = refusal(500, "InternalServerError", "no")
    script.expect("GET", LIST, page("x", link=NEXT))
    expect_batch(script, reads(*MANY[:20]), broken, *rows(*MANY[1:20]))
    expect_batch(script, reads(*MANY[20:40]), *rows(*MANY[20:40]))
    if recovers:
        expect_batch(script, reads("s0"), *rows("s0"))
    found = Read(clock, retry_timeout=1.0 if recovers else 0.4)(*MANY[:40])
    assert found == {**same(*MANY[:40]), "s0": "s0" if recovers else "InternalServerError"}


@pytest.mark.parametrize("wait", ["2.5", None])
def test_a_throttled_row_delays_the_others(clock: Clock, script: Script, wait: str | None) -> None:
    headers = {"Retry_After": wait} if wait else {}
    script.expect("GET", LIST, page("x", link=NEXT))
    stumbles = refusal(500, "InternalServerError", "no")
    throttled = refusal(429, "TooManyRequests", "no", **headers)
    expect_batch(script, reads(*MANY[:20]), stumbles, throttled, *rows(*MANY[2:20]))
    expect_batch(script, reads(*MANY[20:40]), *rows(*MANY[20:40]))
    expect_batch(script, reads("s0", "s1"), *rows("s0", "s1"))
    assert Read(clock)(*MANY[:40]) == same(*MANY[:40])
    assert len(clock.slept) == 1


def test_without_a_route_to_items_the_list_is_read(read: Read, script: Script) -> None:
    expect_batch(script, reads("s0", "s1"), no_route("GET"), no_route("GET"))
    script.expect("GET", LIST, page("s1", "s2"))
    assert read("s0", "s1") == {"s0": "not_found", "s1": "s1"}


def test_without_envelopes_one_is_read_by_item_and_more_by_the_list(read: Read, script: Script) -> None:
    script.expect("GET", f"{LIST}/s0", Reply(200, row(id="s0")))
    assert read("s0", batch=False) == same("s0")
    script.expect("GET", LIST, page("s0", "s1"))
    assert read("s0", "s1", batch=False) == same("s0", "s1")


@pytest.mark.parametrize("status", [429, 503, 424])
def test_only_what_failed_temporarily_is_requested_again(read: Read, script: Script, clock: Clock, status: int) -> None:
    passing = refusal(status, "Busy", "later", Retry_After="2.5")
    expect_batch(script, reads("s0", "s1", "s2"), *rows("s0"), passing, None)
    expect_batch(script, reads("s1", "s2"), *rows("s1", "s2"))
    assert read("s0", "s1", "s2") == same("s0", "s1", "s2")
    if status != 424:
        assert clock.slept == [2.5]


def test_an_item_that_is_refused_is_reported_alone(read: Read, script: Script) -> None:
    expect_batch(script, reads("s0", "s1"), refusal(403, "Forbidden", "no"), *rows("s1"))
    assert read("s0", "s1") == {"s0": "Forbidden", "s1": "s1"}


def test_an_envelope_that_is_refused_raises(read: Read, script: Script) -> None:
    script.expect("POST", BATCH, refusal(403, "Forbidden", "no"), body=reads("s0"))
    with pytest.raises(IntuneError):
        read("s0")


def test_an_envelope_of_reads_is_repeated(read: Read, script: Script, clock: Clock) -> None:
    script.expect("POST", BATCH, refusal(503, "Busy", "later", Retry_After="1"), body=reads("s0"))
    expect_batch(script, reads("s0"), *rows("s0"))
    assert read("s0") == same("s0")
    assert clock.slept == [1.0]
