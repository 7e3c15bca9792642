# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job slices as in AWX: slices of one inventory at the same time, by ansible-runner, with one tenant and one budget.

``INTUNE_SLICES=large`` runs it again with thousands of statuses and the real clock, which takes ten minutes; with
``-s`` it prints its figures.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ..emulator.process import RunningEmulator, start
from .conftest import _BIN, BULK, Ansible, Ids
from .controller import Ended, Job, count_nodes, cut, inject
from .test_bulk import other
from .test_converge_role import HOSTILE

POLICIES = ("Windows baseline", "iOS baseline", "Mac baseline", "Android baseline")


class Size(NamedTuple):
    """The number of statuses, and the speed of the clock of the budgets."""

    slices: int
    policies: int
    rows: int
    differing: int
    time_scale: float
    write_budget: int


# Without sharing, two jobs would send 60 updates at once into a budget of 30.
SMALL = Size(slices=2, policies=3, rows=30, differing=22, time_scale=20, write_budget=30)
LARGE = Size(slices=4, policies=12, rows=400, differing=200, time_scale=1, write_budget=100)
SIZES = [SMALL, *([LARGE] if os.environ.get("INTUNE_SLICES") == "large" else [])]


class Sliced(NamedTuple):
    """The jobs, and their result."""

    size: Size
    emulator: RunningEmulator
    wanted: dict[str, str]
    jobs: list[Ended]
    seconds: float


def tenant(size: Size) -> dict[str, Any]:
    """Return a seed with this number of policies, each with this number of devices."""
    policies = []
    for number in range(size.policies):
        round_, place = divmod(number, len(POLICIES))
        policy_id = f"{number:08x}-aaaa-4bbb-8ccc-dddddddddddd"
        rows = [
            {
                "id": f"{row:08x}-0000-4000-8000-00000000000a_{policy_id}_{row:08x}-0000-4000-8000-00000000000b",
                "deviceDisplayName": f"D{number}-{row:05d}",
                "status": "compliant",
            }
            for row in range(size.rows)
        ]
        name = POLICIES[place] + (f" {round_ + 1}" if round_ else "")
        policies.append({"id": policy_id, "displayName": name, "statuses": rows})
    return {"policies": policies}


def declare(seed: dict[str, Any], differing: int) -> dict[str, list[dict[str, str]]]:
    """Return what each policy declares: another status for some rows, distributed over its list, and no change else."""
    declared = {}
    for policy in seed["policies"]:
        rows = policy["statuses"]
        changed = {round(place * len(rows) / differing) for place in range(differing)}
        declared[policy["displayName"].replace(" ", "_")] = [
            {"status_id": row["id"], "status": other(row["status"]) if place in changed else row["status"]}
            for place, row in enumerate(rows)
        ]
    return declared


def environment(emulator: RunningEmulator, path: str, folder: Path, **inputs: str) -> dict[str, str]:
    """The environment of a job: that of its credential, and the URLs of the emulator."""
    emulated = {name: emulator.env[name] for name in ("INTUNE_GRAPH_URL", "INTUNE_AUTHORITY_URL", "INTUNE_CA_PATH")}
    credential = {name: emulator.credentials[name] for name in ("tenant_id", "client_id")}
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AZURE_", "INTUNE_"))}
    return {**own, **emulated, **inject({**credential, **inputs}, folder), "ANSIBLE_COLLECTIONS_PATH": path}


def secret_of(emulator: RunningEmulator) -> dict[str, str]:
    """The input of the credential for a client secret."""
    return {"client_secret": emulator.credentials["client_secret"]}


def sync(project: Path, variables: dict[str, str]) -> dict[str, Any]:
    """Return the inventory of the inventory source."""
    source = next((project / "inventory").glob("*.yml"))
    done = subprocess.run(
        [str(_BIN / "ansible-inventory"), "-i", str(source), "--list", "--export"],
        env={**variables, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    listing: dict[str, Any] = json.loads(done.stdout)
    return listing


def point_at_all_policies(project: Path) -> None:
    """Let the project's inventory read every policy; it names two."""
    source = project / "inventory" / "fleet.intune_policies.yml"
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    assert content.pop("policies") == [*POLICIES[:2]]
    content["compose"]["compliance_converge_file"] = content["compose"]["compliance_converge_file"].replace(
        ".csv", ".yml"
    )
    source.write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.fixture(scope="module", params=SIZES, ids=["small", "large"][: len(SIZES)])
def sliced(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    collections: str,
) -> Iterator[Sliced]:
    size: Size = request.param
    folder = tmp_path_factory.mktemp("controller")
    seed = tenant(size)
    declared = declare(seed, size.differing)
    (folder / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    period = 20 / size.time_scale
    with start(seed=folder / "seed.json", time_scale=size.time_scale) as emulator:
        emulator.settings(write_budget=size.write_budget)
        pem = Path(emulator.credentials["certificate_path"]).read_text(encoding="utf-8")
        first = Job(folder / "sync", {}, dict(os.environ))
        point_at_all_policies(first.project)
        # The credential signs in with a certificate as well as with a secret.
        listing = sync(first.project, environment(emulator, collections, folder, certificate=pem))
        jobs = []
        for number, share in enumerate(cut(listing, size.slices)):
            job = Job(
                folder / f"slice{number}",
                share,
                environment(emulator, collections, folder, **secret_of(emulator)),
                compliance_converge_slices=size.slices,
                compliance_converge_write_limit=size.write_budget,
                compliance_converge_write_limit_period=period,
            )
            (job.project / "desired").mkdir()
            for name, items in declared.items():
                (job.project / "desired" / f"{name}.yml").write_text(json.dumps(items), encoding="utf-8")
            jobs.append(job)
        begun = time.monotonic()
        for job in jobs:
            job.start("converge.yml")
        ended = [job.end() for job in jobs]
        wanted = {item["status_id"]: item["status"] for items in declared.values() for item in items}
        yield Sliced(size, emulator, wanted, ended, time.monotonic() - begun)


def bulk_results(jobs: list[Ended]) -> list[dict[str, Any]]:
    """The results of the bulk calls."""
    datas = [event["event_data"] for job in jobs for event in job.events]
    return [data["res"] for data in datas if data.get("resolved_action") == BULK and "res" in data]


def test_parallel_slices_keep_one_budget_and_every_status_is_written(sliced: Sliced) -> None:
    size, emulator, wanted, jobs, seconds = sliced
    for job in jobs:
        assert job.code == 0, job.output
        assert "[WARNING]" not in job.output, job.output
        assert "[DEPRECATION WARNING]" not in job.output, job.output
        assert emulator.credentials["client_secret"] not in job.output + json.dumps(job.events)
    state = emulator.state()["statuses"]
    assert {row["id"]: row["status"] for rows in state.values() for row in rows} == wanted
    verdict = emulator.judge()
    assert verdict["total"] == 0, verdict["findings"][:10]
    budget = emulator.budget()
    results = bulk_results(jobs)
    assert len(results) == size.slices
    graphs = [result["graph"] for result in results if "graph" in result]
    if size is LARGE:
        ideal = (size.policies * size.differing / size.write_budget - 1) * 20
        print(f"\n{size}\n{seconds:.0f} s, of which the budget alone {ideal:.0f}; {budget}\n{graphs}")
    assert (budget["throttled_writes"], budget["throttled_requests"]) == (0, 0)
    assert budget["peak"]["writes"] <= size.write_budget
    writes = [entry for entry in emulator.log("graph") if entry["method"] == "PATCH"]
    assert len(writes) == size.policies * size.differing
    # One task for all policies of a slice, so that its updates are those of several policies.
    assert {len({entry["path"].split("/")[4] for entry in writes})} == {size.policies}


def test_the_outcome_of_each_policy_is_shown(sliced: Sliced) -> None:
    size = sliced.size
    shown = {}
    for job in sliced.jobs:
        for event in job.events:
            data = event["event_data"]
            if data.get("resolved_action") == "ansible.builtin.debug" and "res" in data:
                shown[data["host"]] = data["res"]
    assert len(shown) == size.policies
    for result in shown.values():
        assert result["changed"]
        assert (
            result["msg"][0]
            == f"{size.rows} statuses: {size.rows - size.differing} as declared, {size.differing} changed."
        )


def test_every_device_is_counted_once(sliced: Sliced) -> None:
    if sliced.size is LARGE:
        pytest.skip("results of this size may be dropped, as the guide states")
    nodes = count_nodes(event for job in sliced.jobs for event in job.events)
    assert len(nodes) == sliced.size.policies * sliced.size.rows
    assert {tuple(node.events) for node in nodes} == {(BULK,)}
    node = next(node for node in nodes if node.name == "D0-00000")
    assert node.canonical_facts == {"intune_device": "d0-00000"}
    assert node.facts == {"infra_type": "public_cloud", "infra_bucket": "compute", "device_type": "endpoint"}


def test_a_policy_that_cannot_be_used_fails_alone(ansible: Ansible, emulator: RunningEmulator, ids: Ids) -> None:
    """Three of four fail, each for another reason, and every other status is converged."""
    policies = {policy["displayName"]: policy["id"] for policy in emulator.state()["policies"]}
    quoted = HOSTILE.replace('"', '""')
    (ansible.folder / "windows.csv").write_text(
        f'match_device_display_name,device_model\nPC-0001,"{quoted}"\nPC-9999,x\n', encoding="utf-8"
    )
    ios = next(iter(emulator.state()["statuses"][policies["iOS baseline"]]))
    hosts = {
        "Windows_baseline": {"intune_policy_id": ids.policy_id, "compliance_converge_file": "windows.csv"},
        "iOS_baseline": {
            "intune_policy_id": policies["iOS baseline"],
            "intune_policy_display_name": "iOS baseline",
            "compliance_converge_statuses": [
                {"id": ios["id"], "policy_name": "ios BASELINE", "status": other(ios["status"])}
            ],
        },
        "Mac_baseline": {"intune_policy_id": "m", "compliance_converge_file": "mac.csv"},
        "Other": {"intune_policy_id": "o", "compliance_converge_statuses": [{"policy_id": "p", "status_id": "s"}]},
    }
    (ansible.folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    command = ["ansible-playbook", "-i", "hosts.yml", "graphops.intune.converge_sliced"]
    run = ansible._run(command, {})
    assert run.code == 2
    recap = dict(re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+) .* failed=\d+", run.output, re.MULTILINE))
    failed = dict(re.findall(r"^(\w+) +: .* failed=(\d+)", run.output, re.MULTILINE))
    assert recap == {"Windows_baseline": "0", "iOS_baseline": "1", "Mac_baseline": "0", "Other": "0"}
    assert failed == {"Windows_baseline": "1", "iOS_baseline": "0", "Mac_baseline": "1", "Other": "1"}
    messages = [str(result.get("msg")) for result in run.results]
    for text in (
        "mac.csv cannot be read: No such file or directory",
        "The list of statuses cannot be used: statuses[0]: policy_id is 'p', another policy; declare this status for "
        "that policy",
        "1 of 2 statuses of this policy are not as declared; run it again to retry only these; the first, "
        "Windows_baseline, row 3: not_found, No device status with",
    ):
        assert any(text in message for message in messages), text
    assert ids.row(emulator)["deviceModel"] == HOSTILE
