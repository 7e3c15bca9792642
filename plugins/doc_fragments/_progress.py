# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option of tasks that can take long; private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  progress_path:
    description:
      - A file to which the task appends a line about its progress, from its fifth second on, every few seconds at first
        and every minute later. It is created where it does not exist.
      - Without it, a task that runs on the control node itself (C(connection=local)), without C(become) and without
        C(async), shows these lines on the standard error of the command that runs it. The option is for the other
        cases, where C(tail -f) shows them.
    type: path
"""
