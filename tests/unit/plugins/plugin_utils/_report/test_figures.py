# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures: platforms, freshness, grace, trend, and parts that could not be read."""

from __future__ import annotations

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._compliance import Group
from ansible_collections.graphops.intune.plugins.plugin_utils._report import figures as _figures
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Freshness, FreshnessRule, Limits
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Reading

from .fleets import NOW, WEEK_AGO, figures, policy, row, snapshot, unreadable

MICROSOFT = "#microsoft.graph."


@pytest.mark.parametrize(
    ("policy_type", "platform"),
    [
        (MICROSOFT + "windows10CompliancePolicy", "Windows"),
        (MICROSOFT + "windows10MobileCompliancePolicy", "Windows"),
        (MICROSOFT + "windows81CompliancePolicy", "Windows"),
        (MICROSOFT + "windowsPhone81CompliancePolicy", "Windows Phone"),
        (MICROSOFT + "iosCompliancePolicy", "iOS and iPadOS"),
        (MICROSOFT + "macOSCompliancePolicy", "macOS"),
        (MICROSOFT + "androidCompliancePolicy", "Android"),
        (MICROSOFT + "androidForWorkCompliancePolicy", "Android"),
        (MICROSOFT + "androidWorkProfileCompliancePolicy", "Android"),
        (MICROSOFT + "androidDeviceOwnerCompliancePolicy", "Android"),
        (MICROSOFT + "aospDeviceOwnerCompliancePolicy", "Android (AOSP)"),
        (MICROSOFT + "visionOSCompliancePolicy", MICROSOFT + "visionOSCompliancePolicy"),
        (MICROSOFT + "iosishCompliancePolicy", MICROSOFT + "iosishCompliancePolicy"),
        (MICROSOFT + "windows10CompliancePolicies", MICROSOFT + "windows10CompliancePolicies"),
        ("windows10CompliancePolicy", "windows10CompliancePolicy"),
        ("<b>", "<b>"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_platform_comes_from_the_type_and_an_unknown_type_is_shown(policy_type: str | None, platform: str) -> None:
    assert _figures.platform(policy_type) == platform


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("2026-11-24T06:00:00Z", Freshness.HEALTHY),
        ("2027-01-01T00:00:00Z", Freshness.HEALTHY),
        ("2026-11-17T06:00:00Z", Freshness.HEALTHY),
        ("2026-11-17T05:59:59Z", Freshness.DRIFTING),
        ("2026-10-25T06:00:00Z", Freshness.DRIFTING),
        ("2026-10-25T05:59:59Z", Freshness.STALE),
        ("never", Freshness.NEVER),
        (None, Freshness.UNKNOWN),
    ],
)
def test_freshness(reported: str | None, expected: Freshness) -> None:
    assert FreshnessRule.at(NOW, Limits()).of(reported) is expected


def test_a_device_is_as_fresh_as_its_latest_report() -> None:
    counted = figures(
        snapshot(
            policy(
                row("A", reported="never"), row("B", reported=None), row("C", reported="2020-01-01T00:00:00Z"), id="1"
            ),
            policy(row("A", reported=NOW), row("B", reported="never"), row("C", reported=None), id="2"),
        )
    )
    found = {kind: number for kind, number in counted.freshness.items() if number}
    assert found == {Freshness.HEALTHY: 1, Freshness.NEVER: 1, Freshness.STALE: 1}
    assert list(counted.freshness) == list(Freshness)


def test_grace_that_ends_soon() -> None:
    ends = {
        "past": "2026-11-24T05:59:59Z",
        "now": "2026-11-24T06:00:00Z",
        "last": "2026-12-01T06:00:00Z",
        "late": "2026-12-01T06:00:01Z",
        "never": "never",
        "none": None,
    }
    rows = [row(name, "nonCompliant", grace=grace) for name, grace in ends.items()]
    rows += [row("good", "compliant", grace=NOW), row("elsewhere", "notApplicable", grace=NOW)]
    rows += [row("waiting", "unknown", grace="2026-11-30T00:00:00Z")]
    found = figures(snapshot(policy(*rows)))
    assert [expiring.row.device for expiring in found.expiring] == ["now", "waiting", "last"]
    assert figures(snapshot(policy(*rows)), limits=Limits(grace_days=0)).expiring[-1].row.device == "now"


def test_by_policy_and_by_platform() -> None:
    found = figures(
        snapshot(
            policy(row("A", "error", id="1"), row("A", id="2"), id="one"),
            policy(row("A"), row("B"), id="two"),
            policy(row("C"), id="three", type=MICROSOFT + "iosCompliancePolicy", reading=Reading.INCOMPLETE),
            unreadable("four", type=MICROSOFT + "macOSCompliancePolicy"),
        )
    )
    shares = [part.tally and (part.tally.devices.total(), part.tally.rows.total()) for part in found.policies]
    assert shares == [(1, 2), (2, 2), (1, 1), None]
    assert list(found.platforms) == ["Windows", "iOS and iPadOS", "macOS"]
    windows = found.platforms["Windows"].tally
    assert windows is not None
    assert (windows.devices.total(), windows.devices_in(Group.NOT_COMPLIANT)) == (2, 1)
    assert found.platforms["macOS"].tally is None
    assert [part.complete for part in found.platforms.values()] == [True, False, False]
    assert found.tally.devices.total() == 3


def test_a_platform_of_which_a_part_was_read_has_the_figures_of_that_part() -> None:
    found = figures(snapshot(policy(row("A"), id="one"), unreadable("two")))
    windows = found.platforms["Windows"]
    assert windows.tally is not None
    assert windows.tally.devices.total() == 1
    assert not windows.complete


def test_the_trend_ends_with_this_snapshot() -> None:
    earlier = snapshot(policy(row("A", "error"), row("B", "error")), taken=WEEK_AGO)
    found = figures(snapshot(policy(row("A"), row("B", "error"))), earlier)
    assert [(point.taken, point.not_compliant_devices) for point in found.trend] == [(WEEK_AGO, 2), (NOW, 1)]
