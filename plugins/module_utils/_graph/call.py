# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""One request to Graph: every request is a call, alone or in an envelope."""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_REQUESTS = 20
"""Calls in one envelope, at most."""


class Call(NamedTuple):
    """What is sent.

    ``path`` begins with a slash and is below the version's root, or is an absolute link that the service returned.
    ``body`` is a JSON value, None for no body.
    """

    method: str
    path: str
    body: Any = None
