# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance_statuses
short_description: Read desired device compliance statuses from CSV, JSON or YAML
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Reads a file on the controller and returns what it declares as items for
    M(graphops.intune.intune_device_compliance_status_bulk), checked as far as it can be without the network. Everything
    wrong is named in one message, by row and column.
  - CSV is read as spreadsheets write it, with commas, semicolons, tabs or bars, with or without a byte-order mark, in
    UTF-8 or UTF-16. Case, blanks and underscores in headings do not count, so that C(device_model), C(deviceModel) and
    C(Device model) are the same. An empty cell leaves its property alone. Dates need an offset, which Excel's own do
    not have.
  - The columns C(match_device_display_name), C(match_user_principal_name) and C(match_user_name) select the status
    where O(graphops.intune.intune_device_compliance_status#module:status_id) is not known.
  - A JSON or YAML file holds a list of items, or has it under C(statuses) or, as a result of
    M(graphops.intune.intune_device_compliance_status_info), under
    RV(graphops.intune.intune_device_compliance_status_info#module:device_compliance_statuses). A date in YAML needs no
    quotes here.
  - Made for the role P(graphops.intune.compliance_converge#role).
options:
  _terms:
    description:
      - The files. A relative path is looked for as Ansible looks for files, then in the current working directory.
    type: list
    elements: path
    required: true
  format:
    description:
      - How the file is written. With V(auto) its name tells, by C(.csv), C(.json), C(.yaml) or C(.yml).
    type: str
    choices: [auto, csv, json, yaml]
    default: auto
  delimiter:
    description:
      - The one character between the cells of a CSV file. By default the headings tell.
    type: str
  clear_marker:
    description:
      - What a cell of a CSV file says to set its property to null.
    type: str
    default: <clear>
  columns:
    description:
      - What the headings of a CSV file stand for, where they are other ones. A heading that stands for null does not
        count.
    type: dict
    default: {}
  policy_id:
    description:
      - The id of the policy of the items that name none.
    type: str
  policy_name:
    description:
      - The display name of the policy of the items that name none.
    type: str
  strict:
    description:
      - Whether to fail where a file cannot be used. With V(false), the result says why.
    type: bool
    default: true
seealso:
  - module: graphops.intune.intune_device_compliance_status_bulk
"""

EXAMPLES = r"""
- name: Bring the devices of an auditor's list to what it says
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ lookup('graphops.intune.compliance_statuses', 'audit.csv', columns=headings).statuses }}"
  vars:
    headings:
      Policy: policy_name
      Device: match_device_display_name
      State: status
      Remarks: null # does not count
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each file.
  type: list
  elements: dict
  contains:
    statuses:
      description: The items.
      type: list
      elements: dict
    places:
      description: Where each item stands in its file, such as C(row 2), counted as a spreadsheet does.
      type: list
      elements: str
    problem:
      description: Why the file cannot be used, or null.
      type: str
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._desired.csv_rows import Dialect
from ..plugin_utils._desired.files import DesiredError, read_desired


class LookupModule(LookupBase):
    """Reads files of desired statuses."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return what each file declares."""
        self.set_options(  # type: ignore[no-untyped-call]  # as ansible-core has it
            var_options=variables, direct=kwargs
        )
        options: dict[str, Any] = self.get_options()  # type: ignore[no-untyped-call]
        delimiter = options["delimiter"] or None
        if delimiter is not None and len(delimiter) != 1:
            raise AnsibleLookupError(f"delimiter is {delimiter!r}; it must be one character")
        kind = None if options["format"] == "auto" else options["format"]
        dialect = Dialect(delimiter, options["clear_marker"].strip(), options["columns"])
        defaults = {name: options[name] or None for name in ("policy_id", "policy_name")}
        found = [self._read(self._find(term, variables), kind, dialect, defaults) for term in terms]
        if options["strict"]:
            for problem in (one["problem"] for one in found if one["problem"]):
                raise AnsibleLookupError(problem)
        return found

    def _find(self, term: str, variables: dict[str, Any] | None) -> Path:
        found = self.find_file_in_search_path(  # type: ignore[no-untyped-call]
            variables, "files", str(term), ignore_missing=True
        )
        return Path(str(found or term)).expanduser()

    def _read(self, path: Path, kind: str | None, dialect: Dialect, defaults: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**read_desired(path, kind, dialect, defaults)._asdict(), "problem": None}
        except DesiredError as error:
            problem = f"{path} cannot be used: {error}"
        except OSError as error:
            problem = f"{path} cannot be read: {error.strerror}"
        return {"statuses": [], "places": [], "problem": problem}
