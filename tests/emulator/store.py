# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator knows and may change: the policies with their rows, and the settings."""

from __future__ import annotations

from collections.abc import Mapping

from .graph.device_status import DeviceStatus
from .graph.error import not_found
from .graph.policy import Policy
from .settings import Settings


class Store:
    """The current state, and the one to go back to."""

    def __init__(self, policies: list[Policy], settings: Settings) -> None:
        self._seed = policies
        self._first_settings = settings
        self.settings = settings
        self.policies: dict[str, Policy] = {}
        self.reset()

    def reset(self) -> None:
        """State and settings as at the start."""
        self.settings = self._first_settings
        self.policies = {policy.id: policy.copy() for policy in self._seed}

    def change_settings(self, changes: Mapping[str, object]) -> None:
        """Sets some settings; SettingsError leaves them all as they were."""
        self.settings = self.settings.changed(changes)

    def policy(self, policy_id: str) -> Policy:
        """The policy with this id; GraphError when there is none."""
        policy = self.policies.get(policy_id)
        if policy is None:
            raise not_found("Device compliance policy", policy_id)
        return policy

    def status(self, policy_id: str, status_id: str) -> DeviceStatus:
        """The row with this id; GraphError when there is none."""
        status = self.policy(policy_id).statuses.get(status_id)
        if status is None:
            raise not_found("Device compliance device status", status_id)
        return status

    def put(self, policy_id: str, status: DeviceStatus) -> None:
        """Adds or replaces a row."""
        self.policy(policy_id).statuses.put(status)

    def delete(self, policy_id: str, status_id: str) -> None:
        """Removes a row; GraphError when there is none."""
        self.status(policy_id, status_id)
        self.policy(policy_id).statuses.remove(status_id)
