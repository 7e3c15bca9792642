# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory when something is wrong: options, credentials, the service, and hostile names."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator
from .conftest import _BIN, Ansible, Ids, Listing, requests_of
from .test_credentials import GONE, NO_SECRET, issue_token, options_of
from .test_inventory import DEVICES, check

STOP: dict[str, str | None] = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
# The warnings of ansible-core about a source that failed; whether it continues is the user's choice.
pytestmark = pytest.mark.warns("* Failed to parse", "Failed to parse inventory", "Unable to parse")
LOCAL = {"ansible_connection": "'local'"}


def printed(listing: Listing) -> str:
    """The output on one line; older cores wrap warnings."""
    return " ".join(listing.output.split())


def refused(ansible: Ansible, *flags: str, env: dict[str, str | None] | None = None, **options: Any) -> str:
    """Run an inventory that must fail and stop the run; return the output."""
    listing = ansible.inventory(*flags, env={**STOP, **(env or {})}, **options)
    assert listing.code != 0
    assert listing.hosts == {}
    return printed(listing)


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
    sources = tuple(ansible.source(f"wrong{number}", **options) for number, (options, _words) in enumerate(cases))
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


# The service


def test_no_host_is_added_when_one_page_fails(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.settings(page_size=2)
    refusal = {"status": 403, "message": "Not you"}
    emulator.faults({"match": {"method": "GET", "path": "deviceStatuses"}, "skip": 1, "times": None, "do": refusal})
    kept: dict[str, Any] = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "kept"),
    }
    output = refused(ansible, **kept)
    assert "Not you; grant the application DeviceManagementConfiguration.Read.All or" in output
    assert not (tmp_path / "kept").exists() or not [*(tmp_path / "kept").iterdir()]
    # By default ansible-core continues without hosts.
    lax = ansible.inventory()
    assert (lax.code, lax.hosts) == (0, {})
    assert "Not you" in printed(lax)
    run = ansible.playbook([{"ansible.builtin.debug": {}}], "-i", ansible.source(), play={"hosts": "all"}, env=STOP)
    assert run.code != 0
    assert run.results == []


def test_an_unreadable_or_unknown_policy_fails_all_of_its_inventory(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.settings(policies_unreadable=[ids.policy_id])
    unknown = ansible.source("unknown", policies=["iOS baseline", "Linux"], groups={"from_unknown": True})
    every = ansible.source("every", groups={"from_every": True})
    fine = ansible.source("fine", policies=["iOS baseline"], groups={"from_fine": True})
    found = ansible.inventory(sources=(unknown, every, fine))
    assert "No policy named 'Linux' was found" in printed(found)
    assert f"Listing the device statuses of policy {ids.policy_id} failed" in printed(found)
    assert set(found.hosts) == {*DEVICES[3:]}
    assert set(found.groups["from_fine"]) == {*DEVICES[3:]}
    assert not {"from_unknown", "from_every"} & set(found.groups)


def test_throttling_and_transient_failures_are_retried(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults(
        {"match": {"kind": "graph"}, "do": {"status": 429, "retry_after": "0.2"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"drop": "before"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"body_form": "cut"}},
    )
    assert set(check(ansible.inventory()).hosts) == {*DEVICES}


def test_a_link_elsewhere_is_not_followed(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults({"match": {"path": "deviceStatuses"}, "do": {"foreign_next_link": "https://evil.example/x"}})
    assert "an answer links to https://evil.example; credentials are sent to" in refused(ansible)


# Hostile names


@pytest.fixture
def pwned(tmp_path: Path) -> Path:
    """A file that the name of a device would create if it were a template."""
    return tmp_path / "pwned"


HOSTILE = [
    "{{{{ lookup('pipe', 'touch {0}') }}}}",
    "{{% set x = lookup('pipe', 'touch {0}') %}}",
    "lookup('pipe', 'touch {0}')",
    "' ~ lookup('pipe', 'touch {0}') ~ '",
    "#jinja2: variable_start_string: '[['",
    "$(touch {0})",
    "-oProxyCommand=touch {0}",
]
USES = """
- ansible.builtin.debug:
    msg: "{{ inventory_hostname }} {{ inventory_hostname_short }} {{ intune_device_display_name }} {{ shout }}"
- ansible.builtin.debug:
    var: intune_device_model
- ansible.builtin.debug:
    var: hostvars[inventory_hostname]
- ansible.builtin.debug:
    msg: "{{ item }}"
  loop: "{{ intune_user_names }}"
- ansible.builtin.debug:
    msg: "{{ intune_statuses | map(attribute='device_display_name') | join('') }}{{ groups | to_json }}"
- ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.vars', 'intune_user_principal_names') }}"
- ansible.builtin.set_fact:
    again: "{{ intune_device_display_name }}"
- ansible.builtin.debug:
    msg: "{{ again }}"
"""


def test_what_the_service_says_is_never_a_template(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, pwned: Path, tmp_path: Path
) -> None:
    names = [name.format(pwned) for name in HOSTILE]
    for number, name in enumerate(names):
        everywhere = dict.fromkeys(["deviceDisplayName", "deviceModel", "userName", "userPrincipalName"], name)
        emulator.put_status(ids.policy_id, f"hostile-{number}", **everywhere, status="error")
    options: dict[str, Any] = {
        "strict": True,
        "policies": ["Windows baseline"],
        "hostnames": ["{{ device_display_name }}"],
        "compose": {**LOCAL, "shout": "intune_device_display_name ~ intune_device_model"},
        "groups": {"bad": "intune_device_display_name != 'x' and intune_compliance_status == 'error'"},
        "keyed_groups": [
            {"prefix": "model", "key": "intune_device_model or 'none'"},
            {"key": "intune_user_names"},
        ],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "kept"),
    }
    for source in ("from the service", "from the cache"):
        run = ansible.playbook(USES, "-i", ansible.source(**options), play={"hosts": "bad"})
        assert run.code == 0, run.output
        assert "[WARNING]" not in run.output
        shown = [str(result.get("msg")) for result in run.results]
        assert all(name in shown for name in names), source
        assert not pwned.exists(), source
    found = check(ansible.inventory(**options))
    assert {host["intune_device_display_name"] for host in found.hosts.values()} == {*names, *DEVICES[:3]}
    assert {host["shout"] for host in found.hosts.values()} >= {name + name for name in names}
    assert not pwned.exists()
    assert requests_of(emulator) == ["GET deviceCompliancePolicies", "GET deviceStatuses"]


HOSTS = [
    "localhost",
    "127.0.0.1",
    "::1",
    "all",
    "ungrouped",
    "remediate",
    "status_error",
    "servers",
    "-v",
    "..",
    "a,b",
    "web[1:3]",
    "../../x",
    "x\ny",
    "a b:c",
    "!x",
    "~x",
    "@x",
    "*",
    "x.yml/",
]


@pytest.mark.warns("Names of devices that are taken")
def test_every_name_is_that_of_its_host_only(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path
) -> None:
    for number, name in enumerate(HOSTS):
        emulator.put_status(
            ids.policy_id, f"hostile-{number}", deviceDisplayName=name, deviceModel="seen", status="error"
        )
    static = tmp_path / "hosts.ini"
    static.write_text("[servers]\nserver\n")
    ours = ansible.source(
        strict=True,
        policies=["Windows baseline"],
        compose={"mark": "intune_device_model"},
        groups={"remediate": "intune_compliance_status == 'error'"},
        keyed_groups=[{"prefix": "status", "key": "intune_compliance_status"}],
    )
    found = ansible.inventory(sources=(str(static), ours))
    assert found.code == 0, found.output
    hosts = [host for host in found.hosts if host not in {*DEVICES, "server"}]
    assert sorted(found.hosts[host]["intune_device_display_name"] for host in hosts) == sorted(HOSTS)
    assert {found.hosts[host]["mark"] for host in hosts} == {"seen"}
    assert found.hosts["PC-0001"]["mark"] == "Latitude 7440"
    assert set(found.groups["remediate"]) == set(found.groups["status_error"]) == {"KIOSK-0003", *hosts}
    assert found.groups["servers"] == ["server"]
    states = {f"status_{status}" for status in ("error", "nonCompliant", "compliant")}
    assert set(found.groups) - {"ungrouped"} == {"all", "servers", "remediate"} | states
    # The one warning is ours, about hosts with another name than their device.
    assert found.output.count("[WARNING]") == 1
    assert "Names of devices that are taken" in printed(found)
    assert "same name" not in found.output

    # Each host can be addressed by its name, and localhost is still this machine.
    task = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}"}}
    plays = [{"hosts": host, "connection": "local", "gather_facts": False, "tasks": [task]} for host in hosts]
    here = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.command": "true"}]}
    path = tmp_path / "plays.yml"
    path.write_text(yaml.safe_dump([*plays, here]), encoding="utf-8")
    run = ansible._run(["ansible-playbook", str(path), "-i", str(static), "-i", ours], {})
    assert run.code == 0, run.output
    assert [result.get("msg") for result in run.results[:-1]] == hosts
    assert run.results[-1]["cmd"] == ["true"]


@pytest.mark.warns("Names of devices that are taken")
def test_devices_that_would_get_one_name_stay_two(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    for number, name in enumerate(("PC 1", "PC_1", "PC/1")):
        emulator.put_status(ids.policy_id, f"row-{number}", deviceDisplayName=name, status="error")
    found = ansible.inventory(policies=["Windows baseline"])
    by_name = {host["intune_device_display_name"]: name for name, host in found.hosts.items()}
    assert by_name["PC_1"] == "PC_1"
    assert len({by_name[name] for name in ("PC 1", "PC_1", "PC/1")}) == 3
    assert f"'PC 1' is the host {by_name['PC 1']}" in printed(found)


def test_groups_with_the_names_of_all_hosts_are_refused(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.put_status(ids.policy_id, "row", deviceDisplayName="LAPTOP1", status="error")
    options: dict[str, Any] = {"keyed_groups": [{"key": "inventory_hostname", "separator": ""}]}
    assert "keyed_groups creates groups with the names of hosts, such as" in refused(ansible, **options)


def test_a_model_that_looks_like_another_type_is_text(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    models = ["True", "[1, 2]", "{'a': 1}", "7", "None", "{{ 1 + 1 }}"]
    for number, model in enumerate(models):
        emulator.put_status(ids.policy_id, f"row-{number}", deviceDisplayName=f"PC-{number}", deviceModel=model)
    options: dict[str, Any] = {
        "compose": {"composed": "intune_device_model | default('none', true)", "yes": "intune_device_model is string"},
        "keyed_groups": [
            {"prefix": "model", "key": "intune_device_model"},
            {"prefix": "again", "key": "intune_device_model | default('none', true)"},
        ],
        "policies": ["Windows baseline"],
    }
    found = check(ansible.inventory(**options))
    assert found.hosts["PC-0001"]["yes"] is True
    for number, model in enumerate(models):
        host = found.hosts[f"PC-{number}"]
        assert host["intune_device_model"] == host["composed"] == model
        one, other = sorted(name for name, hosts in found.groups.items() if f"PC-{number}" in hosts and name != "all")
        assert (one.removeprefix("again_"), one[:6]) == (other.removeprefix("model_"), "again_")
