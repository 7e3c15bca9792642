# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory: hosts and their variables, groups, policies, names, the cache."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator
from .conftest import _BIN, INVENTORY, ROOT, Ansible, Ids, Listing, requests_of

DEVICES = ["PC-0001", "PC-0002", "KIOSK-0003", "Ada_s_iPhone", "Bea_s_iPad"]
GROUPED: dict[str, Any] = {
    "strict": True,
    "compose": {"ansible_connection": "'local'", "shout": "intune_device_display_name | upper"},
    "groups": {
        "remediate": "intune_compliance_status in ['nonCompliant', 'error', 'conflict']",
        "apple": "intune_policy_types | select('match', '#microsoft.graph.(ios|macOS)') | list | length > 0",
    },
    "keyed_groups": [
        {"prefix": "status", "key": "intune_compliance_status"},
        {"key": "intune_device_model | default('no model', true)"},
        {"prefix": "user", "key": "intune_user_names", "parent_group": "users"},
    ],
}


def check(listing: Listing) -> Listing:
    """Return the result of a run without warnings and errors."""
    assert listing.code == 0, listing.output
    assert "[WARNING]" not in listing.output, listing.output
    assert "[ERROR]" not in listing.output, listing.output
    return listing


def test_every_device_is_a_host_with_all_properties_of_its_statuses(
    ansible: Ansible, emulator: RunningEmulator
) -> None:
    found = check(ansible.inventory())
    assert set(found.hosts) == {*DEVICES}
    assert found.groups["ungrouped"] == DEVICES
    assert requests_of(emulator) == ["GET deviceCompliancePolicies", "GET deviceStatuses", "GET deviceStatuses"]
    host = found.hosts["KIOSK-0003"]
    statuses = ansible.info(device_display_name="kiosk-0003").only["device_compliance_statuses"]
    assert len(statuses) == 2
    assert host.pop("intune_statuses") == statuses
    assert host == {
        "intune_compliance_status": "error",
        "intune_device_display_name": "KIOSK-0003",
        "intune_device_model": "Surface Laptop 5",
        "intune_last_reported_date_time": "2026-01-05T08:00:00Z",
        "intune_compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59Z",
        "intune_user_names": ["Bea Example", "Cyd Example"],
        "intune_user_principal_names": ["bea@contoso.example", "cyd@contoso.example"],
        "intune_policy_ids": ["c6c78124-8124-c6c7-2481-c7c62481c7c6"],
        "intune_policy_display_names": ["Windows baseline"],
        "intune_policy_types": ["#microsoft.graph.windows10CompliancePolicy"],
    }


def test_rows_with_one_name_are_one_host_and_rows_without_a_name_one_each(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    other = next(policy["id"] for policy in emulator.state()["policies"] if policy["id"] != ids.policy_id)
    emulator.put_status(other, "second", deviceDisplayName="pc-0001", status="quarantined")
    for status_id, name in (("null", None), ("empty", "")):
        emulator.put_status(ids.policy_id, status_id, deviceDisplayName=name, status="error")
    found = check(ansible.inventory())
    assert set(found.hosts) == {*DEVICES, "null", "empty"}
    assert found.hosts["null"]["intune_device_display_name"] is None
    host = found.hosts["PC-0001"]
    assert [row["id"] for row in host["intune_statuses"]] == [ids.status_id, "second"]
    assert host["intune_compliance_status"] == "quarantined"
    assert host["intune_policy_display_names"] == ["Windows baseline", "iOS baseline"]


def test_hosts_are_grouped_and_composed(ansible: Ansible) -> None:
    found = check(ansible.inventory(**GROUPED))
    assert found.groups["remediate"] == ["PC-0002", "KIOSK-0003", "Ada_s_iPhone"]
    assert found.groups["apple"] == ["Ada_s_iPhone", "Bea_s_iPad"]
    assert found.groups["status_nonCompliant"] == ["PC-0002"]
    assert found.groups["status_error"] == ["KIOSK-0003"]
    assert found.groups["_no_model"] == ["PC-0002"]
    assert found.groups["_Latitude_7440"] == ["PC-0001"]
    assert found.groups["user_Bea_Example"] == ["KIOSK-0003", "Bea_s_iPad"]
    assert found.groups["users"] == []
    assert found.hosts["Ada_s_iPhone"]["shout"] == "ADA'S IPHONE"


PLAYBOOK = """
- hosts: status_nonCompliant:status_error:status_conflict
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ intune_compliance_status }}, used by {{ intune_user_names | join(', ') }}"
"""


def test_the_readmes_example_works_when_it_is_copied(ansible: Ansible) -> None:
    source, playbook = ansible.folder / "fleet.intune_devices.yml", ansible.folder / "remediate.yml"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source.write_text(readme.split(f"<!-- example: {source.name} -->\n```yaml\n")[1].split("```")[0])
    playbook.write_text(PLAYBOOK)
    output = ansible.folder / "graph"
    shown = ansible._run(["ansible-inventory", "-i", str(source), "--graph", "--output", str(output)], {})
    assert shown.code == 0
    assert "[WARNING]" not in shown.output
    graph = output.read_text()
    assert "  |--@status_error:\n  |  |--KIOSK-0003\n" in graph
    assert "  |--@status_conflict:\n  |  |--Ada_s_iPhone\n" in graph
    assert "  |--@status_nonCompliant:\n  |  |--PC-0002\n" in graph
    run = ansible._run(["ansible-playbook", "-i", str(source), str(playbook)], {})
    assert run.code == 0, run.output
    assert "[WARNING]" not in run.output
    assert sorted(result["msg"] for result in run.results) == [
        "conflict, used by Ada Example",
        "error, used by Bea Example, Cyd Example",
        "nonCompliant, used by System account",
    ]


def test_policies_are_chosen_by_name_and_by_id(ansible: Ansible, emulator: RunningEmulator) -> None:
    windows = "c6c78124-8124-c6c7-2481-c7c62481c7c6"
    chosen: dict[str, Any] = {
        "name": ["WINDOWS baseline"],
        "id": [windows.upper()],
        "twice": ["Windows baseline", windows],
        "template": "{{ wanted }}",
        "text": "Windows baseline",
    }
    sources = tuple(
        ansible.source(name, policies=policies, groups={name: True}, cache=True) for name, policies in chosen.items()
    )
    found = check(ansible.inventory("-e", '{"wanted": ["Windows baseline"]}', sources=sources))
    assert set(found.hosts) == {*DEVICES[:3]}
    assert [name for name in chosen if set(found.groups[name]) != {*DEVICES[:3]}] == []
    assert requests_of(emulator) == ["GET deviceCompliancePolicies", "GET deviceStatuses"] * len(chosen)


def test_properties_and_templates_name_the_hosts(ansible: Ansible) -> None:
    model = "{{ device_model | default('unknown', true) | lower }}-{{ site }}"
    by_model = ["{{ no_such_variable }}", model, "device_display_name"]
    by_user = ["{{ user_principal_name if '@' in user_principal_name else '' }}", "device_display_name"]
    sources = (
        ansible.source("model", hostnames=by_model, use_extra_vars=True),
        ansible.source("user", hostnames=by_user),
    )
    found = check(ansible.inventory("-e", "site=hq", sources=sources))
    models = {"latitude_7440-hq", "unknown-hq", "surface_laptop_5-hq", "iphone_15-hq", "ipad_air-hq"}
    assert set(found.hosts) == models | {
        "ada_contoso.example",
        "PC-0002",
        "bea_contoso.example",
        "cyd_contoso.example",
    }


def test_a_static_inventory_and_this_one_are_combined(ansible: Ansible, tmp_path: Path) -> None:
    static = tmp_path / "hosts.ini"
    static.write_text("[berlin]\nPC-0001 site=Berlin\nserver site=Bonn\n")
    ours = ansible.source(
        groups={"here": "site | default('') == 'Berlin'", "berlin": "intune_device_display_name == 'PC-0002'"},
        strict=True,
    )
    found = check(ansible.inventory(sources=(str(static), ours)))
    assert found.hosts["PC-0001"]["site"] == "Berlin"
    assert found.hosts["PC-0001"]["intune_compliance_status"] == "compliant"
    assert "intune_compliance_status" not in found.hosts["server"]
    assert found.groups["berlin"] == ["PC-0001", "server", "PC-0002"]
    assert found.groups["here"] == ["PC-0001"]


@pytest.mark.warns("Unable to parse")
def test_the_plugin_can_be_enabled_by_its_name_and_ignores_other_files(ansible: Ansible) -> None:
    ours, others = ["intune_devices.yml", "x-intune_devices.yaml"], ["intune.yml"]
    for number, name in enumerate([*ours, *others]):
        content = {"plugin": INVENTORY, "groups": {f"source_{number}": True}}
        (ansible.folder / name).write_text(yaml.safe_dump(content))
    sources = tuple(str(ansible.folder / name) for name in [*ours, *others])
    found = ansible.inventory(sources=sources, env={"ANSIBLE_INVENTORY_ENABLED": INVENTORY})
    assert set(found.hosts) == {*DEVICES}
    assert {"source_0", "source_1"} <= set(found.groups)
    assert "source_2" not in found.groups


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, Any]:
    """Options of a cache in a folder of the test."""
    folder = str(tmp_path / "kept")
    return {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": folder,
        "cache_timeout": 3600,
    }


def test_cached_statuses_are_not_requested_again(
    ansible: Ansible, emulator: RunningEmulator, cache: dict[str, Any], tmp_path: Path
) -> None:
    first = check(ansible.inventory(**cache, **GROUPED))
    requests = len(emulator.log())
    assert requests > 0
    # It does not sign in either.
    second = check(ansible.inventory(**cache, **GROUPED, env={"AZURE_CLIENT_SECRET": None}))
    assert (second.hosts, second.groups) == (first.hosts, first.groups)
    assert len(emulator.log()) == requests
    [kept] = (tmp_path / "kept").iterdir()
    text = kept.read_text()
    assert "KIOSK-0003" in text
    ansible._search_for_secrets(text, ansible.environment_with(None))
    # Another query does not use it.
    assert len(check(ansible.inventory(**cache, policies=["iOS baseline"])).hosts) == 2


def test_a_flushed_cache_is_read_again(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, cache: dict[str, Any]
) -> None:
    def listed() -> str:
        return str(check(ansible.inventory(**cache)).hosts["PC-0001"]["intune_compliance_status"])

    assert listed() == "compliant"
    emulator.put_status(ids.policy_id, ids.status_id, status="error")
    assert listed() == "compliant"
    task = {"ansible.builtin.debug": {"msg": "{{ intune_compliance_status }}"}}
    play = {"hosts": "PC-0001", "connection": "local"}
    run = ansible.playbook([task], "-i", ansible.source(**cache), "--flush-cache", play=play)
    assert run.only["msg"] == "error"
    requests = len(emulator.log())
    assert listed() == "error"
    assert len(emulator.log()) == requests


def test_the_documentation_renders(ansible: Ansible) -> None:
    command = [str(_BIN / "ansible-doc"), "-t", "inventory", "--json", INVENTORY]
    done = subprocess.run(
        command, env=ansible.environment_with(None), capture_output=True, text=True, timeout=60, check=True
    )
    assert "WARNING" not in done.stderr
    options = json.loads(done.stdout)[INVENTORY]["doc"]["options"]
    assert options["tenant_id"]["env"] == [{"name": "AZURE_TENANT_ID"}, {"name": "AZURE_TENANT"}]
    assert options["tenant_id"]["description"]
    assert options["strict"]["type"] == "bool"


def example() -> dict[str, Any]:
    text = (Path(__file__).parents[2] / "plugins/inventory/intune_devices.py").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text.split('EXAMPLES = r"""')[1].split('"""')[0])
    return read


# Each part is optional, as the example states; so each is tried without the others.
PARTS: list[tuple[str, ...]] = [
    (),
    ("policies", "keyed_groups"),
    ("strict", "groups", "compose"),
    ("hostnames", "cache", "cache_plugin", "cache_connection", "cache_timeout"),
    ("tenant_id", "client_id", "client_secret"),
]


def test_every_part_of_the_example_is_tried() -> None:
    assert sorted(example()) == sorted(["plugin", *(name for part in PARTS for name in part)])


@pytest.mark.parametrize("part", [*PARTS, tuple(name for part in PARTS for name in part)], ids="-".join)
def test_the_example_works_as_described(ansible: Ansible, tmp_path: Path, part: tuple[str, ...]) -> None:
    chosen = {name: value for name, value in example().items() if name in part}
    credentials = ansible.emulator.credentials
    # The last part names a tenant and an application that the emulator does not have.
    given: dict[str, Any] = {name: credentials[name] for name in ("tenant_id", "client_id") if name in chosen}
    variable = "FABRIKAM_CLIENT_SECRET" if given else "AZURE_CLIENT_SECRET"
    environment = {"HOME": str(tmp_path), "AZURE_CLIENT_SECRET": None, variable: credentials["client_secret"]}
    found = check(ansible.inventory(env=environment, **(chosen | given)))
    assert found.hosts
    if "keyed_groups" in part:
        assert "status_nonCompliant" in found.groups
    if part == PARTS[2]:
        assert found.groups["remediate"] == ["PC-0002", "KIOSK-0003", "Ada_s_iPhone"]
        assert found.groups["apple"] == ["Ada_s_iPhone", "Bea_s_iPad"]
        assert found.hosts["PC-0002"]["failed_policies"] == ["Windows baseline"]
        assert found.hosts["PC-0002"]["ansible_host"] == "PC-0002.clients.example.com"
    if "hostnames" in part:
        assert {"kiosk-0003-bea_example", "kiosk-0003-cyd_example"} <= set(found.hosts)
        assert [*(tmp_path / ".cache/intune").iterdir()]
