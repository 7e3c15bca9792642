# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many forks of one control node: one token cache, and one budget of one application in one tenant.

``INTUNE_FORKS`` is the number of forks, each with one host and one bulk task. With 20, the complete test, forks that
do not share the budget are run too.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..emulator.process import RunningEmulator, start
from .conftest import BULK, Ansible
from .test_bulk import other, rows_of, statuses_of, writes

FORKS = int(os.environ.get("INTUNE_FORKS", "0"))
ROWS, SCALE = 25, 10
PERIOD = 20 / SCALE
# All forks use one token, so that the judge considers them one client; a fork does not know the waits of another one.
OF_ALL_FORKS_TOGETHER = {"write_over_budget", "request_over_budget", "write_while_held"}


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    """An emulator with a fast clock for its budgets, instead of the session's emulator."""
    with start(statuses=(FORKS or 5) * ROWS, time_scale=SCALE) as emulator:
        yield emulator


Share = list[dict[str, Any]]


def run_forks(ansible: Ansible, shares: dict[str, Share], policy_id: str, **options: Any) -> list[dict[str, Any]]:
    """Let all hosts declare their shares at the same time; return the results."""
    inventory = ansible.folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {host: {"items": own} for host, own in shares.items()}}}))
    common = {"policy_id": policy_id, "write_limit_period": PERIOD, "token_cache": str(ansible.folder / "tokens")}
    run = ansible.playbook(
        [{BULK: {**common, **options, "statuses": "{{ hostvars[inventory_hostname]['items'] }}"}}],
        *("-i", str(inventory), "--forks", str(len(shares))),
        play={
            "hosts": "all",
            "connection": "local",
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        },
    )
    assert len(run.results) == len(shares)
    return run.results


def share(emulator: RunningEmulator, forks: int) -> tuple[str, dict[str, Share]]:
    """Return the policy's id, and for each fork the items that it changes; together, these are all rows."""
    policy_id, rows = rows_of(emulator)
    items = [{"status_id": row["id"], "status": other(row["status"])} for row in rows]
    return policy_id, {f"h{number}": items[number::forks] for number in range(forks)}


def agree(
    results: list[dict[str, Any]], shares: dict[str, Share], before: dict[str, str], after: dict[str, str]
) -> int:
    """Check each outcome against the state of the service; return how many rows changed."""
    outcomes = {entry["status_id"]: entry for result in results for entry in result["results"]}
    wanted = {item["status_id"]: item["status"] for own in shares.values() for item in own}
    assert set(outcomes) == set(wanted) == set(before)
    for key, entry in outcomes.items():
        assert entry["outcome"] in ("changed", "not_attempted"), entry
        assert after[key] == (wanted[key] if entry["outcome"] == "changed" else before[key]), entry
    return sum(entry["outcome"] == "changed" for entry in outcomes.values())


def one_login(emulator: RunningEmulator, folder: Path) -> None:
    """Check that there was one login, and that its file is complete and private."""
    assert len([entry for entry in emulator.log("authority") if entry["method"] == "POST"]) == 1
    cache = folder / "tokens"
    assert len(json.loads(cache.read_text())["AccessToken"]) == 1
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert not list(folder.glob(".intune-*"))


def test_forks_share_a_login_and_a_budget(ansible: Ansible, emulator: RunningEmulator) -> None:
    forks = FORKS or 5
    policy_id, shares = share(emulator, forks)
    before = statuses_of(emulator)
    results = run_forks(ansible, shares, policy_id, budget_path=str(ansible.folder / "budgets"))
    one_login(emulator, ansible.folder)
    assert agree(results, shares, before, statuses_of(emulator)) == len(before)
    # No write exceeds the budget, which the judge checks, although each fork may use all of it.
    assert sum(result["graph"]["throttled"] for result in results) == 0
    assert emulator.budget()["peak"]["writes"] <= 100
    times = [entry["at"] for entry in writes(emulator)]
    least = (len(before) / 100 - 1) * PERIOD
    assert least <= times[-1] - times[0]
    print(f"{len(before)} writes of {forks} forks in {times[-1] - times[0]:.1f} s, at least {least:.1f} s")
    assert not list(ansible.folder.glob(".intune-*"))


@pytest.mark.skipif(not FORKS, reason="minutes of waiting; set INTUNE_FORKS")
def test_forks_that_share_no_budget_observe_every_wait_and_report_correctly(
    running_emulator: RunningEmulator, tmp_path: Path, collections: str
) -> None:
    emulator = running_emulator
    emulator.reset()
    policy_id, shares = share(emulator, FORKS)
    before = statuses_of(emulator)
    results = run_forks(Ansible(emulator, tmp_path, collections), shares, policy_id, retry_timeout=60)
    one_login(emulator, tmp_path)
    changed = agree(results, shares, before, statuses_of(emulator))
    print(f"{changed} of {len(before)} changed, {sum(result['graph']['throttled'] for result in results)} throttled")

    counts = emulator.judge()["counts"]
    assert counts["write_over_budget"] > 0, "no fork exceeded the budget together with another one"
    assert {rule for rule, times in counts.items() if times} <= OF_ALL_FORKS_TOGETHER
    for own in shares.values():
        assert not early(emulator, {item["status_id"] for item in own})

    # The rest is done when the budget is shared.
    rest = run_forks(Ansible(emulator, tmp_path, collections), shares, policy_id, budget_path=str(tmp_path / "budgets"))
    assert sum(result["summary"]["ok"] for result in rest) == changed
    assert sum(result["summary"]["changed"] for result in rest) == len(before) - changed


def early(emulator: RunningEmulator, own: set[str]) -> list[dict[str, Any]]:
    """Return a fork's writes that were sent before the time that the service named to this fork."""
    found = []
    until, retry_at, batch = 0.0, 0.0, None
    for entry in writes(emulator):
        if entry["path"].rpartition("/")[2] in own:
            if entry["batch"] != batch:  # a wait in one envelope is known before the next one
                batch, until = entry["batch"], retry_at
            if entry["at"] < until:
                found.append(entry)
            retry_at = max(retry_at, entry["retry_at"] or 0.0)
    return found
