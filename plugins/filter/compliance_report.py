# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_report
short_description: Make a report of a compliance snapshot
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Turns a snapshot and what came before it into a page, a table or figures.
  - Texts from the service are escaped for what they are put into, and the page asks for nothing from anywhere.
  - Made for the role P(graphops.intune.compliance_report#role).
positional: format
options:
  _input:
    description:
      - The text of a snapshot, as P(graphops.intune.compliance_snapshot#filter) makes it.
    type: str
    required: true
  format:
    description:
      - What to make of it.
    type: str
    choices:
      html: A page for people, one file.
      csv: All statuses, one per line, for spreadsheets. Cells that a spreadsheet would run begin with an apostrophe.
      json: The figures, for programs.
    required: true
  history:
    description:
      - The earlier snapshots, as P(graphops.intune.compliance_snapshots#lookup) finds them. Without, the report is the
        first.
    type: dict
  title:
    description:
      - The heading of the report.
    type: str
    default: Device compliance
  grace_days:
    description:
      - Within how many days a grace period ends soon.
    type: int
    default: 7
  healthy_days:
    description:
      - Within how many days a device that is healthy has reported.
    type: int
    default: 7
  stale_days:
    description:
      - After how many days without a report a device is stale.
    type: int
    default: 30
  style:
    description:
      - The style sheet for O(format=html).
    type: str
    default: ""
  script:
    description:
      - The script for O(format=html).
    type: str
    default: ""
seealso:
  - plugin: graphops.intune.compliance_snapshots
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Write the statuses of a stored snapshot as CSV
  ansible.builtin.copy:
    content: >-
      {{ lookup('ansible.builtin.file', 'snapshots/20261124T060000Z.json')
         | graphops.intune.compliance_report('csv') | string }}
    dest: statuses.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description:
    - The text of the file.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._report.csv_file import to_csv
from ..plugin_utils._report.figures import Figures, Limits, count
from ..plugin_utils._report.history import History
from ..plugin_utils._report.json_file import to_json
from ..plugin_utils._report.page.page import to_html
from ..plugin_utils._report.snapshot import SnapshotError, from_json

FORMATS = ("html", "csv", "json")


def compliance_report(
    snapshot: str,
    format: str,  # noqa: A002 - the name that users write
    history: Mapping[str, Any] | None = None,
    title: str = "Device compliance",
    grace_days: int = 7,
    healthy_days: int = 7,
    stale_days: int = 30,
    style: str = "",
    script: str = "",
) -> str:
    """Return the report of a snapshot in one format."""
    if format not in FORMATS:
        raise AnsibleFilterError(f"format is {format!r}; it must be one of {', '.join(FORMATS)}")
    limits = Limits(int(grace_days), int(healthy_days), int(stale_days))
    if problems := limits.problems():
        raise AnsibleFilterError("; ".join(problems))
    try:
        earlier = History() if history is None else History.from_lookup(history)
        figures = count(from_json(snapshot), earlier, limits)
    except SnapshotError as error:
        raise AnsibleFilterError(f"No report can be made of this snapshot: {error}") from error
    text = _write(figures, format, snapshot, str(title), style, script)
    # Until ansible-core 2.18, text that is not marked like this is taken for a template when it comes by again.
    return type(snapshot)(text) if hasattr(snapshot, "__UNSAFE__") else text


def _write(figures: Figures, format_: str, snapshot: str, title: str, style: str, script: str) -> str:
    if format_ == "csv":
        return to_csv(figures)
    if format_ == "json":
        return to_json(figures, snapshot, title)
    return to_html(figures, title, str(style), str(script))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return it by its name."""
        return {"compliance_report": compliance_report}
