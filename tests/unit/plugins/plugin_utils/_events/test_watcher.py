# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event source tells of its polls, and what ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, Failure, IntuneError, Phase
from ansible_collections.graphops.intune.plugins.plugin_utils._events import watcher as _watcher
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import MemoryFile
from ansible_collections.graphops.intune.plugins.plugin_utils._events.watcher import is_final, watch

from ...support import POLICIES, Reply, refusal, row
from .event_source import LIST, NEXT, POLICY, Source, TestClock, Wrapped


def test_a_change_is_told_once_also_after_a_restart(source: Source) -> None:
    source.answer(("a", "compliant"), ("b", "error"))
    assert source.rounds() == [300.0]
    assert source.told() == []
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.rounds(2)
    assert source.told() == [("a", "compliant", "nonCompliant")]
    source.answer(("a", "nonCompliant"), ("b", "compliant"))
    one = source.ids[-1]
    source.rounds()
    assert source.ids[-1] != one
    assert source.told() == [("b", "error", "compliant")]


def test_what_changed_while_it_was_stopped_is_told(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.rounds()
    source.answer(("a", "error"), ("b", "conflict"))
    source.rounds()
    assert source.told() == [("a", "compliant", "error"), ("b", None, "conflict")]


def test_no_more_than_so_many_are_told_at_once_and_the_oldest_first(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.watch = source.watch._replace(max_events=2)
    source.answer(*((name, "compliant") for name in "abc"))
    source.rounds()
    later = [
        row(id=name, status="error", lastReportedDateTime=f"2026-01-0{day}T00:00:00Z")
        for name, day in (("a", 3), ("b", 2), ("c", 1))
    ]
    source.answer(*later)
    source.rounds()
    assert source.told() == [("c", "compliant", "error"), ("b", "compliant", "error")]
    assert "1 changes wait for the next poll, max_events is 2" in caplog.text
    source.answer(*later)
    source.rounds()
    assert source.told() == [("a", "compliant", "error")]


def test_a_poll_that_cannot_be_read_whole_tells_and_remembers_nothing(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.answer(("a", "compliant"), ("b", "compliant"))
    source.rounds()
    before = source.path.read_bytes()
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    page = {"value": [row(id="a", status="error")], "@odata.nextLink": NEXT}
    source.script.expect("GET", LIST, Reply(200, page))
    source.script.expect("GET", NEXT, refusal(429, "TooManyRequests", "Slow down", Retry_After="400"))
    assert source.rounds() == [400.0], "no sooner than the service wants to be asked"
    assert source.told() == []
    assert source.path.read_bytes() == before
    assert "nothing is told of this poll, the next one is in 400 s" in caplog.text
    source.clock.now += 400
    source.answer(("a", "error"), ("b", "compliant"))
    source.rounds()
    assert source.told() == [("a", "compliant", "error")]


def test_each_poll_may_wait_as_long_as_a_task(source: Source) -> None:
    for _poll in range(3):
        source.script.expect("GET", POLICIES, refusal(429, "TooManyRequests", "Slow down", Retry_After="8"))
        source.answer(("a", "compliant"))
    source.rounds(3)
    assert source.clock.slept.count(8.0) == 3
    assert source.credential.rejected == [None], "and signs in but once"  # type: ignore[attr-defined]  # a stand-in


def test_rows_that_cannot_be_compared_are_told_of(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    source.answer(("a", "compliant"), {"id": None, "status": "error"})
    source.rounds()
    assert "1 statuses without an id or a status are passed over" in caplog.text


def error(phase: Phase = Phase.READ, **failure: Any) -> IntuneError:
    return IntuneError("It failed", Failure(Code.BAD_RESPONSE, "it failed", phase, **failure))


@pytest.mark.parametrize(
    ("one", "at_first", "later"),
    [
        (error(retryable=True, status=503), False, False),
        (error(Phase.AUTH, retryable=True), False, False),
        (error(Phase.AUTH), True, True),
        (error(Phase.VALIDATE), True, True),
        (error(status=401), True, True),
        (error(status=403), True, True),
        (error(status=404), True, False),
        (error(), True, False),
    ],
)
def test_what_a_person_has_to_mend_ends_the_source(one: IntuneError, at_first: bool, later: bool) -> None:
    assert (is_final(one, has_read=False), is_final(one, has_read=True)) == (at_first, later)


def test_a_policy_that_is_removed_meanwhile_does_not_end_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    source.script.expect("GET", LIST, refusal(404, "ResourceNotFound", "There is none"))
    source.answer(("a", "error"))
    source.rounds(3)
    assert source.told() == [("a", "compliant", "error")]


def test_a_missing_permission_ends_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, refusal(403, "Forbidden", "Not you"))
    with pytest.raises(IntuneError, match=r"grant the application DeviceManagementConfiguration\.Read\.All"):
        source.rounds(2)


# The whole source, as ansible-rulebook calls it


@pytest.fixture
def whole(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source whose clock and client are those of the test."""
    monkeypatch.setattr(_watcher, "StoppableClock", lambda: TestClock(source.clock))
    return source


def test_the_source_runs_until_it_is_cancelled_and_then_gives_its_file_back(
    whole: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    whole.answer(("a", "compliant"))
    whole.answer(("a", "error"))

    before = signal.getsignal(signal.SIGTERM)

    async def run() -> None:
        queue = Wrapped()
        args = {"state_file": str(whole.path), "access_token": "t.o.ken", "interval": 0.01, "tenant_id": "Contoso"}
        task = asyncio.create_task(watch(queue, {**args, "eda_feedback_queue": None}))
        event = await asyncio.wait_for(queue.queue.get(), 20)
        assert event["device_compliance"]["new_status"] == "error"
        assert signal.getsignal(signal.SIGTERM) is not before, "a signal would end it in the middle of something"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert signal.getsignal(signal.SIGTERM) is before
    assert "t.o.ken" not in caplog.text
    MemoryFile(str(whole.path), "contoso at https://graph.microsoft.com").close()


def test_options_that_are_wrong_end_the_source_before_anything_is_asked(whole: Source) -> None:
    with pytest.raises(IntuneError, match="state_file must be the path of a file"):
        asyncio.run(watch(Wrapped(), {"access_token": "t.o.k"}))
    assert whole.script.sent == []


def test_a_missing_library_is_named(whole: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)  # as Python marks a module that does not exist
    given = {"tenant_id": "contoso", "client_id": "an-application", "client_secret": "a-secret"}
    with pytest.raises(IntuneError, match=r"required Python library \(msal\)"):
        asyncio.run(watch(Wrapped(), {"state_file": str(whole.path), **given}))
    assert whole.script.sent == []
    MemoryFile(str(whole.path), "contoso at https://graph.microsoft.com").close()


def test_the_state_without_a_tenant_names_the_tokens(whole: Source) -> None:
    whole.script.expect("GET", POLICIES, refusal(403, "Forbidden", "Not you"))
    with pytest.raises(IntuneError, match="Not you"):
        asyncio.run(watch(Wrapped(), {"state_file": str(whole.path), "access_token": "t.o.k"}))
    MemoryFile(str(whole.path), "the tenant of the token at https://graph.microsoft.com").close()
