# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local Microsoft Graph for device compliance, for trying playbooks offline and for tests."""

from __future__ import annotations

from .process import RunningEmulator, start
from .remote import EmulatorError

__all__ = ["EmulatorError", "RunningEmulator", "start"]
