# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory with invalid options, and with every kind of credentials."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ..emulator.process import RunningEmulator
from .conftest import _BIN, Ansible, requests_of
from .test_credentials import GONE, NO_SECRET, issue_token, options_of
from .test_inventory import DEVICES, check
from .test_inventory_trouble import FAILED, printed, refused

pytestmark = FAILED


# Options


def test_invalid_options_are_named_before_any_request(ansible: Ansible, emulator: RunningEmulator) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"polices": ["Windows baseline"]}, "there is no option 'polices'"),
        ({"policies": ["Windows baseline", " "]}, "policies has an empty entry"),
        ({"hostnames": ["name"]}, "hostnames has 'name', which is neither a Jinja2 template nor one of id, policy_id"),
        ({"graph_url": "http://graph.example"}, "graph_url (INTUNE_GRAPH_URL) must be an https URL"),
        ({"auth_source": "certificate"}, "auth_source certificate also needs certificate_path"),
        ({"tenant_id": "{{ nowhere }}"}, "tenant_id is a template that cannot be evaluated"),
        ({"cloud": "moon"}, "cloud (INTUNE_CLOUD) must be one of public, us_gov, us_gov_dod, china"),
        ({"timeout": 0}, "timeout (INTUNE_TIMEOUT) must be more than 0 seconds"),
        ({"retry_timeout": "long"}, "retry_timeout (INTUNE_RETRY_TIMEOUT) must be a number"),
        ({"validate_certs": "perhaps"}, "validate_certs must be true or false"),
        ({"ca_path": "/nowhere.pem"}, "ca_path (INTUNE_CA_PATH) is /nowhere.pem, which does not exist"),
        ({"token_cache": "/dev/null"}, "token_cache (INTUNE_TOKEN_CACHE)"),
        # An invalid secret is not quoted.
        (
            {"client_secret": "{{ 'swordfish' | no_such_filter }}{{ trout"},
            "client_secret is a template that cannot be evaluated: it is a secret, which is not shown",
        ),
        ({"client_secret": {"swordfish": "trout"}}, "client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET) must be text"),
    ]
    sources = tuple(ansible.source(f"invalid{number}", **options) for number, (options, _words) in enumerate(cases))
    listing = ansible.inventory(sources=sources)
    assert listing.hosts == {}
    assert [words for _options, words in cases if words not in printed(listing)] == []
    assert "trout" not in listing.output
    assert "swordfish" not in listing.output
    assert emulator.log() == []


def test_missing_credentials_are_named_with_their_variables(ansible: Ansible, emulator: RunningEmulator) -> None:
    output = refused(ansible, env=GONE)
    assert "no credentials: give client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)" in output
    assert "tenant_id (AZURE_TENANT_ID or AZURE_TENANT)" in output
    assert emulator.log() == []


def test_an_expression_that_fails_is_an_error_with_strict_only(ansible: Ansible) -> None:
    options: dict[str, Any] = {
        "groups": {"x": "nowhere1 == 1"},
        "compose": {"x": "nowhere2.at.all"},
        "keyed_groups": [{"key": "nowhere3"}],
        "hostnames": ["{{ nowhere4 }}", "device_display_name"],
    }
    assert set(check(ansible.inventory(**options)).hosts) == {*DEVICES}
    sources = tuple(ansible.source(name, strict=True, **{name: value}) for name, value in options.items())
    listing = ansible.inventory(sources=sources)
    assert listing.hosts == {}
    assert [number for number in (1, 2, 3, 4) if f"nowhere{number}" not in listing.output] == []


def test_a_failure_in_the_middle_leaves_no_host_group_or_variable(ansible: Ansible, tmp_path: Path) -> None:
    static = tmp_path / "hosts.ini"
    static.write_text("PC-0001 site=Berlin\n")
    # True for the first and undefined for the last.
    groups = {"early": "intune_policy_display_names[0] == 'Windows baseline' or nowhere"}
    found = ansible.inventory(sources=(str(static), ansible.source(groups=groups, strict=True)))
    assert "nowhere" in found.output
    assert found.hosts == {"PC-0001": {"site": "Berlin"}}
    assert "early" not in found.groups


# Credentials


def test_every_application_and_a_managed_identity_sign_in(ansible: Ansible, emulator: RunningEmulator) -> None:
    ours = {name: emulator.credentials[name] for name in ("tenant_id", "client_id")}
    ways = ("pem", "encrypted pem", "pfx", "federated token", "federated token file")
    options: dict[str, dict[str, Any]] = {way: {**ours, **options_of(way, emulator.credentials)} for way in ways}
    options["identity"] = {"auth_source": "managed_identity"}
    sources = tuple(
        ansible.source(way, groups={way.replace(" ", "_"): True}, **given) for way, given in options.items()
    )
    # The file has precedence over the environment.
    environment = {
        "AZURE_CLIENT_SECRET": None,
        "AZURE_CLIENT_ID": None,
        "AZURE_TENANT_ID": "other.example",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": emulator.credentials["imds_url"],
    }
    found = check(ansible.inventory(sources=sources, env=environment))
    assert [way for way in options if set(found.groups[way.replace(" ", "_")]) != {*DEVICES}] == []
    posts = [entry for entry in emulator.log("authority") if entry["method"] == "POST"]
    assert len(posts) == len(ways)
    assert all("client_assertion" in entry["body"] and "other.example" not in entry["path"] for entry in posts)
    assert len(emulator.log("imds")) == 1


def test_a_given_token_is_used_and_a_refused_one_is_named(ansible: Ansible, emulator: RunningEmulator) -> None:
    environment = {**GONE, "INTUNE_ACCESS_TOKEN": issue_token(emulator)}
    requests = len(emulator.log("authority"))
    assert set(check(ansible.inventory(env=environment)).hosts) == {*DEVICES}
    assert len(emulator.log("authority")) == requests
    emulator.expire_tokens()
    assert "the token (audience" in refused(ansible, env=environment)


def test_the_token_cache_saves_a_sign_in(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    cache = str(tmp_path / "tokens")
    check(
        ansible.inventory(sources=(ansible.source("one", token_cache=cache), ansible.source("two", token_cache=cache)))
    )
    assert [entry["method"] for entry in emulator.log("authority")].count("POST") == 1
    assert len(requests_of(emulator)) == 6


def test_the_environment_is_read_as_modules_read_it(ansible: Ansible, emulator: RunningEmulator) -> None:
    # CI systems export an unset secret as empty text.
    environment: dict[str, str | None] = {
        "AZURE_TENANT_ID": "",
        "AZURE_TENANT": emulator.credentials["tenant_id"],
        "AZURE_SECRET": "not the one",
        "INTUNE_CLOUD": "",
        "INTUNE_AUTH_SOURCE": "",
        "INTUNE_TIMEOUT": "",
        "INTUNE_API_VERSION": "v1.0",
    }
    found = check(ansible.inventory(env=environment))
    assert all(entry["path"].startswith("/v1.0/") for entry in emulator.log("graph"))
    assert set(found.hosts) == {*DEVICES}
    assert all("platform" not in row for host in found.hosts.values() for row in host["intune_statuses"])


def test_an_encrypted_secret_is_taken_from_the_file(
    ansible: Ansible, emulator: RunningEmulator, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("sesame\n")
    encrypted = subprocess.run(
        [
            str(_BIN / "ansible-vault"),
            "encrypt_string",
            "--vault-password-file",
            str(password),
            "--stdin-name",
            "client_secret",
        ],
        input=emulator.credentials["client_secret"],
        env=ansible.environment_with(None),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    path = Path(ansible.source())
    path.write_text(path.read_text() + encrypted)
    found = ansible.inventory("--vault-password-file", str(password), sources=(str(path),), env=NO_SECRET)
    assert set(check(found).hosts) == {*DEVICES}


def test_a_wrong_secret_is_named_and_not_quoted(ansible: Ansible) -> None:
    assert "client_secret is not the application's" in refused(ansible, env={"AZURE_CLIENT_SECRET": "a-wrong-secret"})


def test_a_missing_msal_is_named(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    (tmp_path / "msal.py").write_text("raise ImportError('No module named msal', name='msal')\n")
    assert "required Python library (msal)" in refused(ansible, env={"PYTHONPATH": str(tmp_path)})
    assert emulator.log() == []
