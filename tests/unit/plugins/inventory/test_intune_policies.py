# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of policies: its documentation agrees with its code, and each policy is a host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.graphops.intune.plugins.inventory import intune_devices, intune_policies
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.host_names import choose
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.policies import name_policies, variables

DOCUMENTATION = yaml.safe_load(intune_policies.DOCUMENTATION)
DEVICES = yaml.safe_load(intune_devices.DOCUMENTATION)
DESCRIPTION = " ".join(DOCUMENTATION["description"])


def policy(policy_id: str, name: str | None) -> dict[str, str | None]:
    return {"id": policy_id, "display_name": name}


def hosts(*policies: dict[str, str | None]) -> list[str]:
    return list(choose(name_policies(policies), ("all",)).values())


def test_the_options_are_those_of_the_inventory_of_devices_without_hostnames_and_cache() -> None:
    fragments = DEVICES["extends_documentation_fragment"]
    assert DOCUMENTATION["extends_documentation_fragment"] == [name for name in fragments if name != "inventory_cache"]
    assert set(DOCUMENTATION["options"]) == set(DEVICES["options"]) - {"hostnames"}
    assert set(DOCUMENTATION["options"]["strict"]) == {"description"}


def test_exactly_the_variables_are_documented() -> None:
    assert set(re.findall(r"C\((intune_policy_[a-z_]+)\)", DESCRIPTION)) == set(variables({}))
    assert variables({"id": "p", "type": "t"})["intune_policy_id"] == "p"


def test_the_name_is_the_plugins() -> None:
    name = intune_policies.InventoryModule.NAME
    assert DOCUMENTATION["options"]["plugin"]["choices"] == [name] == [f"graphops.intune.{DOCUMENTATION['name']}"]
    example = yaml.safe_load(intune_policies.EXAMPLES)
    assert example["plugin"] == name
    assert set(example) <= {*DOCUMENTATION["options"], "compose", "groups", "keyed_groups"}


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("fleet.intune_policies.yml", True), ("intune_policies.yaml", True), ("intune_devices.yml", False)],
)
def test_a_file_is_identified_by_its_name(tmp_path: Path, name: str, accepted: bool) -> None:
    (tmp_path / name).write_text("---\n")
    assert intune_policies.InventoryModule().verify_file(str(tmp_path / name)) == accepted


def test_a_host_has_the_display_name_of_its_policy() -> None:
    assert hosts(policy("1", "Windows baseline"), policy("2", " Mac ")) == ["Windows_baseline", "Mac"]


def test_policies_that_share_a_name_or_have_none_are_distinguished_by_their_ids() -> None:
    found = hosts(policy("1", "Baseline"), policy("2", "baseline"), policy("3", None), policy("4", "x"))
    assert found == ["Baseline_1", "baseline_2", "3", "x"]


def test_names_that_are_equal_as_hosts_stay_two() -> None:
    found = hosts(policy("1", "a b"), policy("2", "a?b"), policy("3", "all"))
    assert len(set(found)) == 3
    assert "all" not in found
