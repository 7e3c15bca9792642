# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role compliance_report, by real playbooks: what it stores, writes and refuses. Large fleets: test_report_page."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ..emulator.process import RunningEmulator, start
from .conftest import Ansible, Ids, requests_of
from .fleet import snapshot
from .reports import Expected, Report, changed, check_agreement, quick, report, role


@pytest.fixture
def ansible(ansible: Ansible) -> Ansible:
    return quick(ansible)


def test_run_and_run_again(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(roles=["DeviceManagementConfiguration.Read.All"])
    run, found = report(ansible)
    assert run.code == 0
    first = found.files()
    assert list(first)[:3] == ["report.csv", "report.html", "report.json"]
    assert len(first) == 4
    check_agreement(found, Expected(emulator.state()))
    assert {line.split()[0] for line in requests_of(emulator)} == {"GET"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found.folder.rglob("*.*")} == {0o600}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (found.folder, found.snapshots)] == [0o700, 0o700]

    run, found = report(ansible)
    assert (run.code, changed(run)) == (0, []), "the same fleet at the same time is the same report"
    assert found.files() == first

    run, found = report(ansible, "--check", "--diff", moment="2026-01-09T06:00:00Z")
    snapshot, *others = changed(run)  # no status has changed, so the CSV file stays
    assert snapshot.startswith("20260109T060000Z-")
    assert others == ["report.html", "report.json"]
    assert run.code == 0
    shown = run.output.partition("--- before")[2].partition("changed: [localhost]")[0]
    assert "report.html" in shown
    assert "PC-0001" not in shown, "the diff has no content"
    assert found.files() == first

    emulator.put_status(ids.policy_id, ids.status_id, status="error")
    run, found = report(ansible)  # at the first time
    assert run.code == 0
    (name,) = (name for name in first if name.startswith("snapshots/"))
    assert found.files()[name] == first[name], "no snapshot is ever replaced"
    assert len(found.stored()) == 2


def test_once_for_all_hosts_with_a_template_of_the_playbook(ansible: Ansible, emulator: RunningEmulator) -> None:
    path = ansible.folder / "templates" / "board.html.j2"
    path.parent.mkdir()
    path.write_text(
        "<p>{{ title }}: {{ report.summary.headline }}</p>{# no {{ inventory_hostname }} #}", encoding="utf-8"
    )
    folder = ansible.folder / "reports"
    shown = {"ansible.builtin.debug": {"msg": "{{ compliance_report_result.headline }}"}}
    run = ansible.playbook(
        [role(folder, template="board.html.j2", title="Fleet"), shown],
        *("-i", "one,two,"),
        play={"hosts": "all", "become": True, "become_user": "nobody-of-this-name"},
    )
    assert run.code == 0
    headlines = [result["msg"] for result in run.results[-2:]]
    assert Report(folder).page.read_text(encoding="utf-8") == f"<p>Fleet: {headlines[0]}</p>"
    assert headlines[0] == headlines[1]
    assert requests_of(emulator).count("GET deviceCompliancePolicies") == 1


def refused(case: str, task: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A block that shows how a task failed, under the name of the case."""
    failure = {"case": case, "msg": "{{ ansible_failed_result.msg }}"}
    return {"block": [task], "rescue": [{"ansible.builtin.debug": {"msg": failure}}], **more}


BAD: list[dict[str, Any]] = [
    {"grace_days": "soon", "compare_days": "last week", "policies": {"id": 1}, "stale_days": 1.5},
    {"grace_days": -1},
    {"stale_days": 6},
    {"compare_days": -1},
    {"name": "../report"},
    {"moment": "yesterday"},
    {"moment": "2026-13-08T06:00:00Z"},
]


def test_what_is_refused_and_a_first_report_in_check_mode(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    folder = ansible.folder / "reports"
    closed = next(policy["id"] for policy in emulator.state()["policies"] if policy["id"] != ids.policy_id)
    emulator.settings(policies_unreadable=[closed])
    emulator.faults({"match": {"path": f"{ids.policy_id}/deviceStatuses$"}, "do": {"status": 503}})
    at_once = {"module_defaults": {"group/graphops.intune.graph": {"retry_timeout": 0}}}
    mistake = ansible.folder / "mistake.html.j2"
    mistake.write_text("<p>\n{{ nothing }}")
    tasks = [refused(f"bad {number}", role(folder, **variables)) for number, variables in enumerate(BAD)]
    tasks += [
        refused("no secret", role(folder), environment={"AZURE_CLIENT_SECRET": ""}),
        refused("wrong secret", role(folder), environment={"AZURE_CLIENT_SECRET": "another-secret-value"}),
        refused("spelling", role(folder, policies=["Windows baseline", "windows baseline"])),
        refused("nothing readable", role(folder, policies=[closed])),
        refused("service down", role(folder, policies=[ids.policy_id])),
        refused("template", role(folder, policies=[ids.policy_id], template=str(mistake))),
        role(folder, policies=[ids.policy_id]),
    ]
    run = ansible.playbook(tasks, "--check", "--diff", play=at_once)
    assert run.code == 0
    results = [result["msg"] for result in run.results if isinstance(result.get("msg"), dict)]
    messages = {result["case"]: result["msg"] for result in results}
    for number, variables in enumerate(BAD):
        for name in variables:
            named = rf"(argument '|\b)compliance_report_{name}('| is )"
            assert re.search(named, messages[f"bad {number}"]) or re.search(named, run.output), name
    assert "AZURE_CLIENT_SECRET" in messages["no secret"]
    assert "AADSTS7000215" in messages["wrong secret"]
    assert messages["spelling"].startswith(
        "compliance_report_policies: no policy has the id or display name 'windows baseline'."
    )
    assert messages["nothing readable"].startswith(
        "No policy could be read, so there is nothing to report on. The first"
    )
    assert "retry_timeout (0 s) is used up" in messages["service down"], "the play's own retry_timeout holds"
    assert messages["template"] == f"compliance_report_template: {mistake}, line 2: 'nothing' is undefined"
    read = [line for line in requests_of(emulator) if line == "GET deviceStatuses"]
    assert len(read) == 4, "the last four read one policy each"
    assert run.output.count("Check mode: nothing was written.") == 1
    assert not folder.exists()


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
# A month: 2 disappears and comes back, 4 gets another name while it is not compliant, 6 comes and goes. The other weeks
# are in tests/unit/plugins/plugin_utils/_report/test_month.py.
MONTH: dict[str, list[tuple[int, str, str]]] = {
    "2026-01-01": [(1, "A", "compliant"), (2, "B", "error"), (3, "C", "conflict"), (4, "OLD", "error")],
    "2026-01-08": [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "OLD", "nonCompliant")],
    "2026-01-15": [(1, "A", "nonCompliant"), (3, "C", "compliant"), (4, "NEW", "unknown"), (6, "F", "conflict")],
    "2026-01-20": [(1, "A", "remediated"), (2, "B", "error"), (3, "C", "compliant"), (4, "NEW", "error")],
    "2026-01-22": [(1, "A", "remediated"), (2, "B", "error"), (3, "C", "compliant"), (4, "NEW", "error")],
}
NOT_COMPLIANT = [3, 2, 2, 2, 2]
CHANGES = {  # since the 15th: the 20th is less than seven days ago
    "newly_not_compliant": ["row-4"],
    "first_listed_not_compliant": ["row-2"],
    "recovered": ["row-1"],
    "no_longer_known": [],
    "no_longer_listed": ["row-6"],
}


def seeded(status_id: str, device: str, status: str) -> dict[str, Any]:
    """A row of a seed; every name in it is the device's."""
    return {
        "id": status_id,
        **dict.fromkeys(("deviceDisplayName", "userName", "userPrincipalName", "deviceModel"), device),
        "platform": 0,
        "status": status,
        "lastReportedDateTime": "2026-01-20T06:07:08Z",
        "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
    }


class Month(NamedTuple):
    """The report at the end of a month, and what the next task can use."""

    report: Report
    result: dict[str, Any]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, collections: str) -> Month:
    """A report with every option, credentials from ``module_defaults``, hostile names, and a file that is not valid."""
    folder = tmp_path_factory.mktemp("month")
    found = Report(folder / "reports", "january")
    found.snapshots.mkdir(parents=True)
    (found.snapshots / "20260102T060000Z-00000000.json").write_text('{"graphops_intune_snapshot": 1,')
    hostile = [seeded(f"hostile-{number:02}", name, "compliant") for number, name in enumerate(HOSTILE)]
    weeks = {day: [seeded(f"row-{number}", *rest) for number, *rest in rows] for day, rows in MONTH.items()}
    *earlier, today = weeks
    for day in earlier:
        policies = [
            {"id": "p", "name": "Baseline", "type": None, "rows": [list(seed_row(row)) for row in weeks[day]]},
            {"id": "q", "name": "{{ 1 }}", "type": None, "rows": [list(seed_row(row)) for row in hostile]},
        ]
        text = snapshot(f"{day}T06:00:00Z", policies)
        (found.snapshots / f"{day.replace('-', '')}T060000Z-00000000.json").write_text(text, encoding="utf-8")
    names = {"p": ("Baseline", weeks[today]), "q": ("{{ 1 }}", hostile), "r": ("Not requested", [])}
    seed = folder / "seed.json"
    served = [{"id": key, "displayName": name, "statuses": rows} for key, (name, rows) in names.items()]
    seed.write_text(json.dumps({"policies": served}))
    with start(seed=seed) as emulator:
        ansible = quick(Ansible(emulator, folder, collections))
        variables = {
            "tenant_id": "AZURE_TENANT_ID",
            "client_id": "AZURE_CLIENT_ID",
            "client_secret": "AZURE_CLIENT_SECRET",
        }
        defaults = {}
        for option, name in variables.items():
            ansible.environment[f"MY_{name}"] = ansible.environment.pop(name)
            defaults[option] = f"{{{{ lookup('ansible.builtin.env', 'MY_{name}') }}}}"
        options = {"moment": f"{today}T06:00:00Z", "name": "january", "title": "Contoso <1>", "compare_days": 7}
        options |= {"policies": ["Baseline", "q"], "require_complete": True}
        run = ansible.playbook(
            [role(found.folder, **options), {"ansible.builtin.debug": {"msg": "{{ compliance_report_result }}"}}],
            play={"module_defaults": {"group/graphops.intune.graph": defaults}},
        )
        assert run.code == 0
        assert emulator.judge()["total"] == 0, emulator.judge()["findings"]
    return Month(found, run.results[-1]["msg"])


def seed_row(row: dict[str, Any]) -> tuple[str | None, ...]:
    """A row of a snapshot from one of a seed."""
    names = ("id", "deviceDisplayName", "userName", "userPrincipalName", "deviceModel", "status")
    return (*(row[name] for name in names), row["lastReportedDateTime"], "never")


def test_the_trend(month: Month) -> None:
    trend = month.report.json()["trend"]
    assert [point["taken"][:10] for point in trend] == list(MONTH)
    assert [point["not_compliant_devices"] for point in trend] == NOT_COMPLIANT
    assert [int(cells[2]) for cells in month.report.tables("trend")[0][1:]] == NOT_COMPLIANT


def test_what_has_changed_since_a_snapshot_that_is_old_enough(month: Month) -> None:
    comparison = month.report.json()["comparison"]
    assert comparison["since"] == "2026-01-15T06:00:00Z"
    assert {kind: [entry["id"] for entry in comparison[kind]] for kind in CHANGES} == CHANGES
    listed = {line["id"]: line["change"] for line in month.report.csv() if line["change"]}
    kinds = {status_id: kind for kind, ids in CHANGES.items() for status_id in ids}
    assert listed == {status_id: kind for status_id, kind in kinds.items() if kind != "no_longer_listed"}


def test_the_chosen_policies_and_the_title(month: Month) -> None:
    assert [entry["policy_id"] for entry in month.report.json()["policies"]] == ["p", "q"]
    assert month.report.html().one("h1").text == "Contoso <1>"


def test_an_invalid_snapshot_is_listed_and_does_not_stop_the_report(month: Month) -> None:
    name = "20260102T060000Z-00000000.json"
    assert [entry["file"] for entry in month.report.json()["snapshots_left_out"]] == [name]
    assert name in month.report.html().one("section", aria_labelledby="missing").text


def test_hostile_names_come_out_literally(month: Month) -> None:
    lines = {line["id"]: line for line in month.report.csv()}
    for number, name in enumerate(HOSTILE):
        line = lines[f"hostile-{number:02}"]
        expected = f"'{name}" if name.startswith(("=", "@")) else name
        assert [line[column] for column in ("device_display_name", "user_name", "device_model")] == [expected] * 3
    document = month.report.html()
    assert len(document.all("script")) == 2
    assert not document.all("img")
    shown = {cells[0] for table in month.report.tables("rows") for cells in table}
    assert {name.replace("\u202e", "[U+202E]").replace("\r", "[U+000D]") or "no name" for name in HOSTILE} <= shown
    kept = json.loads(Path(month.result["snapshot"]).read_text(encoding="utf-8"))
    assert set(HOSTILE) <= {row[1] for policy in kept["policies"] for row in policy["rows"]}


def test_the_result_is_there_for_the_next_task(month: Month) -> None:
    result = month.result
    devices = 4 + len(HOSTILE)
    assert (result["complete"], result["devices"], result["not_compliant_devices"]) == (True, devices, 2)
    assert result["headline"] == "2 of 15 devices (13.3%) are not compliant; as many as on 15 January."
    for kind in ("html", "csv", "json", "snapshot"):
        assert os.path.isfile(result[kind])
    assert result["html"] == str(month.report.page)
    (missing,) = result["missing"]
    assert missing.startswith("Snapshot 20260102T060000Z-00000000.json was left out: header values are missing: taken")
