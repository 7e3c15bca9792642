# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_outcome
short_description: Tell what became of many device compliance statuses
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Turns what M(graphops.intune.intune_device_compliance_status_bulk) returned into sentences, with each item that is
    not as declared, up to ten.
  - Made for the role P(graphops.intune.compliance_converge#role).
positional: statuses, places
options:
  _input:
    description:
      - The registered result of M(graphops.intune.intune_device_compliance_status_bulk); a failure too.
    type: dict
    required: true
  statuses:
    description:
      - The items that the module was given.
    type: list
    elements: dict
    required: true
  places:
    description:
      - What to call each item. When empty, by its index from 0.
    type: list
    elements: str
    default: []
  policy_id:
    description:
      - Tell of the items of this policy alone, spelled as the items spell it.
    type: str
seealso:
  - plugin: graphops.intune.compliance_statuses
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Tell the outcome
  ansible.builtin.debug:
    msg: "{{ (converged | graphops.intune.compliance_outcome(statuses)).sentences }}"
"""

RETURN = r"""
_value:
  description:
    - What became of the statuses.
  type: dict
  contains:
    sentences:
      description: How many had which outcome, what changed, and what is not as declared.
      type: list
      elements: str
    problem:
      description: Why not all is as declared, else null.
      type: str
    changed:
      description: Whether anything changed, or would in check mode.
      type: bool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plugin_utils._desired.outcome import tell


def compliance_outcome(
    result: Mapping[str, Any],
    statuses: Sequence[Mapping[str, Any]],
    places: Sequence[str] = (),
    policy_id: str | None = None,
) -> dict[str, Any]:
    """Return sentences, problem and changed."""
    return tell(result, statuses, places, policy_id)._asdict()


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return it by its name."""
        return {"compliance_outcome": compliance_outcome}
