# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal means: the advice fits what the service wrote, and not only its status."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError

from ...support import Clock, Renewable, Reply, Script, graph_client, refusal


def refused(clock: Clock, script: Script, answer: Reply, *roles: str) -> IntuneError:
    payload = base64.urlsafe_b64encode(json.dumps({"roles": roles}).encode()).decode().rstrip("=")
    credential = Renewable(renewable=False)
    credential.token = lambda *_args: f"e30.{payload}.x"  # type: ignore[method-assign]  # a stand-in
    script.expect("GET", "/beta/rows", answer)
    with pytest.raises(IntuneError) as caught:
        graph_client(clock, credential).get("/rows", DEVICE_STATUS.reading("Reading"))
    return caught.value


def nested(*documents: dict[str, Any]) -> str:
    """Each document in the Message of the one before."""
    text = ""
    for document in reversed(documents):
        text = json.dumps({**document, **({"Message": text} if text else {})})
    return text


def test_a_401_that_hides_forbidden_is_about_the_account_and_not_the_token(clock: Clock, script: Script) -> None:
    message = nested(
        {"ErrorCode": "Forbidden"}, {"_version": 3, "Message": "User is not authorized", "RetryAfter": None}
    )
    error = refused(clock, script, refusal(401, "UnknownError", message))
    assert error.failure.code == "auth_failed"
    assert "no role in Intune or no license" in error.sentence
    assert "User is not authorized" in error.sentence
    assert "cloud" not in error.sentence


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("Request not applicable to target tenant.", "no Intune license, or its MDM authority was never set"),
        ("Resource not found for the segment 'deviceStatuses'.", "does not have this route any more"),
    ],
)
def test_a_400_with_a_known_text_has_its_advice(clock: Clock, script: Script, message: str, advice: str) -> None:
    assert advice in refused(clock, script, refusal(400, "BadRequest", message)).sentence


def test_a_403_although_the_token_carries_the_permission(clock: Clock, script: Script) -> None:
    error = refused(clock, script, refusal(403, "Forbidden", "no"), "DeviceManagementConfiguration.Read.All")
    assert "the token carries DeviceManagementConfiguration.Read.All: check the scope tags" in error.sentence
    assert "grant" not in error.sentence


def test_a_wait_nested_twice_is_kept(clock: Clock, script: Script) -> None:
    message = nested({"_version": 3}, {"Message": "busy", "RetryAfter": 9000})
    failure = refused(clock, script, refusal(429, "TooManyRequests", message)).failure
    assert (failure.retry_after, failure.message) == (9000, "busy")
