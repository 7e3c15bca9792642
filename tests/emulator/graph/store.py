# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of Graph: the policies with their rows, and the managed devices."""

from __future__ import annotations

from .device_status import DeviceStatus
from .error import not_found
from .fleet import Fleet
from .managed_device import ManagedDevice
from .policy import Policy
from .rows import Rows


class Store:
    """The current state, and that of the start."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.policies: dict[str, Policy] = {}
        self._devices: Rows[ManagedDevice] | None = None
        self.reset()

    def reset(self) -> None:
        """Brings back the state of the start."""
        self.policies = {policy.id: policy.copy() for policy in self._fleet.policies}
        self._devices = None

    @property
    def devices(self) -> Rows[ManagedDevice]:
        """The managed devices. They do not change with the rows of the policies."""
        if self._devices is None:
            self._devices = self._fleet.devices.copy()
        return self._devices

    def device(self, device_id: str) -> ManagedDevice:
        """The managed device with this id; GraphError if it does not exist."""
        device = self.devices.get(device_id)
        if device is None:
            raise not_found("Managed device", device_id)
        return device

    def policy(self, policy_id: str) -> Policy:
        """The policy with this id; GraphError if it does not exist."""
        policy = self.policies.get(policy_id)
        if policy is None:
            raise not_found("Device compliance policy", policy_id)
        return policy

    def status(self, policy_id: str, status_id: str) -> DeviceStatus:
        """The row with this id; GraphError if it does not exist."""
        status = self.policy(policy_id).statuses.get(status_id)
        if status is None:
            raise not_found("Device compliance device status", status_id)
        return status

    def put(self, policy_id: str, status: DeviceStatus) -> None:
        """Adds or replaces a row."""
        self.policy(policy_id).statuses.put(status)

    def delete(self, policy_id: str, status_id: str) -> None:
        """Removes a row; GraphError if it does not exist."""
        self.status(policy_id, status_id)
        self.policy(policy_id).statuses.remove(status_id)
