# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading managed devices in a playbook and ad-hoc: what the service filters, what it refuses, and by id."""

from __future__ import annotations

import pytest

from ..emulator.process import RunningEmulator
from .conftest import Ansible

MODULE = "graphops.intune.intune_managed_device_info"


def test_devices_are_listed_filtered_and_read_by_id(ansible: Ansible, emulator: RunningEmulator) -> None:
    everything = ansible.playbook([{MODULE: {}}]).only
    devices = everything["managed_devices"]
    assert everything["count"] == len(devices) > 1
    assert sum(everything["summary"].values()) == len(devices)
    first = devices[0]

    named, wrong_case, by_id, of_state = ansible.playbook(
        [
            {MODULE: {"device_name": first["device_name"]}},
            {MODULE: {"device_name": first["device_name"].swapcase(), "select": ["azureADRegistered"]}},
            {MODULE: {"managed_device_id": [devices[1]["id"], first["id"]]}},
            {MODULE: {"compliance_state": [first["compliance_state"]], "operating_system": first["operating_system"]}},
        ]
    ).results
    assert named["managed_devices"] == [first]
    assert [one["id"] for one in wrong_case["managed_devices"]] == [first["id"]]
    assert "azure_ad_registered" in wrong_case["managed_devices"][0]
    assert by_id["managed_devices"] == [devices[1], first]
    assert first in of_state["managed_devices"]
    assert not any(result["changed"] for result in (named, wrong_case, by_id, of_state))
    assert emulator.judge()["total"] == 0, emulator.judge()["findings"]


@pytest.mark.warns("The service refused to filter managed devices")
def test_a_filter_that_the_service_refuses_is_a_warning(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.settings(device_filter_answer=501)
    run = ansible.playbook([{MODULE: {"compliance_state": ["noncompliant"]}}], "--check")
    assert {device["compliance_state"] for device in run.only["managed_devices"]} <= {"noncompliant"}
    assert "all were read and filtered here" in " ".join(run.output.split())


def test_an_id_that_is_not_there_and_a_state_of_the_other_enumeration(ansible: Ansible) -> None:
    missing = ansible.adhoc('{"managed_device_id": ["00000000-0000-0000-0000-000000000000"]}', module=MODULE).only
    assert missing["failure"]["code"] == "not_found"
    assert "no managed device with the id 00000000-0000-0000-0000-000000000000" in missing["msg"]
    mixed_up = ansible.adhoc("compliance_state=nonCompliant", module=MODULE).only
    assert mixed_up["failure"]["code"] == "invalid_option"
    assert "write noncompliant, case counts" in mixed_up["msg"]
