# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files for AWX, Ansible Automation Platform and ansible-builder name only what exists."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.graphops.intune.plugins.module_utils import _options
from ansible_collections.graphops.intune.plugins.module_utils._options import (
    CLOUDS,
    ENVIRONMENT,
    connection_argument_spec,
)
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(str(_options.__file__)).parents[2]
AWX = ROOT / "extensions" / "awx"
PROJECT = AWX / "project"
FILES = sorted(path for folder in ("extensions", "meta", "playbooks") for path in (ROOT / folder).rglob("*.yml"))

# The options of the modules of awx.awx, as far as they are used here.
KNOWN = {
    "controller_credential_types": {"name", "description", "kind", "inputs", "injectors"},
    "controller_credentials": {"name", "organization", "credential_type", "inputs"},
    "controller_execution_environments": {"name", "image"},
    "controller_projects": {"name", "organization", "scm_type", "scm_url", "default_environment"},
    "controller_inventories": {"name", "organization"},
    "controller_inventory_sources": {
        *("name", "inventory", "organization", "source", "source_project", "source_path", "credential"),
        *("execution_environment", "overwrite", "overwrite_vars"),
    },
    "controller_templates": {
        *("name", "description", "organization", "project", "playbook", "inventory", "execution_environment"),
        *("credentials", "job_type", "ask_job_type_on_launch", "job_slice_count", "extra_vars"),
    },
    "controller_workflows": {"name", "description", "organization", "allow_simultaneous", "simplified_workflow_nodes"},
}
NODE = {"identifier", "unified_job_template", "lookup_organization", "approval_node", "job_type", "success_nodes"}


class Loader(yaml.SafeLoader):
    """A loader that knows ansible-core's tag for texts that are not templates."""


def _text(loader: Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


Loader.add_constructor("!unsafe", _text)


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a subclass of the safe one


INPUTS = load(AWX / "credential_type_inputs.yml")
INJECTORS = load(AWX / "credential_type_injectors.yml")
CONTROLLER = load(AWX / "controller.yml")
FIELDS = {field["id"]: field for field in INPUTS["fields"]}


def names(kind: str) -> set[str]:
    return {item["name"] for item in CONTROLLER[f"controller_{kind}"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_is_yaml(path: Path) -> None:
    assert load(path)


def test_there_are_files_to_check() -> None:
    assert len(FILES) >= 12
    assert set(CONTROLLER) == {*KNOWN, "intune_slices", "intune_organization"}


# The credential type


def test_the_fields_are_fields_of_awx() -> None:
    assert len(FIELDS) == len(INPUTS["fields"])
    assert set(INPUTS["required"]) <= set(FIELDS)
    for field in FIELDS.values():
        assert field["type"] == "string"
        assert set(field) <= {"id", "type", "label", "help_text", "secret", "multiline", "choices", "default"}
    assert FIELDS["cloud"]["choices"] == list(CLOUDS)
    assert FIELDS["cloud"]["default"] == connection_argument_spec()["cloud"]["default"]


def test_what_is_secret_to_modules_is_secret_to_awx() -> None:
    spec = connection_argument_spec()
    assert {name for name in FIELDS if FIELDS[name].get("secret")} >= {
        n for n in FIELDS if spec.get(n, {}).get("no_log")
    }
    assert FIELDS["certificate"]["secret"]  # its path is an option and not a secret


def test_the_environment_is_one_that_modules_read() -> None:
    read = {variables[0]: option for option, variables in ENVIRONMENT.items()}
    assert set(INJECTORS["env"]) <= set(read)
    for variable, template in INJECTORS["env"].items():
        # Each field sets the option of its name; the certificate is a file, and the option is its path.
        used = set(re.findall(r"{{ (\w+) }}", template)) or {"certificate_path"}
        assert used == {read[variable]}, variable
        assert not variable.startswith("ANSIBLE_"), "AWX accepts no such variable"


def test_the_injectors_are_templates_that_awx_accepts() -> None:
    # CredentialTypeInjectorField.validate: every field, and nothing else, is known.
    known: dict[str, Any] = dict.fromkeys(FIELDS, "EXAMPLE")
    known["tower"] = {"filename": {name.partition(".")[2]: "EXAMPLE_FILENAME" for name in INJECTORS["file"]}}
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for template in (*INJECTORS["file"].values(), *INJECTORS["env"].values()):
        assert "EXAMPLE" in sandbox.from_string(template).render(known)
        with pytest.raises(UndefinedError):
            sandbox.from_string(template).render({})
    assert all(re.fullmatch(r"template\.[a-z_]+", name) for name in INJECTORS["file"])


def test_an_empty_field_becomes_empty_text() -> None:
    sandbox = ImmutableSandboxedEnvironment()
    given = {"tenant_id": "t", "client_id": "c", "tower": {"filename": {"certificate": "/f"}}}
    rendered = {name: sandbox.from_string(template).render(given) for name, template in INJECTORS["env"].items()}
    assert {name for name, value in rendered.items() if value} == {"AZURE_TENANT_ID", "AZURE_CLIENT_ID"}


# As code


def test_the_pasted_and_the_coded_credential_type_are_one() -> None:
    [kind] = CONTROLLER["controller_credential_types"]
    assert kind["kind"] == "cloud"
    assert (kind["inputs"], kind["injectors"]) == (INPUTS, INJECTORS)
    for credential in CONTROLLER["controller_credentials"]:
        assert credential["credential_type"] == kind["name"]
        assert set(INPUTS["required"]) <= set(credential["inputs"]) <= set(FIELDS)
        secrets = {name: value for name, value in credential["inputs"].items() if FIELDS[name].get("secret")}
        assert all(re.fullmatch(r"{{ vault_\w+ }}", value) for value in secrets.values())


@pytest.mark.parametrize("kind", KNOWN)
def test_the_options_are_ones_of_the_modules(kind: str) -> None:
    for item in CONTROLLER[kind]:
        assert set(item) <= KNOWN[kind]


def test_what_is_named_is_there() -> None:
    for source in CONTROLLER["controller_inventory_sources"]:
        assert (PROJECT / source["source_path"]).is_file()
        assert source["source_project"] in names("projects")
        assert source["inventory"] in names("inventories")
        assert source["credential"] in names("credentials")
        assert source["execution_environment"] in names("execution_environments")
    for template in CONTROLLER["controller_templates"]:
        assert (PROJECT / template["playbook"]).is_file()
        assert template["project"] in names("projects")
        assert template["inventory"] in names("inventories")
        assert set(template["credentials"]) <= names("credentials")
        assert template["execution_environment"] in names("execution_environments")
    for project in CONTROLLER["controller_projects"]:
        assert project["default_environment"] in names("execution_environments")


def test_the_project_imports_playbooks_of_the_collection() -> None:
    playbooks = [play["ansible.builtin.import_playbook"] for path in PROJECT.glob("*.yml") for play in load(path)]
    assert playbooks
    for playbook in playbooks:
        assert (ROOT / "playbooks" / f"{playbook.removeprefix('graphops.intune.')}.yml").is_file()


def test_the_playbook_gets_the_number_of_slices() -> None:
    specs = load(ROOT / "roles/compliance_converge/meta/argument_specs.yml")["argument_specs"]["sliced"]["options"]
    [template] = CONTROLLER["controller_templates"]
    assert set(template["extra_vars"]) <= set(specs)
    assert template["job_slice_count"] == template["extra_vars"]["compliance_converge_slices"] == "{{ intune_slices }}"
    assert 1 < CONTROLLER["intune_slices"] <= specs["compliance_converge_write_limit"]["default"]


def test_the_workflow_goes_from_the_policies_to_the_changes() -> None:
    [workflow] = CONTROLLER["controller_workflows"]
    assert workflow["allow_simultaneous"] is False
    nodes = {node["identifier"]: node for node in workflow["simplified_workflow_nodes"]}
    prompting = {item["name"] for item in CONTROLLER["controller_templates"] if item["ask_job_type_on_launch"]}
    for node in nodes.values():
        assert set(node) <= NODE
        assert set(node.get("success_nodes", ())) <= set(nodes)
        if "approval_node" not in node:
            assert node["unified_job_template"] in names("templates") | names("inventory_sources")
        if "job_type" in node:  # AWX ignores it unless the template prompts for it
            assert node["unified_job_template"] in prompting
    way = ["policies"]
    while following := nodes[way[-1]].get("success_nodes"):
        way += following
    assert way == ["policies", "check", "approve", "converge"]


# Ansible Automation Platform, ansible-builder


def test_devices_are_counted_by_modules_that_exist() -> None:
    queries = load(ROOT / "extensions/audit/event_query.yml")
    modules = {f"graphops.intune.{path.stem}" for path in (ROOT / "plugins/modules").glob("*.py")}
    # Reading is not managing.
    assert set(queries) == {module for module in modules if not module.endswith(("_info", "_report"))}
    assert all(set(query) == {"query"} for query in queries.values())


def test_the_execution_environment_names_files_that_exist() -> None:
    wanted = load(ROOT / "meta/execution-environment.yml")["dependencies"]
    assert set(wanted) == {"python", "system"}
    assert all((ROOT / name).is_file() for name in wanted.values())


def test_the_example_of_an_execution_environment_has_a_supported_core_and_the_collection() -> None:
    wanted = load(AWX / "execution-environment.yml")["dependencies"]
    assert wanted["galaxy"]["collections"] == [{"name": "graphops.intune"}]
    assert wanted["python_interpreter"]["python_path"].endswith(wanted["python_interpreter"]["package_system"])
    oldest = load(ROOT / "meta/runtime.yml")["requires_ansible"].removeprefix(">=")
    assert tuple(map(int, re.findall(r">=(\d+)\.(\d+)", wanted["ansible_core"]["package_pip"])[0])) >= tuple(
        map(int, oldest.split(".")[:2])
    )


# The guide


def test_the_guide_shows_the_files_as_they_are() -> None:
    guide = (ROOT / "docs/docsite/rst/guide_awx.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"code-block:: yaml\n   :caption: (\S+)\n\n((?:   .*\n|\n)+)", guide)
    shown = {name: yaml.safe_load(textwrap.dedent(text)) for name, text in blocks}
    ours = ["execution-environment.yml", "credential_type_inputs.yml", "credential_type_injectors.yml"]
    files = {**{name: AWX / name for name in ours}, "converge.yml": PROJECT / "converge.yml"}
    files["inventory/fleet.intune_policies.yml"] = PROJECT / "inventory/fleet.intune_policies.yml"
    assert {name: shown.pop(name) for name in files} == {name: load(path) for name, path in files.items()}
    assert shown.pop("Variables") == {"compliance_converge_slices": CONTROLLER["intune_slices"]}
    [play] = shown.pop("configure.yml")
    assert "controller.yml" in play["vars_files"]
    assert not shown
    for path in (name for name in re.findall(r"``(extensions/[\w/.-]+)``", guide)):
        assert (ROOT / path).exists(), path
