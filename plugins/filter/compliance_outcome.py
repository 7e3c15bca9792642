# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_outcome
short_description: Describe the result of a bulk task in sentences
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Turns the result of M(graphops.intune.intune_device_compliance_status_bulk) into sentences for a log, a ticket or a
    message. They state how many statuses had which outcome, which properties and devices changed, and which statuses
    are not as declared. Of the latter two, ten are listed.
  - The role P(graphops.intune.compliance_converge#role) shows these sentences.
positional: statuses, places
options:
  _input:
    description:
      - The registered result of M(graphops.intune.intune_device_compliance_status_bulk), also of a task that failed.
    type: dict
    required: true
  statuses:
    description:
      - The items that the task was given.
    type: list
    elements: dict
    required: true
  places:
    description:
      - The name of each item, such as its row. P(graphops.intune.compliance_statuses#lookup) returns them. If empty,
        items are counted from 0.
    type: list
    elements: str
    default: []
  policy_id:
    description:
      - Describe only the items of this policy, in the spelling of the items.
    type: str
notes:
  - The task whose result this is should have C(failed_when=false), so that the play continues where a status failed.
    Fail afterwards where RV(_value.problem) is not null.
seealso:
  - plugin: graphops.intune.compliance_statuses
    plugin_type: lookup
  - module: graphops.intune.intune_device_compliance_status_bulk
"""

EXAMPLES = r"""
- name: Read the statuses that an audit declares
  ansible.builtin.set_fact:
    desired: "{{ lookup('graphops.intune.compliance_statuses', 'audit.csv', columns=headings) }}"
  vars:
    headings:
      Policy: policy_name
      Device: match_device_display_name
      State: status
      Remarks: null

- name: Converge them
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ desired.statuses }}"
  register: converged
  failed_when: false

- name: Describe the outcome
  ansible.builtin.set_fact:
    outcome: "{{ converged | graphops.intune.compliance_outcome(desired.statuses, desired.places) }}"

- name: Show it, and fail where not all statuses are as declared
  ansible.builtin.debug:
    msg: "{{ outcome.sentences }}"
  failed_when: outcome.problem is not none
"""

RETURN = r"""
_value:
  description:
    - The outcome.
  type: dict
  contains:
    sentences:
      description: How many statuses had which outcome, what changed, and what is not as declared.
      type: list
      elements: str
    problem:
      description: Why not all statuses are as declared, or null.
      type: str
    changed:
      description: Whether anything changed, or would in check mode.
      type: bool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plugin_utils._desired.outcome import describe_outcome


def compliance_outcome(
    result: Mapping[str, Any],
    statuses: Sequence[Mapping[str, Any]],
    places: Sequence[str] = (),
    policy_id: str | None = None,
) -> dict[str, Any]:
    """Return sentences, problem and changed."""
    return describe_outcome(result, statuses, places, policy_id)._asdict()


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return it by its name."""
        return {"compliance_outcome": compliance_outcome}
