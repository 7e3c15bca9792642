#!/usr/bin/python

# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module has documentation only. It is implemented as the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: intune_device_compliance_report
short_description: Report on the device compliance of a fleet
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Reads the device compliance statuses of some or all policies, policy by policy, and stores them as a dated
    snapshot.
  - Compares them with an earlier snapshot, and writes an HTML page for people, a CSV file for spreadsheets and a JSON
    file for programs.
  - A policy that cannot be read, or whose list has fewer statuses than the service counts, is marked in all of them
    and never counted as zero.
  - Reads on the host that the task runs on, by the collection's info modules, and writes on the controller. Run it on
    C(localhost), or delegate it there.
extends_documentation_fragment:
  - graphops.intune.graph
  - graphops.intune._attributes
  - graphops.intune._attributes.actiongroup_graph
attributes:
  check_mode:
    support: full
    details:
      - Reads the fleet and returns the figures. Writes nothing.
  diff_mode:
    support: full
    details:
      - Shows which files change, with their size, checksum and permissions, and not their content.
  idempotent:
    support: full
    details:
      - With the same O(timestamp). By default each run is a report of a later time.
options:
  directory:
    description:
      - Where the report is written, on the controller. The files contain the names of people and devices.
      - A relative path is relative to the working directory.
    type: path
    default: compliance-report
  snapshot_directory:
    description:
      - Where the snapshots are, on the controller. Use one directory for each tenant and each choice of policies.
      - The default is C(snapshots) in O(directory).
    type: path
  name:
    description:
      - The name of the report's files, without C(.html), C(.csv) and C(.json). Existing files are replaced.
    type: str
    default: report
  title:
    description:
      - The heading of the page.
    type: str
    default: Device compliance
  template:
    description:
      - A Jinja2 template for the page, in place of the collection's own.
      - A relative path is searched for as by M(ansible.builtin.template), and then in the working directory.
      - The variables that a template gets are in the README of the role P(graphops.intune.compliance_report#role).
        It is rendered by Jinja2 alone, with C(autoescape) and C(StrictUndefined), and without the variables, filters
        and lookups of Ansible.
    type: path
  policies:
    description:
      - The policies to report on, each by its id or its display name, case-sensitive. One that does not exist is an
        error.
      - When empty, all policies.
    type: list
    elements: str
    default: []
  grace_days:
    description:
      - A grace period that ends within this many days ends soon.
    type: int
    default: 7
  healthy_days:
    description:
      - A device that reported within this many days is healthy.
    type: int
    default: 7
  stale_days:
    description:
      - A device that reported longer ago than this many days is stale. Between O(healthy_days) and this it is
        drifting. Not less than O(healthy_days).
    type: int
    default: 30
  compare_days:
    description:
      - Compare with the newest snapshot that is at least this many days old. With V(0), with the last one.
    type: int
    default: 0
  require_complete:
    description:
      - Whether to fail, after everything is written, when something could not be read or is incomplete.
    type: bool
    default: false
  mode:
    description:
      - The permissions of the files, octal with its leading zero, in quotes, or symbolic.
    type: raw
    default: "0600"
  directory_mode:
    description:
      - The permissions of the directories that do not exist yet.
    type: raw
    default: "0700"
  timestamp:
    description:
      - The time of the report in UTC, such as V(2026-11-24T06:00:00Z). The default is now.
      - The age of reports, the grace periods and the snapshots to compare with refer to it.
    type: str
notes:
  - After five minutes spent on policies that could not be read, O(retry_timeout) is 30 seconds for the remaining ones
    unless it is given as an option.
  - C(module_defaults) for an info module alone have no effect on the reading. Use those of the group
    C(graphops.intune.graph), or of this module.
seealso:
  - module: graphops.intune.intune_device_compliance_status_info
"""

EXAMPLES = r"""
- name: Report on all policies
  graphops.intune.intune_device_compliance_report:
    directory: reports

- name: Report on two policies, compared with last week, and fail when something is missing
  graphops.intune.intune_device_compliance_report:
    directory: reports/windows
    title: Windows compliance, Contoso
    policies: [Windows baseline, c6c78124-8124-c6c7-2481-c7c62481c7c6]
    compare_days: 7
    require_complete: true
  register: report

- name: Show the report in one sentence
  ansible.builtin.debug:
    var: report.headline
"""

RETURN = r"""
headline:
  description: The report in one sentence.
  returned: when the fleet was read
  type: str
  sample: 412 of 10,000 devices (4.1%) are not compliant; 12 fewer than on 17 November.
complete:
  description: Whether every list was read, and has as many statuses as the service counts.
  returned: when the fleet was read
  type: bool
  sample: true
missing:
  description: A sentence for each policy that could not be read or is incomplete, and for each snapshot that could not
    be read.
  returned: when the fleet was read
  type: list
  elements: str
  sample: ["iOS baseline is incomplete: 1,253 statuses listed, 1,254 counted by the service"]
devices:
  description: How many devices are listed.
  returned: when the fleet was read
  type: int
  sample: 10000
not_compliant_devices:
  description: How many of them are not compliant under at least one policy.
  returned: when the fleet was read
  type: int
  sample: 412
html:
  description: The path of the page.
  returned: when the fleet was read
  type: str
  sample: /srv/reports/report.html
csv:
  description: The path of the CSV file with all statuses.
  returned: when the fleet was read
  type: str
  sample: /srv/reports/report.csv
json:
  description: The path of the JSON file with the figures and the statuses that have changed.
  returned: when the fleet was read
  type: str
  sample: /srv/reports/report.json
snapshot:
  description: The path of the snapshot.
  returned: when the fleet was read
  type: str
  sample: /srv/reports/snapshots/20261124T060000Z-ca978112.json
failure:
  description: Why the task failed, as RV(graphops.intune.intune_device_compliance_status#module:failure).
  returned: when an option is not valid or the service refused a request
  type: dict
"""
