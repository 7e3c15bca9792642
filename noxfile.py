# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the collection. `nox --list` names them; `make test` runs them all and counts the tests.

The linters and the checks of documentation, licenses and packaging are antsibull-nox's, set up in antsibull-nox.toml.
Its ansible-test sessions need containers; those below need a package index and the Pythons that a machine has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import antsibull_nox
import antsibull_nox.sessions
import nox

ROOT = Path(__file__).parent
STATE = ROOT / ".nox"
HOMES = STATE / "home"
MATRIX = os.environ.get("MATRIX") == "all"


class Core(NamedTuple):
    """A release of ansible-core: what to install, and the Pythons that its controller runs on."""

    requirement: str
    pythons: tuple[str, ...]


CORES = {  # oldest first
    "2.16": Core("ansible-core~=2.16.0", ("3.10", "3.11", "3.12")),
    "2.18": Core("ansible-core~=2.18.0", ("3.11", "3.12", "3.13")),
    "2.19": Core("ansible-core~=2.19.0", ("3.11", "3.12", "3.13")),
    "2.20": Core("ansible-core~=2.20.0", ("3.12", "3.13", "3.14")),
    "2.21": Core("ansible-core~=2.21.0", ("3.12", "3.13", "3.14")),
    "2.22": Core("ansible-core~=2.22.0rc1", ("3.13", "3.14", "3.15")),  # a release candidate until 2.22.0 is out
}


def find_pythons() -> dict[str, Path]:
    """Return this machine's interpreters by version, from PATH and from pyenv.

    Each candidate is run: a pyenv shim is on PATH whether it works or not, and Debian splits venv off.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    probe = "import ensurepip, os, sys, venv; print(os.path.realpath(sys.executable))"
    found = {"{}.{}".format(*sys.version_info): Path(sys.executable).resolve()}
    for version in {version for core in CORES.values() for version in core.pythons}:
        name = f"python{version}"
        for candidate in (shutil.which(name), *sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True)):
            if candidate and version not in found:
                run = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
                if run.returncode == 0:
                    found[version] = Path(run.stdout.strip())
    return found


def choose_pythons(found: dict[str, Path]) -> dict[str, str]:
    """Return, for each core that this machine can run, the Python to run it on: all are used, the oldest core first."""
    chosen: dict[str, str] = {}
    for name, core in CORES.items():
        if usable := [version for version in core.pythons if version in found]:
            chosen[name] = min(usable, key=list(chosen.values()).count)
    return chosen


def link_pythons(found: dict[str, Path]) -> None:
    """Put these interpreters first on PATH, where nox and ansible-test look for them."""
    links = STATE / "pythons"
    links.mkdir(parents=True, exist_ok=True)
    for version, path in found.items():
        link = links / f"python{version}"
        if link.resolve() != path:
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    os.environ["PATH"] = f"{links}{os.pathsep}{os.environ['PATH']}"


def make_home(name: str) -> Path:
    """Return a home directory in .nox that has the user's settings of pip."""
    home = HOMES / name
    for link, target in {
        home / ".cache": STATE / "cache",
        home / ".config" / "pip": Path("~/.config/pip").expanduser(),  # ansible-test hands no PIP_* variable on
    }.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(target)
    (STATE / "cache").mkdir(exist_ok=True)
    return home


def move_home() -> None:
    """Let every tool write its caches, logs and collections into .nox, which `make clean` removes.

    The user's Pythons, uv's cache and git's settings are still found. Runs again in each process that nox starts.
    """
    user = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME", user / ".cache"))
    os.environ.setdefault("PYENV_ROOT", str(user / ".pyenv"))
    os.environ.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    os.environ.setdefault("GIT_CONFIG_GLOBAL", str(user / ".gitconfig"))
    os.environ["HOME"] = str(make_home("tools"))


move_home()

# The tests must not find a real tenant's credentials or a user's settings.
for variable in [name for name in os.environ if name.startswith(("ANSIBLE_", "AZURE_", "INTUNE_"))]:
    del os.environ[variable]

# Container images often set this. Each of some thousand runs of ansible would compile ansible-core again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PYTHONS = find_pythons()
link_pythons(PYTHONS)
CHOSEN = choose_pythons(PYTHONS)
if not CHOSEN:
    sys.exit("No ansible-core that the collection supports runs on any Python that was found.")
OLDEST, NEWEST = min(CHOSEN), max(CHOSEN)

nox.needs_version = ">=2026.8.10"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.allow_parallel = True


def prepare_home(session: nox.Session) -> Path:
    """Give the session its own home, in which ansible-test keeps the sanity tests' environments between runs."""
    home = make_home(session.name)
    session.env["HOME"] = str(home)
    return home


def prepare(session: nox.Session, core: str, *packages: str) -> Path:
    """Install this ansible-core and these packages; return the collection's copy in an ansible_collections/ tree."""
    if core == OLDEST:  # test the lower bounds of requirements.txt, with RHEL 9's urllib3
        session.install("--resolution=lowest-direct", "-r", "requirements.txt", "urllib3~=1.26.5")
    session.install(CORES[core].requirement, "-r", "requirements.txt", *packages)
    prepare_home(session)
    setup = antsibull_nox.sessions.prepare_collections(
        session,
        install_in_site_packages=False,
        install_out_of_tree=True,  # in our tree, ansible-test would ask git for the files, and git ignores .nox
    )
    if setup is None:
        session.error("the collection's tree could not be prepared")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(setup.current_place)
    return setup.current_path


def paths(session: nox.Session, default: str) -> list[str]:
    """Return pytest's arguments from the command line, with *default* where they name no path."""
    named = any(argument.startswith("tests/") for argument in session.posargs)
    return session.posargs if named else [default, *session.posargs]


def ansible_test(session: nox.Session, tree: Path, command: str, *arguments: str) -> None:
    """Run ansible-test in this environment, and keep its JUnit files: `make test` counts the tests in them."""
    junit = tree / "tests/output/junit"
    junit.mkdir(parents=True)
    try:
        with session.chdir(tree):
            session.run("ansible-test", command, "--color", "no", *arguments, *session.posargs)
    finally:
        shutil.copytree(junit, ROOT / "tests/output" / session.name, dirs_exist_ok=True)


def provide_sanity_requirements(session: nox.Session) -> None:
    """Let ansible-test set up the sanity tests' environments from a package index alone."""
    where = session.run("python", "-c", "import ansible_test; print(*ansible_test.__path__)", silent=True)
    root = Path(str(where).strip())

    # It would download a script that installs pip. Python includes pip.
    cache = prepare_home(session) / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"pip='([\d.]+)'", (root / "_internal/python_requirements.py").read_text()):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n")

    # ansible-core 2.22.0rc1 takes dill from an archive on GitHub, for Python 3.15. The released one is enough here.
    pylint = root / "_data/requirements/sanity.pylint.txt"
    text = re.sub(r"^dill @ .*$", "dill", pylint.read_text(), flags=re.MULTILINE)
    pylint.unlink()  # may be a hard link into uv's cache
    pylint.write_text(text)


def sanity(session: nox.Session, core: str) -> None:
    """All of ansible-test's sanity tests, without any ignore file."""
    tree = prepare(session, core)
    provide_sanity_requirements(session)
    ansible_test(session, tree, "sanity", "--junit")


def units(session: nox.Session, core: str) -> None:
    """tests/unit, as ansible-test runs it."""
    packages = ["-r", "tests/unit/requirements.txt", "-r", "tests/emulator/requirements.txt", "pytest", "pytest-mock"]
    # The emulator's tests use plain requests, which detects a truncated body with urllib3 2 only.
    tree = prepare(session, core, *packages, "pytest-xdist", "urllib3>=2")
    ansible_test(session, tree, "units", "--python", CHOSEN[core])


def integration(session: nox.Session, core: str) -> None:
    """tests/integration/targets, as ansible-test runs them."""
    tree = prepare(session, core, "-r", "tests/emulator/requirements.txt")
    ansible_test(session, tree, "integration", "--python", CHOSEN[core])


def e2e(session: nox.Session, core: str) -> None:
    """tests/e2e: ansible and ansible-playbook, started as a user starts them."""
    packages = ["-r", "tests/emulator/requirements.txt", "-r", "tests/e2e/requirements.txt", "pytest"]
    tree = prepare(session, core, *packages)
    session.env["INTUNE_PLAYS"] = "all" if MATRIX else "some"
    junit = ROOT / "tests/output" / session.name / "pytest.xml"
    with session.chdir(tree):
        session.run("python", "-m", "pytest", f"--junit-xml={junit}", *paths(session, "tests/e2e"))


# Checks that do not depend on the release run on the newest final ansible-core that this machine can run.
FINAL = max((name for name in CHOSEN if "rc" not in CORES[name].requirement), default=NEWEST)


@nox.session(python=CHOSEN[FINAL])
def eda(session: nox.Session) -> None:
    """tests/eda: the event source in a real ansible-rulebook. Without it, or without Java, the tests are skipped."""
    tree = prepare(session, FINAL, "-r", "tests/emulator/requirements.txt", "pytest")
    session.install("ansible-rulebook>=1.3", success_codes=[0, 1, 2])
    junit = ROOT / "tests/output" / session.name / "pytest.xml"
    with session.chdir(tree):
        session.run("python", "-m", "pytest", f"--junit-xml={junit}", "-rs", *paths(session, "tests/eda"))


def by_default(check: Callable[..., None], core: str) -> bool:
    """All checks on the oldest and the newest core that this machine can run; on those between, the quick one.

    With ``MATRIX=all``, as `make matrix` sets it, all checks on all of them.
    """
    return core in CHOSEN and (MATRIX or core in (OLDEST, NEWEST) or check is integration)


CHECKS = (e2e, sanity, units, integration)  # the slowest first, which keeps every processor busy to the end
for check in CHECKS:
    for name, core in CORES.items():
        run = partial(check, core=name)
        run.__doc__ = check.__doc__
        python = CHOSEN.get(name, core.pythons[-1])
        nox.session(name=f"{check.__name__}-{name}", python=python, default=by_default(check, name))(run)

# After the checks above: a slow session that starts last would run alone at the end.
antsibull_nox.load_antsibull_nox_toml()


def describe_cores() -> str:
    """Return which cores are tested on this machine and how, and which are left out and why."""
    lines = []
    for name, core in CORES.items():
        checks = ", ".join(check.__name__ for check in CHECKS if by_default(check, name))
        if name in CHOSEN:
            left = ", ".join(check.__name__ for check in CHECKS if not by_default(check, name))
            lines.append(
                f"ansible-core {name}: {checks} on Python {CHOSEN[name]}{f'; left out: {left}' if left else ''}"
            )
        else:
            wanted = f"{', '.join(core.pythons[:-1])} or {core.pythons[-1]}"
            lines.append(f"ansible-core {name}: left out, since there is no Python {wanted}")
    return "\n".join(lines)


@nox.session
def changelog(session: nox.Session) -> None:
    """The changelog's fragments."""
    session.install("antsibull-changelog")
    session.run("antsibull-changelog", "lint")


@nox.session(name="execution-environment")
def execution_environment(session: nox.Session) -> None:
    """The requirements that ansible-builder finds, and the example definition of an execution environment."""
    session.install("ansible-builder")
    work = Path(session.create_tmp())
    tree = work / "ansible_collections/graphops/intune"
    tree.parent.mkdir(parents=True, exist_ok=True)
    if not tree.is_symlink():
        tree.symlink_to(ROOT, target_is_directory=True)
    found = work / "requirements.txt"
    found.unlink(missing_ok=True)
    session.run("ansible-builder", "introspect", f"--write-pip={found}", str(work))
    needed, written = (
        {line.partition("#")[0].strip() for line in path.read_text().splitlines()} - {""}
        for path in (ROOT / "requirements.txt", found)
    )
    if written != needed:
        session.error(f"ansible-builder finds {sorted(written)} instead of {sorted(needed)}")
    definition, context = "extensions/awx/execution-environment.yml", work / "context"
    session.run("ansible-builder", "create", f"--file={definition}", f"--context={context}")
    galaxy = (context / "_build/requirements.yml").read_text()
    if "graphops.intune" not in galaxy or not [*context.glob("*file")]:
        session.error(f"ansible-builder makes no image with this collection from {definition}")


@nox.session(python=CHOSEN[FINAL])
def docs(session: nox.Session) -> None:
    """The documentation as HTML, in build/docs. A warning is an error."""
    prepare(session, FINAL, "antsibull-docs>=2.24.0", "sphinx", "sphinx-ansible-theme")
    site = ROOT / "build/docs"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    where = ["--use-current", "--squash-hierarchy", "--fail-on-error", f"--dest-dir={site}", "graphops.intune"]
    what = ["--project=graphops.intune", "--title=graphops.intune", "--copyright=the graphops.intune authors"]
    session.run("antsibull-docs", "sphinx-init", *what, *where)
    with (site / "conf.py").open("a") as conf:
        conf.write((ROOT / "docs/docsite/sphinx_conf.py").read_text())
    session.run(str(site / "build.sh"), external=True)
    session.log(f"Open {site}/build/html/index.html")


# The demo and the benchmark run in the project's folder.
@nox.session(python=CHOSEN[FINAL], reuse_venv=True, default=False)
def demo(session: nox.Session) -> None:
    """A tour on the emulator."""
    prepare(session, FINAL, "-r", "tests/emulator/requirements.txt")
    session.run("python", "-m", "tests.demo", *session.posargs)


@nox.session(python=CHOSEN[FINAL], reuse_venv=True, default=False)
def bench(session: nox.Session) -> None:
    """The figures of docs/benchmarks.md."""
    prepare(session, FINAL, "-r", "tests/emulator/requirements.txt")
    session.run("python", "-m", "tests.benchmark", *session.posargs)


@nox.session(python=CHOSEN[FINAL], reuse_venv=True, default=False)
def fuzz(session: nox.Session) -> None:
    """Every parser of input from outside, each for some time."""
    tree = prepare(session, FINAL, "-r", "tests/unit/requirements.txt", "atheris>=2.3")
    session.env["PYTHONPATH"] = str(tree.parents[2])
    session.run("python", "-m", "tests.fuzz", *session.posargs)
