# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that share a budget never exceed it together, and a problem of its file never stops them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._graph.shared_budget import BudgetFile, SharedBudget
from ansible_collections.graphops.intune.plugins.module_utils._preflight import check
from hypothesis import given
from hypothesis import strategies as st

from ...support import Clock, connection, graph_client

TIMEOUT = 30.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "budgets"


def shared(path: Path, clock: Clock, limit: int = 100, period: float = 20.0, name: str = "writes") -> SharedBudget:
    return SharedBudget(BudgetFile(str(path)), name, limit, period, clock, TIMEOUT)


def test_a_task_cannot_use_the_slots_of_another(path: Path, clock: Clock) -> None:
    one, other = shared(path, clock), shared(path, clock)
    assert one.take(70) == 70
    assert other.take(70) == 30
    clock.now += 5
    one.spend(70)
    other.spend(30)
    assert clock.slept == []
    began = clock.now
    assert other.take(20) == 20
    assert clock.now - began == pytest.approx(20)


def test_budgets_with_other_names_are_separate(path: Path, clock: Clock) -> None:
    assert [shared(path, clock, name=name).take(100) for name in ("a writes", "b writes")] == [100, 100]
    assert clock.slept == []


def test_the_slots_of_a_pending_request_are_not_given_to_another(path: Path, clock: Clock) -> None:
    one, other = shared(path, clock, limit=10), shared(path, clock, limit=10)
    one.take(10)
    waits = []

    def sleep(seconds: float, /) -> None:
        waits.append(seconds)
        clock.now += seconds
        if len(waits) == 3:
            one.spend(10)

    clock.sleep = sleep  # type: ignore[method-assign]  # a stand-in
    began = clock.now
    assert other.take(5, least=5) == 5
    assert clock.now - began == pytest.approx(1.5 + 20)


def test_the_slots_of_a_killed_task_become_free(path: Path, clock: Clock) -> None:
    shared(path, clock, limit=10).take(10)
    began = clock.now
    assert shared(path, clock, limit=10).take(10) == 10
    assert clock.now - began == pytest.approx(20 + TIMEOUT, abs=0.5)


def test_after_a_restart_of_the_machine_nothing_waits(path: Path, clock: Clock) -> None:
    one = shared(path, clock)
    one.take(100)
    one.spend(100)
    clock.now = 7.0
    assert shared(path, clock).take(100) == 100
    assert clock.slept == []


def test_the_file_is_private_and_small(path: Path, clock: Clock) -> None:
    budget = shared(path, clock)
    for _time in range(50):
        budget.take(20)
        budget.spend(20)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(json.loads(path.read_text())["writes"]) <= 6
    assert sorted(file.name for file in path.parent.iterdir()) == ["budgets", "budgets.lock"]


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"writes": 5}', '{"writes": [[1, 2]]}', '{"writes": [[1, "2", null]]}']
)
def test_a_file_of_another_kind_is_refused_and_stays(path: Path, clock: Clock, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InvalidOptionsError, match=r"budget_path \(INTUNE_BUDGET_PATH\): .* is not a file of budgets"):
        BudgetFile(str(path)).read()
    budget = shared(path, clock)
    assert budget.take(200) == 100  # its own budget
    budget.spend(100)
    assert path.read_text() == text


def test_a_file_that_others_can_use_is_refused_before_any_request(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o666)
    with pytest.raises(InvalidOptionsError, match="others can change what is in it"):
        check(connection(access_token="x", budget_path=str(path)), lambda: None)


def test_without_the_file_each_task_has_its_own_budget(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    budget = shared(folder / "budgets", clock, limit=10)
    assert budget.take(5) == 5
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    budget.spend(5)
    assert budget.take(20) == 5


def test_a_budget_belongs_to_a_host_a_tenant_and_an_application(path: Path, clock: Clock) -> None:
    for tenant, url in (("T", None), ("t", None), ("u", None), ("t", "https://graph.example")):
        client = graph_client(clock, budget_path=str(path), tenant_id=tenant, client_id="C", graph_url=url)
        client.budget("writes", 10, 20.0).take(1)
    assert {name: len(slots) for name, slots in json.loads(path.read_text()).items()} == {
        "https://graph.microsoft.com t c writes": 2,
        "https://graph.microsoft.com u c writes": 1,
        "https://graph.example t c writes": 1,
    }


@given(
    limit=st.integers(1, 20),
    period=st.floats(0.1, 30),
    rounds=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 25), st.floats(0, 10)), max_size=12),
)
def test_no_window_holds_more_than_the_limit_of_all(
    tmp_path_factory: pytest.TempPathFactory, limit: int, period: float, rounds: list[tuple[int, int, float]]
) -> None:
    clock = Clock()
    path = tmp_path_factory.mktemp("shared") / "budgets"
    budgets = [shared(path, clock, limit, period) for _task in range(3)]
    seen: list[tuple[float, int]] = []
    for who, wanted, takes in rounds:
        taken = budgets[who].take(wanted)
        assert 1 <= taken <= min(wanted, limit)
        seen += [(clock.now, taken)]
        clock.now += takes
        budgets[who].spend(taken)
    for time, _calls in seen:
        assert sum(calls for at, calls in seen if time - period < at <= time) <= limit
