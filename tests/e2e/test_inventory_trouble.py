# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory when something is wrong: options, credentials, the service, and names that somebody made up."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ..emulator.process import RunningEmulator
from .conftest import _BIN, Ansible, Ids, Listing
from .test_credentials import GONE, NO_SECRET, issue_token
from .test_inventory import DEVICES, check

STOP: dict[str, str | None] = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
LOCAL = {"ansible_connection": "'local'"}


def said(listing: Listing) -> str:
    """What was printed; older cores wrap warnings."""
    return " ".join(listing.output.split())


def refused(ansible: Ansible, *flags: str, env: dict[str, str | None] | None = None, **options: Any) -> str:
    """Run an inventory that must fail and stop the run; return what was said."""
    listing = ansible.inventory(*flags, env={**STOP, **(env or {})}, **options)
    assert listing.code != 0
    assert listing.hosts == {}
    return said(listing)


# What is wrong with the options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"polices": ["Windows baseline"]}, "there is no option 'polices'"),
        ({"policies": ["Windows baseline", " "]}, "policies has an entry without text"),
        ({"hostnames": ["name"]}, "hostnames has 'name', which is neither a Jinja2 template nor one of id, policy_id"),
        ({"graph_url": "http://graph.example"}, "graph_url (INTUNE_GRAPH_URL) must be an https URL"),
        ({"auth_source": "certificate"}, "auth_source certificate also needs certificate_path"),
        ({"tenant_id": "{{ nowhere }}"}, "tenant_id is a template that cannot be filled in"),
        ({"cloud": "moon"}, "moon"),
        ({"timeout": 0}, "timeout (INTUNE_TIMEOUT) must be more than 0 seconds"),
        ({"ca_path": "/nowhere.pem"}, "ca_path (INTUNE_CA_PATH) is /nowhere.pem, which does not exist"),
        ({"token_cache": "/dev/null"}, "token_cache"),
    ],
    ids=str,
)
def test_what_cannot_be_right_is_told_before_any_request(
    ansible: Ansible, emulator: RunningEmulator, options: dict[str, Any], words: str
) -> None:
    assert words in refused(ansible, **options)
    assert emulator.log() == []


def test_missing_credentials_are_named_with_their_variables(ansible: Ansible, emulator: RunningEmulator) -> None:
    output = refused(ansible, env=GONE)
    assert "no credentials: give client_secret (AZURE_CLIENT_SECRET or AZURE_SECRET)" in output
    assert "tenant_id (AZURE_TENANT_ID or AZURE_TENANT)" in output
    assert emulator.log() == []


@pytest.mark.parametrize(
    "options",
    [
        {"groups": {"x": "nowhere == 1"}},
        {"compose": {"x": "nowhere.at.all"}},
        {"keyed_groups": [{"key": "nowhere"}]},
        {"hostnames": ["{{ nowhere }}", "device_display_name"]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_only_strict_minds_an_expression_that_fails(ansible: Ansible, options: dict[str, Any]) -> None:
    assert set(check(ansible.inventory(**options)).hosts) == {*DEVICES}
    assert "nowhere" in refused(ansible, **options, strict=True)


def test_a_failure_in_the_middle_leaves_no_host_group_or_variable(ansible: Ansible, tmp_path: Path) -> None:
    static = tmp_path / "hosts.ini"
    static.write_text("PC-0001 site=Berlin\n")
    # True of the first and undefined for the last.
    groups = {"early": "intune_policy_display_names[0] == 'Windows baseline' or nowhere"}
    found = ansible.inventory(sources=(str(static), ansible.source(groups=groups, strict=True)))
    assert "nowhere" in found.output
    assert found.hosts == {"PC-0001": {"site": "Berlin"}}
    assert "early" not in found.groups


# Credentials


@pytest.mark.parametrize("source", ["pem", "encrypted pem", "pfx", "federated token file", "federated token"])
def test_an_application_signs_in(ansible: Ansible, emulator: RunningEmulator, source: str) -> None:
    credentials = emulator.credentials
    environment = {
        "pem": {"AZURE_CLIENT_CERTIFICATE_PATH": credentials["certificate_path"]},
        "encrypted pem": {
            "AZURE_CLIENT_CERTIFICATE_PATH": credentials["certificate_encrypted_path"],
            "AZURE_CLIENT_CERTIFICATE_PASSWORD": credentials["certificate_password"],
        },
        "pfx": {
            "AZURE_X509_CERTIFICATE_PATH": credentials["certificate_pfx_path"],
            "AZURE_CLIENT_CERTIFICATE_PASSWORD": credentials["certificate_password"],
        },
        "federated token file": {"AZURE_FEDERATED_TOKEN_FILE": credentials["federated_token_file"]},
        "federated token": {"AZURE_FEDERATED_TOKEN": credentials["federated_token"]},
    }[source]
    assert set(check(ansible.inventory(env={**NO_SECRET, **environment})).hosts) == {*DEVICES}
    [token_request] = [entry for entry in emulator.log("authority") if entry["method"] == "POST"]
    assert "client_assertion" in token_request["body"]


def test_a_managed_identity_signs_in(ansible: Ansible, emulator: RunningEmulator) -> None:
    environment = {**GONE, "AZURE_POD_IDENTITY_AUTHORITY_HOST": emulator.credentials["imds_url"]}
    assert set(check(ansible.inventory(auth_source="managed_identity", env=environment)).hosts) == {*DEVICES}
    assert len(emulator.log("imds")) == 1


def test_a_given_token_is_used_and_a_refused_one_is_told_of(ansible: Ansible, emulator: RunningEmulator) -> None:
    environment = {**GONE, "INTUNE_ACCESS_TOKEN": issue_token(emulator)}
    asked = len(emulator.log("authority"))
    assert set(check(ansible.inventory(env=environment)).hosts) == {*DEVICES}
    assert len(emulator.log("authority")) == asked
    emulator.expire_tokens()
    assert "the token (audience" in refused(ansible, env=environment)


def test_the_token_cache_saves_the_login(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    for _run in range(2):
        check(ansible.inventory(token_cache=str(tmp_path / "tokens")))
    assert [entry["method"] for entry in emulator.log("authority")].count("POST") == 1


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
    check(ansible.inventory(env=environment))
    assert all(entry["path"].startswith("/v1.0/") for entry in emulator.log("graph"))
    check(ansible.inventory(tenant=emulator.credentials["tenant_id"], env={"AZURE_TENANT_ID": "other.example"}))
    assert not [entry for entry in emulator.log("authority") if "other.example" in entry["path"]]


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


def test_a_secret_that_is_no_template_after_all_is_not_quoted(ansible: Ansible) -> None:
    output = refused(ansible, client_secret="{{ 'swordfish' | no_such_filter }}{{ trout", env=NO_SECRET)
    assert "client_secret is a template that cannot be filled in: it is a secret, and not shown" in output
    assert "trout" not in output
    assert "swordfish" not in output


def test_a_wrong_secret_is_told_of_and_not_quoted(ansible: Ansible) -> None:
    assert "client_secret is wrong" in refused(ansible, env={"AZURE_CLIENT_SECRET": "a-wrong-secret"})


def test_a_missing_msal_is_named(ansible: Ansible, emulator: RunningEmulator, tmp_path: Path) -> None:
    (tmp_path / "msal.py").write_text("raise ImportError('No module named msal', name='msal')\n")
    assert "required Python library (msal)" in refused(ansible, env={"PYTHONPATH": str(tmp_path)})
    assert emulator.log() == []


# The service


@pytest.mark.parametrize("where", ["page", "policy", "policies"])
def test_no_part_is_given_when_one_request_fails(
    ansible: Ansible, emulator: RunningEmulator, where: str, tmp_path: Path
) -> None:
    emulator.settings(page_size=2)
    path, skip = {"page": ("deviceStatuses", 1), "policy": ("deviceStatuses", 2), "policies": ("Policies$", 0)}[where]
    refusal = {"status": 403, "message": "Not you"}
    emulator.faults({"match": {"method": "GET", "path": path}, "skip": skip, "times": None, "do": refusal})
    output = refused(ansible, cache=True, cache_plugin="jsonfile", cache_connection=str(tmp_path / "kept"))
    assert "Not you; grant the application DeviceManagementConfiguration.Read.All or" in output
    assert not (tmp_path / "kept").exists() or not [*(tmp_path / "kept").iterdir()]
    # ansible-core itself would go on: with nothing.
    lax = ansible.inventory()
    assert (lax.code, lax.hosts) == (0, {})
    assert "Not you" in said(lax)
    run = ansible.playbook([{"ansible.builtin.debug": {}}], "-i", ansible.source(), play={"hosts": "all"}, env=STOP)
    assert run.code != 0
    assert run.results == []


def test_an_unreadable_policy_fails_all(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(policies_unreadable=[ids.policy_id])
    assert f"Listing the device statuses of policy {ids.policy_id} failed" in refused(ansible)
    assert len(check(ansible.inventory(policies=["iOS baseline"])).hosts) == 2


def test_an_unknown_policy_is_told(ansible: Ansible) -> None:
    assert "Looking for the policy named 'Linux' failed: there is none" in refused(ansible, policies=["Linux"])


def test_throttling_and_passing_failures_are_waited_out(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults(
        {"match": {"kind": "graph"}, "do": {"status": 429, "retry_after": "0.2"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"drop": "before"}},
        {"match": {"kind": "graph"}, "skip": 1, "do": {"body_form": "cut"}},
    )
    assert set(check(ansible.inventory()).hosts) == {*DEVICES}


def test_a_link_elsewhere_is_not_followed(ansible: Ansible, emulator: RunningEmulator) -> None:
    emulator.faults({"match": {"path": "deviceStatuses"}, "do": {"foreign_next_link": "https://evil.example/x"}})
    assert "an answer points to https://evil.example; credentials go to" in refused(ansible)


# Names that somebody made up


@pytest.fixture
def pwned(tmp_path: Path) -> Path:
    """A file that a device's name wants to have made."""
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


@pytest.mark.parametrize("cached", [False, True], ids=["read", "cached"])
def test_what_the_service_says_is_never_a_template(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, pwned: Path, tmp_path: Path, cached: bool
) -> None:
    names = [name.format(pwned) for name in HOSTILE]
    for number, name in enumerate(names):
        everywhere = dict.fromkeys(["deviceDisplayName", "deviceModel", "userName", "userPrincipalName"], name)
        emulator.put_status(ids.policy_id, f"hostile-{number}", **everywhere, status="error")
    keep = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "kept")}
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
        **(keep if cached else {}),
    }
    found = check(ansible.inventory(**options))
    assert {host["intune_device_display_name"] for host in found.hosts.values()} == {*names, *DEVICES[:3]}
    assert {host["shout"] for host in found.hosts.values()} >= {name + name for name in names}
    run = ansible.playbook(USES, "-i", ansible.source(**options), play={"hosts": "bad"})
    assert run.code == 0, run.output
    assert "[WARNING]" not in run.output
    shown = [str(result.get("msg")) for result in run.results]
    assert all(name in shown for name in names)
    assert not pwned.exists()


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LocalHost",
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
    ],
    ids=repr,
)
def test_no_name_means_anything_but_its_host(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, tmp_path: Path, name: str
) -> None:
    emulator.put_status(ids.policy_id, "hostile", deviceDisplayName=name, deviceModel="seen", status="error")
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
    [host] = set(found.hosts) - {*DEVICES, "server"}
    assert found.hosts[host]["intune_device_display_name"] == name
    assert found.hosts[host]["mark"] == "seen"
    assert found.groups["remediate"] == found.groups["status_error"] == ["KIOSK-0003", host]
    assert found.groups["servers"] == ["server"]
    states = {f"status_{status}" for status in ("error", "nonCompliant", "compliant")}
    assert set(found.groups) - {"ungrouped"} == {"all", "servers", "remediate"} | states
    assert found.hosts["PC-0001"]["mark"] == "Latitude 7440"
    # ansible-core has nothing to say; we do where the host is not called as one would guess.
    warnings = found.output.count("[WARNING]")
    assert warnings == (f"{name!r} is the host {host}" in said(found))
    assert "same name" not in found.output

    # It can be asked for by its name, and that means nothing else.
    task = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}"}}
    sources = ("-i", str(static), "-i", ours)
    run = ansible.playbook([task], *sources, play={"hosts": host, "connection": "local"})
    assert [result["msg"] for result in run.results] == [host]
    # And this machine is still itself.
    run = ansible.playbook([{"ansible.builtin.command": "true"}], *sources)
    assert run.code == 0, run.output
    assert len(run.results) == 1


def test_devices_that_come_to_one_name_stay_two(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    for number, name in enumerate(("PC 1", "PC_1", "PC/1")):
        emulator.put_status(ids.policy_id, f"row-{number}", deviceDisplayName=name, status="error")
    found = ansible.inventory(policies=["Windows baseline"])
    by_name = {host["intune_device_display_name"]: name for name, host in found.hosts.items()}
    assert by_name["PC_1"] == "PC_1"
    assert len({by_name[name] for name in ("PC 1", "PC_1", "PC/1")}) == 3
    assert f"'PC 1' is the host {by_name['PC 1']}" in said(found)


def test_groups_that_are_called_as_every_host_is_are_refused(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids
) -> None:
    emulator.put_status(ids.policy_id, "row", deviceDisplayName="LAPTOP1", status="error")
    options: dict[str, Any] = {"keyed_groups": [{"key": "inventory_hostname", "separator": ""}]}
    assert "keyed_groups makes groups with the names of hosts, such as" in refused(ansible, **options)


@pytest.mark.parametrize("model", ["True", "[1, 2]", "{'a': 1}", "7", "None"])
def test_a_model_that_looks_like_something_else_is_text(
    ansible: Ansible, emulator: RunningEmulator, ids: Ids, model: str
) -> None:
    emulator.put_status(ids.policy_id, ids.status_id, deviceModel=model)
    options: dict[str, Any] = {"keyed_groups": [{"prefix": "model", "key": "intune_device_model"}]}
    found = check(ansible.inventory(**options))
    assert found.hosts["PC-0001"]["intune_device_model"] == model
    [group] = [name for name, hosts in found.groups.items() if hosts == ["PC-0001"]]
    assert group.startswith("model_")
