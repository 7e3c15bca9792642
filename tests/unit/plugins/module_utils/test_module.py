# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that a module writes to the log of its host, and those that it repeats in its result."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from ansible.module_utils.ansible_release import __version__
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._module import GraphModule

from ..support import module_args

RELEASE = tuple(map(int, __version__.split(".")[:2]))
SPEC = {"name": {"type": "str"}, "statuses": {"type": "list", "elements": "dict"}}


class Module(GraphModule):
    """A module that does nothing."""

    def execute(self, client: GraphClient) -> dict[str, Any]:
        return {"requests": client.statistics()["requests"]}


def log_of(monkeypatch: pytest.MonkeyPatch, **args: Any) -> tuple[str, dict[str, Any]]:
    logged = []
    with monkeypatch.context() as patched, module_args(**args):
        patched.setattr(AnsibleModule, "log", lambda _self, msg, log_args=None: logged.append((msg, log_args)))
        Module(SPEC)
    (entry,) = logged
    return entry


def test_the_options_are_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    message, args = log_of(monkeypatch, name="short", statuses=[{"status_id": "a"}], tenant_id="contoso")
    assert message.startswith("Invoked with ")
    assert "name=short" in message
    assert "'status_id': 'a'" in message
    assert args["tenant_id"] == "contoso"


def test_thousands_of_items_and_secrets_are_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [{"status_id": f"row-{number}", "user_name": "swordfish"} for number in range(2000)]
    message, args = log_of(monkeypatch, name="short", statuses=items, client_secret="swordfish")
    assert "name=short" in message
    assert args["name"] == "short"
    # Before 2.22, ansible-core has masked them already, so the count is approximate.
    assert re.fullmatch(r"\(\d{6} characters\)", args["statuses"])
    assert f"statuses={args['statuses']}" in message
    assert "swordfish" not in message + str(args)
    assert "row-1" not in message + str(args)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(("count", "shown"), [(2, [{"status_id": "row"}] * 2), (2000, "(2000 items)")])
def test_a_result_repeats_options_but_no_thousands_of_items(
    capsys: pytest.CaptureFixture[str], fails: bool, count: int, shown: object
) -> None:
    # From 2.21 on, a controller requests it; before, it is always returned.
    internal = {"_ansible_inject_invocation": True} if RELEASE >= (2, 21) else {}
    with module_args(name="short", statuses=[{"status_id": "row"}] * count, **internal):
        module = Module(SPEC)
        end = partial(module.fail_json, "No.") if fails else module.exit_json
        with pytest.raises(SystemExit):
            end()
    result = json.loads(capsys.readouterr().out)
    assert result.get("failed", False) is fails
    given = result["invocation"]["module_args"]
    assert (given["name"], given["statuses"]) == ("short", shown)
    assert module.params["statuses"] == [{"status_id": "row"}] * count
