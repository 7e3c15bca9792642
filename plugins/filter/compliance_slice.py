# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_slice
short_description: Mark what one policy declares as that policy's
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Gives each of the items the id of their policy, so that those of several policies can be put into one list for
    M(graphops.intune.intune_device_compliance_status_bulk), and says so where an item names another policy.
  - Made for the role P(graphops.intune.compliance_converge#role).
positional: host, policy_id, policy_name
options:
  _input:
    description:
      - What P(graphops.intune.compliance_statuses#lookup) returned, or a dictionary like that. C(statuses), C(places)
        and C(problem) can be left out.
    type: dict
    required: true
  host:
    description:
      - What to call the policy in the places of its items.
    type: str
    required: true
  policy_id:
    description:
      - The id of the policy.
    type: str
    required: true
  policy_name:
    description:
      - The display name of the policy, by which items can name it too, in any case.
    type: str
seealso:
  - plugin: graphops.intune.compliance_outcome
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Declare the statuses of a policy
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ (declared | graphops.intune.compliance_slice(inventory_hostname, intune_policy_id)).statuses }}"
"""

RETURN = r"""
_value:
  description:
    - The items, marked.
  type: dict
  contains:
    statuses:
      description: The items with the id of their policy.
      type: list
      elements: dict
    places:
      description: What to call each item, such as C(Windows_baseline, row 2).
      type: list
      elements: str
    problem:
      description: The problem that was given, else which other policies are named, else null.
      type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..plugin_utils._desired.slices import mark


def compliance_slice(
    declared: Mapping[str, Any], host: str, policy_id: str, policy_name: str | None = None
) -> dict[str, Any]:
    """Return statuses, places and problem."""
    marked = mark(declared.get("statuses") or [], declared.get("places") or [], host, policy_id, policy_name)
    return marked._replace(problem=declared.get("problem") or marked.problem)._asdict()


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return it by its name."""
        return {"compliance_slice": compliance_slice}
