# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import jinja2
import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._events.event import make_event
from ansible_collections.graphops.intune.plugins.plugin_utils._events.memory import Change
from ansible_collections.graphops.intune.plugins.plugin_utils._unsafe import defuse
from hypothesis import example, given
from hypothesis import strategies as st

from ...support import row

POLICY = {"id": "p1", "displayName": "Windows baseline", "@odata.type": "#microsoft.graph.windows10CompliancePolicy"}
PIECES = ["{", "}", "%", "#", "{{", "{%", "#jinja2", ":", "$ANSIBLE_VAULT", "\n", " ", "x", "'", "[["]


def test_an_event_has_all_known_values() -> None:
    change = Change(POLICY, row(id="a", status="nonCompliant"), "compliant", "nonCompliant", 1)
    assert make_event(change, "an-id", 1_700_000_000.0) == {
        "device_compliance": {
            "policy_id": "p1",
            "policy_display_name": "Windows baseline",
            "policy_type": "#microsoft.graph.windows10CompliancePolicy",
            "status_id": "a",
            "old_status": "compliant",
            "new_status": "nonCompliant",
            "detected_date_time": "2023-11-14T22:13:20Z",
            "device_display_name": "PC-0001",
            "device_model": None,
            "user_name": "Ada",
            "user_principal_name": "ada@example.com",
            "last_reported_date_time": "2017-01-01T08:00:17.7769392Z",
            "compliance_grace_period_expiration_date_time": "2017-01-01T07:56:44.951111Z",
        },
        "meta": {"uuid": "an-id"},
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PC-0001", "PC-0001"),
        ("Ada's PC {1} #2 50% $5", "Ada's PC {1} #2 50% $5"),
        ("{{ x }}", "{ { x }}"),
        ("{% set x = 1 %}", "{ % set x = 1 %}"),
        ("{# x #}", "{ # x #}"),
        ("{{{{{%", "{ { { { { %"),
        ("#jinja2: variable_start_string: '[['", "# jinja2: variable_start_string: '[['"),
        ("$ANSIBLE_VAULT;1.1;AES256", "$ ANSIBLE_VAULT;1.1;AES256"),
        ("half \ud83d", "half ?"),
    ],
)
def test_a_name_is_unchanged_unless_it_is_a_template(name: str, expected: str) -> None:
    assert defuse(name) == expected


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
@example("{\n{")
@example("{{\r\n")
def test_no_text_is_a_template_to_jinja2(text: str) -> None:
    safe = defuse(text)
    lines = re.sub(r"\r\n|\r", "\n", safe)  # Jinja2 renders every end of line as this one
    assert jinja2.Template(safe, keep_trailing_newline=True).render() == lines
    assert not any(start in safe for start in ("{{", "{%", "{#", "#jinja2", "$ANSIBLE_VAULT"))
    assert defuse(safe) == safe
    safe.encode()


def test_every_value_of_the_service_becomes_text_that_is_not_a_template() -> None:
    evil = "{{ lookup('pipe', 'id') }}"
    names = ("id", "deviceDisplayName", "userName", "deviceModel", "userPrincipalName", "lastReportedDateTime")
    policy = {"id": evil, "displayName": evil, "@odata.type": evil}
    change = Change(policy, {**row(**dict.fromkeys(names, evil)), "userName": [evil], "deviceModel": 7}, evil, evil, 1)
    event = make_event(change, "an-id", 0.0)
    assert "{{" not in json.dumps(event)
    assert all(isinstance(value, str) for value in event["device_compliance"].values())
