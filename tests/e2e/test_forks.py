# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many forks of one control node: one token cache, and one budget of one application in one tenant.

``INTUNE_FORKS`` is the number of forks, each with a host and a bulk task of its own; 20 is the full form, and has the
forks that do not share the budget run too.
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
# One token serves all forks, so the judge takes them for one client: what one was told, another cannot know.
OF_ALL_FORKS_TOGETHER = {"write_over_budget", "request_over_budget", "write_while_held"}


@pytest.fixture(scope="module")
def running_emulator() -> Iterator[RunningEmulator]:
    """One whose budgets' clock is fast, in place of the session's."""
    with start(statuses=(FORKS or 5) * ROWS, time_scale=SCALE) as emulator:
        yield emulator


Share = list[dict[str, Any]]


def run_forks(ansible: Ansible, shares: dict[str, Share], policy_id: str, **options: Any) -> list[dict[str, Any]]:
    """Have each host declare its share, all at once; return the results."""
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
    """All rows, each to be changed by one of the forks."""
    policy_id, rows = rows_of(emulator)
    items = [{"status_id": row["id"], "status": other(row["status"])} for row in rows]
    return policy_id, {f"h{number}": items[number::forks] for number in range(forks)}


def agree(
    results: list[dict[str, Any]], shares: dict[str, Share], before: dict[str, str], after: dict[str, str]
) -> int:
    """Mind that each outcome is how the service has it; return how many rows changed."""
    told = {entry["status_id"]: entry for result in results for entry in result["results"]}
    wanted = {item["status_id"]: item["status"] for own in shares.values() for item in own}
    assert set(told) == set(wanted) == set(before)
    for key, entry in told.items():
        assert entry["outcome"] in ("changed", "not_attempted"), entry
        assert after[key] == (wanted[key] if entry["outcome"] == "changed" else before[key]), entry
    return sum(entry["outcome"] == "changed" for entry in told.values())


def one_login(emulator: RunningEmulator, folder: Path) -> None:
    """Mind that there was one login, and that its file is whole and private."""
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
    # None beyond the budget, which the judge sees, although each fork may use all of it.
    assert sum(result["graph"]["throttled"] for result in results) == 0
    assert emulator.budget()["peak"]["writes"] <= 100
    times = [entry["at"] for entry in writes(emulator)]
    least = (len(before) / 100 - 1) * PERIOD
    assert least <= times[-1] - times[0]
    print(f"{len(before)} writes of {forks} forks in {times[-1] - times[0]:.1f} s, at least {least:.1f} s")
    assert not list(ansible.folder.glob(".intune-*"))


@pytest.mark.skipif(not FORKS, reason="minutes of waiting; set INTUNE_FORKS")
def test_forks_that_share_no_budget_keep_every_wait_and_tell_the_truth(
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
    assert counts["write_over_budget"] > 0, "they never met"
    assert {rule for rule, times in counts.items() if times} <= OF_ALL_FORKS_TOGETHER
    for own in shares.values():
        assert not early(emulator, {item["status_id"] for item in own})

    # What was left is done once the budget is shared.
    rest = run_forks(Ansible(emulator, tmp_path, collections), shares, policy_id, budget_path=str(tmp_path / "budgets"))
    assert sum(result["summary"]["ok"] for result in rest) == changed
    assert sum(result["summary"]["changed"] for result in rest) == len(before) - changed


def early(emulator: RunningEmulator, own: set[str]) -> list[dict[str, Any]]:
    """A fork's writes that came before the time that the fork itself was told."""
    found = []
    until, told, batch = 0.0, 0.0, None
    for entry in writes(emulator):
        if entry["path"].rpartition("/")[2] in own:
            if entry["batch"] != batch:  # what it was told in one envelope, it knows before the next
                batch, until = entry["batch"], told
            if entry["at"] < until:
                found.append(entry)
            told = max(told, entry["retry_at"] or 0.0)
    return found
