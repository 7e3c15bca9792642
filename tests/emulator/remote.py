# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls an emulator over HTTP. Requires the standard library only."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import quote

_CONTROL_SECONDS = 30


class EmulatorError(RuntimeError):
    """An emulator that did not start or stop, or refused a control request."""


class Remote:
    """The control of an emulator at a URL."""

    def __init__(self, url: str, ca_path: str) -> None:
        self._address = url.removeprefix("https://")
        self._tls = ssl.create_default_context(cafile=ca_path)
        self.url = url
        self.ca_path = ca_path

    def control(self, method: str, path: str, content: object = None) -> Any:
        """Sends a control request (``path`` is below ``/_emulator/``); the decoded answer. EmulatorError if refused."""
        # http.client instead of requests, because it ignores proxies and REQUESTS_CA_BUNDLE in the environment.
        connection = http.client.HTTPSConnection(self._address, timeout=_CONTROL_SECONDS, context=self._tls)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, f"/_emulator/{path.lstrip('/')}", body)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise EmulatorError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None

    def log(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, oldest first: all, or those of one kind (graph, authority, imds)."""
        entries: list[dict[str, Any]] = self.control("GET", "log")
        return [entry for entry in entries if kind in (None, entry["kind"])]

    def judge(self) -> dict[str, Any]:
        """The judge's findings, its counts by rule, and their total."""
        verdict: dict[str, Any] = self.control("GET", "judge")
        return verdict

    def budget(self) -> dict[str, Any]:
        """The current and the highest use of the budgets, and the number of requests over budget; see the README."""
        figures: dict[str, Any] = self.control("GET", "budget")
        return figures

    def faults(self, *rules: dict[str, Any]) -> None:
        """Adds fault rules."""
        self.control("POST", "faults", list(rules))

    def clear_faults(self) -> None:
        """Removes every fault rule."""
        self.control("DELETE", "faults")

    def chaos(self, seed: int, rate: float, kinds: list[str] | None = None, limit: int | None = None) -> dict[str, Any]:
        """Makes requests to Graph fail at random from now on; the settings in force, with every kind of fault."""
        given = {"seed": seed, "rate": rate, "kinds": kinds, "limit": limit}
        content = {name: value for name, value in given.items() if value is not None}
        odds: dict[str, Any] = self.control("POST", "chaos", content)
        return odds

    def stop_chaos(self) -> None:
        """Ends the faults at random."""
        self.control("DELETE", "chaos")

    def settings(self, **changes: object) -> dict[str, Any]:
        """The settings, after changing some of them."""
        current: dict[str, Any] = (
            self.control("PATCH", "settings", changes) if changes else self.control("GET", "settings")
        )
        return current

    def state(self) -> dict[str, Any]:
        """Every policy, and the statuses by policy."""
        current: dict[str, Any] = self.control("GET", "state")
        return current

    def put_status(self, policy_id: str, status_id: str, **properties: object) -> dict[str, Any]:
        """Sets properties of a status without a request to Graph, or adds the status; the status."""
        path = f"state/{quote(policy_id, safe='')}/{quote(status_id, safe='')}"
        row: dict[str, Any] = self.control("PUT", path, properties)
        return row

    def devices(self) -> list[dict[str, Any]]:
        """Every managed device."""
        current: list[dict[str, Any]] = self.control("GET", "managed_devices")
        return current

    def put_device(self, device_id: str, **properties: object) -> dict[str, Any]:
        """Sets properties of a managed device without a request to Graph, or adds the device; the device."""
        device: dict[str, Any] = self.control("PUT", f"managed_devices/{quote(device_id, safe='')}", properties)
        return device

    def expire_tokens(self) -> None:
        """Makes Graph refuse every token issued so far."""
        self.control("POST", "expire_tokens")

    def reset(self) -> None:
        """Resets state, settings, faults, budgets, log and judge to the start; tokens stay valid."""
        self.control("POST", "reset")
