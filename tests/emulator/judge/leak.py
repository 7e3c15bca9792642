# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds secrets in URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

# Any signed JWT: an access token, or an assertion.
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+")


class LeakScan:
    """Searches for the secrets of this start, and for tokens."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._pattern = re.compile("|".join([*map(re.escape, secrets), _JWT.pattern]))

    def found(self, text: str) -> bool:
        """Whether a secret or token is in the text, percent-encoded or not."""
        return bool(self._pattern.search(text) or self._pattern.search(unquote_plus(text)))

    def redacted(self, text: str) -> str:
        """The text, or a placeholder if it contains a secret."""
        return "(removed, because it contains a secret)" if self.found(text) else text
