# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statuses: their order and their groups."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import COMPLIANCE_STATUS
from ansible_collections.graphops.intune.plugins.plugin_utils import _compliance
from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import SEVERITY, Group, worst


def test_the_order_has_every_status() -> None:
    assert " ".join(SEVERITY) == ("error conflict nonCompliant unknown notAssigned remediated compliant notApplicable")
    assert set(SEVERITY) == set(COMPLIANCE_STATUS.choices or ())


@pytest.mark.parametrize(("worse", "better"), list(itertools.pairwise(SEVERITY)))
def test_the_worse_of_two_statuses_counts_in_any_order(worse: str, better: str) -> None:
    assert worst([worse, better]) == worst([better, worse, better]) == worse


def test_a_new_status_is_worse_than_unknown_and_better_than_a_known_failure() -> None:
    assert worst(["unknown", "quarantined", "compliant"]) == "quarantined"
    assert worst(["quarantined", "nonCompliant"]) == "nonCompliant"
    assert worst(["quarantined", "exiled"]) == worst(["exiled", "quarantined"]) == "exiled"


def test_a_missing_status_counts_as_unknown() -> None:
    assert worst([None, "compliant"]) == "unknown"
    assert worst([None, "nonCompliant"]) == "nonCompliant"


def test_every_status_is_in_one_group() -> None:
    found = [status for group in Group for status in _compliance.statuses_of(group)]
    assert sorted(found) == sorted(SEVERITY)
    assert _compliance.statuses_of(Group.NOT_COMPLIANT) == ["error", "conflict", "nonCompliant"]
    assert _compliance.statuses_of(Group.COMPLIANT) == ["remediated", "compliant"]


def test_a_new_status_is_in_the_group_not_known() -> None:
    assert _compliance.group_of("quarantined") is Group.NOT_KNOWN
    assert _compliance.label("quarantined") == "quarantined"
    order = _compliance.by_severity(["compliant", "quarantined", "unknown", "error", "notAssigned", "error"])
    assert order == ["error", "quarantined", "unknown", "notAssigned", "compliant"]


def test_labels() -> None:
    assert [_compliance.label(status) for status in SEVERITY] == [
        "Error",
        "Conflict",
        "Noncompliant",
        "Unknown",
        "Not assigned",
        "Remediated",
        "Compliant",
        "Not applicable",
    ]
