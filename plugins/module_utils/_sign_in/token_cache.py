# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The file in which tokens are kept between tasks, shared by many forks."""

from __future__ import annotations

from typing import Any

from .._transport.private_file import PrivateFile


class TokenCacheFile(PrivateFile):
    """A file that holds MSAL's serialized cache. It is plain text, so no other user may read it."""

    option = "token_cache"
    kind = "a token cache"
    harm = "use the tokens in it"

    def _fits(self, entries: Any) -> bool:
        # MSAL's form, objects by kind and key.
        return (
            isinstance(entries, dict)
            and set(entries) <= {"AccessToken", "Account", "AppMetadata", "IdToken", "RefreshToken"}
            and all(
                isinstance(kind, dict) and all(isinstance(entry, dict) for entry in kind.values())
                for kind in entries.values()
            )
        )
