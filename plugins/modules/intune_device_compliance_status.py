#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_device_compliance_status
short_description: Declare the properties of a device's compliance status in Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Declares the properties of one C(deviceComplianceDeviceStatus), the state of one device and user under one device
    compliance policy.
  - Reads the object, compares the properties that you gave, each by its type, and sends a C(PATCH) with the differing
    ones only, if there are any. After a write the object is read back, and a value that the service did not keep
    fails the task.
  - Microsoft documents this update, but the live service calculates these objects itself. It may refuse the update
    (RV(failure.code=write_not_supported)) or ignore it (RV(failure.code=not_persisted)). The module reports that, and
    reports a change only if it read it back.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
attributes:
  check_mode:
    support: full
    details:
      - Reads, and returns the predicted object. Whether the service accepts the update is only known after
        sending it.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  policy_id:
    description:
      - The id of the device compliance policy.
      - Exactly one of O(policy_id) and O(policy_name) is needed.
    type: str
  policy_name:
    description:
      - The display name of the device compliance policy, case-insensitive. Exactly one policy must have it.
    type: str
  status_id:
    description:
      - The id of the status, as the service gives it. It is not the id of the device.
      - Exactly one of O(status_id) and O(match) is needed.
    type: str
  match:
    description:
      - Finds the status by its properties. All that are given must match, exactly but case-insensitive, and exactly one
        status of the policy must match. If none or several match, the task fails, and lists the ids of several.
      - There is one status for each device B(and user), so O(match.device_display_name) by itself is often not enough.
    type: dict
    suboptions:
      device_display_name:
        description: The name of the device.
        type: str
        aliases: [deviceDisplayName]
      user_principal_name:
        description: The user principal name.
        type: str
        aliases: [userPrincipalName]
      user_name:
        description: The name of the user.
        type: str
        aliases: [userName]
  device_display_name:
    description: The name of the device.
    type: str
    aliases: [deviceDisplayName]
  user_name:
    description: The name of the user.
    type: str
    aliases: [userName]
  device_model:
    description: The model of the device.
    type: str
    aliases: [deviceModel]
  platform:
    description:
      - A 32-bit integer whose meaning Microsoft has not documented.
      - Only with O(api_version=beta).
    type: int
  compliance_grace_period_expiration_date_time:
    description:
      - When the grace period expires, in ISO 8601 with an offset or C(Z) and up to seven fractional digits.
      - Dates are compared as instants, whatever offset they are written with.
      - Quote a date. YAML turns an unquoted one into its own kind of date, which is accepted but keeps six fractional
        digits only.
    type: str
    aliases: [complianceGracePeriodExpirationDateTime]
  status:
    description:
      - The compliance status.
      - The states C(inGracePeriod) and C(configManager) belong to another enumeration, C(complianceState) of
        C(managedDevice).
    type: str
    choices: [unknown, notApplicable, compliant, remediated, nonCompliant, error, conflict, notAssigned]
  last_reported_date_time:
    description:
      - When the device last reported, written like O(compliance_grace_period_expiration_date_time).
    type: str
    aliases: [lastReportedDateTime]
  user_principal_name:
    description: The user principal name.
    type: str
    aliases: [userPrincipalName]
  clear:
    description:
      - The properties to set to null. An empty text is a value, and an option that is not given leaves its property
        unchanged.
      - Takes V(device_display_name), V(user_name), V(device_model) and V(user_principal_name), in either spelling.
    type: list
    elements: str
  verify:
    description:
      - Whether to read the object back after a write.
      - With V(false), one request is saved, and the module relies on the service's answer.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Declare what the status of one device should be
  graphops.intune.intune_device_compliance_status:
    policy_name: Windows baseline
    match:
      device_display_name: PC-0001
      user_principal_name: ada@contoso.example
    status: notApplicable
    last_reported_date_time: "2017-01-01T00:00:17.7769392-08:00"

- name: Set the credentials once, name the status by its id, and clear a property
  module_defaults:
    group/graphops.intune.graph:
      tenant_id: "{{ tenant_id }}"
      client_id: "{{ client_id }}"
      client_secret: "{{ vault_client_secret }}"
  block:
    - name: Remove the device model
      graphops.intune.intune_device_compliance_status:
        policy_id: c6c78124-8124-c6c7-2481-c7c62481c7c6
        status_id: "{{ status_id }}"
        clear: [device_model]

- name: Continue where the service does not accept updates
  graphops.intune.intune_device_compliance_status:
    policy_id: "{{ policy_id }}"
    status_id: "{{ status_id }}"
    status: compliant
  register: result
  failed_when: result is failed and result.failure.code | default('') != 'write_not_supported'
"""

RETURN = r"""
device_compliance_status:
  description:
    - The object as it is after the task; in check mode, as it would be.
    - A property that the service left out is left out here. With O(api_version=v1.0) there is no
      RV(device_compliance_status.platform).
  returned: success
  type: dict
  contains:
    id:
      description: The id of the status.
      type: str
    policy_id:
      description: The id of the policy.
      type: str
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
      description: An integer whose meaning is not documented.
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
  sample:
    id: 5c1ab2f8-0f0f-4a4d-9d2e-1f2e3d4c5b6a_8a1d6a2c-32d4-4a4f-8d57-5f0f1b1c6f7e_0b9a8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d
    policy_id: 8a1d6a2c-32d4-4a4f-8d57-5f0f1b1c6f7e
    device_display_name: Device Display Name value
    user_name: User Name value
    device_model: Device Model value
    platform: 8
    compliance_grace_period_expiration_date_time: "2017-01-01T07:56:44.951111Z"
    status: notApplicable
    last_reported_date_time: "2017-01-01T08:00:17.7769392Z"
    user_principal_name: User Principal Name value
changed_properties:
  description: The properties that the task changed; in check mode, that it would change.
  returned: always
  type: list
  elements: str
  sample: [status, last_reported_date_time]
diff:
  description: The differing properties before and after.
  returned: always
  type: dict
  sample:
    before: {status: compliant}
    after: {status: notApplicable}
graph:
  description: What the task cost.
  returned: when options are valid
  type: dict
  contains:
    requests:
      description: HTTP requests to Microsoft Graph.
      type: int
    token_requests:
      description: HTTP requests to sign in, including discovery.
      type: int
    writes:
      description: Updates sent.
      type: int
    retries:
      description: Requests repeated.
      type: int
    throttled:
      description: Answers with the status 429.
      type: int
    waited_seconds:
      description: Seconds spent waiting because the service asked for it or failed.
      type: float
  sample: {requests: 3, token_requests: 2, writes: 1, retries: 0, throttled: 0, waited_seconds: 0.0}
failure:
  description: Why the task failed, for a playbook to decide. The sentence for a person is in RV(ignore:msg).
  returned: failure
  type: dict
  contains:
    code:
      description:
        - One of V(invalid_option), V(missing_library), V(auth_failed), V(not_found), V(ambiguous_match),
          V(write_not_supported), V(not_persisted), V(throttled), V(timeout), V(connection_failed), V(foreign_link) and
          V(bad_response) where one of these applies, else RV(failure.service_code).
      type: str
    service_code:
      description: The service's own error code.
      type: str
    message:
      description: The service's message, or the module's where the service sent none.
      type: str
    phase:
      description: What the task was doing, one of V(validate), V(auth), V(read), V(write) and V(verify).
      type: str
    status:
      description: The HTTP status.
      type: int
    retryable:
      description: Whether the same task may succeed later.
      type: bool
    retry_after:
      description: Seconds after which the service accepts the request again.
      type: float
    method:
      description: The HTTP method.
      type: str
    path:
      description: The path of the URL.
      type: str
    request_id:
      description: The service's id of the request, for Microsoft's support.
      type: str
    client_request_id:
      description: The module's id of the request.
      type: str
    activity_id:
      description: Intune's id of the request.
      type: str
    required_permissions:
      description: The permissions of which one is needed, after a 403.
      type: list
      elements: str
    token_roles:
      description: The permissions that the token carries, after a 403.
      type: list
      elements: str
    candidates:
      description: The ids that were found where exactly one should have been.
      type: list
      elements: str
      returned: when O(match) or O(policy_name) did not find exactly one
    properties:
      description: For each property that the service did not keep, C(wanted) and C(found).
      type: dict
      returned: when RV(failure.code=not_persisted)
"""

from typing import Any

from ansible_collections.graphops.intune.plugins.module_utils._compliance.converge import converge_one
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import (
    COMPLIANCE_STATUS,
    argument_spec,
    read_declaration,
)
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule


class DeviceStatus(GraphModule):
    def read_options(self) -> None:
        self.target, self.desired = read_declaration(self.params, self.connection.api_version)

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return converge_one(
            client,
            self.target,
            self.desired,
            api_version=self.connection.api_version,
            verify=self.params["verify"],
            check_mode=self.check_mode,
            warn=self.warn,
        )


def main() -> None:
    DeviceStatus(
        {**argument_spec(), "verify": {"type": "bool", "default": True}},
        mutually_exclusive=[("policy_id", "policy_name"), ("status_id", "match")],
        required_one_of=[("policy_id", "policy_name"), ("status_id", "match")],
        enumerations={"status": COMPLIANCE_STATUS},
        nothing={"changed_properties": [], "diff": {"before": {}, "after": {}}},
    ).run()


if __name__ == "__main__":
    main()
