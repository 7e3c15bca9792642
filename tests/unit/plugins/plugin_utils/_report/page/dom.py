# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small document model, to find elements and text in a page. Elements that are not nested correctly are an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from html.parser import HTMLParser

_VOID = {"br", "input", "link", "meta"}


@dataclasses.dataclass
class Node:
    """An element."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Node | str] = dataclasses.field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        """This element and all within, in the order of the document."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child

    def all(self, tag: str, **attributes: str) -> list[Node]:
        """The elements of this name within that have these attributes; ``class_`` is one of the classes."""
        return [node for node in self if node.tag == tag and node._has(attributes)]

    def one(self, tag: str, **attributes: str) -> Node:
        """The only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def _has(self, attributes: dict[str, str]) -> bool:
        return all(
            value in (self.attributes.get("class") or "").split()
            if name == "class_"
            else self.attributes.get(name.replace("_", "-")) == value
            for name, value in attributes.items()
        )

    @property
    def text(self) -> str:
        """All text within."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def table(self) -> list[list[str]]:
        """The texts of a table's cells, row by row, its head first."""
        return [[cell.text for cell in (*row.all("th"), *row.all("td"))] for row in self.all("tr")]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = self._add(tag, attrs)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Node:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        return node

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(markup: str) -> Node:
    """Read a page."""
    parser = _Parser()
    parser.feed(markup)
    parser.close()
    (root,) = parser.open
    return root
