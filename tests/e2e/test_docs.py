# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example in the documentation works: playbooks and tasks are run, commands and everything else are checked.

A block of a kind that no test here handles fails. With ``INTUNE_DOCS=literally`` in the environment, the commands of
"Getting started" and of the READMEs are run one by one, as a reader would, and slow examples too.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from ansible import release

from ..emulator.process import RunningEmulator
from .commands import Checker
from .conftest import Ansible, Ids
from .documents import PARSED, ROOT, Block, blocks
from .fragments import check_json, check_yaml, is_rulebook

BLOCKS = blocks()
GUIDES = "docs/docsite/rst/"
GUIDE = f"{GUIDES}guide_getting_started.rst"
ROLE = "roles/compliance_converge/README.md"
# In test_converge_role.py, test_inventory.py and, against the files that it shows, tests/unit/plugins/test_awx.py.
TESTED_ELSEWHERE = (ROLE, "plugins/inventory/", f"{GUIDES}guide_awx.rst")
SLOW = "graphops.intune.compliance_report"
LITERALLY = os.environ.get("INTUNE_DOCS") == "literally"

CREDENTIALS = {
    "AZURE_TENANT_ID": "tenant_id",
    "AZURE_CLIENT_ID": "client_id",
    "AZURE_CLIENT_SECRET": "client_secret",
    "AZURE_CLIENT_CERTIFICATE_PATH": "certificate_path",
    "AZURE_FEDERATED_TOKEN_FILE": "federated_token_file",
    "INTUNE_ACCESS_TOKEN": "access_token",
    "INTUNE_AUTH_SOURCE": "auth_source",
}
# For examples that are not about signing in: with a token, they take half the time.
USUAL = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "INTUNE_ACCESS_TOKEN"}

# Source: Microsoft's reference of Microsoft Graph PowerShell.
CMDLETS = {
    "Connect-MgGraph": {"TenantId", "ClientSecretCredential"},
    "Get-MgBetaDeviceManagementDeviceCompliancePolicy": {"All"},
    "Get-MgBetaDeviceManagementDeviceCompliancePolicyDeviceStatus": {"DeviceCompliancePolicyId", "All"},
    "Update-MgBetaDeviceManagementDeviceCompliancePolicyDeviceStatus": {
        "BodyParameter",
        "DeviceComplianceDeviceStatusId",
        "DeviceCompliancePolicyId",
    },
    "Select-Object": set(),
    "Where-Object": {"eq"},
}


def of(*languages: str) -> list[Any]:
    """Return the blocks of these languages, as parameters of a test."""
    return [pytest.param(block, id=block.place) for block in BLOCKS if block.language in languages]


def files_of(document: str) -> dict[str, str]:
    """Return the files that the reader of a document creates."""
    return {block.file: block.text for block in BLOCKS if block.document == document and block.file}


def is_slow(play: dict[str, Any]) -> bool:
    return SLOW in str(play.get("roles"))


def runs(block: Block) -> bool:
    """Return whether the block is run without changes."""
    if block.language != "yaml" or block.only_parsed or block.document.startswith(TESTED_ELSEWHERE):
        return False
    if is_rulebook(block.content):
        return False
    plays = block.plays
    return bool(plays) and all(play["hosts"] == "localhost" for play in plays) and (LITERALLY or not is_slow(plays[0]))


RUN = list({str(block.plays): block for block in BLOCKS if runs(block)}.values())  # each example once
SIGNING_IN = [
    block for block in RUN if re.match(f"{GUIDES}guide_(access|cert|client|cred|fed|managed)", block.document)
]
SHOWN = [block for block in BLOCKS if block.document == GUIDE and block.language == "text"]


# --- every example


def test_there_are_examples_to_check() -> None:
    assert len(RUN) > 35
    documents = {block.document for block in BLOCKS}
    guides = {str(path.relative_to(ROOT)) for path in (ROOT / GUIDES).glob("*.rst")}
    assert guides <= documents


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in BLOCKS])
def test_every_example_has_a_test(block: Block) -> None:
    # Templates of a report's page: tests/unit/plugins/plugin_utils/_report/page/test_template.py.
    assert block.language in {"console", "csv", "jinja", "json", "powershell", "python", "text", "yaml"}
    assert block.note in ("", "observed", block.file) or len(block.note) > len(PARSED)


# --- examples that are run


@pytest.fixture
def folder(ansible: Ansible) -> Path:
    """A reader's folder: the files of all examples, and those that plugins' examples read."""
    for document in {block.document for block in BLOCKS}:
        for name, text in files_of(document).items():
            path = ansible.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    (ansible.folder / "audit.csv").write_text(
        "Policy;Device;State;Remarks\nWindows baseline;PC-0001;error;late\n", encoding="utf-8"
    )
    for name, device in {"windows.yml": "PC-0001", "ios.yml": "Ada's iPhone"}.items():
        items = [{"match": {"device_display_name": device}, "status": "error"}]
        (ansible.folder / name).write_text(json.dumps(items), encoding="utf-8")
    return ansible.folder


def token(emulator: RunningEmulator) -> str:
    credentials = emulator.credentials
    form = {"grant_type": "client_credentials", "scope": f"{credentials['graph_url']}/.default"}
    form |= {name: credentials[name] for name in ("client_id", "client_secret")}
    url = f"{credentials['authority_url']}/{credentials['tenant_id']}/oauth2/v2.0/token"
    answer = requests.post(url, form, verify=credentials["ca_path"], timeout=30)
    return str(answer.json()["access_token"])


def environment(block: Block) -> dict[str, str]:
    """Return an environment without the credentials that the page has not exported before this block."""
    before = [other for other in BLOCKS if other.document == block.document and other.line < block.line]
    typed = " ".join(command for other in before for command in other.commands)
    exported = {name for name in CREDENTIALS if re.search(rf"\b{name}\b", typed)} if block.document != GUIDE else set()
    return {name: "" for name in CREDENTIALS if name not in (exported or USUAL)}


def plays(chosen: list[Block], emulator: RunningEmulator) -> list[dict[str, Any]]:
    """Return the plays of these blocks, each named by its place, with the emulator's hosts and tenant."""
    own = {
        "contoso.onmicrosoft.com": emulator.credentials["tenant_id"],
        "https://graph.microsoft.com": emulator.credentials["graph_url"],
        "https://login.microsoftonline.com": emulator.credentials["authority_url"],
    }
    found = []
    for block in chosen:
        text = block.text
        for named, local in own.items():
            text = text.replace(named, local)
        for play in Block(block.document, block.line, "yaml", text).plays:
            found.append({**play, "name": block.place, "environment": environment(block)})
    return found


def variables(emulator: RunningEmulator, ids: Ids) -> dict[str, Any]:
    """Return the variables that the examples use for values of a tenant."""
    credentials = emulator.credentials
    application = {name: credentials[name] for name in ("tenant_id", "client_id")}
    return {
        **application,
        **ids.options,
        "vault_client_secret": credentials["client_secret"],
        "certificate_path": credentials["certificate_encrypted_path"],
        "vault_certificate_password": credentials["certificate_password"],
        "tenants": [application, application],
        "vault_client_secrets": {credentials["tenant_id"]: credentials["client_secret"]},
        "my_quarter": [{"match": {"device_display_name": "PC-0001"}, "status": "compliant"}],
    }


def run(ansible: Ansible, ids: Ids, chosen: list[Block], **more: Any) -> str:
    """Run the blocks one after the other in one process; return the output."""
    emulator = ansible.emulator
    made = plays(chosen, emulator)
    (ansible.folder / "examples.yml").write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    (ansible.folder / "variables.json").write_text(json.dumps({**variables(emulator, ids), **more}), encoding="utf-8")
    values = {**emulator.credentials, "access_token": token(emulator), "auth_source": "managed_identity"}
    done = ansible._run(
        ["ansible-playbook", "examples.yml", "-e", "@variables.json"],
        {
            **{name: values[key] for name, key in CREDENTIALS.items()},
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": values["imds_url"],
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": values["ca_path"],  # for the uri recipe, which names no authority
            "ANSIBLE_PIPELINING": "1",
        },
    )
    assert done.code == 0, done.output
    shown = dict(re.findall(r"^PLAY \[(\S+)\] \*+$(.*?)(?=^PLAY )", done.output, re.DOTALL | re.MULTILINE))
    for play in made:
        assert re.search(r"^(ok|changed): \[localhost\]", shown[play["name"]], re.MULTILINE), play["name"]
    return done.output


@pytest.mark.usefixtures("folder")
def test_the_guides_playbooks_do_their_work(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    chosen = [block for block in RUN if block.document.startswith(GUIDES) and block not in SIGNING_IN]
    chosen.sort(key=lambda block: block.document != GUIDE)  # its output is that of the unchanged fleet
    elsewhere = {"observed", "declare.yml"}
    output = run(ansible, ids, [block for block in chosen if not {block.note, block.file} & elsewhere])
    for line in SHOWN[0].text.splitlines():
        assert line.strip() in output
    # Only the uri recipe does something that a correct client never does.
    assert {finding["rule"] for finding in emulator.judge()["findings"]} == {"no_client_request_id"}
    emulator.reset()


@pytest.mark.usefixtures("folder")
def test_each_way_to_sign_in_does_sign_in(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    run(ansible, ids, SIGNING_IN)
    posts = [entry["body"] for entry in emulator.log("authority") if entry["method"] == "POST"]
    assert sum("client_assertion" in body for body in posts) == 3, "a certificate twice, a federated token"
    assert len(emulator.log("imds")) == 1, "a managed identity"


@pytest.mark.skipif(
    not LITERALLY and tuple(map(int, release.__version__.split(".")[:2])) < (2, 19),
    reason="takes half of the time, and the guides' playbooks use the same modules; newer releases run this test",
)
def test_the_readmes_and_the_plugins_examples_do_their_work(ansible: Ansible, ids: Ids, folder: Path) -> None:
    chosen = [block for block in RUN if not block.document.startswith(GUIDES)]
    run(ansible, ids, chosen)
    assert (folder / "reports" / "report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_examples_for_a_service_that_refuses_updates(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    emulator.settings(profile="observed")
    chosen = [block for block in RUN if block.note == "observed"]
    assert chosen
    run(ansible, ids, chosen)


def test_declaring_as_getting_started_has_it(ansible: Ansible, emulator: RunningEmulator, folder: Path) -> None:
    declare = str(folder / "declare.yml")
    checked = ansible._run(["ansible-playbook", declare, "--check", "--diff"], {})
    assert checked.code == 0
    assert all(line in checked.output for line in SHOWN[-1].text.splitlines()), checked.output
    assert not [entry for entry in emulator.log("graph") if entry["method"] != "GET"]
    for changed in ("changed=1", "changed=0"):
        done = ansible._run(["ansible-playbook", declare], {})
        assert (done.code, changed in done.output) == (0, True), done.output


# --- examples that are checked


@pytest.mark.parametrize("block", of("console"))
def test_commands_name_what_exists(block: Block) -> None:
    checker = Checker(files_of(block.document))
    assert block.commands
    for before in BLOCKS:  # a function that an earlier block defined exists
        if before.document == block.document and before.language == "console" and before.line <= block.line:
            for command in before.commands:
                checker.check(command)


@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_that_is_not_run_is_something_else(block: Block) -> None:
    if runs(block) or block.only_parsed or block.document.startswith(TESTED_ELSEWHERE):
        assert block.content
        return
    page = "".join(other.text for other in BLOCKS if other.document == block.document)
    check_yaml(block, files_of(block.document), page)


@pytest.mark.parametrize("block", of("json"))
def test_json_is_json(block: Block, tmp_path: Path) -> None:
    check_json(block, tmp_path)


@pytest.mark.parametrize("block", of("python"))
def test_python_uses_what_the_emulator_has(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("tests.emulator"):
            assert [name.name for name in node.names] == ["start"]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "emulator":
            assert hasattr(RunningEmulator, node.attr) or node.attr == "env"


@pytest.mark.parametrize("block", of("powershell"))
def test_powershell_names_real_cmdlets(block: Block) -> None:
    for line in re.split(r"\n| \|", block.text.replace("|\n", "|")):
        if cmdlet := re.search(r"\b[A-Z][a-z]+-[A-Z]\w+", line):
            assert set(re.findall(r" -([A-Za-z]+)", line)) <= CMDLETS[cmdlet[0]], line


@pytest.mark.parametrize("block", of("text"))
def test_text_is_what_is_shown(block: Block) -> None:
    """By a command right before it; other tests compare the guide's text with the real output."""
    before = [other for other in BLOCKS if other.document == block.document and other.line < block.line]
    if not block.document.startswith(TESTED_ELSEWHERE):
        assert block.document == GUIDE
        assert before[-1].language in ("console", "yaml")


# --- literally


@pytest.mark.skipif(not LITERALLY, reason="takes long; INTUNE_DOCS=literally runs it")
class TestLiterally:
    """The commands of a document, run one by one."""

    @pytest.mark.parametrize("document", [GUIDE, "README.md", "roles/compliance_report/README.md"])
    def test_the_commands(self, ansible: Ansible, ids: Ids, folder: Path, document: str) -> None:
        outputs: list[str] = []
        for block in BLOCKS:
            if block.document == document and block.language == "text":
                assert all(line.strip() in outputs[-1] for line in block.text.splitlines()), (block.place, outputs[-1])
            for command in block.commands if block.document == document else ():
                for public, own in {"/srv": str(folder), "POLICY": ids.policy_id, "STATUS": ids.status_id}.items():
                    command = command.replace(public, own)
                words = shlex.split(command)
                if words[0] in ("ansible", "ansible-inventory", "ansible-playbook"):
                    done = ansible._run(words, {})
                    assert done.code == 0, done.output
                    outputs.append(done.output)
        assert list(folder.rglob("report.html")), "from nothing to a report"

    def test_a_test_of_a_playbook(self, folder: Path, collections: str, ansible: Ansible) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "test_compliance.py"],
            cwd=folder,
            env={**ansible.environment, "PYTHONPATH": collections},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "1 passed" in done.stdout, done.stdout + done.stderr

    def test_faults_and_chaos(self, folder: Path, collections: str, ansible: Ansible) -> None:
        """The guide's second example."""
        (folder / "faults.py").write_text(next(block.text for block in BLOCKS if "emulator.chaos(" in block.text))
        environment = {**ansible.environment, "PYTHONPATH": collections}
        subprocess.run([sys.executable, "faults.py"], cwd=folder, env=environment, timeout=60, check=True)
