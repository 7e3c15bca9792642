# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as users run it. Starting ansible-rulebook is slow, so each test checks several things."""

from __future__ import annotations

import stat
from pathlib import Path

import yaml

from ..emulator.process import RunningEmulator
from .conftest import WINDOWS, Rulebook


def test_a_device_turns_noncompliant_and_a_playbook_runs(
    rulebook: Rulebook, emulator: RunningEmulator, tmp_path: Path
) -> None:
    """The rulebook of the collection; the names of the device and of the user are templates that run a command."""
    pwned = tmp_path / "pwned"
    row_id = next(r["id"] for r in emulator.state()["statuses"][WINDOWS] if r["deviceDisplayName"] == "PC-0001")
    evil = f"{{{{ lookup('pipe', 'touch {pwned}') }}}}"
    header = f"#jinja2: variable_start_string: '[['\n[[ lookup('pipe', 'touch {pwned}') ]]"
    vault = "$ANSIBLE_VAULT;1.1;AES256"
    emulator.put_status(WINDOWS, row_id, deviceDisplayName=evil, userName=header, deviceModel=vault)
    variables = tmp_path / "variables.yml"
    values = {"device_compliance_state_file": str(rulebook.state), "device_compliance_interval": 0.2}
    variables.write_text(yaml.safe_dump(values))

    process = rulebook.run("graphops.intune.device_compliance", "-vv", "--vars", str(variables))
    rulebook.wait_for_polls(2)
    assert rulebook.events() == [], "the statuses of the first poll are not changes"
    rulebook.emulator.put_status(WINDOWS, row_id, status="nonCompliant")
    process.wait_for("PLAY RECAP")
    assert not pwned.exists(), "the name of a device ran a command"
    assert "is nonCompliant under Windows baseline and was compliant" in process.output
    assert "failed=0" in process.output

    rulebook.emulator.put_status(WINDOWS, row_id, status="compliant")
    process.wait_for("[event]")  # the other rule's action
    found = [event["device_compliance"] for event in rulebook.events()]
    assert [(one["old_status"], one["new_status"]) for one in found] == [
        ("compliant", "nonCompliant"),
        ("nonCompliant", "compliant"),
    ]
    assert {name: value for name, value in found[0].items() if name != "detected_date_time"} == {
        "policy_id": WINDOWS,
        "policy_display_name": "Windows baseline",
        "policy_type": "#microsoft.graph.windows10CompliancePolicy",
        "status_id": row_id,
        "old_status": "compliant",
        "new_status": "nonCompliant",
        "device_display_name": evil.replace("{{", "{ {"),
        "device_model": "$ ANSIBLE_VAULT;1.1;AES256",
        "user_name": header.replace("#jinja2", "# jinja2"),
        "user_principal_name": "ada@contoso.example",
        "compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59.9999999Z",
        "last_reported_date_time": "2026-01-05T06:07:08.1234567Z",
    }
    assert len(emulator.log("authority")) == 2, "it signs in once: the discovery, and the token"
    assert process.stop() < 10
    assert stat.S_IMODE(rulebook.state.stat().st_mode) == 0o600


def test_a_refused_secret_ends_it_with_a_message(rulebook: Rulebook) -> None:
    process = rulebook.start(env={"AZURE_CLIENT_SECRET": "a-wrong-secret"})
    assert process.wait_for_end() != 0
    assert "client_secret is not the application's" in process.output
    assert "a-wrong-secret" not in process.output
    assert rulebook.events() == []
