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
  - Creates a host for each device compliance policy, so that work on policies can be distributed over nodes like work
    on hosts, for example by the job slices of AWX and Ansible Automation Platform.
  - The playbook C(graphops.intune.converge_sliced) uses it. The statuses of devices are not read here.
  - The name of the configuration file must end with C(intune_policies.yml) or C(intune_policies.yaml).
  - The name of a host is the display name of its policy, in which letters, digits and C(_), C(-), C(.) stay and any
    other character becomes C(_). If several policies share a name, their ids are added to it.
  - Its variables are C(intune_policy_id), C(intune_policy_display_name), C(intune_policy_description),
    C(intune_policy_type), C(intune_policy_created_date_time) and C(intune_policy_last_modified_date_time). The type
    includes the platform, in the spelling of the service.
  - If the policies cannot be read, even one page of them, the inventory fails and adds no host.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune.graph.plugins
  - constructed
options:
  plugin:
    description:
      - The name of this plugin, which identifies the file.
    type: str
    required: true
    choices: [graphops.intune.intune_policies]
  policies:
    description:
      - The device compliance policies, by id or by display name, case-insensitive. A display name must be that of
        exactly one policy. An id has precedence over a name.
      - If not set, or empty, every policy is a host.
    type: list
    elements: str
    default: []
  strict:
    description:
      - If V(true), the inventory fails when an entry of O(compose), O(groups) or O(keyed_groups) fails for a policy. If
        V(false), the entry is ignored for that policy.
notes:
  - There is no connection to a policy. Run the tasks on the controller, with C(connection=local) or
    C(delegate_to=localhost).
  - The connection options and O(policies) can be templates, as in P(graphops.intune.intune_devices#inventory).
seealso:
  - plugin: graphops.intune.intune_devices
    plugin_type: inventory
  - module: graphops.intune.intune_device_compliance_policy_info
"""

EXAMPLES = r"""
# fleet.intune_policies.yml: with the credentials in the environment, the first line is enough for all policies. Each
# part below is optional.
plugin: graphops.intune.intune_policies

# Only two policies.
policies:
  - Windows baseline
  - Mac baseline

# Groups by platform, and one for all of Windows. The inventory fails when an expression cannot be evaluated.
strict: true
groups:
  windows: intune_policy_type == '#microsoft.graph.windows10CompliancePolicy'
keyed_groups:
  - prefix: platform
    key: intune_policy_type | regex_replace('^#microsoft[.]graph[.]|CompliancePolicy$', '')

# For each policy, the file that declares the statuses of its devices.
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
    """Reads the device compliance policies, and adds them as hosts."""

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
