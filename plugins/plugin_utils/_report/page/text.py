# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Text from the service on a page: every character shows, and none acts."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup

# Control characters, those without a width, and those that turn the direction of what follows: written out, they can
# hide nothing. Joiners (U+200C, U+200D) and direction marks (U+200E, U+200F) are part of ordinary names.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return a text in which characters that would act instead of showing are written out: [U+202E]."""
    return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def json_for_script(data: Any) -> Markup:
    """Return data for a script of the page, as JSON in which nothing can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - no character of it has a meaning in HTML
