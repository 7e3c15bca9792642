# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates: what they get, that text stays text in them, and how their mistakes are reported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures
from ansible_collections.graphops.intune.plugins.plugin_utils._report.json_file import to_document
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page import page as _page
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.template import TEMPLATES, PageTemplate
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.text import visible
from ansible_collections.graphops.intune.plugins.plugin_utils._report.statuses import Status, statuses_of
from hypothesis import given
from hypothesis import strategies as st

from .. import fleets
from ..fleets import figures, policy, row, snapshot, unreadable
from .dom import parse

README = (TEMPLATES.parent / "README.md").read_text(encoding="utf-8")
SMALL = figures(snapshot(policy(row("PC-1", "error"), row("PC-2", principal="ada@contoso.example"))))
TEXT = st.text(st.sampled_from("<>&\"'=/!- a\u2028\u202e{}%#") | st.characters(exclude_categories=["Cs"]))


def render(folder: Path, text: str, found: Figures = SMALL, **files: str) -> str:
    for name, content in files.items():
        (folder / f"{name}.j2").write_text(content, encoding="utf-8")
    path = folder / "mine.html.j2"
    path.write_text(text, encoding="utf-8")
    return fleets.page(found, "Fleet", path)


def test_a_users_template_makes_the_page(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ title }}: {{ statuses | length | number }} statuses\n") == "Fleet: 2 statuses\n"


def test_includes_and_imports_come_from_its_folder(tmp_path: Path) -> None:
    macros = "{% macro bold(text) %}<b>{{ text }}</b>{% endmacro %}"
    text = '{% import "macros.j2" as m %}{% include "part.j2" %}{{ m.bold("<") }}'
    assert render(tmp_path, text, macros=macros, part="<p>{{ title }}</p>") == "<p>Fleet</p><b>&lt;</b>"


def test_null_is_empty(tmp_path: Path) -> None:
    assert render(tmp_path, "[{{ statuses[0].user_name }}]{{ report.comparison }}") == "[]"


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert render(tmp_path, "\ufeff<p>") == "<p>"


@pytest.fixture(scope="module")
def attribute(tmp_path_factory: pytest.TempPathFactory) -> PageTemplate:
    path = tmp_path_factory.mktemp("templates") / "mine.html.j2"
    path.write_text('<p title="{{ text }}">{{ text }}</p>')
    return PageTemplate(path, "template", {})


@given(text=TEXT)
def test_text_stays_text_in_elements_and_attributes(attribute: PageTemplate, text: str) -> None:
    document = parse(attribute.render({"text": text}))
    assert [node.tag for node in document] == ["", "p"]
    paragraph = document.one("p")
    assert paragraph.text == visible(text)
    assert paragraph.attributes == {"title": visible(text)}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n{{ report.devices }}", 2, "'dict object' has no attribute 'devices'"),
        ("\n\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("\n{{ hostvars }}", 2, "'hostvars' is undefined"),
        ("\n{% for x in statuses %}", 2, "Unexpected end of template"),
        ("\n{{ title | to_nice_yaml }}", 2, "No filter named 'to_nice_yaml'"),
        ("\n\n\n{{ 1 / 0 }}", 4, "ZeroDivisionError: division by zero"),
        ("\n{% include 'absent.j2' %}", 2, "there is no file 'absent.j2' in the folder of the template"),
    ],
)
def test_a_mistake_is_reported_with_file_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        render(tmp_path, text)
    found = caught.value.sentence
    assert found.startswith(f"template: {tmp_path / 'mine.html.j2'}, line {line}: {reason}"), found


def test_a_mistake_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionsError, match=r"part\.j2, line 2: 'x' is undefined"):
        render(tmp_path, '{% include "part.j2" %}', part="\n{{ x }}")


def test_a_template_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.html.j2"
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidOptionsError, match=f"template: {path}: UnicodeDecodeError"):
        _page.ReportPage(path, "template")


def test_mistakes_that_can_be_found_without_data_are_found_when_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "mine.html.j2"
    path.write_text("{% if %}")
    with pytest.raises(InvalidOptionsError, match="line 1"):
        _page.ReportPage(path, "template")


# What the role's README promises.


def example() -> str:
    (found,) = re.findall(r"```jinja\n(.*?)```", README, re.DOTALL)
    return str(found)


def test_the_readmes_example_works(tmp_path: Path) -> None:
    shut = unreadable(name="iOS baseline")
    found = figures(snapshot(policy(row("<PC-1>", "error", principal="ada@contoso.example"), row("PC-2")), shut))
    document = parse(render(tmp_path, example().replace('<meta charset="utf-8">', '<meta charset="utf-8"/>'), found))
    assert document.one("h1").text == "Fleet, 24 November 2026"
    assert [line.text for line in document.all("p")] == [
        "As far as could be read, 1 of 2 devices (50.0%) is not compliant.",
        "Missing: iOS baseline could not be read: 403 Forbidden",
    ]
    assert [line.text for line in document.all("li")] == ["The windows policy: 50.0% of 2 devices are not compliant"]
    assert document.one("table").table() == [["<PC-1>", "ada@contoso.example", "error"]]


def names(variable: str) -> list[str]:
    (cell,) = re.findall(rf"^\| `{variable}` \| (.*) \|$", README, re.MULTILINE)
    return [name for name in re.findall(r"`([a-z_]+)`", cell) if name]


def test_the_readme_names_all_that_a_template_gets() -> None:
    document: dict[str, Any] = to_document(SMALL, "snapshot.json", "Fleet")
    assert names("report") == [name for name in document if name != "graphops_intune_report"]
    assert names("report.summary") == list(document["summary"])
    assert names("statuses") == list(Status._fields)
    assert {"title", "report", "statuses"} <= set(_page.variables(SMALL, document, statuses_of(SMALL)))


def test_no_name_is_a_method_of_a_dictionary() -> None:
    def check(value: Any) -> None:
        for inner in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            check(inner)
        assert not isinstance(value, dict) or not set(value) & set(dir(dict))

    check(to_document(figures(snapshot(policy(row("A", "error"))), snapshot(policy(row("A")))), "", ""))


@pytest.mark.parametrize("filter_", ["number", "share", "day"])
def test_the_readmes_filters_do_what_it_shows(tmp_path: Path, filter_: str) -> None:
    (line,) = re.findall(rf"^\| `{filter_}` \| `(.*?)` is (.*) \|$", README, re.MULTILINE)
    assert render(tmp_path, line[0].replace("\\|", "|")) == line[1]
