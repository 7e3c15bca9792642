# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils import _preflight
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._options import ENVIRONMENT, connection_argument_spec
from ansible_collections.graphops.intune.plugins.plugin_utils import _options
from ansible_collections.graphops.intune.plugins.plugin_utils._options import (
    complete,
    connect,
    is_secret,
    refuse_unknown,
)

from ..support import options

DEFAULTS = {name: entry.get("default") for name, entry in connection_argument_spec().items()}


def as_it_is(_option: str, value: Any) -> Any:
    return value


def test_without_a_file_and_an_environment_the_defaults_are_those_of_modules() -> None:
    assert complete({}, as_it_is) == DEFAULTS


@pytest.mark.parametrize(("option", "names"), ENVIRONMENT.items())
def test_the_environment_is_read_as_modules_read_it(
    monkeypatch: pytest.MonkeyPatch, option: str, names: tuple[str, ...]
) -> None:
    entry = connection_argument_spec()[option]
    number = entry["type"] == "float"
    values: list[Any] = [float(place) if number else f"from {name}" for place, name in enumerate(names)]
    values = entry.get("choices", values)[-len(names) :]
    for name, value in reversed(list(zip(names, values, strict=True))):
        monkeypatch.setenv(name, str(value))
        assert complete({}, as_it_is)[option] == value
    monkeypatch.setenv(names[0], "")
    assert complete({}, as_it_is)[option] == (values[1] if len(names) > 1 else DEFAULTS[option])
    given = 7.5 if number else entry.get("choices", ["from the file"])[0]
    assert complete({option: given}, as_it_is)[option] == given


@pytest.mark.parametrize("name", ["tenant", "tenant_id"])
def test_the_file_has_precedence_also_with_an_alias(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "environment")
    assert complete({name: "file"}, as_it_is)["tenant_id"] == "file"
    assert complete({name: None}, as_it_is)["tenant_id"] == "environment"


def test_templates_in_the_file_are_evaluated_and_the_environment_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "{{ secret }}")
    given = {"tenant": "{{ a }}", "policies": ["{{ b }}"], "groups": {"x": "{{ c }}"}}
    seen = []

    def render(option: str, value: Any) -> str:
        seen.append(option)
        return f"rendered {value}"

    found = complete(given, render, ("policies",))
    assert found["tenant_id"] == "rendered {{ a }}"
    assert found["policies"] == "rendered ['{{ b }}']"
    assert found["client_secret"] == "{{ secret }}"
    assert found["groups"] == {"x": "{{ c }}"}
    assert sorted(seen) == ["policies", "tenant_id"]
    assert "policies" not in complete({}, render, ("policies",))


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("validate_certs", "no", False),
        ("validate_certs", True, True),
        ("timeout", "2.5", 2.5),
        ("timeout", 3, 3.0),
        ("client_id", None, None),
    ],
)
def test_values_have_the_types_of_modules(option: str, value: Any, expected: Any) -> None:
    assert complete({option: value}, as_it_is)[option] == expected
    assert type(complete({option: value}, as_it_is)[option]) is type(expected)


def test_a_value_of_another_type_is_refused_and_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTUNE_TIMEOUT", "soon")
    monkeypatch.setenv("INTUNE_CLOUD", "moon")
    given = {"validate_certs": "perhaps", "client_secret": ["swordfish"], "tenant": {"a": 1}, "retry_timeout": []}
    with pytest.raises(InvalidOptionsError) as caught:
        complete(given, as_it_is)
    assert caught.value.problems == [
        "tenant_id (AZURE_TENANT_ID or AZURE_TENANT) must be text",
        "client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET) must be text",
        "cloud (INTUNE_CLOUD) must be one of public, us_gov, us_gov_dod, china",
        "validate_certs must be true or false",
        "timeout (INTUNE_TIMEOUT) must be a number",
        "retry_timeout (INTUNE_RETRY_TIMEOUT) must be a number",
    ]


def test_secrets_are_the_options_that_modules_do_not_log() -> None:
    secrets = {name for name in (*DEFAULTS, "policies", "secret") if is_secret(name)}
    assert secrets == {"client_secret", "certificate_password", "federated_token", "access_token"}


def test_a_misspelled_option_is_refused() -> None:
    definitions: dict[str, Any] = {"policies": {}, "tenant_id": {"aliases": ["tenant"]}, "plugin": {}}
    refuse_unknown({"plugin": "x", "tenant": "t", "policies": [], "_mine": 1}, definitions)
    with pytest.raises(InvalidOptionsError) as caught:
        refuse_unknown({"polices": [], "policies": [], "Tenant": "t", 1: None}, definitions)  # type: ignore[dict-item]
    assert caught.value.problems == [
        "there is no option 'polices'",
        "there is no option 'Tenant'",
        "there is no option 1",
    ]


def test_the_connection_has_the_options_and_its_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    masked: list[str] = []
    monkeypatch.setattr(_options, "mask", masked.append)
    given = options(
        client_secret="swordfish", access_token="t.o.k", proxy="http://user:sesame@proxy:1", tenant_id="contoso.example"
    )
    connection = connect(given.__getitem__)
    assert (connection.client_secret, connection.tenant_id) == ("swordfish", "contoso.example")
    assert sorted(masked) == ["sesame", "swordfish", "t.o.k"]


def test_secrets_are_masked_by_an_ansible_core_that_can_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []

    class Masker:
        register_secret = staticmethod(registered.append)

    monkeypatch.setattr(importlib, "import_module", lambda _name: Masker)
    assert _preflight.mask("swordfish")
    assert registered == ["swordfish"]

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert not _preflight.mask("swordfish")
