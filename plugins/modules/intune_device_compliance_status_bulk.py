#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_device_compliance_status_bulk
short_description: Declare the properties of many device compliance statuses in one task
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Does what M(graphops.intune.intune_device_compliance_status) does, for thousands of statuses in one task.
  - All items are checked before anything is read, and everything is read before anything is written.
  - Statuses are read by paging a policy's list, or, where few are wanted of a long list, by item, 20 in one request.
  - Updates are sent 20 in one request and paced, so that they use all of the budget that Microsoft publishes and
    no more. Updates that are throttled nevertheless are repeated at the time that the service names, and nothing else
    is written until then. What was written is read back in one more pass.
  - An item that fails does not stop the others. The task fails at the end, and running it again touches only what is
    left. The same is true for a task that was interrupted.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._progress
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
attributes:
  check_mode:
    support: full
    details:
      - Reads, and returns what would change. Whether the service accepts the updates is only known after
        sending them. Only C(GET) requests are sent to Microsoft Graph, which takes longer for few statuses of a long
        list.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  policy_id:
    description:
      - The id of the device compliance policy of all items that do not name one.
    type: str
  policy_name:
    description:
      - The display name of the device compliance policy of all items that do not name one.
    type: str
  statuses:
    description:
      - What to declare. An item takes the options O(graphops.intune.intune_device_compliance_status#module:policy_id),
        O(graphops.intune.intune_device_compliance_status#module:policy_name),
        O(graphops.intune.intune_device_compliance_status#module:status_id),
        O(graphops.intune.intune_device_compliance_status#module:match),
        O(graphops.intune.intune_device_compliance_status#module:clear) and the properties of
        M(graphops.intune.intune_device_compliance_status), in either spelling.
      - Null leaves a property unchanged, so the rows of
        M(graphops.intune.intune_device_compliance_status_info) are valid items.
        RV(graphops.intune.intune_device_compliance_status_info#module:device_compliance_statuses[].id) means
        O(graphops.intune.intune_device_compliance_status#module:status_id), the properties of the policy are ignored,
        and so is a status that this version does not know.
      - Two items for one status are an error.
    type: list
    elements: dict
    required: true
  on_error:
    description:
      - With V(continue), every item that can be converged is converged, whatever fails.
      - With V(stop), nothing is written if reading any item failed, and no more is sent once an update failed.
    type: str
    choices: [continue, stop]
    default: continue
  verify:
    description:
      - Whether to read back what was written.
    type: bool
    default: true
  write_limit:
    description:
      - How many updates this task may send in O(write_limit_period). The default is all that Microsoft grants one
        application in one tenant. Lower it where several tasks run at once, or other software writes too. The waits
        that the service then asks for count against O(retry_timeout), the task's own pace does not.
      - Reading takes the same share of what Microsoft grants for requests of any kind, which is 1000 in 20 seconds.
    type: int
    default: 100
  write_limit_period:
    description:
      - The period of O(write_limit) in seconds, at most a day.
    type: float
    default: 20.0
seealso:
  - module: graphops.intune.intune_device_compliance_status
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
- name: Declare two statuses
  graphops.intune.intune_device_compliance_status_bulk:
    policy_name: Windows baseline
    statuses:
      - match:
          device_display_name: KIOSK-0003
          user_principal_name: bea@contoso.example
        status: notApplicable
      - status_id: "{{ status_id }}"
        clear: [device_model]

- name: Read the statuses with an error or a conflict
  graphops.intune.intune_device_compliance_status_info:
    status: [error, conflict]
  register: failing

- name: Declare the same status for all of them, with half of the application's budget
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ failing.device_compliance_statuses | map('combine', {'status': 'unknown'}) }}"
    write_limit: 50
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the items.
  returned: when options are valid
  type: list
  elements: dict
  contains:
    policy_id:
      description: The id of the policy.
      type: str
    status_id:
      description: The id of the status, null where it was not found.
      type: str
    device_display_name:
      description: The name of the device before the task, null where the status was not read or has none.
      type: str
    outcome:
      description:
        - V(ok) where nothing differed, V(changed), V(failed), or V(not_attempted) where no update was sent, or every
          one was throttled.
        - Where the service does not accept updates, those that were not sent for that reason are V(failed) too.
        - In check mode V(changed) means that it would change.
      type: str
    changed_properties:
      description: The properties that changed.
      type: list
      elements: str
    failure:
      description:
        - Why the item is not as it should be, as RV(graphops.intune.intune_device_compliance_status#module:failure).
      type: dict
summary:
  description: How many items had which outcome, and how many there are.
  returned: when options are valid
  type: dict
  sample: {ok: 900, changed: 99, failed: 1, not_attempted: 0, total: 1000}
diff:
  description: The differing properties before and after, by policy and status.
  returned: always
  type: dict
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

from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_items import BulkOptions
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import bulk_arguments, read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.converge import converge_many
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._graph.progress import PROGRESS_ARGUMENT
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule


class DeviceStatusBulk(GraphModule):
    def read_options(self) -> None:
        self.options = BulkOptions.from_options(self.params, check_mode=self.check_mode)
        self.items = read_items(self.params["statuses"], self.params, self.connection.api_version)

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return converge_many(client, self.items, self.options)


def main() -> None:
    DeviceStatusBulk(
        {**bulk_arguments(), **PROGRESS_ARGUMENT},
        mutually_exclusive=[("policy_id", "policy_name")],
        nothing={"diff": {"before": {}, "after": {}}},
    ).run()


if __name__ == "__main__":
    main()
