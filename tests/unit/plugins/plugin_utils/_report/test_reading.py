# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the fleet: what the modules returned, policy by policy, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._report.errors import ReportError
from ansible_collections.graphops.intune.plugins.plugin_utils._report.reading import FleetReader, policy_of, text
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Policy, Reading, Row, Snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot_file import to_json

from .fleets import NOW, snapshot

POLICIES: list[dict[str, Any]] = [
    {"id": "p1", "display_name": "Windows baseline", "type": "#microsoft.graph.windows10CompliancePolicy"},
    {"id": "p2", "display_name": None, "type": None},
    {"id": "p3", "display_name": "iOS baseline", "type": "#microsoft.graph.iosCompliancePolicy"},
]
RESULT: dict[str, Any] = {
    "device_compliance_statuses": [
        {
            "id": "s1",
            "device_display_name": "PC-1",
            "user_name": "Ada",
            "user_principal_name": "ada@contoso.example",
            "device_model": None,
            "platform": 0,
            "status": "nonCompliant",
            "last_reported_date_time": "2026-11-23T05:06:07.1234567+01:00",
            "compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59Z",
        },
        {"id": "s2", "status": None, "last_reported_date_time": "soon"},
    ],
    "complete": True,
    "overviews": [{"policy_id": "p1", "pending_count": 1, "failed_count": 1, "success_count": 0, "listed": 2}],
}
REFUSED: dict[str, Any] = {"failed": True, "msg": "Listing failed: 403", "failure": {"status": 403}}
SHORT: dict[str, Any] = {
    "device_compliance_statuses": [],
    "complete": False,
    "overviews": [{"policy_id": "p2", "pending_count": 5, "listed": 0}],
}


def read(*results: dict[str, Any]) -> list[Policy]:
    return [policy_of(*pair) for pair in zip(POLICIES, results, strict=False)]


def test_what_the_modules_returned() -> None:
    found = read(RESULT, SHORT, REFUSED)
    assert [policy.reading for policy in found] == [Reading.COMPLETE, Reading.INCOMPLETE, Reading.UNREADABLE]
    assert [policy.counted for policy in found] == [2, 5, None]
    assert [policy.problem for policy in found] == [None, None, "Listing failed: 403"]
    assert [policy.label for policy in found] == ["Windows baseline", "p2", "iOS baseline"]
    assert found[0].rows == [
        Row("s1", "PC-1", "Ada", "ada@contoso.example", None, "nonCompliant", "2026-11-23T04:06:07Z", "never"),
        Row("s2", None, None, None, None, "unknown", None, None),
    ]
    assert not snapshot(*found).complete


def test_a_row_that_is_listed_twice_counts_once_and_shows_that_another_one_is_missing() -> None:
    listed = RESULT["device_compliance_statuses"]
    (found,) = read({**RESULT, "device_compliance_statuses": listed[:1] * 2})
    assert [row.id for row in found.rows] == ["s1"]
    assert found.reading is Reading.INCOMPLETE


def test_a_failure_without_a_message_is_a_failure() -> None:
    (found,) = read({"skipped": True})
    assert (found.reading, found.problem) == (Reading.UNREADABLE, "the module returned no statuses")


def test_half_a_surrogate_pair_becomes_text_that_a_file_can_hold() -> None:
    (found,) = read(
        {**RESULT, "device_compliance_statuses": [{"id": "s", "device_display_name": "A\ud800", "status": "error"}]}
    )
    assert found.rows[0].device == "A?"
    to_json(snapshot(found)).encode("utf-8")


def itself(text: str) -> str:
    return text


class Marked(str):
    """Text as ansible-core 2.16 to 2.18 mark it: whatever is made of it is marked too."""

    __slots__ = ()

    __str__ = itself

    def encode(self, *_arguments: str) -> bytes:
        raise AssertionError("a method of the marked text was called")


def test_the_marks_of_ansible_core_are_removed() -> None:
    assert not isinstance(text(Marked("PC-1")), Marked)
    assert text(None) is None


class Service:
    """The modules: what each returns, how long it takes, and the options that it was run with."""

    def __init__(self, results: Mapping[str, Mapping[str, Any]], seconds: float = 0.0) -> None:
        self.results = results
        self.seconds = seconds
        self.now = 0.0
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def run(self, name: str, options: dict[str, Any]) -> Mapping[str, Any]:
        self.calls.append((name.rpartition("compliance_")[2], options))
        if name.endswith("policy_info"):
            listed: Mapping[str, Any] = {"device_compliance_policies": POLICIES}
            return self.results.get("list", listed)
        result = self.results[options["policy_id"]]
        if "msg" in result:
            self.now += self.seconds
        return result

    def read(self, *wanted: str, **connection: Any) -> Snapshot:
        reader = FleetReader(self.run, connection, {"progress_path": "/p"}, lambda: self.now)
        return reader.read(NOW, wanted, "policies")

    @property
    def policies_read(self) -> list[str]:
        return [options["policy_id"] for name, options in self.calls if name == "status_info"]

    @property
    def retry_timeouts(self) -> list[float | None]:
        return [options.get("retry_timeout") for name, options in self.calls if name == "status_info"]


ALL = {"p1": RESULT, "p2": SHORT, "p3": REFUSED}


def test_one_policy_that_cannot_be_read_does_not_hide_the_others() -> None:
    service = Service({**ALL, "p1": REFUSED})
    found = service.read()
    assert found.taken == NOW
    assert [policy.reading.value for policy in found.policies] == ["unreadable", "incomplete", "unreadable"]
    assert service.policies_read == ["p1", "p2", "p3"]


def test_each_module_gets_the_connection_options_of_the_task() -> None:
    service = Service(ALL)
    service.read(tenant_id="contoso.example", secret="s", retry_timeout=5)
    connection = {"tenant_id": "contoso.example", "secret": "s", "retry_timeout": 5}
    assert service.calls[0] == ("policy_info", connection)
    assert service.calls[1] == (
        "status_info",
        {**connection, "progress_path": "/p", "policy_id": "p1", "overview": True},
    )


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [((), ["p1", "p2", "p3"]), (("p3", "Windows baseline"), ["p1", "p3"]), (("p2", "p2"), ["p2"])],
)
def test_the_wanted_policies_are_read_in_the_services_order(wanted: tuple[str, ...], ids: list[str]) -> None:
    service = Service(ALL)
    assert [policy.id for policy in service.read(*wanted).policies] == ids
    assert service.policies_read == ids


def test_a_policy_that_does_not_exist_is_an_error_before_any_status_is_read() -> None:
    service = Service(ALL)
    with pytest.raises(InvalidOptionsError, match="no policy has the id or display name 'windows baseline', 'p9'"):
        service.read("p1", "windows baseline", "p9")
    assert service.policies_read == []


def test_policies_that_cannot_be_listed_are_an_error_with_the_modules_failure() -> None:
    with pytest.raises(ReportError, match="Listing failed: 403") as caught:
        Service({"list": REFUSED}).read()
    assert caught.value.failure == {"status": 403}


def test_no_policy_that_can_be_read_is_an_error_with_the_first_failure() -> None:
    with pytest.raises(ReportError, match="No policy could be read, so there is nothing to report on") as caught:
        Service({**dict.fromkeys(ALL, REFUSED), "p1": {"msg": "p1 failed", "failure": {"status": 500}}}).read()
    assert str(caught.value).endswith("The first error: p1 failed")
    assert caught.value.failure == {"status": 500}


def test_no_policy_at_all_is_an_empty_snapshot() -> None:
    assert Service({"list": {"device_compliance_policies": []}}).read() == Snapshot(NOW, [])


@pytest.mark.parametrize(
    ("seconds", "given", "expected"),
    [
        (310.0, {}, [None, 30.0, 30.0]),
        (160.0, {}, [None, None, 30.0]),
        (100.0, {}, [None, None, None]),
        (310.0, {"retry_timeout": 600}, [600, 600, 600]),
    ],
)
def test_after_five_minutes_of_trouble_the_retry_timeout_is_short_unless_it_is_given(
    seconds: float, given: dict[str, Any], expected: list[float | None]
) -> None:
    service = Service({**dict.fromkeys(("p1", "p2"), REFUSED), "p3": RESULT}, seconds)
    service.read(**given)
    assert service.retry_timeouts == expected


def test_time_that_succeeds_is_no_trouble() -> None:
    service = Service(dict.fromkeys(ALL, RESULT), 310.0)

    def slow(name: str, options: dict[str, Any]) -> Mapping[str, Any]:
        service.now += 310.0
        return service.run(name, options)

    FleetReader(slow, {}, {}, lambda: service.now).read(NOW, (), "policies")
    assert service.retry_timeouts == [None, None, None]
