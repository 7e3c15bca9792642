# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.devices import variables


def row(**properties: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "policy_id": "p",
        "policy_display_name": "Windows baseline",
        "policy_type": "#microsoft.graph.windows10CompliancePolicy",
        "device_display_name": "PC-1",
        "user_name": "Ada",
        "user_principal_name": "ada@contoso.example",
        "device_model": "Latitude",
        "platform": 0,
        "compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59Z",
        "status": "compliant",
        "last_reported_date_time": "2026-01-05T08:00:00Z",
    } | properties


def test_the_variables_of_one_row() -> None:
    only = row()
    assert variables([only]) == {
        "intune_statuses": [only],
        "intune_compliance_status": "compliant",
        "intune_device_display_name": "PC-1",
        "intune_device_model": "Latitude",
        "intune_last_reported_date_time": "2026-01-05T08:00:00Z",
        "intune_compliance_grace_period_expiration_date_time": "9999-12-31T23:59:59Z",
        "intune_user_names": ["Ada"],
        "intune_user_principal_names": ["ada@contoso.example"],
        "intune_policy_ids": ["p"],
        "intune_policy_display_names": ["Windows baseline"],
        "intune_policy_types": ["#microsoft.graph.windows10CompliancePolicy"],
    }


def test_the_worst_status_is_the_devices() -> None:
    rows = [row(), row(status="nonCompliant"), row(status=None)]
    assert variables(rows)["intune_compliance_status"] == "nonCompliant"


def test_single_values_come_from_the_row_that_was_reported_last_and_lists_have_no_repetitions() -> None:
    rows = [
        row(device_model="Old", device_display_name="pc-1", user_name=None, user_principal_name=""),
        # Later, although it sorts earlier as text.
        row(device_model="New", last_reported_date_time="2026-01-05T07:30:00-01:00", policy_id="q", user_name="Bea"),
        row(device_model="Never", last_reported_date_time="0001-01-01T00:00:00Z", policy_display_name=None),
    ]
    found = variables(rows)
    assert (found["intune_device_model"], found["intune_device_display_name"]) == ("New", "PC-1")
    assert found["intune_last_reported_date_time"] == "2026-01-05T07:30:00-01:00"
    assert found["intune_user_names"] == ["Bea", "Ada"]
    assert found["intune_user_principal_names"] == ["ada@contoso.example"]
    assert found["intune_policy_ids"] == ["p", "q"]
    assert found["intune_policy_display_names"] == ["Windows baseline"]
    assert found["intune_statuses"] == rows


def test_a_model_that_the_last_row_lacks_is_taken_from_the_one_before() -> None:
    rows = [row(device_model="Old"), row(device_model=None, last_reported_date_time="2026-01-06T00:00:00Z")]
    assert variables(rows)["intune_device_model"] == "Old"
    assert variables([row(device_model=None)])["intune_device_model"] is None


def test_the_grace_period_that_ends_first_counts() -> None:
    name = "compliance_grace_period_expiration_date_time"
    rows = [
        row(**{name: date}) for date in ("9999-12-31T23:59:59Z", "2026-02-01T00:00:00+02:00", "2026-01-31T23:00:00Z")
    ]
    assert variables(rows)[f"intune_{name}"] == "2026-02-01T00:00:00+02:00"


@pytest.mark.parametrize("date", [None, "soon", 7])
def test_a_value_that_is_not_a_date_is_neither_the_last_nor_the_first(date: Any) -> None:
    name = "compliance_grace_period_expiration_date_time"
    broken = row(last_reported_date_time=date, **{name: date})
    found = variables([broken, row()])
    assert found["intune_last_reported_date_time"] == "2026-01-05T08:00:00Z"
    assert found[f"intune_{name}"] == "9999-12-31T23:59:59Z"
    assert variables([broken])["intune_last_reported_date_time"] == date


def test_a_row_may_lack_every_property() -> None:
    found = variables([{"id": "1", "policy_id": "p"}])
    assert found["intune_compliance_status"] == "unknown"
    assert found["intune_user_names"] == []
    assert found["intune_device_display_name"] is None


def test_a_value_that_is_not_text_is_kept() -> None:
    found = variables([row(user_name=["Ada"], device_model={"a": 1}, status=[]), row(user_name=["Ada"], status={})])
    assert (found["intune_user_names"], found["intune_device_model"]) == ([["Ada"]], {"a": 1})
    assert found["intune_compliance_status"] == "[]"
