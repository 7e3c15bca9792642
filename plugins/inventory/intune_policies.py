# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: intune_policies
short_description: Hosts from the device compliance policies of Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Makes a host of each device compliance policy, so that work on policies can be spread over nodes as work on hosts
    is, by the job slices of AWX and Ansible Automation Platform for example.
  - Made for the playbook C(graphops.intune.converge_sliced). The devices' statuses are not read here.
  - The configuration file must end with C(intune_policies.yml) or C(intune_policies.yaml).
  - A host is called as its policy's display name, in which letters, digits and C(_), C(-), C(.) stay and anything else
    becomes C(_). Where policies share a name, their ids are added to it.
  - Its variables are C(intune_policy_id), C(intune_policy_display_name), C(intune_policy_description),
    C(intune_policy_type), C(intune_policy_created_date_time) and C(intune_policy_last_modified_date_time). The type
    tells the platform, as the service spells it.
  - If the policies cannot be read, be it one page of them, the inventory fails and adds no host.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune.graph.plugins
  - constructed
options:
  plugin:
    description:
      - Marks the file as one for this plugin.
    type: str
    required: true
    choices: [graphops.intune.intune_policies]
  policies:
    description:
      - The device compliance policies, by id or by display name, case-insensitive. Exactly one policy must have a
        name. An id wins over a name.
      - If not set, or empty, every policy is a host.
    type: list
    elements: str
    default: []
  strict:
    description:
      - If V(true), an entry of O(compose), O(groups) or O(keyed_groups) that fails for a policy fails the inventory. If
        not, it is passed over for that policy.
notes:
  - A policy is nothing to connect to. Let tasks run on the controller, with C(connection=local) or
    C(delegate_to=localhost).
  - The connection options and O(policies) can be templates, as in P(graphops.intune.intune_devices#inventory).
seealso:
  - plugin: graphops.intune.intune_devices
    plugin_type: inventory
  - module: graphops.intune.intune_device_compliance_policy_info
"""

EXAMPLES = r"""
# fleet.intune_policies.yml: the first line alone gives every policy, with the credentials in the environment. Each part
# below it can be left out.
plugin: graphops.intune.intune_policies

# Two policies alone.
policies:
  - Windows baseline
  - Mac baseline

# Groups by platform, and one for all of Windows. An expression that cannot be evaluated fails the inventory.
strict: true
groups:
  windows: intune_policy_type == '#microsoft.graph.windows10CompliancePolicy'
keyed_groups:
  - prefix: platform
    key: intune_policy_type | regex_replace('^#microsoft[.]graph[.]|CompliancePolicy$', '')

# Each with the file that declares the statuses of its devices.
compose:
  compliance_converge_file: "'desired/' ~ intune_policy_id ~ '.csv'"
"""

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader

from ..module_utils._errors import IntuneError
from ..plugin_utils._inventory.plugin import GraphInventory
from ..plugin_utils._inventory.policies import name_policies, variables
from ..plugin_utils._inventory.query import Query
from ..plugin_utils._options import connect, refuse_unknown


class InventoryModule(GraphInventory):
    """Reads the device compliance policies, and makes hosts of them."""

    NAME = "graphops.intune.intune_policies"
    VARIABLES = frozenset(variables({}))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Add the policies to the inventory, all of them or none."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            refuse_unknown(config, self.option_definitions)
            query = Query(connect(self.get_option), tuple(map(str, self.get_option("policies"))))
            policies = name_policies(query.read_policies())
        except IntuneError as error:
            raise AnsibleParserError(error.sentence) from None
        self._populate(inventory, {name: variables(policy) for name, policy in policies.items()})
