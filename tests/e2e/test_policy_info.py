# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing the policies: all of them or an error, and no status of a device."""

from __future__ import annotations

from pathlib import Path

from ..emulator.process import RunningEmulator, start
from .conftest import Ansible, requests_of

MODULE = "graphops.intune.intune_device_compliance_policy_info"


def test_every_policy_is_listed_and_no_status_read(ansible: Ansible, emulator: RunningEmulator) -> None:
    result = ansible.playbook([{MODULE: {}}], "--check").only
    policies = emulator.state()["policies"]
    listed = result["device_compliance_policies"]
    assert [policy["id"] for policy in listed] == [policy["id"] for policy in policies]
    assert listed[0]["display_name"] == policies[0]["displayName"]
    assert listed[0]["type"] == "#microsoft.graph.windows10CompliancePolicy"
    assert listed[0]["created_date_time"].startswith("20")
    assert set(listed[0]) == {
        "id", "display_name", "description", "type", "created_date_time", "last_modified_date_time"
    }  # fmt: skip
    assert result["count"] == len(policies)
    assert not result["changed"]
    assert requests_of(emulator) == ["GET deviceCompliancePolicies"]


def test_pages_are_followed_and_one_that_cannot_be_read_fails_the_task(tmp_path: Path, collections: str) -> None:
    with start(statuses=8, policies=5) as emulator:
        ansible = Ansible(emulator, tmp_path, collections)
        emulator.settings(page_size=2)
        names = [
            policy["display_name"] for policy in ansible.playbook([{MODULE: {}}]).only["device_compliance_policies"]
        ]
        assert names == [policy["displayName"] for policy in emulator.state()["policies"]]
        refused = {"status": 403, "code": "Forbidden"}
        emulator.faults({"match": {"path": "/deviceCompliancePolicies$"}, "skip": 1, "do": refused})
        result = ansible.playbook([{MODULE: {}}]).only
        assert result["failure"]["status"] == 403
        assert "device_compliance_policies" not in result
        assert emulator.judge()["total"] == 0, emulator.judge()["findings"]
