#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_managed_device_info
short_description: Read managed devices from Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Lists managed devices with their compliance state, last check-in and user.
  - A device has one compliance state. Its statuses under each policy are read by
    M(graphops.intune.intune_device_compliance_status_info).
  - Follows every page. If one cannot be read, the task fails; it never returns a partial list.
  - The permission C(DeviceManagementConfiguration.Read.All), which the other modules read with, is enough; so is
    C(DeviceManagementManagedDevices.Read.All).
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
  - graphops.intune._attributes.info_module
options:
  managed_device_id:
    description:
      - Only the devices with these ids. The task fails if there is no device with one of them; RV(failure) then has
        the code V(not_found). An empty list returns no device.
      - These are the ids in Intune, not the ones in Microsoft Entra, for which there is O(entra_device_id).
    type: list
    elements: str
  device_name:
    description:
      - Only devices with this name, exactly but case-insensitive.
      - Names, users and the operating system are filtered by the service, whose handling of case Microsoft does not
        document. Where it finds no device, all devices are read and compared here.
    type: str
  user_principal_name:
    description:
      - Only devices of the user with this user principal name, exactly but case-insensitive.
    type: str
  entra_device_id:
    description:
      - Only the device with this id in Microsoft Entra, which Microsoft Graph calls C(azureADDeviceId).
    type: str
  serial_number:
    description:
      - Only devices with this serial number, exactly but case-insensitive.
    type: str
  operating_system:
    description:
      - Only devices with this operating system, such as V(Windows) or V(iOS), exactly but case-insensitive.
    type: str
  last_sync_before:
    description:
      - Only devices that last checked in before this time, in ISO 8601 with an offset or C(Z).
    type: str
  grace_expires_before:
    description:
      - Only devices with a grace period that expires before this time, in ISO 8601 with an offset or C(Z). A grace
        period that never expires is before no time.
    type: str
  compliance_state:
    description:
      - Only devices in these states. They are spelled differently from the statuses under a policy.
    type: list
    elements: str
    choices: [unknown, compliant, noncompliant, conflict, error, inGracePeriod, configManager]
  select:
    description:
      - Properties to return in addition to those listed under RV(managed_devices), such as V(imei) or V(is_encrypted),
        in the service's spelling or in snake_case. They are returned in snake_case.
      - Some properties are null in lists. The service returns them for the devices in O(managed_device_id) only.
    type: list
    elements: str
notes:
  - The service filters by name, user, Entra id, operating system, state and time, the module by the rest. If the
    service refuses to filter, every device is read and the module filters, with a warning.
seealso:
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
- name: Find the devices that are not compliant, or soon will not be
  graphops.intune.intune_managed_device_info:
    compliance_state: [noncompliant, inGracePeriod]
  register: failing

- name: Find the devices that have not checked in since the first of the month
  graphops.intune.intune_managed_device_info:
    last_sync_before: "2026-11-01T00:00:00Z"
  register: silent

- name: Read one device, with its encryption
  graphops.intune.intune_managed_device_info:
    device_name: PC-0001
    select: [is_encrypted]
"""

RETURN = r"""
managed_devices:
  description:
    - The devices, in the service's order or in the order of O(managed_device_id).
    - A property that the service left out is null.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the device in Intune.
      type: str
    device_name:
      description: The name of the device.
      type: str
    compliance_state:
      description: The compliance state. One that this version does not know is shown as the service spells it.
      type: str
      sample: noncompliant
    compliance_grace_period_expiration_date_time:
      description: When the grace period expires.
      type: str
    last_sync_date_time:
      description: When the device last checked in.
      type: str
    enrolled_date_time:
      description: When the device was enrolled.
      type: str
    operating_system:
      description: The operating system.
      type: str
      sample: Windows
    os_version:
      description: The version of the operating system.
      type: str
    manufacturer:
      description: The manufacturer.
      type: str
    model:
      description: The model.
      type: str
    serial_number:
      description: The serial number.
      type: str
    user_principal_name:
      description: The user principal name of the device's user.
      type: str
    user_display_name:
      description: The name of the device's user.
      type: str
    user_id:
      description: The id of the device's user in Microsoft Entra.
      type: str
    entra_device_id:
      description: The id of the device in Microsoft Entra.
      type: str
    management_agent:
      description: What manages the device, such as V(mdm).
      type: str
    owner_type:
      description: Whose device it is, V(company), V(personal) or V(unknown).
      type: str
count:
  description: The number of devices.
  returned: success
  type: int
  sample: 2
summary:
  description: The number of devices in each state.
  returned: success
  type: dict
  sample: {noncompliant: 1, inGracePeriod: 1}
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

from ansible_collections.graphops.intune.plugins.module_utils._devices import listing, model
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule


class ManagedDeviceInfo(GraphModule):
    def read_options(self) -> None:
        self.query = model.DeviceQuery.from_options(self.params)

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return listing.read_devices(client, self.query, batch=not self.check_mode, warn=self.warn)


def main() -> None:
    ManagedDeviceInfo(model.argument_spec(), enumerations={"compliance_state": model.COMPLIANCE_STATE}).run()


if __name__ == "__main__":
    main()
