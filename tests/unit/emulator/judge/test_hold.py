# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of the judge that a throttled write inside a batch holds all writes."""

from __future__ import annotations

import time

import pytest

from ..conftest import Client, connect, counts, item
from ..graph.test_batch import get, patch, send


class TestHold:
    """A throttled write inside a batch holds all writes."""

    THROTTLED = {"match": {"batch": True}, "do": {"status": 429, "retry_after": "0.3"}}  # noqa: RUF012 - read only

    def test_any_write_before_its_time_is_found(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}), patch("2", {"userName": "Bea"}))
        assert counts(client.emulator) == {}
        client.patch(item("nowhere"), {"platform": 1})
        send(client, patch("1", {"platform": 1}, url="deviceManagement/deviceCompliancePolicies/x/deviceStatuses/y"))
        assert counts(client.emulator) == {"write_while_held": 2}
        send(client, patch("1", {"platform": 1}))
        assert counts(client.emulator) == {"write_while_held": 3, "retry_before_time": 1}

    def test_reads_are_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        client.get(item())
        send(client, get("1"))
        assert counts(client.emulator) == {}

    def test_after_the_wait_writes_are_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        time.sleep(0.3)
        send(client, patch("1", {"platform": 1}), patch("2", {"userName": "Bea"}))
        assert counts(client.emulator) == {}

    @pytest.mark.parametrize(
        "do", [{"status": 429}, {"status": 503, "retry_after": "30"}, {"status": 429, "retry_after": "0"}]
    )
    def test_nothing_else_holds(self, client: Client, do: dict[str, object]) -> None:
        client.emulator.faults({"match": {"batch": True}, "do": do})
        send(client, patch("1", {"platform": 1}))
        client.patch(item("nowhere"), {"platform": 1})
        assert counts(client.emulator) == {}

    def test_a_throttled_read_does_not_hold(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, get("1"))
        client.patch(item(), {"platform": 1})
        assert counts(client.emulator) == {}

    def test_a_reset_ends_the_hold(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        client.emulator.reset()
        send(client, patch("1", {"platform": 1}))
        assert counts(client.emulator) == {}

    def test_another_client_is_not_held(self, client: Client) -> None:
        client.emulator.faults(self.THROTTLED)
        send(client, patch("1", {"platform": 1}))
        with connect(client.emulator) as other:
            other.token = None
            other.emulator.settings(token_lifetime=3000)
            other.log_in()
            assert other.token != client.token
            other.patch(item(), {"platform": 1})
        assert counts(client.emulator) == {}
