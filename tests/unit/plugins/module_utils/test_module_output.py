# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module shows beside its result: the log of the host, warnings, and the loggers of its libraries."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import select_credential
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.tokens import Tokens
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget

from ..support import Clock, Reply, Script, connection, module_args


class Module(GraphModule):
    """A module that does nothing."""

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return client.statistics()


def test_the_password_of_a_proxy_is_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _self, msg, log_args=None: logged.append(f"{msg} {log_args}"))
    with module_args(proxy="http://user:swordfish@proxy.example:3128", tenant_id="contoso"):
        Module()
    (entry,) = logged
    assert "swordfish" not in entry
    assert "contoso" in entry


def test_a_warning_controls_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, warning: seen.append(warning))
    with module_args():
        Module().warn("policy \x1b[2J is gone")
    assert seen == ["policy \\x1b[2J is gone"]


def test_msal_logs_nothing(script: Script, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """It logs a sign-in page that is not JSON as it is, with the secret if the page quotes it."""
    made = connection(tenant_id="contoso", client_id="app", client_secret="swordfish")
    authority = f"{made.authority_url}/contoso"
    endpoints = {
        "issuer": f"{authority}/v2.0",
        "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
        "token_endpoint": f"{authority}/oauth2/v2.0/token",
    }
    script.expect("GET", f"{authority}/v2.0/.well-known/openid-configuration", Reply(200, endpoints))
    script.expect("POST", endpoints["token_endpoint"], Reply(403, raw=b"<p>swordfish \x1b[2J</p>"))
    with caplog.at_level(logging.DEBUG), pytest.raises(IntuneError):
        Tokens(select_credential(made), Transport(made, RetryBudget(0, clock)), lambda _token: None).get()
    assert "swordfish" not in caplog.text
