# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error bodies of Entra's token and discovery endpoints."""

from __future__ import annotations

import dataclasses
import uuid

from ..http.exchange import Answer, utc_now


@dataclasses.dataclass(eq=False)
class EntraError(Exception):
    """An error of Entra: the OAuth error code, the AADSTS number, and the text."""

    error: str
    number: int
    text: str
    status: int = 400

    def answer(self) -> Answer:
        """The error as an answer, with the ids that Entra adds."""
        trace_id, correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
        timestamp = f"{utc_now():%Y-%m-%d %H:%M:%SZ}"
        content = {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.text} Trace ID: {trace_id} "
            f"Correlation ID: {correlation_id} Timestamp: {timestamp}",
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
        }
        return Answer.of_json(self.status, content)


def invalid_client(number: int, text: str) -> EntraError:
    """The 401 for a credential that was refused."""
    return EntraError("invalid_client", number, text, status=401)
