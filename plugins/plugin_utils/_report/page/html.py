# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""HTML, built element by element so that escaping cannot be forgotten.

Whatever is a ``str`` is text from elsewhere and is escaped. Markup has another type, which only this file makes.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias


class Html:
    """Markup that is safe to put into a page."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Content: TypeAlias = Html | str | int | float | Iterable["Content"] | None
Attribute: TypeAlias = str | int | float | bool | None

_VOID = frozenset({"br", "circle", "input", "line", "link", "meta", "polyline", "rect"})

# Control characters, those without a width, and those that turn the direction of what follows: seen, they can hide
# nothing. Joiners (U+200C, U+200D) and direction marks (U+200E, U+200F) are part of honest names.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return a text in which characters that would act instead of showing are written out: [U+202E]."""
    return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def element(tag: str, *children: Content, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        tag: its name, from the code and never from data.
        children: text, numbers, elements, and lists of these; None is nothing.
        attributes: by name, with ``_`` for ``-`` and one at the end dropped: ``class_``. None and False leave one out,
            True gives it without a value.
    """
    start = tag + "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{start}/>" if tag in _VOID else f"<{start}>{_inner(children)}</{tag}>")


def fragment(*children: Content) -> Html:
    """Return elements side by side."""
    return Html(_inner(children))


def name(text: str | None, otherwise: str = "no name") -> Html:
    """Return a name from the service, whose direction of writing ends with it."""
    if text is None or not text.strip():
        return element("span", otherwise, class_="none")
    return element("bdi", text)


def script_data(data: Any, identifier: str) -> Html:
    """Return data for a script of the page, as JSON in which nothing can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json" id="{html.escape(identifier)}">{text}</script>')


def own_code(tag: str, text: str) -> Html:
    """Return a ``style`` or ``script`` element with our own code.

    Raises:
        ValueError: the code would end the element.
    """
    if f"</{tag}" in text.lower() or "<!--" in text:
        raise ValueError(f"the text of a {tag} element must hold neither </{tag} nor <!--")
    return Html(f"<{tag}>{text}</{tag}>")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    key = key.removesuffix("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{html.escape(visible(str(value)))}"'


def _inner(children: Content) -> str:
    if children is None:
        return ""
    if isinstance(children, Html):
        return children.text
    if isinstance(children, (str, int, float)):
        return html.escape(visible(str(children)))
    return "".join(_inner(child) for child in children)
