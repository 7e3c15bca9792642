# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role compliance_report, by real playbooks: what it stores and writes agrees with the service, gaps included."""

from __future__ import annotations

import datetime
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from ..emulator.process import RunningEmulator, start
from .conftest import Ansible, Ids, requests_of
from .fleet import STATUS, Fleet
from .reports import NOW, Expected, Report, changed, check_agreement, report

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "{{ lookup('pipe', 'id') }}",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "a\"b'c,d;e\r\nf",
    "gpj\u202eexe.",
    "[1, 2]",
    "{'a': 1}",
    "",
]


def test_check_run_and_run_again(ansible: Ansible, emulator: RunningEmulator) -> None:
    work = ansible.folder / "work"
    work.mkdir()
    ansible.environment["TMPDIR"] = str(work)
    run, found = report(ansible, "--check", "--diff")
    assert run.code == 0
    assert not found.folder.exists()
    assert "Check mode: nothing was written." in run.output
    run, found = report(ansible)
    assert run.code == 0
    first = found.files()
    assert list(first)[:3] == ["report.csv", "report.html", "report.json"]
    assert len(first) == 4
    check_agreement(found, Expected(emulator.state()))
    run, found = report(ansible)
    assert (run.code, changed(run)) == (0, 0), "the same fleet at the same moment is the same report"
    assert found.files() == first
    run, found = report(ansible, "--check", "--diff", moment="2026-01-09T06:00:00Z")
    assert run.code == 0
    assert changed(run) == 3  # snapshot, page and figures are of another moment; no status has changed
    assert found.files() == first
    assert not list(work.glob("compliance-report-*")), "the work was left behind"


def test_it_needs_to_read_alone_and_its_files_are_for_their_owner_alone(
    ansible: Ansible, emulator: RunningEmulator
) -> None:
    emulator.settings(roles=["DeviceManagementConfiguration.Read.All"])
    run, found = report(ansible)
    assert run.code == 0
    assert {line.split()[0] for line in requests_of(emulator)} == {"GET"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found.folder.rglob("*.*")} == {0o600}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (found.folder, found.snapshots)] == [0o700, 0o700]


def test_a_directory_that_is_there_keeps_its_permissions(ansible: Ansible) -> None:
    folder = ansible.folder / "reports"
    folder.mkdir(mode=0o755)
    report(ansible, mode="0644")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "report.html").stat().st_mode) == 0o644


def test_an_unreadable_policy_and_incomplete_lists_are_shown_as_such(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    state = emulator.state()
    closed = next(policy["id"] for policy in state["policies"] if policy["id"] != ids.policy_id)
    emulator.settings(policies_unreadable=[closed], list_limit=3)
    run, found = report(ansible, require_complete=True)
    assert run.code != 0
    assert "compliance_report_require_complete is true" in run.output
    check_agreement(found, Expected(state, closed, 3), closed, frozenset({ids.policy_id}))
    (stored,) = found.stored()
    assert not stored["complete"]
    assert {policy["id"]: policy["reading"] for policy in stored["policies"]} == {
        ids.policy_id: "incomplete",
        closed: "unreadable",
    }
    document = found.html()
    assert "This report is incomplete" in document.one("p", class_="warning").text
    assert (
        "Windows baselineWindows3 statuses listed, 4 counted by the service"
        in document.one("section", aria_labelledby="missing").text
    )
    assert "could not be read" in run.output


def test_only_the_end_of_a_list_that_cannot_be_read_leaves_the_policy_out(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.settings(page_size=1)
    refused = {"status": 403, "code": "Forbidden"}
    emulator.faults({"match": {"path": f"{ids.policy_id}/deviceStatuses$"}, "skip": 2, "do": refused})
    _run, found = report(ansible)
    check_agreement(found, Expected(emulator.state(), ids.policy_id), ids.policy_id)


def test_nothing_readable_is_no_report(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.settings(policies_unreadable=[policy["id"] for policy in emulator.state()["policies"]])
    run, found = report(ansible)
    assert run.code != 0
    assert "No policy could be read: there is nothing to report on. The first said:" in run.output
    assert not found.folder.exists()


def test_policies_that_cannot_be_listed_fail_the_role(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults({"match": {"path": "/deviceCompliancePolicies$"}, "do": {"status": 403, "code": "Forbidden"}})
    run, found = report(ansible)
    assert run.code != 0
    assert not found.folder.exists()


def test_chosen_policies(ansible: Ansible, ids: Ids) -> None:
    run, found = report(ansible, policies=[ids.policy_id, "Windows baseline"])
    assert run.code == 0
    assert [entry["policy_id"] for entry in found.json()["policies"]] == [ids.policy_id]
    run, _found = report(ansible, policies=["Windows baseline", "windows baseline"])
    assert run.code != 0
    assert "compliance_report_policies names what is neither the id nor the display name of a policy" in run.output


@pytest.mark.parametrize(
    "variables",
    [
        {"grace_days": "soon", "compare_days": "last week", "policies": {"id": 1}, "stale_days": 1.5},
        {"grace_days": -1},
        {"stale_days": 6},
        {"compare_days": -1},
        {"name": "../report"},
        {"moment": "yesterday"},
        {"moment": "2026-13-08T06:00:00Z"},
    ],
    ids=repr,
)
def test_bad_input_is_refused_by_name(ansible: Ansible, emulator: RunningEmulator, variables: dict[str, Any]) -> None:
    run, found = report(ansible, **variables)
    assert run.code != 0
    for name in variables:
        assert re.search(rf"(argument '|\b)compliance_report_{name}('| is) ", run.output), name
    assert not found.folder.exists()
    assert not emulator.log("graph")


def test_credentials_come_from_module_defaults_too(ansible: Ansible, emulator: RunningEmulator) -> None:
    names = {"tenant_id": "AZURE_TENANT_ID", "client_id": "AZURE_CLIENT_ID"}
    options = {option: emulator.env[name] for option, name in names.items()}
    secret = "{{ lookup('ansible.builtin.env', 'MY_SECRET') }}"
    defaults = {"group/graphops.intune.graph": {**options, "client_secret": secret}}
    ansible.environment["MY_SECRET"] = ansible.environment.pop("AZURE_CLIENT_SECRET")
    for name in names.values():
        del ansible.environment[name]
    run, _found = report(ansible)
    assert run.code != 0
    run, _found = report(ansible, play={"module_defaults": defaults})
    assert run.code == 0


def stored_names(found: Report) -> set[str]:
    """The names of the devices in the last snapshot."""
    return {row[1] for policy in found.stored()[-1]["policies"] for row in policy["rows"]}


def test_hostile_names_come_out_literally(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    for number, name in enumerate(HOSTILE):
        emulator.put_status(
            ids.policy_id,
            f"hostile-{number:02}",
            deviceDisplayName=name,
            userName=name,
            userPrincipalName=name,
            deviceModel=name,
            status="nonCompliant",
        )
    run, found = report(ansible)
    assert run.code == 0
    lines = {line["id"]: line for line in found.csv()}
    for number, name in enumerate(HOSTILE):
        line = lines[f"hostile-{number:02}"]
        expected = f"'{name}" if name.startswith(("=", "@")) else name
        assert [line[column] for column in ("device_display_name", "user_name", "device_model")] == [expected] * 3
    document = found.html()
    assert len(document.all("script")) == 2
    assert not document.all("img")
    shown = {cells[0] for table in found.tables("rows") for cells in table}
    assert {name.replace("\u202e", "[U+202E]").replace("\r", "[U+000D]") or "no name" for name in HOSTILE} <= shown
    assert set(HOSTILE) <= stored_names(found)
    # And again, with these in the earlier snapshot.
    run, found = report(ansible, moment="2026-01-09T06:00:00Z")
    assert run.code == 0
    assert len(found.stored()) == 2
    assert set(HOSTILE) <= stored_names(found)


def test_the_playbook_is_called_by_its_name(ansible: Ansible) -> None:
    run = ansible._run(["ansible-playbook", "graphops.intune.report", "-e", "compliance_report_title=Contoso"], {})
    assert run.code == 0
    found = Report(ansible.folder / "compliance-report")
    assert found.html().one("h1").text == "Contoso"
    assert len(found.stored()) == 1


def test_no_snapshot_is_ever_replaced(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    _run, found = report(ansible)
    (first,) = found.snapshots.iterdir()
    before = first.read_bytes()
    emulator.put_status(ids.policy_id, ids.status_id, status="error")
    run, found = report(ansible)  # at the same moment
    assert run.code == 0
    assert len(list(found.snapshots.iterdir())) == 2
    assert first.read_bytes() == before


def test_the_snapshot_to_compare_with(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(ids.policy_id, ids.status_id, status="compliant")
    for day, status in ((1, "error"), (7, "compliant")):
        fleet = Fleet.of(emulator.state(), datetime.datetime(2026, 1, day, 6, tzinfo=datetime.timezone.utc))
        for policy in fleet.policies:
            for row in policy["rows"]:
                row[STATUS] = status if row[0] == ids.status_id else row[STATUS]
        fleet.write(ansible.folder / "reports" / "snapshots", 1)
    _run, found = report(ansible)
    assert found.json()["comparison"]["since"] == "2026-01-07T06:00:00Z"
    assert found.json()["comparison"]["recovered"] == []
    _run, found = report(ansible, compare_days=7)
    assert found.json()["comparison"]["since"] == "2026-01-01T06:00:00Z"
    assert [row["id"] for row in found.json()["comparison"]["recovered"]] == [ids.status_id]
    assert [point["taken"][:10] for point in found.json()["trend"]] == ["2026-01-01", "2026-01-07", "2026-01-08"]


def test_a_damaged_snapshot_is_told_and_does_not_stop_the_report(ansible: Ansible) -> None:
    snapshots = ansible.folder / "reports" / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "20260101T060000Z-00000000.json").write_text('{"graphops_intune_snapshot": 1,')
    run, found = report(ansible)
    assert run.code == 0
    assert found.json()["snapshots_left_out"][0]["file"] == "20260101T060000Z-00000000.json"
    assert "20260101T060000Z-00000000.json" in found.html().one("section", aria_labelledby="missing").text


def test_the_result_is_there_for_the_next_task(ansible: Ansible) -> None:
    role = {"ansible.builtin.include_role": {"name": "graphops.intune.compliance_report"}}
    variables = {"compliance_report_directory": str(ansible.folder / "r"), "compliance_report_moment": NOW}
    shown = {"ansible.builtin.debug": {"msg": "{{ compliance_report_result }}"}}
    result = ansible.playbook([{**role, "vars": variables}, shown]).results[-1]["msg"]
    assert result["complete"] is True
    assert (result["devices"], result["not_compliant_devices"]) == (5, 3)
    assert result["headline"] == "3 of 5 devices (60.0 %) are not compliant."
    for kind in ("html", "csv", "json", "snapshot"):
        assert os.path.isfile(result[kind])


def seeded(number: int, device: str, status: str) -> dict[str, Any]:
    """A row of a seed."""
    return {
        "id": f"row-{number}",
        "deviceDisplayName": device,
        "userName": f"User {number}",
        "userPrincipalName": f"user{number}@contoso.example",
        "deviceModel": None,
        "platform": 0,
        "status": status,
        "lastReportedDateTime": "2026-01-05T06:07:08Z",
        "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
    }


# A month: 2 vanishes and comes back, 4 gets another name while it is not compliant, 6 arrives.
MONTH: list[list[tuple[int, str, str]]] = [
    [(1, "A", "compliant"), (2, "B", "error"), (3, "C", "nonCompliant"), (4, "OLD", "nonCompliant"), (5, "E", "error")],
    [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "NEW", "nonCompliant"), (5, "E", "error")],
    [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "NEW", "unknown"), (5, "E", "error"), (6, "F", "conflict")],
    [(1, "A", "remediated"), (2, "B", "error"), (3, "C", "compliant"), (4, "NEW", "error"), (5, "E", "error")],
]
CHANGES: list[dict[str, list[str]]] = [
    {"newly_not_compliant": ["row-1"], "recovered": ["row-3"], "no_longer_listed": ["row-2"]},
    {"first_listed_not_compliant": ["row-6"], "no_longer_known": ["row-4"]},
    {
        "newly_not_compliant": ["row-4"],
        "first_listed_not_compliant": ["row-2"],
        "recovered": ["row-1"],
        "no_longer_listed": ["row-6"],
    },
]
NOT_COMPLIANT = [4, 3, 3, 3]


def test_a_month_with_a_device_that_vanished_and_one_that_was_renamed(tmp_path: Path, collections: str) -> None:
    kinds = {kind for changes in CHANGES for kind in changes}
    for week, rows in enumerate(MONTH):
        seed = tmp_path / "seed.json"
        policy = {"id": "p", "displayName": "Baseline", "statuses": [seeded(*entry) for entry in rows]}
        seed.write_text(json.dumps({"policies": [policy]}))
        taken = f"2026-01-{8 + 7 * week:02}T06:00:00Z"
        with start(seed=seed) as emulator:
            run, found = report(Ansible(emulator, tmp_path, collections), moment=taken)
            assert run.code == 0
            assert emulator.judge()["total"] == 0, emulator.judge()["findings"]
        document = found.json()
        trend = [point["not_compliant_devices"] for point in document["trend"]]
        assert trend == NOT_COMPLIANT[: week + 1]
        if week:
            comparison = document["comparison"]
            found_changes = {kind: [entry["id"] for entry in comparison[kind]] for kind in kinds}
            assert {kind: ids for kind, ids in found_changes.items() if ids} == CHANGES[week - 1]
            shown = found.tables("trend")[0]
            assert [int(cells[2]) for cells in shown[1:]] == trend
            expected = {status_id: kind for kind, ids in CHANGES[week - 1].items() for status_id in ids}
            listed = {line["id"]: line["change"] for line in found.csv() if line["change"]}
            assert listed == {name: kind for name, kind in expected.items() if kind != "no_longer_listed"}
