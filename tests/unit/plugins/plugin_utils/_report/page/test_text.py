# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text on the page: characters that act are written out, and data for the script cannot end its element."""

from __future__ import annotations

import json

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.text import json_for_script, visible
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.sampled_from("<>&\"'=/!- a\u2028") | st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    "code",
    ["202E", "202A", "2066", "2069", "0000", "001B", "0085", "200B", "061C", "FFFE", "00AD", "2060", "FEFF", "E0041"],
)
def test_characters_that_act_are_shown(code: str) -> None:
    assert visible(f"a{chr(int(code, 16))}b") == f"a[U+{code}]b"


def test_other_writing_stays_as_it_is() -> None:
    for text in ("Größe", "\u05d0\u200f", "\u65e5\u672c", "\U0001f469\u200d\U0001f4bb", "a\nb\tc"):
        assert visible(text) == text


@given(st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_nothing_in_data_ends_the_script_element(data: object) -> None:
    text = str(json_for_script(data))
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == data
