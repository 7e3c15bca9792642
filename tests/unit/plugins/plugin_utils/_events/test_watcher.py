# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event source reports, and what ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, Failure, IntuneError, Phase
from ansible_collections.graphops.intune.plugins.plugin_utils._events import watcher
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import StateFile
from ansible_collections.graphops.intune.plugins.plugin_utils._events.watcher import is_final, watch

from ...support import POLICIES, Reply, refusal, row
from .event_source import LIST, NEXT, POLICY, Source, TestClock, Wrapped


def test_a_change_is_reported_once_also_after_a_restart(source: Source) -> None:
    source.answer(("a", "compliant"), ("b", "error"))
    assert source.poll() == [300.0]
    assert source.reported() == []
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.answer(("a", "nonCompliant"), ("b", "error"))
    source.poll(2)
    assert source.reported() == [("a", "compliant", "nonCompliant")]
    source.answer(("a", "nonCompliant"), ("b", "compliant"))
    one = source.ids[-1]
    source.poll()
    assert source.ids[-1] != one
    assert source.reported() == [("b", "error", "compliant")]


def test_a_change_during_a_stop_is_reported(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.poll()
    source.answer(("a", "error"), ("b", "conflict"))
    source.poll()
    assert source.reported() == [("a", "compliant", "error"), ("b", None, "conflict")]


def test_the_oldest_changes_up_to_a_number_are_reported_first(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    source.options = source.options._replace(max_events=2)
    source.answer(*((name, "compliant") for name in "abc"))
    source.poll()
    later = [
        row(id=name, status="error", lastReportedDateTime=f"2026-01-0{day}T00:00:00Z")
        for name, day in (("a", 3), ("b", 2), ("c", 1))
    ]
    source.answer(*later)
    source.poll()
    assert source.reported() == [("c", "compliant", "error"), ("b", "compliant", "error")]
    assert "1 changes wait for the next poll, max_events is 2" in caplog.text
    source.answer(*later)
    source.poll()
    assert source.reported() == [("a", "compliant", "error")]


def test_a_poll_that_cannot_be_read_completely_reports_and_remembers_nothing(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.answer(("a", "compliant"), ("b", "compliant"))
    source.poll()
    before = source.path.read_bytes()
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    page = {"value": [row(id="a", status="error")], "@odata.nextLink": NEXT}
    source.script.expect("GET", LIST, Reply(200, page))
    source.script.expect("GET", NEXT, refusal(429, "TooManyRequests", "Slow down", Retry_After="400"))
    assert source.poll() == [400.0], "not before the time that the service requests"
    assert source.reported() == []
    assert source.path.read_bytes() == before
    assert "this poll makes no events, the next one starts in 400 s" in caplog.text
    source.clock.now += 400
    source.answer(("a", "error"), ("b", "compliant"))
    source.poll()
    assert source.reported() == [("a", "compliant", "error")]


def test_each_poll_may_wait_as_long_as_a_task(source: Source) -> None:
    for _poll in range(3):
        source.script.expect("GET", POLICIES, refusal(429, "TooManyRequests", "Slow down", Retry_After="8"))
        source.answer(("a", "compliant"))
    source.poll(3)
    assert source.clock.slept.count(8.0) == 3
    assert source.credential.rejected == [None], "and signs in only once"  # type: ignore[attr-defined]  # a stand-in


def test_rows_that_cannot_be_compared_are_logged(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    source.answer(("a", "compliant"), {"id": None, "status": "error"})
    source.poll()
    assert "1 statuses without an id or a status are ignored" in caplog.text


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
def test_an_error_that_a_user_has_to_fix_ends_the_source(one: IntuneError, at_first: bool, later: bool) -> None:
    assert (is_final(one, has_read=False), is_final(one, has_read=True)) == (at_first, later)


def test_a_policy_that_is_removed_during_a_poll_does_not_end_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, Reply(200, {"value": [POLICY]}))
    source.script.expect("GET", LIST, refusal(404, "ResourceNotFound", "Not found"))
    source.script.expect("GET", POLICIES, Reply(200, {"value": []}))
    source.answer(("a", "error"))
    source.poll(3)
    assert source.reported() == [("a", "compliant", "error")]


def test_a_missing_permission_ends_the_source(source: Source) -> None:
    source.answer(("a", "compliant"))
    source.script.expect("GET", POLICIES, refusal(403, "Forbidden", "Not you"))
    with pytest.raises(IntuneError, match=r"grant the application DeviceManagementConfiguration\.Read\.All"):
        source.poll(2)


# The complete source, as ansible-rulebook calls it


@pytest.fixture
def complete(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source whose clock and client are those of the test."""
    monkeypatch.setattr(watcher, "StoppableClock", lambda: TestClock(source.clock))
    return source


def test_the_source_runs_until_it_is_canceled_and_then_releases_its_file(
    complete: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    complete.answer(("a", "compliant"))
    complete.answer(("a", "error"))

    before = signal.getsignal(signal.SIGTERM)

    async def run() -> None:
        queue = Wrapped()
        args = {"state_file": str(complete.path), "access_token": "t.o.ken", "interval": 0.01, "tenant_id": "Contoso"}
        task = asyncio.create_task(watch(queue, {**args, "eda_feedback_queue": None}))
        event = await asyncio.wait_for(queue.queue.get(), 20)
        assert event["device_compliance"]["new_status"] == "error"
        assert signal.getsignal(signal.SIGTERM) is not before, "a signal would end it at once"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert signal.getsignal(signal.SIGTERM) is before
    assert "t.o.ken" not in caplog.text
    StateFile(str(complete.path), "contoso at https://graph.microsoft.com").close()


def test_invalid_options_end_the_source_before_any_request(complete: Source) -> None:
    with pytest.raises(IntuneError, match="state_file must be the path of a file"):
        asyncio.run(watch(Wrapped(), {"access_token": "t.o.k"}))
    assert complete.script.sent == []


def test_a_missing_library_is_named(complete: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)  # as Python marks a module that does not exist
    given = {"tenant_id": "contoso", "client_id": "an-application", "client_secret": "a-secret"}
    with pytest.raises(IntuneError, match=r"required Python library \(msal\)"):
        asyncio.run(watch(Wrapped(), {"state_file": str(complete.path), **given}))
    assert complete.script.sent == []
    StateFile(str(complete.path), "contoso at https://graph.microsoft.com").close()


def test_without_a_tenant_the_state_is_that_of_the_token(complete: Source) -> None:
    complete.script.expect("GET", POLICIES, refusal(403, "Forbidden", "Not you"))
    with pytest.raises(IntuneError, match="Not you"):
        asyncio.run(watch(Wrapped(), {"state_file": str(complete.path), "access_token": "t.o.k"}))
    StateFile(str(complete.path), "the tenant of the token at https://graph.microsoft.com").close()
