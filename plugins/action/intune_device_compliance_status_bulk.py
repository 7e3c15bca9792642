# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the progress of the module of the same name, which has the documentation."""

from __future__ import annotations

from ..plugin_utils._progress_action import ProgressAction


class ActionModule(ProgressAction):
    pass
