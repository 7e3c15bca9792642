# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invalid input: one message that names the option and a solution, no write, and no request unless one is needed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import MODULE, Ansible, Ids

pytestmark = pytest.mark.pipelined

UNKNOWN_TENANT = "00000000-0000-4000-8000-000000000000"


@dataclasses.dataclass(frozen=True)
class Case:
    """Invalid options, and the words that the message must contain."""

    options: dict[str, Any]
    words: tuple[str, ...]
    code: str | None = "invalid_option"  # None: ansible-core itself refuses


OFFLINE = [
    Case({"status": "Compliant"}, ("status", "got: Compliant", "write compliant"), code=None),
    Case({"status": "inGracePeriod"}, ("status", "another enumeration", "managedDevice", "grace period"), code=None),
    Case({"last_reported_date_time": "2017-01-01T00:00:17"}, ("last_reported_date_time", "without an offset", "Z")),
    Case(
        {"last_reported_date_time": "2017-01-01T00:00:17.12345678Z"}, ("last_reported_date_time", "8 fractional", "7")
    ),
    Case({"last_reported_date_time": "2017-02-30T00:00:00Z"}, ("last_reported_date_time", "no such date")),
    Case({"last_reported_date_time": "2017-01-01T24:00:00Z"}, ("last_reported_date_time", "no such date or time")),
    Case({"compliance_grace_period_expiration_date_time": "never"}, ("compliance_grace_period", "ISO 8601")),
    Case({"platform": 2147483648}, ("platform", "2147483648", "32-bit")),
    Case({"platform": 8, "api_version": "v1.0"}, ("platform", "v1.0", "beta")),
    Case({"device_model": "x", "clear": ["deviceModel"]}, ("device_model", "clear")),
    Case({"clear": ["status"]}, ("clear", "'status'", "device_model")),
    Case({"policy_name": "both"}, ("mutually exclusive", "policy_id", "policy_name"), code=None),
    Case({"match": {"user_name": "x"}}, ("mutually exclusive", "status_id", "match"), code=None),
    Case({"status_id": ".."}, ("status_id", "is not an id or a name")),
    Case({"policy_id": ""}, ("policy_id", "is not an id or a name")),
    Case({"graph_url": "http://localhost"}, ("graph_url", "INTUNE_GRAPH_URL", "https")),
    Case({"authority_url": "https://user@localhost/x"}, ("authority_url", "INTUNE_AUTHORITY_URL", "https")),
    Case({"ca_path": "/nowhere.pem"}, ("ca_path", "INTUNE_CA_PATH", "/nowhere.pem")),
    Case({"timeout": 0}, ("timeout", "INTUNE_TIMEOUT", "more than 0")),
    Case({"proxy": "localhost:3128"}, ("proxy", "http://")),
    Case({"tenant_id": "a/b"}, ("tenant_id", "AZURE_TENANT_ID", "GUID")),
    Case({"auth_source": "certificate"}, ("certificate", "certificate_path", "AZURE_CLIENT_CERTIFICATE_PATH")),
    Case({"auth_source": "certificate", "certificate_path": "/nowhere.pfx"}, ("certificate_path", "No such file")),
    Case({"auth_source": "federated_token", "federated_token": "x"}, ("federated_token", "JWT")),
    Case({"access_token": "Bearer x"}, ("access_token", "INTUNE_ACCESS_TOKEN", "Bearer")),
]


def test_offline_errors_name_the_option_and_cost_no_request(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    tasks = [{MODULE: {**ids.options, **case.options}, "ignore_errors": True} for case in OFFLINE]
    run = ansible.playbook(tasks)
    assert len(run.results) == len(OFFLINE)
    for case, result in zip(OFFLINE, run.results, strict=True):
        missing = [word for word in case.words if word not in result["msg"]]
        assert not missing, f"{missing} not in: {result['msg']}"
        assert "\n" not in result["msg"]
        assert not result["changed"]
        if case.code:
            assert (result["failure"]["code"], result["failure"]["phase"]) == (case.code, "validate")
    assert emulator.log() == []


def test_all_mistakes_are_reported_together(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run = ansible.adhoc(
        f"{ids.arguments} platform=2147483648 last_reported_date_time=2017-02-30T00:00:00Z", AZURE_CLIENT_ID=None
    )
    assert run.code != 0
    for words in ("platform", "last_reported_date_time", "AZURE_CLIENT_ID"):
        assert words in run.only["msg"]
    assert emulator.log() == []


@pytest.mark.parametrize(
    ("absent", "words"),
    [
        (
            ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
            ("no credentials", "client_secret (AZURE_CLIENT_SECRET", "tenant_id (AZURE_TENANT_ID", "managed_identity"),
        ),
        (("AZURE_TENANT_ID",), ("client_secret is given", "tenant_id (AZURE_TENANT_ID or AZURE_TENANT)")),
        (("AZURE_CLIENT_SECRET",), ("no credentials", "client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)")),
    ],
)
def test_missing_credentials_are_named(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, absent: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run = ansible.adhoc(ids.arguments, **dict.fromkeys(absent)).only
    assert run["failure"]["code"] == "invalid_option"
    for word in words:
        assert word in run["msg"]
    assert emulator.log() == []


def test_mistakes_that_only_the_service_can_detect(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    cases = [
        Case({"tenant_id": UNKNOWN_TENANT}, ("the tenant does not exist", "tenant_id", "cloud"), "auth_failed"),
        Case(
            {"client_secret": "{{ lookup('ansible.builtin.env', 'WRONG') }}"},
            ("client_secret is not the application's", "not its id"),
            "auth_failed",
        ),
        Case({"client_id": UNKNOWN_TENANT}, ("no application", "client_id"), "auth_failed"),
        Case({"status_id": "nothing"}, ("nothing", "404", "status_id"), "not_found"),
        Case({"policy_id": "nothing"}, ("nothing", "404", "policy_id"), "not_found"),
    ]
    tasks = [{MODULE: {**ids.options, "status": "error", **case.options}, "ignore_errors": True} for case in cases]
    run = ansible.playbook(tasks, env={"WRONG": "wrong-secret"})
    for case, result in zip(cases, run.results, strict=True):
        missing = [word for word in case.words if word not in result["msg"]]
        assert not missing, f"{missing} not in: {result['msg']}"
        assert result["failure"]["code"] == case.code
        assert result["failure"]["phase"] == ("auth" if case.code == "auth_failed" else "read")
        assert not result["changed"]
        assert not result["failure"]["retryable"]
    assert all(entry["method"] == "GET" for entry in emulator.log("graph"))
    assert "wrong-secret" not in run.output
