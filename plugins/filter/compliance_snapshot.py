# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_snapshot
short_description: Make a snapshot of what was read of a fleet's compliance
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Turns what M(graphops.intune.intune_device_compliance_status_info) returned for each policy into the text of one
    snapshot file, with what could not be read or is incomplete marked as such.
  - Made for the role P(graphops.intune.compliance_report#role).
positional: policies, taken
options:
  _input:
    description:
      - For each of O(policies), in the same order, the result of
        M(graphops.intune.intune_device_compliance_status_info) with
        O(graphops.intune.intune_device_compliance_status_info#module:overview=true); a failure too.
    type: list
    elements: dict
    required: true
  policies:
    description:
      - The policies, as M(graphops.intune.intune_device_compliance_policy_info) returns them.
    type: list
    elements: dict
    required: true
  taken:
    description:
      - The moment of the reading in UTC, such as V(2026-11-24T06:00:00Z).
    type: str
    required: true
seealso:
  - plugin: graphops.intune.compliance_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Store a snapshot
  ansible.builtin.copy:
    content: >-
      {{ readings.results
         | graphops.intune.compliance_snapshot(listed.device_compliance_policies, '2026-11-24T06:00:00Z')
         | string }}
    dest: snapshots/20261124T060000Z.json
    mode: "0600"
"""

RETURN = r"""
_value:
  description:
    - The text of the file, JSON.
  type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._report.snapshot import SnapshotError, from_results


def compliance_snapshot(results: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]], taken: str) -> str:
    """Return the text of a snapshot file."""
    try:
        return from_results(policies, results, str(taken)).to_json()
    except SnapshotError as error:
        raise AnsibleFilterError(f"No snapshot can be made: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return it by its name."""
        return {"compliance_snapshot": compliance_snapshot}
