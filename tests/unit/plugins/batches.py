# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes as the scripted service sees them."""

from __future__ import annotations

from typing import Any

from .support import LIST, Reply, Script

BATCH = "/beta/$batch"
_BELOW = LIST.removeprefix("/beta")


def reads(*ids: str) -> dict[str, Any]:
    """Return the body of an envelope that reads these statuses."""
    return {"requests": [{"id": str(n), "method": "GET", "url": f"{_BELOW}/{i}"} for n, i in enumerate(ids)]}


def updates(**bodies: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an envelope that updates these statuses."""
    headers = {"Content-Type": "application/json"}
    return {
        "requests": [
            {"id": str(n), "method": "PATCH", "url": f"{_BELOW}/{i}", "headers": headers, "body": body}
            for n, (i, body) in enumerate(bodies.items())
        ]
    }


def responses(*answers: Reply | None) -> Reply:
    """Return the answer to an envelope, its last request first; None for a request without an answer."""
    entries = [
        {"id": str(n), "status": answer.status, "headers": dict(answer.headers), "body": answer.document}
        for n, answer in enumerate(answers)
        if answer is not None
    ]
    return Reply(200, {"responses": entries[::-1]})


def expect_batch(script: Script, body: dict[str, Any], *answers: Reply | None) -> None:
    """Expect an envelope whose requests get these answers."""
    script.expect("POST", BATCH, responses(*answers), body=body)
