# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk task as an ordered list of calls: what is written, repeated, read back and not attempted."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_items import BulkOptions
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.converge import converge_many
from ansible_collections.graphops.intune.plugins.module_utils._errors import (
    Code,
    Failure,
    IntuneError,
    InvalidOptionsError,
    Phase,
)
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient

from ...batches import BATCH, expect_batch, reads, responses, updates
from ...support import (
    GRAPH,
    LIST,
    POLICIES,
    POLICY,
    Clock,
    Renewable,
    Reply,
    Script,
    graph_client,
    no_route,
    refusal,
    row,
)

ERROR = {"status": "error"}
OPTIONS: dict[str, Any] = {"verify": True, "on_error": "continue", "write_limit": 100, "write_limit_period": 20.0}
THROTTLED = refusal(429, "TooManyRequests", "slow down", Retry_After="2.5")
RESET = requests.exceptions.ConnectionError("reset")


class Task:
    """A task that sets these statuses to ``error``: call it for the result, whether it failed or not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.credential = Renewable()
        self.client: GraphClient
        self.error: IntuneError | None = None

    def __call__(
        self, *items: Any, retry_timeout: float = 300.0, check_mode: bool = False, **options: Any
    ) -> dict[str, Any]:
        self.client = graph_client(self._clock, self.credential, retry_timeout=retry_timeout)
        bulk_options = BulkOptions.from_options({**OPTIONS, **options}, check_mode=check_mode)
        entries = [{"status_id": item, **ERROR} if isinstance(item, str) else item for item in items]
        try:
            return converge_many(self.client, read_items(entries, {"policy_id": POLICY}, "beta"), bulk_options)
        except IntuneError as error:
            self.error = error
            return error.result


@pytest.fixture
def task(clock: Clock) -> Task:
    return Task(clock)


def rows(*ids: str, **properties: Any) -> tuple[Reply, ...]:
    return tuple(Reply(200, row(id=status_id, **properties)) for status_id in ids)


def done(*ids: str) -> tuple[Reply, ...]:
    return rows(*ids, **ERROR)


def want(*ids: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return updates(**dict.fromkeys(ids, body or ERROR))


def outcomes(result: dict[str, Any]) -> list[str]:
    return [entry["outcome"] for entry in result["results"]]


def test_read_written_and_read_back(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b", "c"), *rows("a"), *done("b"), *rows("c"))
    expect_batch(script, want("a", "c"), *done("a"), Reply(204))
    expect_batch(script, reads("a", "c"), *done("a", "c"))
    result = task("a", "b", "c")
    assert task.error is None
    assert result["changed"]
    assert outcomes(result) == ["changed", "ok", "changed"]
    assert result["diff"]["before"] == {POLICY: {"a": {"status": "compliant"}, "c": {"status": "compliant"}}}
    assert result["diff"]["after"] == {POLICY: {"a": ERROR, "c": ERROR}}
    assert task.client.statistics()["writes"] == 2


def test_check_mode_sends_gets_alone(task: Task, script: Script) -> None:
    script.expect("GET", LIST, Reply(200, {"value": [row(id="a"), row(id="b", **ERROR)]}))
    result = task("a", "b", check_mode=True)
    assert outcomes(result) == ["changed", "ok"]
    assert result["results"][0]["changed_properties"] == ["status"]


def test_the_throttled_ones_are_repeated_alone_after_their_wait(task: Task, script: Script, clock: Clock) -> None:
    longer = refusal(429, "TooManyRequests", "slow down", Retry_After="7")
    expect_batch(script, reads("a", "b", "c"), *rows("a", "b", "c"))
    expect_batch(script, want("a", "b", "c"), THROTTLED, *done("b"), longer)
    expect_batch(script, want("a", "c"), *done("a", "c"))
    expect_batch(script, reads("a", "b", "c"), *done("a", "b", "c"))
    assert outcomes(task("a", "b", "c")) == ["changed"] * 3
    assert clock.slept == [7.0]
    assert task.client.statistics()["throttled"] == 2


def test_a_throttled_item_delays_all_others(task: Task, script: Script, clock: Clock) -> None:
    ids = [f"s{number}" for number in range(22)]
    script.expect("GET", LIST, Reply(200, {"value": [row(id=status_id) for status_id in ids]}))
    expect_batch(script, want(*ids[:20]), THROTTLED, *done(*ids[1:20]))
    expect_batch(script, want("s0", "s20", "s21"), *done("s0", "s20", "s21"))
    result = task(*ids, verify=False)
    assert clock.slept == [2.5]
    assert result["summary"]["changed"] == 22


def test_an_envelope_that_is_throttled_is_repeated(task: Task, script: Script, clock: Clock) -> None:
    expect_batch(script, reads("a"), *rows("a"))
    script.expect("POST", BATCH, THROTTLED, body=want("a"))
    expect_batch(script, want("a"), *done("a"))
    expect_batch(script, reads("a"), *done("a"))
    assert outcomes(task("a")) == ["changed"]
    assert clock.slept == [2.5]


@pytest.mark.parametrize(
    "lost",
    [RESET, refusal(504, "Timeout", "no"), Reply(200, raw=b'{"responses": ['), Reply(200, []), Reply(200, {})],
    ids=["reset", "504", "cut", "list", "nothing"],
)
def test_a_lost_envelope_is_read_back_before_it_is_repeated(task: Task, script: Script, lost: Any) -> None:
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    script.expect("POST", BATCH, lost, body=want("a", "b"))
    expect_batch(script, reads("a", "b"), *done("a"), *rows("b"))
    expect_batch(script, want("b"), *done("b"))
    expect_batch(script, reads("b"), *done("b"))
    assert outcomes(task("a", "b")) == ["changed", "changed"]


def test_a_lost_answer_is_read_back_alone(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    expect_batch(script, want("a", "b"), *done("a"), None)
    expect_batch(script, reads("b"), *done("b"))
    expect_batch(script, reads("a"), *done("a"))
    assert outcomes(task("a", "b")) == ["changed", "changed"]


def test_what_still_differs_after_a_lost_update_is_sent_alone(task: Task, script: Script) -> None:
    item = {"status_id": "a", "status": "error", "platform": 8}
    expect_batch(script, reads("a"), *rows("a"))
    expect_batch(script, want("a", body={"status": "error", "platform": 8}), None)
    expect_batch(script, reads("a"), *done("a"))
    expect_batch(script, want("a", body={"platform": 8}), Reply(204))
    expect_batch(script, reads("a"), *rows("a", status="error", platform=8))
    result = task(item)
    assert result["results"][0]["changed_properties"] == ["platform", "status"]


def test_a_lost_update_that_was_kept_in_part_is_reported(task: Task, script: Script) -> None:
    """Throttled until the end: the status is changed in part, which the result reports."""
    item = {"status_id": "a", "status": "error", "platform": 8}
    expect_batch(script, reads("a"), *rows("a"))
    expect_batch(script, want("a", body={"status": "error", "platform": 8}), None)
    expect_batch(script, reads("a"), *done("a"))
    expect_batch(script, want("a", body={"platform": 8}), refusal(429, "TooManyRequests", "no", Retry_After="900"))
    result = task(item)
    assert result["changed"]
    assert result["results"][0]["changed_properties"] == ["status"]
    assert result["diff"]["after"] == {POLICY: {"a": {"platform": 0, "status": "error"}}}


def test_what_cannot_be_read_back_may_have_been_applied(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    script.expect("POST", BATCH, RESET, body=want("a", "b"))
    script.expect("POST", BATCH, refusal(403, "Forbidden", "no"), body=reads("a", "b"))
    assert outcomes(task("a", "b")) == ["failed", "failed"]
    assert task.error is not None
    assert task.error.sentence.count("may have been applied") == 1


def test_after_retry_timeout_the_rest_is_not_attempted(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    expect_batch(script, want("a", "b"), *done("a"), refusal(429, "TooManyRequests", "no", Retry_After="900"))
    expect_batch(script, reads("a"), *done("a"))
    result = task("a", "b")
    assert outcomes(result) == ["changed", "not_attempted"]
    failure = result["results"][1]["failure"]
    assert (failure["code"], failure["retryable"], failure["retry_after"]) == ("throttled", True, 900)
    assert result["changed"]


def test_a_lost_update_is_read_back_out_of_time_where_the_service_says_no_wait(task: Task, script: Script) -> None:
    ids = [f"s{number}" for number in range(21)]
    script.expect("GET", LIST, Reply(200, {"value": [row(id=status_id) for status_id in ids]}))
    expect_batch(script, want(*ids[:20]), refusal(503, "ServiceUnavailable", "no"), *done(*ids[1:20]))
    expect_batch(script, want("s20"), refusal(429, "TooManyRequests", "no"))
    expect_batch(script, reads("s0"), *done("s0"))
    result = task(*ids, verify=False, retry_timeout=0.4)
    assert outcomes(result) == ["changed"] * 20 + ["not_attempted"]


def test_an_envelope_that_is_forbidden_ends_the_writing(task: Task, script: Script) -> None:
    ids = [f"s{number}" for number in range(22)]
    script.expect("GET", LIST, Reply(200, {"value": [row(id=status_id) for status_id in ids]}))
    script.expect("POST", BATCH, refusal(403, "Forbidden", "no"), body=want(*ids[:20]))
    result = task(*ids)
    assert outcomes(result) == ["failed"] * 20 + ["not_attempted"] * 2
    assert result["results"][0]["failure"]["required_permissions"] == ["DeviceManagementConfiguration.ReadWrite.All"]
    assert result["results"][21]["failure"]["retryable"]
    assert not result["changed"]


def test_a_service_without_the_route_fails_each_item(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), no_route("GET"), no_route("GET"))
    script.expect("GET", LIST, Reply(200, {"value": [row(id="a"), row(id="b")]}))
    expect_batch(script, want("a", "b"), no_route("PATCH"), no_route("PATCH"))
    result = task("a", "b")
    assert [entry["failure"]["code"] for entry in result["results"]] == ["write_not_supported"] * 2


def test_the_budget_is_not_exceeded(task: Task, script: Script, clock: Clock) -> None:
    expect_batch(script, reads("a", "b", "c"), *rows("a", "b", "c"))
    expect_batch(script, want("a", "b"), *done("a", "b"))
    expect_batch(script, want("c"), *done("c"))
    assert outcomes(task("a", "b", "c", write_limit=2, write_limit_period=30.0, verify=False)) == ["changed"] * 3
    assert clock.slept == [30.0]


def test_reading_that_is_throttled_to_the_end_is_no_attempt(task: Task, script: Script) -> None:
    answer = refusal(429, "TooManyRequests", "no", Retry_After="900")
    script.expect("POST", BATCH, answer, body=reads("a"))
    result = task("a")
    assert outcomes(result) == ["not_attempted"]
    assert result["results"][0]["failure"]["retryable"]


def test_one_policy_that_cannot_be_read_does_not_stop_the_others(task: Task, script: Script) -> None:
    other = f"{POLICIES}/other/deviceStatuses".removeprefix("/beta")
    body = {"requests": [{"id": "0", "method": "GET", "url": f"{other}/x"}]}
    script.expect("POST", BATCH, refusal(403, "Forbidden", "no"), body=body)
    expect_batch(script, reads("a"), *done("a"))
    result = task({"policy_id": "other", "status_id": "x"}, "a")
    assert outcomes(result) == ["failed", "ok"]


def test_a_match_reads_the_complete_list_which_serves_the_ids_too(task: Task, script: Script) -> None:
    link = f"{GRAPH}{LIST}?$skiptoken=x"
    script.expect("GET", LIST, Reply(200, {"value": [row(id="a", **ERROR)], "@odata.nextLink": link}))
    script.expect("GET", link, Reply(200, {"value": [row(id="b", deviceDisplayName="Kiosk", **ERROR)]}))
    result = task({"match": {"device_display_name": "KIOSK"}, **ERROR}, "a")
    assert outcomes(result) == ["ok", "ok"]
    assert [entry["status_id"] for entry in result["results"]] == ["b", "a"]


@pytest.mark.parametrize(("limit", "slept"), [(100, []), (2, [20.0])])
def test_a_share_of_the_write_limit_is_a_share_of_the_reads_too(
    task: Task, script: Script, clock: Clock, limit: int, slept: list[float]
) -> None:
    # A fiftieth of 1000 requests in 20 s is one envelope: all later requests wait.
    ids = [f"s{number}" for number in range(20)]
    expect_batch(script, reads(*ids), *rows("s0"), *done(*ids[1:]))
    expect_batch(script, want("s0"), *done("s0"))
    assert task(*ids, write_limit=limit, verify=False)["summary"]["changed"] == 1
    assert clock.slept == slept


@pytest.mark.parametrize(
    "invalid", [{"write_limit": 0}, {"write_limit_period": 0.0}, {"write_limit_period": float("nan")}]
)
def test_invalid_limits_are_refused(invalid: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptionsError, match=next(iter(invalid))):
        BulkOptions.from_options({**OPTIONS, **invalid}, check_mode=False)


@pytest.mark.parametrize("status", [403, 429])
def test_policies_that_cannot_be_listed_are_requested_once(task: Task, script: Script, status: int) -> None:
    script.expect("GET", POLICIES, refusal(status, "No", "no", Retry_After="900"))
    items = [{"policy_name": name, "status_id": name, **ERROR} for name in ("x", "y", "z")]
    result = task(*items)
    assert outcomes(result) == ["failed" if status == 403 else "not_attempted"] * 3


def test_stop_writes_nothing_after_a_failed_read(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), *rows("a"), refusal(404, "ResourceNotFound", "no"))
    result = task("a", "b", on_error="stop")
    assert outcomes(result) == ["not_attempted", "failed"]
    assert result["results"][0]["failure"]["retryable"]
    assert "statuses[1]" in result["results"][0]["failure"]["message"]


def test_after_a_throttled_envelope_nothing_is_sent_before_its_wait_ends(task: Task, script: Script) -> None:
    """This includes reading back what was written before: the service named the time of the next request."""
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    expect_batch(script, want("a"), *done("a"))
    script.expect("POST", BATCH, refusal(429, "TooManyRequests", "no", Retry_After="900"), body=want("b"))
    result = task("a", "b", write_limit=1, write_limit_period=1.0)
    assert outcomes(result) == ["failed", "not_attempted"]
    assert [entry["failure"]["code"] for entry in result["results"]] == ["throttled", "throttled"]
    assert task.error is not None
    assert "the service accepted the update; run the task again to see" in task.error.sentence
    assert not result["changed"]


def test_the_next_policy_is_not_read_before_the_wait_ends(task: Task, script: Script) -> None:
    script.expect("POST", BATCH, refusal(429, "TooManyRequests", "no", Retry_After="900"), body=reads("a"))
    result = task("a", {"policy_id": "other", "status_id": "x"})
    assert outcomes(result) == ["not_attempted"] * 2


def test_what_was_lost_and_then_throttled_has_been_attempted(task: Task, script: Script) -> None:
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    expect_batch(script, want("a", "b"), None, *done("b"))
    expect_batch(script, reads("a"), *rows("a"))
    expect_batch(script, want("a"), refusal(429, "TooManyRequests", "no", Retry_After="900"))
    expect_batch(script, reads("b"), *done("b"))
    result = task("a", "b")
    assert outcomes(result) == ["failed", "changed"]
    assert result["results"][0]["failure"]["retryable"]


def test_what_cannot_be_verified_is_not_reported_as_changed(task: Task, script: Script) -> None:
    expect_batch(script, reads("a"), *rows("a"))
    expect_batch(script, want("a"), *done("a"))
    expect_batch(script, reads("a"), refusal(403, "Forbidden", "no"))
    result = task("a")
    assert outcomes(result) == ["failed"]
    assert not result["changed"]
    assert task.error is not None
    assert task.error.sentence.count("the service accepted the update") == 1


class _Expiring(Renewable):
    """A credential that signs in only once."""

    def token(self, transport: object, rejected: str | None = None) -> str:
        if rejected is None:
            return super().token(transport)
        raise IntuneError("Signing in failed: expired", Failure(Code.AUTH_FAILED, "expired", Phase.AUTH))


@pytest.mark.parametrize("written", [0, 1])
def test_signing_in_fails_during_the_task(task: Task, script: Script, written: int) -> None:
    """What was not sent is not attempted, and what was written is reported."""
    task.credential = _Expiring()
    expect_batch(script, reads("a", "b"), *rows("a", "b"))
    expired = refusal(401, "InvalidAuthenticationToken", "expired")
    if written:
        expect_batch(script, want("a"), *done("a"))
    script.expect("POST", BATCH, expired, body=want("b") if written else want("a"))
    if written:
        script.expect("POST", BATCH, expired, body=reads("a"))
    result = task("a", "b", write_limit=1, write_limit_period=1.0)
    assert outcomes(result) == ["failed" if written else "not_attempted", "not_attempted"]
    assert result["results"][1]["failure"]["code"] == "auth_failed"
    assert result["results"][1]["failure"]["retryable"]


def test_what_an_envelope_wrote_is_reported_where_signing_in_again_fails(task: Task, script: Script) -> None:
    task.credential = _Expiring()
    expect_batch(script, reads("a", "b", "c"), *rows("a", "b", "c"))
    expired = refusal(401, "InvalidAuthenticationToken", "expired")
    expect_batch(script, want("a", "b"), *done("a"), expired)
    result = task("a", "b", "c", verify=False, write_limit=2, write_limit_period=1.0)
    assert outcomes(result) == ["changed", "not_attempted", "not_attempted"]
    assert result["changed"]
    assert {entry["failure"]["code"] for entry in result["results"][1:]} == {"auth_failed"}


def test_signing_in_fails_before_reading(task: Task, script: Script) -> None:
    task.credential = _Expiring()
    expect_batch(script, reads("a"), *done("a"))
    link = f"{POLICIES}/other/deviceStatuses".removeprefix("/beta")
    body = {"requests": [{"id": "0", "method": "GET", "url": f"{link}/x"}]}
    script.expect("POST", BATCH, refusal(401, "InvalidAuthenticationToken", "expired"), body=body)
    result = task("a", {"policy_id": "other", "status_id": "x"})
    assert outcomes(result) == ["ok", "not_attempted"]
    assert task.error is not None
    assert task.error.failure.phase is Phase.AUTH


@pytest.mark.parametrize("recovers", [True, False])
def test_one_update_with_a_transient_error_does_not_delay_the_others(
    task: Task, script: Script, recovers: bool
) -> None:
    ids = [f"s{number}" for number in range(25)]
    broken = refusal(503, "ServiceUnavailable", "no")
    script.expect("GET", LIST, Reply(200, {"value": [row(id=status_id) for status_id in ids]}))
    expect_batch(script, want(*ids[:20]), broken, *done(*ids[1:20]))
    expect_batch(script, want(*ids[20:]), *done(*ids[20:]))
    expect_batch(script, reads("s0"), *rows("s0"))
    if recovers:
        expect_batch(script, want("s0"), *done("s0"))
    result = task(*ids, verify=False, retry_timeout=1.0 if recovers else 0.4)
    assert outcomes(result) == ["changed" if recovers else "failed"] + ["changed"] * 24
    assert recovers or result["results"][0]["failure"]["status"] == 503


def test_a_service_that_accepts_no_update_is_not_sent_all_of_them(task: Task, script: Script) -> None:
    ids = [f"s{number}" for number in range(45)]
    script.expect("GET", LIST, Reply(200, {"value": [row(id=status_id) for status_id in ids]}))
    expect_batch(script, want(*ids[:20]), *[no_route("PATCH")] * 20)
    result = task(*ids)
    assert outcomes(result) == ["failed"] * 45
    assert {entry["failure"]["code"] for entry in result["results"]} == {"write_not_supported"}
    assert not any(entry["failure"]["retryable"] for entry in result["results"])


def test_a_token_that_expires_inside_an_envelope_is_renewed(task: Task, script: Script) -> None:
    expired = refusal(401, "InvalidAuthenticationToken", "expired")
    expect_batch(script, reads("a", "b"), *rows("a"), expired)
    expect_batch(script, reads("b"), *rows("b"))
    expect_batch(script, want("a", "b"), *done("a"), expired)
    expect_batch(script, want("b"), *done("b"))
    assert outcomes(task("a", "b", verify=False)) == ["changed", "changed"]


def test_check_mode_stops_as_a_run_does(task: Task, script: Script) -> None:
    script.expect("GET", LIST, Reply(200, {"value": [row(id="a")]}))
    script.expect("GET", f"{LIST}/b", refusal(404, "ResourceNotFound", "no"))
    result = task("a", "b", on_error="stop", check_mode=True)
    assert outcomes(result) == ["not_attempted", "failed"]
    assert not result["changed"]


def test_a_row_on_two_pages_is_one_row(task: Task, script: Script) -> None:
    link = f"{GRAPH}{LIST}?$skiptoken=x"
    script.expect("GET", LIST, Reply(200, {"value": [row(id="a", **ERROR)], "@odata.nextLink": link}))
    script.expect("GET", link, Reply(200, {"value": [row(id="a", **ERROR), row(id="b", userName="B")]}))
    assert outcomes(task({"match": {"user_name": "Ada"}, **ERROR})) == ["ok"]


def test_the_fewest_rows_are_compared_whichever_property_is_rare(task: Task, script: Script) -> None:
    many = [row(id=f"s{n}", userName="shared", userPrincipalName=f"u{n}@example.com", **ERROR) for n in range(50)]
    script.expect("GET", LIST, Reply(200, {"value": many}))
    matches = [{"user_name": "SHARED", "user_principal_name": f"U{n}@example.com"} for n in (7, 3)]
    result = task(*({"match": match, **ERROR} for match in matches))
    assert [entry["status_id"] for entry in result["results"]] == ["s7", "s3"]


def test_two_spellings_of_one_id_are_one_item(task: Task) -> None:
    task("abc", "ABC")
    assert task.error is not None
    assert "statuses[1]: status_id names the same status as statuses[0]" in task.error.sentence


def test_a_date_in_an_answer_counts_from_the_services_clock(task: Task, script: Script, clock: Clock) -> None:
    throttled = refusal(429, "TooManyRequests", "no", Retry_After="Tue, 24 Nov 2026 12:00:30 GMT")
    expect_batch(script, reads("a"), *rows("a"))
    answer = responses(throttled)
    dated = Reply(answer.status, answer.document, {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"})
    script.expect("POST", BATCH, dated, body=want("a"))
    expect_batch(script, want("a"), *done("a"))
    assert outcomes(task("a", verify=False)) == ["changed"]
    assert clock.slept == [30.0]
