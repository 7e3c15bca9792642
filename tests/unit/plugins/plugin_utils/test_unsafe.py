# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible import template
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.graphops.intune.plugins.plugin_utils._unsafe import mark_unsafe

TEXTS = [
    "{{ 1 + 1 }}",
    "{% if true %}x{% endif %}",
    "{# gone #}",
    "#jinja2: trim_blocks: false\nx",
    "PC-0001",
    "a{b",
    "",
]


def rendered(value: Any, expression: str) -> Any:
    """Return the result of an expression in a playbook with this variable."""
    trust = getattr(template, "trust_as_template", str)
    return Templar(loader=DataLoader(), variables={"value": value}).template(trust(expression))


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_as_it_is_whatever_is_done_with_it(text: str) -> None:
    value = mark_unsafe({"text": text, "list": [text, {"deep": text}], "number": 7, "nothing": None})
    assert value == {"text": text, "list": [text, {"deep": text}], "number": 7, "nothing": None}
    assert rendered(value, "{{ value.text }}") == text
    assert rendered(value, "{{ value.list[1].deep }}") == text
    assert rendered(value, "{{ value }}") == value
    assert rendered(value, "<{{ value.text ~ value.list[0] | upper }}>") == f"<{text}{text.upper()}>"
    assert rendered(mark_unsafe(text), "{{ value }}") == text


OLD = not hasattr(template, "trust_as_template")


@pytest.mark.skipif(not OLD, reason="since 2.19, text needs no mark")
def test_without_the_mark_text_is_a_template() -> None:
    assert rendered("{{ 1 + 1 }}", "{{ value }}") in (2, "2")


@pytest.mark.skipif(not OLD, reason="since 2.19, text needs no mark")
@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("PC-0001", False),
        ("Ada Müller@contoso.example", False),
        ("2026-01-05T08:00:00.1234567+01:00", False),
        ("#microsoft.graph.windows10CompliancePolicy", False),
        ("00000000-0000_11111111", False),
        ("{", True),
        ("}", True),
        ("lookup('pipe', 'x')", True),
        ("x | f", True),
        ("x()", True),
        ("x[0]", True),
        ('"', True),
        ("Ada's iPhone", True),
        ("#jinja2: x", True),
        ("#jinja2:x", True),
        ("a\n{{ b }}", True),
    ],
)
def test_text_is_marked_where_it_could_be_evaluated(text: str, marked: bool) -> None:
    found = mark_unsafe([{"x": text}])[0]["x"]
    assert found == text
    assert getattr(found, "__UNSAFE__", False) == marked
