# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as ansible-core starts it: options in, one JSON document out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils import _preflight
from ansible_collections.graphops.intune.plugins.modules import intune_device_compliance_status as module

from ..support import GRAPH, ITEM, POLICIES, POLICY, STATUS, Reply, Script, module_args, refusal, row

TOKEN = "a.secret.token"

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module with these options, a token and a target, and return its result."""

    def run(**args: Any) -> dict[str, Any]:
        given = {"policy_id": POLICY, "status_id": STATUS, "access_token": TOKEN, **args}
        given = {name: value for name, value in given.items() if value is not None}
        with module_args(**given), pytest.raises(SystemExit) as ended:
            module.main()
        printed = capsys.readouterr()
        result: dict[str, Any] = json.loads(printed.out)
        assert bool(ended.value.code) is result.get("failed", False)
        # From ansible-core 2.22 on, the module returns what the controller must mask; before, the module has masked it.
        result.pop("_ansible_new_secrets", None)
        result.pop("invocation", None)
        assert TOKEN not in json.dumps(result) + printed.err
        return result

    return run


def test_a_task_converges_and_reports_what_it_did(run: Run, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(200, row(status="error")), body={"status": "error"})
    script.expect("GET", ITEM, Reply(200, row(status="error")))
    result = run(status="error", userName="Ada")
    assert result == {
        "changed": True,
        "changed_properties": ["status"],
        "diff": {"before": {"status": "compliant"}, "after": {"status": "error"}},
        "device_compliance_status": {
            "id": STATUS,
            "policy_id": POLICY,
            "device_display_name": "PC-0001",
            "user_name": "Ada",
            "device_model": None,
            "platform": 0,
            "compliance_grace_period_expiration_date_time": "2017-01-01T07:56:44.951111Z",
            "status": "error",
            "last_reported_date_time": "2017-01-01T08:00:17.7769392Z",
            "user_principal_name": "ada@example.com",
        },
        "graph": {
            "requests": 3,
            "token_requests": 0,
            "writes": 1,
            "retries": 0,
            "throttled": 0,
            "waited_seconds": 0.0,
        },
    }
    assert {request.headers["Authorization"] for request in script.sent} == {f"Bearer {TOKEN}"}


def test_check_mode_sends_no_write(run: Run, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    result = run(status="error", _ansible_check_mode=True)
    assert result["changed"]
    assert result["device_compliance_status"]["status"] == "error"
    assert result["graph"]["writes"] == 0


def test_ad_hoc_options_are_text(run: Run, script: Script) -> None:
    script.expect("GET", ITEM, Reply(200, row()))
    script.expect("PATCH", ITEM, Reply(204), body={"platform": 8, "deviceModel": ""})
    assert run(platform="8", verify="false", device_model="", timeout="5")["changed"]


def test_the_environment_is_used_for_options_that_are_not_given(
    run: Run, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTUNE_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("INTUNE_API_VERSION", "v1.0")
    monkeypatch.setenv("INTUNE_GRAPH_URL", "https://graph.example/")
    script.expect("GET", f"https://graph.example{ITEM.replace('beta', 'v1.0')}", Reply(200, row()))
    assert "platform" not in run(access_token=None)["device_compliance_status"]


def test_a_failure_has_a_message_for_people_and_details_for_playbooks(run: Run, script: Script) -> None:
    script.expect("GET", ITEM, refusal(404, "ResourceNotFound", "Not here", request_id="r-1"))
    result = run(status="error")
    assert result["msg"].startswith(
        f"Reading device status {STATUS} of policy {POLICY} failed: {GRAPH} answered 404 ResourceNotFound: Not here"
    )
    assert {key: value for key, value in result["failure"].items() if value} == {
        "code": "not_found",
        "service_code": "ResourceNotFound",
        "message": "Not here",
        "phase": "read",
        "status": 404,
        "method": "GET",
        "path": ITEM,
        "request_id": "r-1",
    }
    assert (result["changed"], result["changed_properties"]) == (False, [])
    assert result["diff"] == {"before": {}, "after": {}}
    assert result["graph"]["requests"] == 1


@pytest.mark.usefixtures("script")
def test_all_problems_are_reported_together_and_before_any_request(run: Run) -> None:
    result = run(
        status_id="..", last_reported_date_time="2017-01-01", access_token=None, timeout=0, graph_url="http://graph"
    )
    for words in (
        "status_id is '..'",
        "graph_url (INTUNE_GRAPH_URL) must be an https URL",
        "timeout (INTUNE_TIMEOUT) must be more than 0",
        "no credentials: give client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)",
    ):
        assert words in result["msg"]
    assert (result["failure"]["code"], result["failure"]["phase"]) == ("invalid_option", "validate")
    assert "graph" not in result


@pytest.mark.usefixtures("script")
def test_a_wrong_target_does_not_hide_a_wrong_value(run: Run) -> None:
    message = run(status_id="..", last_reported_date_time="2017-01-01", clear=["status"])["msg"]
    for option in ("status_id is", "last_reported_date_time is", "clear names"):
        assert option in message


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    "options",
    [
        {"proxy": "http://["},
        {"proxy": "http://proxy.example:port"},
        {"graph_url": "https://["},
        {"authority_url": "https://login.example:0"},
        {"access_token": None, "client_secret": "s", "tenant_id": "a/b", "client_id": "c"},
        {"platform": True},
        {"platform": 2**31},
        {"clear": ["status"]},
        {"match": {"user_name": None}, "status_id": None},
    ],
    ids=str,
)
def test_an_invalid_option_is_refused_without_a_request(run: Run, options: dict[str, Any]) -> None:
    failure = run(**options)["failure"]
    assert (failure["code"], failure["phase"]) == ("invalid_option", "validate")


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"policy_name": "Windows"}, "policy_id|policy_name"),
        ({"policy_id": None}, "policy_id, policy_name"),
        ({"status_id": None}, "status_id, match"),
        ({"match": {"user_name": "Ada"}}, "status_id|match"),
        ({"status": "Compliant"}, "write compliant, case counts"),
        ({"status": "inGracePeriod"}, "it belongs to another enumeration"),
        ({"platform": "eight"}, "platform"),
        ({"match": {"device_model": "X"}, "status_id": None}, "device_model"),
    ],
    ids=str,
)
def test_ansible_itself_refuses_with_a_hint(run: Run, options: dict[str, Any], words: str) -> None:
    result = run(**options)
    assert words in result["msg"]
    failure = result["failure"]
    assert (failure["code"], failure["phase"], failure["message"]) == ("invalid_option", "validate", result["msg"])


def test_secrets_are_masked_or_handed_over_to_be_masked(capsys: pytest.CaptureFixture[str], script: Script) -> None:
    # Unique texts: ansible-core 2.22 returns each only once in a process.
    token, password = "another.secret.token", "open-sesame"
    script.expect("GET", ITEM, Reply(200, row(userName=f"{token} {password}")))
    options = {"access_token": token, "proxy": f"http://user:{password}@proxy.example:3128"}
    with module_args(policy_id=POLICY, status_id=STATUS, **options), pytest.raises(SystemExit):
        module.main()
    result = json.loads(capsys.readouterr().out)
    handed_over = set(result.get("_ansible_new_secrets", ()))
    assert handed_over >= {token, password} or not [text for text in (token, password) if text in json.dumps(result)]


def test_a_missing_requests_is_reported_with_how_to_install_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_preflight, "HAS_REQUESTS", False)
    result = run()
    assert "(requests)" in result["msg"]
    assert (result["failure"]["code"], result["failure"]["phase"]) == ("missing_library", "validate")


@pytest.mark.usefixtures("script")
def test_a_missing_msal_is_reported_with_how_to_install_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    result = run(access_token=None, client_secret="swordfish", tenant_id="t.example", client_id="app")
    assert "(msal)" in result["msg"]
    assert result["failure"]["code"] == "missing_library"


def test_a_policy_is_found_by_its_name(run: Run, script: Script) -> None:
    script.expect("GET", POLICIES, Reply(200, {"value": [{"id": POLICY, "displayName": "Windows baseline"}]}))
    script.expect("GET", ITEM, Reply(200, row()))
    result = run(policy_id=None, policy_name="windows BASELINE")
    assert result["device_compliance_status"]["policy_id"] == POLICY


WITHOUT_LOGIN = """
import sys

import pytest

from ansible_collections.graphops.intune.plugins.modules import intune_device_compliance_status as module
from ansible_collections.graphops.intune.tests.unit.plugins import support

script = support.Script(support.Clock())
script.expect("GET", support.ITEM, support.Reply(200, support.row()))
with pytest.MonkeyPatch.context() as patch:
    script.install(patch)
    with support.module_args(policy_id=support.POLICY, status_id=support.STATUS, access_token="token"):
        with pytest.raises(SystemExit, match="0"):
            module.main()
script.finish()
print(sorted({"msal", "cryptography"} & set(sys.modules)))
"""


def test_a_token_that_is_given_does_not_load_the_login_library() -> None:
    root = Path(str(module.__file__)).parents[5]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_LOGIN],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines()[-1:] == ["[]"], ran.stderr
