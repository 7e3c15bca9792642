# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import Filters
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._events.options import WatchOptions, read_options

GIVEN = {"state_file": "/srv/state", "access_token": "t.o.k"}


def refused(**given: Any) -> str:
    with pytest.raises(InvalidOptionsError) as caught:
        read_options({**GIVEN, **given})
    return caught.value.sentence


def test_the_defaults() -> None:
    watch, connection, credential = read_options(GIVEN)
    assert watch == WatchOptions(Filters(), "/srv/state", 300.0, report_first=False, max_events=100)
    assert (connection.timeout, connection.retry_timeout, connection.api_version) == (30.0, 600.0, "beta")
    assert credential.name == "access_token"


def test_variables_of_a_rulebook_may_be_text() -> None:
    given = {"policies": "p1,Windows baseline", "interval": "60", "max_events": "5", "timeout": "7", "feedback": "yes"}
    watch, connection, _credential = read_options({**GIVEN, **given, "first_poll": "report", "validate_certs": "no"})
    assert watch.filters.policies == ("p1", "Windows baseline")
    assert watch[2:] == (60.0, True, 5)
    assert (connection.timeout, connection.validate_certs) == (7.0, False)


def test_the_environment_is_used_and_paths_are_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AZURE_TENANT_ID", "contoso")
    monkeypatch.setenv("AZURE_CLIENT_ID", "an-application")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "a-secret")
    watch, connection, credential = read_options({"state_file": "~/state", "token_cache": "~/cache"})
    assert (watch.state_file, connection.token_cache) == (str(tmp_path / "state"), str(tmp_path / "cache"))
    assert (connection.tenant_id, credential.name) == ("contoso", "client_secret")


def test_the_aliases_of_modules_work() -> None:
    _watch, connection, _credential = read_options(
        {"state_file": "s", "tenant": "contoso", "client_id": "an-application", "secret": "a-secret"}
    )
    assert (connection.tenant_id, connection.client_secret) == ("contoso", "a-secret")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"state_file": None}, "state_file must be the path of a file, which keeps the state across restarts"),
        ({"state_file": " "}, "state_file must be the path of a file, which keeps the state across restarts"),
        ({"state_file": ["x"]}, "state_file must be the path of a file, which keeps the state across restarts"),
        ({"interval": 0}, "interval must be a number of seconds, more than 0"),
        ({"interval": "soon"}, "interval must be a number of seconds, more than 0"),
        ({"interval": "nan"}, "interval must be a number of seconds, more than 0"),
        ({"interval": "inf"}, "interval must be a number of seconds, more than 0"),
        ({"max_events": 0}, "max_events must be an integer, 1 or more"),
        ({"max_events": 1.5}, "max_events must be an integer, 1 or more"),
        ({"first_poll": "emit"}, "first_poll must be one of remember, report"),
        ({"policies": {"a": 1}}, "policies must be a list of ids or names"),
        ({"policies": ["a", ""]}, "policies must be a list of ids or names"),
        ({"policies": [7]}, "policies must be a list of ids or names"),
        ({"feedback": "perhaps"}, "feedback must be true or false"),
        ({"policy": "x"}, "there is no option 'policy'"),
        ({"timeout": "long"}, "timeout (INTUNE_TIMEOUT) must be a number"),
    ],
)
def test_invalid_options_are_named(given: dict[str, Any], sentence: str) -> None:
    assert refused(**given) == sentence


def test_all_problems_are_named_at_once_and_no_secret() -> None:
    sentence = refused(interval=-1, max_events="many", graph_url="http://graph.example", access_token="a b")
    for option in ("interval", "max_events", "graph_url", "access_token"):
        assert f"{option} " in sentence
    assert "a b" not in sentence
