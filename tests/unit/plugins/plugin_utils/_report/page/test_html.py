# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The element builder: text is escaped wherever it stands, and nobody has to think of it."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page import html as _html
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.html import (
    element,
    fragment,
    own_code,
    script_data,
)
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.sampled_from("<>&\"'=/!- a\u2028") | st.characters(exclude_categories=["Cs"]))


class Reader(HTMLParser):
    """What a browser would make of markup: its elements and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXT)
def test_text_stays_text(text: str) -> None:
    read = Reader(element("p", [text], title=text).text)
    assert read.elements == ["p"]
    assert read.text == _html.visible(text)
    assert read.attributes == [("title", _html.visible(text))]


@pytest.mark.parametrize("text", ["<script>", "&lt;", '"><img src=x>', "' onload='x", "</p>", "{{ 7 * 7 }}", "<!--"])
def test_hostile_names(text: str) -> None:
    markup = element("td", _html.name(text)).text
    assert html.escape(text) in markup
    assert Reader(markup).elements == ["td", "bdi"]
    option = Reader(element("option", "a", value=text).text)
    assert (option.elements, option.attributes) == (["option"], [("value", text)])


def test_attributes() -> None:
    built = element("th", class_="a", aria_label="b c", data_x=1, hidden=True, id=None, disabled=False)
    assert built.text == '<th class="a" aria-label="b c" data-x="1" hidden></th>'


def test_children() -> None:
    built = element("p", None, ["a", [element("br"), 5]], fragment("<", element("b", "c")))
    assert built.text == "<p>a<br/>5&lt;<b>c</b></p>"


def test_names_that_are_none() -> None:
    assert Reader(_html.name(None).text).text == "no name"
    assert Reader(_html.name(" \t", "no user").text).text == "no user"
    assert _html.name("Ada").text == "<bdi>Ada</bdi>"


@pytest.mark.parametrize(
    "code",
    ["202E", "202A", "2066", "2069", "0000", "001B", "0085", "200B", "061C", "FFFE", "00AD", "2060", "FEFF", "E0041"],
)
def test_characters_that_act_are_shown(code: str) -> None:
    assert _html.visible(f"a{chr(int(code, 16))}b") == f"a[U+{code}]b"


def test_other_writing_stays_as_it_is() -> None:
    for text in ("Größe", "\u05d0\u200f", "\u65e5\u672c", "\U0001f469\u200d\U0001f4bb", "a\nb\tc"):
        assert _html.visible(text) == text


@given(st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_nothing_in_data_ends_the_script_element(data: object) -> None:
    markup = script_data(data, "data").text
    body = markup.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert not set(body) & set("<>&\u2028\u2029")
    assert json.loads(body) == data


def test_our_own_code_cannot_end_its_element() -> None:
    assert own_code("style", "p { color: red }").text == "<style>p { color: red }</style>"
    for text in ("a </STYLE> b", "<!-- a"):
        with pytest.raises(ValueError, match="must hold neither"):
            own_code("style", text)
