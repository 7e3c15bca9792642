# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page of a list: which rows, and the link to the next."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Callable
from urllib.parse import urlencode

from ..http.exchange import Answer, Exchange, json_bytes
from .error import GraphError, bad_request

_KEPT_OPTIONS = ("$filter", "$select", "$top")


@dataclasses.dataclass(frozen=True)
class Page:
    """Rows from ``offset`` on, ``size`` at most. ``blank``: an empty page that only links to the rows."""

    offset: int
    size: int
    blank: bool

    @property
    def end(self) -> int:
        """The offset after the last row of the page."""
        return self.offset if self.blank else self.offset + self.size

    def answer(
        self, exchange: Exchange, graph_url: str, context: str, total: int, shown: Callable[[int, int], list[bytes]]
    ) -> Answer:
        """The answer with this page of ``total`` rows, whose JSON ``shown`` gives; ``context`` names the list."""
        content: dict[str, object] = {"@odata.context": context}
        link = self._next_link(exchange, graph_url, total)
        if link is not None:
            content["@odata.nextLink"] = link
        rows = b",".join(shown(self.offset, min(self.end, total)))
        return Answer.of_bytes(200, json_bytes(content)[:-1] + b',"value":[' + rows + b"]}")

    def _next_link(self, exchange: Exchange, graph_url: str, total: int) -> str | None:
        """The absolute link to the next page, or None after the last of ``total`` rows."""
        if self.end >= total and not self.blank:
            return None
        # The token includes whether this page is blank, so that two blank pages never follow each other.
        token = base64.urlsafe_b64encode(f"{self.end}:{int(self.blank)}".encode()).decode().rstrip("=")
        options = {name: exchange.query[name] for name in _KEPT_OPTIONS if name in exchange.query}
        return f"{graph_url}{exchange.raw_path}?{urlencode(options | {'$skiptoken': token}, safe='$')}"


def parse(exchange: Exchange, largest: int, empty_pages: bool) -> Page:
    """The requested page, with ``largest`` rows at most; GraphError for an invalid query option."""
    offset, after_blank = _position(exchange.query.get("$skiptoken"))
    top = _top(exchange.query.get("$top"))
    size = largest if top is None else min(top, largest)
    return Page(offset, size, blank=empty_pages and not after_blank)


def not_implemented() -> GraphError:
    """The 501 for a query option that the live service does not implement."""
    return GraphError(501, "NotImplemented", "Not Implemented", nested=True)


def _position(token: str | None) -> tuple[int, bool]:
    if token is None:
        return 0, False
    try:
        padded = token + "=" * (-len(token) % 4)
        offset, _rest, blank = base64.urlsafe_b64decode(padded).decode("ascii").partition(":")
        return int(offset), blank == "1"
    except (binascii.Error, ValueError):
        raise bad_request("Skip token is not valid.") from None


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise bad_request(f"Invalid value '{text}' for $top query option found. It must be a positive integer.")
    return int(text)
