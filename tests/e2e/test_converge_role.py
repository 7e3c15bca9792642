# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role compliance_converge in real playbooks: with a variable, and with a file from an auditor."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..emulator.process import RunningEmulator
from .conftest import ROOT, Ansible, Run, requests_of

ROLE = "graphops.intune.compliance_converge"
README = (ROOT / "roles/compliance_converge/README.md").read_text(encoding="utf-8")
HOSTILE = "{{ lookup('pipe', 'id') }}; \"=1+1\""


def converge(ansible: Ansible, *flags: str, **variables: Any) -> Run:
    """Apply the role; variables are named without their prefix."""
    task = {
        "ansible.builtin.include_role": {"name": ROLE},
        "vars": {f"compliance_converge_{name}": value for name, value in variables.items()},
    }
    return ansible.playbook([task], *flags)


def rows(emulator: RunningEmulator) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for rows in emulator.state()["statuses"].values() for row in rows}


def differing(emulator: RunningEmulator, before: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that changed, each with the name of its device and the new values."""
    return [
        {"device": before[key]["deviceDisplayName"], **{k: v for k, v in row.items() if v != before[key][k]}}
        for key, row in rows(emulator).items()
        if row != before[key]
    ]


def changed(run: Run) -> int:
    """Return how many tasks have changed something, or would change it."""
    recap = next(line for line in run.output.splitlines() if "unreachable=" in line)
    return int(recap.partition("changed=")[2].split()[0])


def test_a_csv_in_check_mode_in_a_run_and_in_a_second_run(
    ansible: Ansible, emulator: RunningEmulator, tmp_path: Path
) -> None:
    before = rows(emulator)
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    (tmp_path / "audit.csv").write_bytes(
        "\ufeffPolicy;Device;Principal;Status;Device model;Last reported date time;Remarks\r\n"
        "Windows baseline;PC-0001;;notApplicable;<clear>;;\r\n"
        ";;;;;;\r\n"
        f"windows BASELINE;kiosk-0003;bea@contoso.example;;{quoted};2026-02-03 04:05+01:00;lost?\r\n".encode()
    )
    columns = {
        "Policy": "policy_name",
        "Device": "match_device_display_name",
        "Principal": "match_user_principal_name",
        "Remarks": None,
    }
    given = {"file": str(tmp_path / "audit.csv"), "columns": columns}
    run = converge(ansible, "--check", "--diff", **given)
    assert (run.code, changed(run)) == (0, 1), run.output
    assert "2 statuses: 0 as declared, 2 would change." in run.output
    assert rows(emulator) == before
    run = converge(ansible, **given)
    assert (run.code, changed(run)) == (0, 1), run.output
    assert "2 statuses: 0 as declared, 2 changed." in run.output
    assert "Changed properties: device_model (2), status (1), last_reported_date_time (1)." in run.output
    assert "Changed: PC-0001 (" in run.output
    assert "), KIOSK-0003 (" in run.output
    assert differing(emulator, before) == [
        {"device": "PC-0001", "status": "notApplicable", "deviceModel": None},
        {"device": "KIOSK-0003", "deviceModel": HOSTILE, "lastReportedDateTime": "2026-02-03T03:05:00Z"},
    ]
    run = converge(ansible, **given)
    assert (run.code, changed(run)) == (0, 0), run.output
    assert "2 statuses: 2 as declared, 0 changed." in run.output
    assert "[WARNING]" not in run.output


def test_a_failed_status_is_shown_with_its_row_and_the_others_are_converged(
    ansible: Ansible, emulator: RunningEmulator, tmp_path: Path
) -> None:
    before = rows(emulator)
    (tmp_path / "x.csv").write_text(
        "match_device_display_name,status\nPC-9999,error\n\nPC-0001,error\n", encoding="utf-8"
    )
    run = converge(ansible, file=str(tmp_path / "x.csv"), policy_name="Windows baseline")
    assert run.code == 2
    assert "2 statuses: 0 as declared, 1 changed, 1 failed." in run.output
    assert "Failed, row 2 (PC-9999): not_found, No device status with device_display_name 'PC-9999'" in run.output
    message = run.results[-1]["msg"]
    assert "running the task again touches only these; the first, row 2: No device status with" in message
    assert message.endswith("Compare the spelling with the Intune admin center.")
    assert differing(emulator, before) == [{"device": "PC-0001", "status": "error"}]


def test_the_problems_of_a_file_are_one_message_and_nothing_is_sent(
    ansible: Ansible, emulator: RunningEmulator, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("policy_id;id;status;lastReportedDateTime\np;a;;24.11.2026 13:00\np;b;<clear>;\n", encoding="utf-8")
    run = converge(ansible, file=str(path))
    assert run.code == 2
    assert run.results[-1]["msg"] == (
        f"{path} cannot be used: row 2, column lastReportedDateTime: is '24.11.2026 13:00', not a date and time in ISO "
        "8601; write it like 2017-01-01T00:00:17.7769392Z; row 3, column status: is '<clear>', but status cannot be "
        "cleared; those that can are device_display_name, user_name, device_model, user_principal_name"
    )
    assert requests_of(emulator) == []


def test_invalid_options_are_named(ansible: Ansible, emulator: RunningEmulator) -> None:
    invalid = {"statuses": [{"status": "inGracePeriod", "color": "red"}], "on_error": "wait", "write_limit": "many"}
    run = converge(ansible, **invalid)
    assert run.code == 2
    errors = " ".join(run.results[-1]["argument_errors"])
    assert "value of status must be one of: unknown" in errors
    assert "found in compliance_converge_statuses" in errors
    assert "compliance_converge_statuses.color" in errors
    assert "value of compliance_converge_on_error must be one of: continue, stop, got: wait" in errors
    assert "compliance_converge_write_limit" in errors
    for given in ({}, {"file": "x.csv", "statuses": []}):
        run = converge(ansible, **given)
        assert run.code == 2
        assert "Exactly one of compliance_converge_file and compliance_converge_statuses is needed" in run.output
    assert requests_of(emulator) == []


def test_rows_that_were_read_can_be_used_as_statuses(ansible: Ansible, emulator: RunningEmulator) -> None:
    """In a variable, and in a YAML file of which nothing differs."""
    before = rows(emulator)
    run = ansible.playbook(
        f"""
        - graphops.intune.intune_device_compliance_status_info:
            status: [nonCompliant]
          register: fallen
        - ansible.builtin.copy:
            content: "{{{{ fallen | to_nice_yaml }}}}"
            dest: "{ansible.folder}/fallen.yml"
            mode: "0600"
        - ansible.builtin.include_role:
            name: {ROLE}
          vars:
            compliance_converge_file: "{ansible.folder}/fallen.yml"
        - ansible.builtin.assert:
            that: not compliance_converge_result.changed and compliance_converge_result.summary.ok == fallen.count
        - ansible.builtin.include_role:
            name: {ROLE}
          vars:
            compliance_converge_statuses: >-
              {{{{ fallen.device_compliance_statuses | map('combine', {{'status': 'remediated'}}) | list }}}}
        """.replace("\n        ", "\n")
    )
    assert run.code == 0, run.output
    found = differing(emulator, before)
    assert found
    assert {row["status"] for row in found} == {"remediated"}
    assert {row["status"] for row in rows(emulator).values()}.isdisjoint({"nonCompliant"})


def test_the_readmes_first_example_works_when_it_is_copied(
    ansible: Ansible, emulator: RunningEmulator, tmp_path: Path
) -> None:
    before = rows(emulator)
    (tmp_path / "devices.csv").write_text(re.findall(r"```csv\n(.*?)```", README, re.DOTALL)[0], encoding="utf-8")
    commands = re.findall(r"^\$ ansible-playbook (.*)$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        run = ansible._run(["ansible-playbook", *command.split()], {})
        assert run.code == 0, run.output
    for line in re.findall(r"```text\n(2 statuses.*?)```", README, re.DOTALL)[0].splitlines():
        assert line in run.output
    assert [row["device"] for row in differing(emulator, before)] == ["PC-0001", "KIOSK-0003"]
    [play] = yaml.safe_load(
        next(text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "hosts" in text)
    )
    [role] = play["roles"]
    run = converge(
        ansible, **{name.removeprefix("compliance_converge_"): value for name, value in role["vars"].items()}
    )
    assert (run.code, changed(run)) == (0, 0), run.output


def test_the_demo_refuses_to_run_without_an_emulator(ansible: Ansible, emulator: RunningEmulator) -> None:
    for url in ("https://graph.microsoft.com", "https://localhost.example.com", None):
        run = ansible._run(["ansible-playbook", "graphops.intune.demo"], {"INTUNE_GRAPH_URL": url})
        assert run.code == 2
        assert "INTUNE_GRAPH_URL does not name an emulator on this machine" in run.output
    assert requests_of(emulator) == []
