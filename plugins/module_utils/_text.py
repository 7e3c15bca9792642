# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Text for messages: on one line, short, and without anything that controls a terminal."""

from __future__ import annotations

from typing import Any

_MAX_SHOWN = 300


def shorten(text: str) -> str:
    """Return *text* on one line, cut to the length of an error message."""
    return _cut(" ".join(text.split()))


def quoted(value: Any) -> str:
    """Return a value as an error quotes it: its beginning, where it is long."""
    try:
        return _cut(repr(value))
    except (RecursionError, ValueError):  # ValueError: Python converts no number of thousands of digits
        return "a value too deep or too long to show"


def printable(text: str) -> str:
    """Return *text* with all that would control a terminal written out: ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
