# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check commands in the documentation: what they name exists, and they accept the options that are given."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import yaml
from ansible import constants
from ansible.cli import CLI
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.doc import DocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.cli.vault import VaultCLI

from ..emulator import cli as emulator_cli
from .documents import ROOT

COLLECTION = "graphops.intune."
INSTALLED = "~/.ansible/collections/ansible_collections/graphops/intune"
REPOSITORY = str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"])
PACKAGES = {"ansible-core", "ansible-rulebook", "antsibull-changelog", "requests", "msal", "pytest"}
# What they do is not checked: most of them are not available where the tests run.
FOREIGN = {
    "ansible-builder",
    "ansible-rulebook",
    "antsibull-changelog",
    "az",
    "cat",
    "chmod",
    "curl",
    "git",
    "kill",
    "mkdir",
    "openssl",
    "podman",
    "printf",
    "unset",
    "wait",
}

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def role_variables(role: str) -> set[str]:
    """Return the variables that a role accepts."""
    path = ROOT / "roles" / role / "meta/argument_specs.yml"
    options = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    return set(options)


def module_options(name: str) -> set[str]:
    """Return the options in a module's documentation; those of the connection are checked elsewhere."""
    text = (ROOT / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
    documentation = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])
    return set(documentation["options"])


def known_variables() -> set[str]:
    """Return the environment variables that the documentation of ansible-core and of the collection names."""
    found = {entry["name"] for option in _settings() for entry in option.get("env", ())}
    text = (ROOT / "plugins/doc_fragments/graph.py").read_text(encoding="utf-8")
    return found | set(re.findall(r"\b(?:AZURE|INTUNE)_[A-Z_]+\b", text))


def _settings() -> Iterator[dict[str, Any]]:
    configuration: Any = constants.config
    definitions = configuration.get_configuration_definitions()
    return (option for option in definitions.values() if isinstance(option, dict))


class Checker:
    """Checks the commands of one document.

    Args:
        files: the files that the reader of the document creates, and their content.
    """

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._functions: set[str] = set()

    def check(self, line: str) -> None:
        """Fail if a line cannot work without changes."""
        if function := re.match(r"(\w+)\(\) \{", line):
            self._functions.add(function[1])
            return
        for part in re.split(r" && | \| ", line.removesuffix(" &")):
            words = shlex.split(part)
            while words and (assigned := _ASSIGNMENT.fullmatch(words[0])):
                self._assign(assigned[1])
                inner = re.fullmatch(r"\$\((.*)", " ".join([assigned[2], *words[1:]]).rstrip(")"))
                words = shlex.split(inner[1]) if inner else words[1:]
            if words:
                self._command(words)

    def _command(self, words: list[str]) -> None:
        name, arguments = words[0].rsplit("/", 1)[-1], words[1:]
        if name in FOREIGN or name in self._functions:
            return
        method = getattr(self, f"_{re.sub(r'[^a-z]', '_', {'.': 'source'}.get(name, name.rstrip('3')))}", None)
        assert method is not None, f"there is no check for the command {name}"
        method(arguments)

    def _assign(self, variable: str) -> None:
        if variable.startswith(("ANSIBLE_", "AZURE_", "INTUNE_")):
            assert variable in known_variables(), f"nothing reads {variable}"

    # Commands of the shell

    def _export(self, arguments: list[str]) -> None:
        for argument in arguments:
            self._assign(argument.partition("=")[0])

    def _read(self, arguments: list[str]) -> None:
        self._assign(arguments[-1])

    def _source(self, arguments: list[str]) -> None:
        assert arguments[0].endswith((".env", "/bin/activate")), arguments

    def _cd(self, arguments: list[str]) -> None:
        assert arguments[0] in (INSTALLED, "~/compliance", "intune"), arguments

    # Python and make

    def _python(self, arguments: list[str]) -> None:
        module, *rest = arguments[1:]
        assert arguments[0] == "-m"
        if module == "tests.emulator":
            parse(lambda: emulator_cli._parser().parse_args(rest))
        elif module == "pytest":
            assert set(rest) <= self._files.keys(), rest
        else:
            assert module in ("json.tool", "venv")

    def _pip(self, arguments: list[str]) -> None:
        assert arguments[0] == "install"
        if arguments[1] == "-r":
            assert (ROOT / arguments[2]).is_file(), arguments[2]
        else:
            assert set(arguments[1:]) <= PACKAGES, arguments

    def _make(self, arguments: list[str]) -> None:
        targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        assert targets is not None
        assert set(arguments) <= set(targets[1].split()), arguments

    def _nox(self, arguments: list[str]) -> None:
        option, session, *rest = arguments
        check, _hyphen, core = session.partition("-")
        noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
        ours = re.search(rf"^def {check}\(", noxfile, re.M) and f'"{core}": Core(' in noxfile
        theirs = (ROOT / "antsibull-nox.toml").read_text(encoding="utf-8")
        assert option == "--sessions"
        assert ours or f"[sessions.{session.replace('-', '_')}]" in theirs, session
        assert all((ROOT / path).is_file() for path in rest if path.startswith("tests/")), rest

    # Ansible

    def _ansible_playbook(self, arguments: list[str]) -> None:
        options = _options(PlaybookCLI, "ansible-playbook", arguments)
        variables: set[str] = set()
        for playbook in options.args:
            variables |= self._playbook(playbook)
        for given in options.extra_vars or ():
            if given.startswith("@"):  # ansible-core has made the path absolute
                name = given.rsplit("/", 1)[-1]
                assert name in self._files, f"the document does not define {name}"
            else:
                assert given.partition("=")[0] in variables, f"{given}: the playbook has no such variable"
        self._sources(options.inventory)

    def _playbook(self, playbook: str) -> set[str]:
        if not playbook.startswith(COLLECTION):
            assert playbook in self._files, f"the document does not define {playbook}"
            return {name for play in yaml.safe_load(self._files[playbook]) for name in play.get("vars", ())}
        path = ROOT / "playbooks" / f"{playbook.removeprefix(COLLECTION)}.yml"
        roles = re.findall(rf"role: {re.escape(COLLECTION)}(\w+)", path.read_text(encoding="utf-8"))
        return {variable for role in roles for variable in role_variables(role)}

    def _ansible_inventory(self, arguments: list[str]) -> None:
        self._sources(_options(InventoryCLI, "ansible-inventory", arguments).inventory)

    def _sources(self, sources: Sequence[str] | None) -> None:
        for source in sources or ():
            assert source in self._files, f"the document does not define {source}"

    def _ansible(self, arguments: list[str]) -> None:
        options = _options(AdHocCLI, "ansible", arguments)
        text = options.module_args
        given = set(json.loads(text)) if text.startswith("{") else {word.split("=")[0] for word in shlex.split(text)}
        assert given <= module_options(options.module_name.removeprefix(COLLECTION)), given

    def _ansible_doc(self, arguments: list[str]) -> None:
        options = _options(DocCLI, "ansible-doc", arguments)
        folder = {"module": "plugins/modules", "role": "roles"}.get(options.type, f"plugins/{options.type}")
        for name in options.args:
            path = ROOT / folder / name.removeprefix(COLLECTION)
            assert path.is_dir() or path.with_suffix(".py").is_file(), name

    def _ansible_galaxy(self, arguments: list[str]) -> None:
        options = _options(GalaxyCLI, "ansible-galaxy", arguments)
        if options.func.__name__ == "execute_build":
            return
        assert options.args in (["graphops.intune"], [f"git+{REPOSITORY}.git"]), options.args

    def _ansible_vault(self, arguments: list[str]) -> None:
        options = _options(VaultCLI, "ansible-vault", arguments)
        assert set(options.args) <= self._files.keys(), options.args


def _options(kind: type[CLI], name: str, arguments: list[str]) -> Any:
    """Return the options as ansible-core reads them."""
    command: Any = kind([name, *arguments])
    command.init_parser()
    return parse(lambda: command.parser.parse_args(arguments))


def parse(parser: Callable[[], Any]) -> Any:
    """Return the result of an argument parser; fail with its message if it refuses the command."""
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            return parser()
    except SystemExit:
        raise AssertionError(errors.getvalue()) from None
