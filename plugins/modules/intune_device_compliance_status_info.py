#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_device_compliance_status_info
short_description: Read device compliance statuses from Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Lists the device compliance statuses of one policy or of every policy, and filters them.
  - Follows every page. If one cannot be read, the task fails; it never returns a partial list.
  - The filters run in the module, since the service cannot filter this list.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._progress
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
  - graphops.intune._attributes.info_module
options:
  policy_id:
    description:
      - The id of the device compliance policy.
      - With neither O(policy_id) nor O(policy_name), the statuses of every policy are read.
    type: str
  policy_name:
    description:
      - The display name of the device compliance policy, case-insensitive. Exactly one policy must have it.
    type: str
  status_id:
    description:
      - Only the status with this id.
    type: str
  status:
    description:
      - Only these compliance statuses.
    type: list
    elements: str
    choices: [unknown, notApplicable, compliant, remediated, nonCompliant, error, conflict, notAssigned]
  device_display_name:
    description:
      - Only devices with this name, exactly but case-insensitive.
    type: str
    aliases: [deviceDisplayName]
  user_principal_name:
    description:
      - Only this user principal name, exactly but case-insensitive.
    type: str
    aliases: [userPrincipalName]
  reported_before:
    description:
      - Only statuses that were last reported before this time, in ISO 8601 with an offset or C(Z).
    type: str
  grace_expires_before:
    description:
      - Only statuses with a grace period that expires before this time. One that never expires is before no time.
    type: str
  overview:
    description:
      - Read the policies' overviews too, and compare their counts with the lists. The service is known to have listed
        fewer statuses than it counts.
    type: bool
    default: false
seealso:
  - module: graphops.intune.intune_device_compliance_status_bulk
"""

EXAMPLES = r"""
- name: Find the devices that are not compliant
  graphops.intune.intune_device_compliance_status_info:
    status: [nonCompliant, error, conflict]
  register: failing

- name: Find what has not reported since the first of the month
  graphops.intune.intune_device_compliance_status_info:
    policy_name: Windows baseline
    reported_before: "2026-11-01T00:00:00Z"
    overview: true
  register: stale

- name: Declare the same status for all that were found
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ failing.device_compliance_statuses | map('combine', {'status': 'notApplicable'}) }}"
"""

RETURN = r"""
device_compliance_statuses:
  description:
    - The statuses that passed the filters, in the service's order.
    - They are valid items of M(graphops.intune.intune_device_compliance_status_bulk).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the status.
      type: str
    policy_id:
      description: The id of the policy.
      type: str
    policy_display_name:
      description: The name of the policy.
      type: str
    policy_type:
      description: The type of the policy, which names the platform, as the service spells it.
      type: str
      sample: "#microsoft.graph.windows10CompliancePolicy"
    device_display_name:
      description: The name of the device.
      type: str
    user_name:
      description: The name of the user.
      type: str
    device_model:
      description: The model of the device.
      type: str
    platform:
      description: An integer whose meaning is not documented. Only with O(api_version=beta).
      type: int
    compliance_grace_period_expiration_date_time:
      description: When the grace period expires.
      type: str
    status:
      description: The compliance status. One that this version does not know is shown as the service spells it.
      type: str
    last_reported_date_time:
      description: When the device last reported.
      type: str
    user_principal_name:
      description: The user principal name.
      type: str
count:
  description: The number of statuses.
  returned: success
  type: int
  sample: 2
summary:
  description: The number of each status.
  returned: success
  type: dict
  sample: {nonCompliant: 1, error: 1}
overviews:
  description: For each policy, the service's counts, and the number of statuses listed, before filtering.
  returned: with O(overview=true)
  type: list
  elements: dict
  sample:
    - policy_id: 8a1d6a2c-32d4-4a4f-8d57-5f0f1b1c6f7e
      policy_display_name: Windows baseline
      policy_type: "#microsoft.graph.windows10CompliancePolicy"
      pending_count: 0
      not_applicable_count: 0
      success_count: 98
      error_count: 0
      failed_count: 2
      listed: 100
complete:
  description: Whether every list was as long as its overview counts. If not, there is a warning too.
  returned: with O(overview=true)
  type: bool
  sample: true
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

from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import (
    Filters,
    argument_spec,
    read_statuses,
)
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import COMPLIANCE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._graph.progress import PROGRESS_ARGUMENT
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule


class DeviceStatusInfo(GraphModule):
    def read_options(self) -> None:
        self.filters = Filters.from_options(self.params)

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return read_statuses(
            client,
            self.filters,
            api_version=self.connection.api_version,
            overview=self.params["overview"],
            warn=self.warn,
        )


def main() -> None:
    DeviceStatusInfo(
        {**argument_spec(), **PROGRESS_ARGUMENT},
        mutually_exclusive=[("policy_id", "policy_name")],
        enumerations={"status": COMPLIANCE_STATUS},
    ).run()


if __name__ == "__main__":
    main()
