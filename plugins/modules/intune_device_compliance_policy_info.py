#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_device_compliance_policy_info
short_description: List the device compliance policies of Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Lists every device compliance policy, without the statuses of its devices.
  - Follows every page. If one cannot be read, the task fails; it never returns a partial list.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
  - graphops.intune._attributes.info_module
options: {}
seealso:
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
- name: List the policies
  graphops.intune.intune_device_compliance_policy_info:
    tenant_id: contoso.onmicrosoft.com
  register: listed

- name: Read the statuses of each policy, so that one that cannot be read does not hide the others
  graphops.intune.intune_device_compliance_status_info:
    policy_id: "{{ item.id }}"
    overview: true
  loop: "{{ listed.device_compliance_policies }}"
  loop_control:
    label: "{{ item.display_name }}"
  register: readings
  failed_when: false
"""

RETURN = r"""
device_compliance_policies:
  description:
    - The policies, in the service's order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the policy.
      type: str
    display_name:
      description: The name of the policy.
      type: str
    description:
      description: The description of the policy.
      type: str
    type:
      description: The type of the policy, which names the platform, as the service spells it.
      type: str
      sample: "#microsoft.graph.windows10CompliancePolicy"
    created_date_time:
      description: When the policy was created.
      type: str
    last_modified_date_time:
      description: When the policy was last modified.
      type: str
count:
  description: The number of policies.
  returned: success
  type: int
  sample: 2
graph:
  description: What the task sent to Microsoft Graph and to the sign-in service, as
    RV(graphops.intune.intune_device_compliance_status#module:graph).
  returned: when options are valid
  type: dict
failure:
  description: Why the task failed, as RV(graphops.intune.intune_device_compliance_status#module:failure).
  returned: failure
  type: dict
"""

from typing import Any

from ansible_collections.graphops.intune.plugins.module_utils._compliance.policies import list_policies
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule


class PolicyInfo(GraphModule):
    def execute(self, client: GraphClient) -> dict[str, Any]:
        policies = list_policies(client)
        return {"changed": False, "device_compliance_policies": policies, "count": len(policies)}


def main() -> None:
    PolicyInfo().run()


if __name__ == "__main__":
    main()
