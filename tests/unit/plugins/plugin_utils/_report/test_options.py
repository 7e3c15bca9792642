# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options: what is checked before anything is read, and the name by which a message calls them."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._options import connection_argument_spec
from ansible_collections.graphops.intune.plugins.plugin_utils._report.options import ROLE, ReportOptions, split

from .fleets import NOW

PRESENT = datetime.datetime(2026, 11, 24, 6, 0, 0, 123, tzinfo=datetime.timezone.utc)


def options(role: str | None = None, **given: Any) -> ReportOptions:
    own, _connection = split(given)
    return ReportOptions.from_options(own, role, PRESENT)


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = options()
    assert found.directory == Path(os.path.realpath(tmp_path)) / "compliance-report"
    assert found.snapshot_directory == found.directory / "snapshots"
    assert found.timestamp == NOW
    assert (found.mode, found.directory_mode) == ("0600", "0700")


def test_paths_are_absolute_and_the_home_directory_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    found = options(directory="~/reports", snapshot_directory="/srv/../srv/snapshots")
    assert found.directory == tmp_path.resolve() / "reports"
    assert found.snapshot_directory == Path("/srv/snapshots")


def test_numbers_and_booleans_may_come_as_text() -> None:
    found = options(grace_days="3", require_complete="yes", policies="a,b")
    assert (found.limits.grace_days, found.require_complete, found.policies) == (3, True, ["a", "b"])


def test_the_connection_options_are_kept_as_they_are_given() -> None:
    given = {"secret": "s", "tenant_id": "t", "timeout": "5"}
    own, connection = split({**given, "title": "T"})
    assert connection == given, "no default and no environment variable is filled in"
    assert own["title"] == "T"
    assert not set(own) & set(connection_argument_spec())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"grace_days": -1}, "grace_days is -1; it must be 0 or more"),
        ({"healthy_days": -3}, "healthy_days is -3; it must be 0 or more"),
        ({"compare_days": -1}, "compare_days is -1; it must be 0 or more"),
        ({"healthy_days": 31}, "stale_days is 30; it must be 31 or more, which is healthy_days"),
        ({"name": "../report"}, "name is '../report'; it must be the name of a file without its extension"),
        ({"name": ".hidden"}, "name is '.hidden'"),
        ({"timestamp": "now"}, "timestamp is 'now'; it must be a time in UTC, such as 2026-11-24T06:00:00Z"),
        ({"timestamp": "2026-02-30T06:00:00Z"}, "timestamp is"),
        ({"timestamp": "2026-11-24T06:00:00+01:00"}, "timestamp is"),
        (
            {"mode": "384"},
            "mode is '384'; it must be octal, such as \"0600\" with the zero and the quotes, or symbolic",
        ),
        ({"mode": "640"}, "mode is '640'; it must be octal"),
        ({"mode": True}, "mode is 'True'"),
        ({"directory_mode": "all"}, "directory_mode is 'all'"),
        ({"grace_days": "soon"}, "grace_days"),
        ({"policies": {"id": 1}}, "policies"),
        ({"days": 1}, "Unsupported parameters: days"),
    ],
)
def test_what_is_not_valid_is_named(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        options(**given)
    assert reason in caught.value.sentence
    assert caught.value.failure.as_dict()["code"] == "invalid_option"


@pytest.mark.parametrize(("given", "mode"), [(0o640, "0o640"), (0o1777, "0o1777"), ("0640", "0640")])
def test_a_mode_without_quotes_is_the_octal_number_that_was_written(given: Any, mode: str) -> None:
    assert options(mode=given, directory_mode=given).mode == mode
    assert options(directory_mode=given).directory_mode == mode


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        options(grace_days=-1, name="a/b", timestamp="now")
    assert len(caught.value.problems) == 3


def test_in_the_role_options_have_the_names_of_its_variables() -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        options(ROLE, grace_days=-1, healthy_days=31, timestamp="now")
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "compliance_report_grace_days",
        "compliance_report_stale_days",
        "compliance_report_moment",
    ]
    assert caught.value.problems[1].endswith("which is compliance_report_healthy_days")
    assert options("other.collection.role").named("policies") == "policies"
