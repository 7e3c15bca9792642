# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_snapshots
short_description: Read the stored compliance snapshots
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Reads a directory of snapshots on the controller, and returns the figures of each and the text of the one to compare
    with. Of the others the first line is read, so that years of them stay quick.
  - A file that is no snapshot is reported in the result and does not fail the lookup.
  - Made for the role P(graphops.intune.compliance_report#role).
options:
  _terms:
    description:
      - The directory. It need not exist yet.
    type: list
    elements: path
    required: true
  before:
    description:
      - Only snapshots that were taken before this moment, in UTC, such as V(2026-11-24T06:00:00Z).
    type: str
    required: true
  compare_days:
    description:
      - The snapshot to compare with is the newest that was taken at least so many days before O(before). With V(0) it
        is the newest.
    type: int
    default: 0
seealso:
  - plugin: graphops.intune.compliance_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell how many snapshots there are
  ansible.builtin.debug:
    msg: "{{ found.headers | length }} snapshots, {{ found.unreadable | length }} files that are none"
  vars:
    found: "{{ lookup('graphops.intune.compliance_snapshots', 'snapshots', before='2026-11-24T06:00:00Z') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each directory.
  type: list
  elements: dict
  contains:
    headers:
      description: The figures of the snapshots, the oldest first.
      type: list
      elements: dict
    baseline:
      description: The text of the snapshot to compare with, or null.
      type: str
    unreadable:
      description: C(file) and C(problem) of each file that is no snapshot.
      type: list
      elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._report.history import read
from ..plugin_utils._timestamps import is_moment


class LookupModule(LookupBase):
    """Reads directories of snapshots."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return what was found in each directory."""
        self.set_options(  # type: ignore[no-untyped-call]  # as ansible-core has it
            var_options=variables, direct=kwargs
        )
        before: str = self.get_option("before")  # type: ignore[no-untyped-call]
        compare_days: int = self.get_option("compare_days")  # type: ignore[no-untyped-call]
        if not is_moment(before):
            raise AnsibleLookupError(f"before is {before!r}; write it in UTC, like 2026-11-24T06:00:00Z")
        if compare_days < 0:
            raise AnsibleLookupError(f"compare_days is {compare_days}; it must be 0 days or more")
        try:
            return [read(Path(str(term)).expanduser(), str(before), compare_days) for term in terms]
        except OSError as error:
            raise AnsibleLookupError(f"The snapshots in {error.filename} cannot be read: {error.strerror}") from error
