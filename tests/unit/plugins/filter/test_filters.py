# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters: invalid input, and text that ansible-core considers unsafe, which stays unsafe."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.graphops.intune.plugins.filter import compliance_report, compliance_snapshot

from ..plugin_utils._report.fleets import NOW, policy, row, snapshot

report = compliance_report.FilterModule().filters()["compliance_report"]
take = compliance_snapshot.FilterModule().filters()["compliance_snapshot"]
TEXT = snapshot(policy(row("PC-1"))).to_json()


def test_formats() -> None:
    assert report(TEXT, "html", style="p{}", script="void 0").startswith("<!DOCTYPE html>")
    assert report(TEXT, "csv").startswith("\ufeff")
    assert json.loads(report(TEXT, "json", title="T"))["title"] == "T"


def test_history_is_what_the_lookup_returns() -> None:
    earlier = snapshot(policy(row("PC-1", "error")), taken="2026-11-17T06:00:00Z")
    history = {"headers": [earlier.header()._asdict()], "baseline": earlier.to_json(), "unreadable": []}
    found = json.loads(report(TEXT, "json", history=history))
    assert len(found["trend"]) == 2
    assert len(found["comparison"]["recovered"]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "pdf"}, "format is 'pdf'; it must be one of html, csv, json"),
        ({"format": "csv", "grace_days": -1}, "grace_days is -1"),
        ({"format": "csv", "healthy_days": 31}, "stale_days is 30, less than healthy_days, 31"),
        ({"format": "csv", "history": {"headers": [], "baseline": "{", "unreadable": []}}, "it is not JSON"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        report(TEXT, **options)


def test_numbers_may_come_as_text_as_older_cores_give_them() -> None:
    assert json.loads(report(TEXT, "json", grace_days="3"))["grace"]["expires_within_days"] == 3


def test_what_is_no_snapshot() -> None:
    with pytest.raises(AnsibleFilterError, match="No report can be made of this snapshot: it is not JSON"):
        report("{", "csv")
    with pytest.raises(AnsibleFilterError, match="No snapshot can be made: there are 0 policies but 1 results"):
        take([{}], [], NOW)


def test_a_snapshot() -> None:
    assert json.loads(take([], [], NOW))["taken"] == NOW


class Unsafe(str):
    """A short form of the class for unsafe text in ansible-core 2.16 to 2.18."""

    __UNSAFE__ = True
    __slots__ = ()


def test_a_report_of_unsafe_text_is_unsafe() -> None:
    assert isinstance(report(Unsafe(TEXT), "csv"), Unsafe)
    assert not isinstance(report(TEXT, "csv"), Unsafe)
