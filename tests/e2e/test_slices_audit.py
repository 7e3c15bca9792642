# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices that AWX counts as managed nodes, of tasks and of a slice that is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import BULK, MODULE, Ids
from .controller import Job, count_nodes, cut
from .test_slices import environment, secret_of

AUDITED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: A status that changes, and one that is as declared
      {module}:
        policy_id: "{policy}"
        status_id: "{{{{ item.id }}}}"
        status: "{{{{ item.status }}}}"
      loop: {items}
    - name: A status that check mode would change
      {module}:
        policy_name: iOS baseline
        match: {{device_display_name: Ada's iPhone}}
        status: error
      check_mode: true
    - name: A device that was counted, one in another spelling, one that fails, and one without a name
      {bulk}:
        policy_id: "{policy}"
        statuses: {statuses}
      ignore_errors: true
    - name: The same in check mode
      {bulk}:
        policy_id: "{policy}"
        statuses: {statuses}
      check_mode: true
      ignore_errors: true
    - name: More slices than updates
      ansible.builtin.include_role:
        name: graphops.intune.compliance_converge
        tasks_from: sliced
      vars: {{intune_policy_id: "{policy}", compliance_converge_slices: 101}}
"""


def test_only_converged_devices_are_counted(
    emulator: RunningEmulator,
    ids: Ids,
    tmp_path: Path,
    collections: str,
) -> None:
    for status_id, name in (("nameless", None), ("blank", " "), ("again", "pc-0001"), ("ok", "TABLET")):
        emulator.put_status(ids.policy_id, status_id, deviceDisplayName=name, status="compliant")
    loop = [
        {"id": ids.status_id, "status": "error"},
        {"id": "ok", "status": "compliant"},
    ]
    statuses = [{"status_id": name, "status": "error"} for name in ("nameless", "blank", "again", "gone")]
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    [inventory] = cut({"_meta": {"hostvars": {"localhost": local}}}, 1)
    job = Job(tmp_path / "job", inventory, environment(emulator, collections, tmp_path, **secret_of(emulator)))
    text = AUDITED.format(
        module=MODULE, bulk=BULK, policy=ids.policy_id, items=json.dumps(loop), statuses=json.dumps(statuses)
    )
    (job.project / "audited.yml").write_text(text, encoding="utf-8")
    job.start("audited.yml")
    ended = job.end()
    last = [event["event_data"]["res"] for event in ended.events if "res" in event["event_data"]][-1]
    assert last["msg"] == (
        "compliance_converge_slices is 101; it must be between 1 and compliance_converge_write_limit, which is 100."
    )
    assert "[WARNING]" not in ended.output, ended.output
    found = {node.name: (node.canonical_facts["intune_device"], node.events) for node in count_nodes(ended.events)}
    assert found == {
        "PC-0001": ("pc-0001", {MODULE, BULK}),
        "TABLET": ("tablet", {MODULE}),
        "nameless": ("nameless", {BULK}),
        "blank": ("blank", {BULK}),
    }


@pytest.mark.parametrize(
    "result",
    [{}, {"censored": "x"}, {"msg": "x", "failed": True}, {"results": [{"results": [1]}, None, 3]}, {"results": "x"}],
)
def test_the_query_accepts_every_result(result: dict[str, Any]) -> None:
    for module in (MODULE, BULK):
        assert count_nodes([{"event_data": {"resolved_action": module, "res": result}}]) == []
