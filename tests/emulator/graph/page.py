# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page of a list: which rows, and the link to the next."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from urllib.parse import urlencode

from ..http.exchange import Exchange
from ..settings import Settings
from .error import GraphError, bad_request


@dataclasses.dataclass(frozen=True)
class Page:
    """Rows from ``offset`` on, ``size`` at most. ``blank``: an empty page that only links to the rows."""

    offset: int
    size: int
    blank: bool
    top: int | None

    @property
    def end(self) -> int:
        """The offset after the last row of the page."""
        return self.offset if self.blank else self.offset + self.size

    def next_link(self, exchange: Exchange, graph_url: str, total: int) -> str | None:
        """The absolute link to the next page, or None after the last of ``total`` rows."""
        if self.end >= total and not self.blank:
            return None
        # Whether the next page may be a blank one is part of the token, so that two never follow each other.
        token = base64.urlsafe_b64encode(f"{self.end}:{int(self.blank)}".encode()).decode().rstrip("=")
        top = {} if self.top is None else {"$top": self.top}
        return f"{graph_url}{exchange.raw_path}?{urlencode(top | {'$skiptoken': token}, safe='$')}"


def parse(exchange: Exchange, settings: Settings) -> Page:
    """The page that a request asks for; GraphError for a query option that the service does not take."""
    query = exchange.query
    if "$filter" in query:
        # Seen on the live collection: filtering is up to the client.
        raise GraphError(501, "NotImplemented", "Not Implemented", nested=True)
    offset, after_blank = _position(query.get("$skiptoken"))
    top = _top(query.get("$top"))
    size = settings.page_size if top is None else min(top, settings.page_size)
    return Page(offset, size, blank=settings.empty_pages and not after_blank, top=top)


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
        raise bad_request(f"Invalid value '{text}' for $top query option found. A positive integer is wanted.")
    return int(text)
