# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory when the service fails, and with malicious names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator
from .conftest import Ansible, Ids, Listing, requests_of
from .test_inventory import DEVICES, check

STOP: dict[str, str | None] = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
# The warnings of ansible-core about a source that failed; whether it continues is the user's choice.
FAILED = pytest.mark.warns("* Failed to parse", "Failed to parse inventory", "Unable to parse")
pytestmark = FAILED
LOCAL = {"ansible_connection": "'local'"}


def printed(listing: Listing) -> str:
    """Return the output as one line; older cores wrap warnings."""
    return " ".join(listing.output.split())


def refused(ansible: Ansible, *flags: str, env: dict[str, str | None] | None = None, **options: Any) -> str:
    """Run an inventory that must fail and stop the run; return the output."""
    listing = ansible.inventory(*flags, env={**STOP, **(env or {})}, **options)
    assert listing.code != 0
    assert listing.hosts == {}
    return printed(listing)


# The service


def test_no_host_is_added_when_one_page_fails(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.settings(page_size=2)
    refusal = {"status": 403, "message": "Not you"}
    emulator.faults({"match": {"method": "GET", "path": "deviceStatuses"}, "skip": 1, "times": None, "do": refusal})
    kept: dict[str, Any] = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "kept"),
    }
    output = refused(ansible, **kept)
    held = "DeviceManagementConfiguration.ReadWrite.All"
    assert f"Not you; the token carries {held}: check the scope tags" in output
    assert not (tmp_path / "kept").exists() or not [*(tmp_path / "kept").iterdir()]
    # By default ansible-core continues without hosts.
    lax = ansible.inventory()
    assert (lax.code, lax.hosts) == (0, {})
    assert "Not you" in printed(lax)
    run = ansible.playbook([{"ansible.builtin.debug": {}}], "-i", ansible.source(), play={"hosts": "all"}, env=STOP)
    assert run.code != 0
    assert run.results == []


def test_an_unreadable_or_unknown_policy_fails_all_of_its_inventory(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.settings(policies_unreadable=[ids.policy_id])
    unknown = ansible.source("unknown", policies=["iOS baseline", "Linux"], groups={"from_unknown": True})
    every = ansible.source("every", groups={"from_every": True})
    fine = ansible.source("fine", policies=["iOS baseline"], groups={"from_fine": True})
    found = ansible.inventory(sources=(unknown, every, fine))
    assert "No policy named 'Linux' was found" in printed(found)
    assert f"Listing the device statuses of policy {ids.policy_id} failed" in printed(found)
    assert set(found.hosts) == {*DEVICES[3:]}
    assert set(found.groups["from_fine"]) == {*DEVICES[3:]}
    assert not {"from_unknown", "from_every"} & set(found.groups)


def test_throttling_and_transient_failures_are_retried(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults(
        {"match": {"kind": "graph"}, "do": {"status": 429, "retry_after": "0.2"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"drop": "before"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"body_form": "cut"}},
    )
    assert set(check(ansible.inventory()).hosts) == {*DEVICES}


def test_a_link_elsewhere_is_not_followed(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults({"match": {"path": "deviceStatuses"}, "do": {"foreign_next_link": "https://evil.example/x"}})
    assert "an answer links to https://evil.example; credentials are sent to" in refused(ansible)


# Malicious names


@pytest.fixture
def pwned(tmp_path: Path) -> Path:
    """The path of a file that the name of a device would create if it were a template."""
    return tmp_path / "pwned"


HOSTILE = [
    "{{{{ lookup('pipe', 'touch {0}') }}}}",
    "{{% set x = lookup('pipe', 'touch {0}') %}}",
    "lookup('pipe', 'touch {0}')",
    "' ~ lookup('pipe', 'touch {0}') ~ '",
    "#jinja2: variable_start_string: '[['",
    "$(touch {0})",
    "-oProxyCommand=touch {0}",
]
USES = """
- ansible.builtin.debug:
    msg: "{{ inventory_hostname }} {{ inventory_hostname_short }} {{ intune_device_display_name }} {{ shout }}"
- ansible.builtin.debug:
    var: intune_device_model
- ansible.builtin.debug:
    var: hostvars[inventory_hostname]
- ansible.builtin.debug:
    msg: "{{ item }}"
  loop: "{{ intune_user_names }}"
- ansible.builtin.debug:
    msg: "{{ intune_statuses | map(attribute='device_display_name') | join('') }}{{ groups | to_json }}"
- ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.vars', 'intune_user_principal_names') }}"
- ansible.builtin.set_fact:
    again: "{{ intune_device_display_name }}"
- ansible.builtin.debug:
    msg: "{{ again }}"
"""


def test_text_from_the_service_is_never_a_template(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, pwned: Path, tmp_path: Path
) -> None:
    names = [name.format(pwned) for name in HOSTILE]
    for number, name in enumerate(names):
        everywhere = dict.fromkeys(["deviceDisplayName", "deviceModel", "userName", "userPrincipalName"], name)
        emulator.put_status(ids.policy_id, f"hostile-{number}", **everywhere, status="error")
    options: dict[str, Any] = {
        "strict": True,
        "policies": ["Windows baseline"],
        "hostnames": ["{{ device_display_name }}"],
        "compose": {**LOCAL, "shout": "intune_device_display_name ~ intune_device_model"},
        "groups": {"bad": "intune_device_display_name != 'x' and intune_compliance_status == 'error'"},
        "keyed_groups": [
            {"prefix": "model", "key": "intune_device_model or 'none'"},
            {"key": "intune_user_names"},
        ],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "kept"),
    }
    for source in ("from the service", "from the cache"):
        run = ansible.playbook(USES, "-i", ansible.source(**options), play={"hosts": "bad"})
        assert run.code == 0, run.output
        assert "[WARNING]" not in run.output
        shown = [str(result.get("msg")) for result in run.results]
        assert all(name in shown for name in names), source
        assert not pwned.exists(), source
    found = check(ansible.inventory(**options))
    assert {host["intune_device_display_name"] for host in found.hosts.values()} == {*names, *DEVICES[:3]}
    assert {host["shout"] for host in found.hosts.values()} >= {name + name for name in names}
    assert not pwned.exists()
    assert requests_of(emulator) == ["GET deviceCompliancePolicies", "GET deviceStatuses"]


HOSTS = [
    "localhost",
    "127.0.0.1",
    "::1",
    "all",
    "ungrouped",
    "remediate",
    "status_error",
    "servers",
    "-v",
    "..",
    "a,b",
    "web[1:3]",
    "../../x",
    "x\ny",
    "a b:c",
    "!x",
    "~x",
    "@x",
    "*",
    "x.yml/",
]


@pytest.mark.warns("Names of devices that are taken")
def test_every_name_is_that_of_its_host_only(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path
) -> None:
    for number, name in enumerate(HOSTS):
        emulator.put_status(
            ids.policy_id, f"hostile-{number}", deviceDisplayName=name, deviceModel="seen", status="error"
        )
    static = tmp_path / "hosts.ini"
    static.write_text("[servers]\nserver\n")
    ours = ansible.source(
        strict=True,
        policies=["Windows baseline"],
        compose={"mark": "intune_device_model"},
        groups={"remediate": "intune_compliance_status == 'error'"},
        keyed_groups=[{"prefix": "status", "key": "intune_compliance_status"}],
    )
    found = ansible.inventory(sources=(str(static), ours))
    assert found.code == 0, found.output
    hosts = [host for host in found.hosts if host not in {*DEVICES, "server"}]
    assert sorted(found.hosts[host]["intune_device_display_name"] for host in hosts) == sorted(HOSTS)
    assert {found.hosts[host]["mark"] for host in hosts} == {"seen"}
    assert found.hosts["PC-0001"]["mark"] == "Latitude 7440"
    assert set(found.groups["remediate"]) == set(found.groups["status_error"]) == {"KIOSK-0003", *hosts}
    assert found.groups["servers"] == ["server"]
    states = {f"status_{status}" for status in ("error", "nonCompliant", "compliant")}
    assert set(found.groups) - {"ungrouped"} == {"all", "servers", "remediate"} | states
    # The only warning is that of the collection, about hosts with another name than their device.
    assert found.output.count("[WARNING]") == 1
    assert "Names of devices that are taken" in printed(found)
    assert "same name" not in found.output

    # Each host can be addressed by its name, and localhost is still this machine.
    task = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}"}}
    plays = [{"hosts": host, "connection": "local", "gather_facts": False, "tasks": [task]} for host in hosts]
    here = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.command": "true"}]}
    path = tmp_path / "plays.yml"
    path.write_text(yaml.safe_dump([*plays, here]), encoding="utf-8")
    run = ansible._run(["ansible-playbook", str(path), "-i", str(static), "-i", ours], {})
    assert run.code == 0, run.output
    assert [result.get("msg") for result in run.results[:-1]] == hosts
    assert run.results[-1]["cmd"] == ["true"]


@pytest.mark.warns("Names of devices that are taken")
def test_devices_that_would_get_one_name_stay_two(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    for number, name in enumerate(("PC 1", "PC_1", "PC/1")):
        emulator.put_status(ids.policy_id, f"row-{number}", deviceDisplayName=name, status="error")
    found = ansible.inventory(policies=["Windows baseline"])
    by_name = {host["intune_device_display_name"]: name for name, host in found.hosts.items()}
    assert by_name["PC_1"] == "PC_1"
    assert len({by_name[name] for name in ("PC 1", "PC_1", "PC/1")}) == 3
    assert f"'PC 1' is the host {by_name['PC 1']}" in printed(found)


def test_groups_with_the_names_of_all_hosts_are_refused(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(ids.policy_id, "row", deviceDisplayName="LAPTOP1", status="error")
    options: dict[str, Any] = {"keyed_groups": [{"key": "inventory_hostname", "separator": ""}]}
    assert "keyed_groups creates groups with the names of hosts, such as" in refused(ansible, **options)


def test_a_model_that_looks_like_another_type_is_text(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    models = ["True", "[1, 2]", "{'a': 1}", "7", "None", "{{ 1 + 1 }}"]
    for number, model in enumerate(models):
        emulator.put_status(ids.policy_id, f"row-{number}", deviceDisplayName=f"PC-{number}", deviceModel=model)
    options: dict[str, Any] = {
        "compose": {"composed": "intune_device_model | default('none', true)", "yes": "intune_device_model is string"},
        "keyed_groups": [
            {"prefix": "model", "key": "intune_device_model"},
            {"prefix": "again", "key": "intune_device_model | default('none', true)"},
        ],
        "policies": ["Windows baseline"],
    }
    found = check(ansible.inventory(**options))
    assert found.hosts["PC-0001"]["yes"] is True
    for number, model in enumerate(models):
        host = found.hosts[f"PC-{number}"]
        assert host["intune_device_model"] == host["composed"] == model
        one, other = sorted(name for name, hosts in found.groups.items() if f"PC-{number}" in hosts and name != "all")
        assert (one.removeprefix("again_"), one[:6]) == (other.removeprefix("model_"), "again_")
