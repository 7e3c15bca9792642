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
  - Reads files on the controller and returns what they declare as items for
    M(graphops.intune.intune_device_compliance_status_bulk).
  - Everything is checked that can be checked without the network. One message names all problems by row and column.
  - CSV is read as spreadsheets write it, with commas, semicolons, tabs or bars, with or without a byte-order mark, in
    UTF-8 or UTF-16. Case, blanks and underscores in headings are ignored, so that C(device_model), C(deviceModel) and
    C(Device model) are the same. An empty cell leaves its property unchanged. Dates need an offset, which Excel does
    not write.
  - The columns C(match_device_display_name), C(match_user_principal_name) and C(match_user_name) select the status
    where O(graphops.intune.intune_device_compliance_status#module:status_id) is not known.
  - A JSON or YAML file contains a list of items, or has it under C(statuses) or, like a result of
    M(graphops.intune.intune_device_compliance_status_info), under
    RV(graphops.intune.intune_device_compliance_status_info#module:device_compliance_statuses). Dates in YAML need no
    quotes here.
options:
  _terms:
    description:
      - The files. A relative path is searched for like other files of Ansible, then in the current working directory.
      - A list of items in place of a path is checked like a JSON file that contains it.
    type: list
    elements: raw
    required: true
  format:
    description:
      - The format of the files. With V(auto), the suffix C(.csv), C(.json), C(.yaml) or C(.yml) determines it.
    type: str
    choices: [auto, csv, json, yaml]
    default: auto
  delimiter:
    description:
      - The character between the cells of a CSV file. By default it is found in the headings.
    type: str
  clear_marker:
    description:
      - The text of a cell of a CSV file that sets its property to null.
    type: str
    default: <clear>
  columns:
    description:
      - The names that other headings of a CSV file stand for. Map a heading to null to ignore its column.
    type: dict
    default: {}
  policy_id:
    description:
      - The id of the policy of the items that do not name one.
    type: str
  policy_name:
    description:
      - The display name of the policy of the items that do not name one.
    type: str
  one_policy:
    description:
      - With V(true), all items belong to the policy O(policy_id), and RV(_raw[].statuses) have its id. An item that
        names another policy is a problem. An item may also name the policy by O(policy_name), in any case.
      - So the items of several files, each for one policy, can become one list for one task.
    type: bool
    default: false
  label:
    description:
      - A text that precedes each of RV(_raw[].places), such as the name of the file where the items of several files
        become one list.
    type: str
  strict:
    description:
      - Whether the lookup fails when a file cannot be used. With V(false), RV(_raw[].problem) is the reason.
    type: bool
    default: true
seealso:
  - module: graphops.intune.intune_device_compliance_status_bulk
  - plugin: graphops.intune.compliance_outcome
    plugin_type: filter
"""

EXAMPLES = r"""
# audit.csv:
#   Policy;Device;State;Remarks
#   Windows baseline;PC-0001;notApplicable;replaced
- name: Converge the devices of an audit
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ lookup('graphops.intune.compliance_statuses', 'audit.csv', columns=headings).statuses }}"
  vars:
    headings:
      Policy: policy_name
      Device: match_device_display_name
      State: status
      Remarks: null # ignored

- name: Converge two policies with one task, each from a file whose items name no policy
  graphops.intune.intune_device_compliance_status_bulk:
    statuses: "{{ windows.statuses + ios.statuses }}"
  vars:
    windows: "{{ lookup('graphops.intune.compliance_statuses', 'windows.yml', policy_id=windows_id, one_policy=true) }}"
    ios: "{{ lookup('graphops.intune.compliance_statuses', 'ios.yml', policy_id=ios_id, one_policy=true) }}"
    windows_id: c6c78124-8124-c6c7-2481-c7c62481c7c6
    ios_id: 7d8e9fa0-b1c2-4d3e-8f40-516273849506

- name: Show whether a file can be used, without a request
  ansible.builtin.debug:
    msg: "{{ audit.problem or audit.statuses | length ~ ' statuses' }}"
  vars:
    audit: "{{ lookup('graphops.intune.compliance_statuses', 'audit.csv', strict=false) }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each file.
  type: list
  elements: dict
  contains:
    statuses:
      description: The items, empty where the file cannot be used.
      type: list
      elements: dict
    places:
      description: The place of each item in its file, such as C(row 2), as a spreadsheet counts rows.
      type: list
      elements: str
    problem:
      description: The reason why the file cannot be used, or null.
      type: str
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._desired.csv_rows import Dialect
from ..plugin_utils._desired.files import Desired, DesiredError, Policy, read_file, read_list


class LookupModule(LookupBase):
    """Reads desired statuses."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return what each file or list declares."""
        self.set_options(  # type: ignore[no-untyped-call]  # as ansible-core has it
            var_options=variables, direct=kwargs
        )
        options: dict[str, Any] = self.get_options()  # type: ignore[no-untyped-call]
        _check(options)
        policy = Policy(options["policy_id"] or None, options["policy_name"] or None, options["one_policy"])
        kind = None if options["format"] == "auto" else options["format"]
        dialect = Dialect(options["delimiter"] or None, options["clear_marker"].strip(), options["columns"])

        def read(term: Any) -> dict[str, Any]:
            if isinstance(term, list):
                return _read("The list of statuses", options["label"], lambda: read_list(term, policy))
            path = self._find(str(term), variables)
            return _read(str(path), options["label"], lambda: read_file(path, kind, dialect, policy))

        found = list(map(read, terms))
        if options["strict"]:
            for problem in (one["problem"] for one in found if one["problem"]):
                raise AnsibleLookupError(problem)
        return found

    def _find(self, name: str, variables: dict[str, Any] | None) -> Path:
        found = self.find_file_in_search_path(  # type: ignore[no-untyped-call]
            variables, "files", name, ignore_missing=True
        )
        return Path(str(found or name)).expanduser()


def _check(options: dict[str, Any]) -> None:
    if options["delimiter"] and len(options["delimiter"]) != 1:
        raise AnsibleLookupError(f"delimiter is {options['delimiter']!r}; it must be one character")
    if options["one_policy"] and not options["policy_id"]:
        raise AnsibleLookupError("one_policy needs policy_id, the id of the policy of all items")


def _read(name: str, label: str | None, read: Callable[[], Desired]) -> dict[str, Any]:
    """Return an entry of the result; *name* is the file or list in a message."""
    try:
        statuses, places = read()
    except DesiredError as error:
        problem = f"{name} cannot be used: {error}"
    except OSError as error:
        problem = f"{name} cannot be read: {error.strerror}"
    else:
        labeled = [f"{label}, {place}" for place in places] if label else places
        return {"statuses": statuses, "places": labeled, "problem": None}
    return {"statuses": [], "places": [], "problem": problem}
