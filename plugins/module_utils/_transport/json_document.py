# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""JSON from outside: bounded in depth and size, and without half characters."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

_SURROGATE = r"\\u[dD][89a-fA-F]"
_MAX_DEPTH = 100
_MAX_CONTAINERS = 4_000_000
_CONTAINERS = frozenset({dict, list})


class TooLargeError(ValueError):
    """A document that is too large to be read, however often it is requested."""


def parse_json(text: str | bytes) -> Any:
    """Return the document; raise ValueError for what is not JSON, and for JSON that is nested too deep.

    Half of a surrogate pair becomes a question mark. It is valid in JSON, but not in a file, and ansible-core
    refuses a result that contains it.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")  # Python's parser would let surrogates through, and guess at UTF-16
    if text.count("{") + text.count("[") >= _MAX_CONTAINERS:  # before the parser makes them, which takes gigabytes
        raise TooLargeError("more lists and objects than are accepted")
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    check_shape(document)
    if "\\u" in text and re.search(_SURROGATE, text):  # the first is fast, and mostly enough
        document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    return document


def check_shape(document: Any) -> None:
    """Raise ValueError for a document that is nested too deep, or that YAML's aliases multiply.

    Python's parser follows deeper documents than those who show or store them later, ansible-core among them.
    """
    level: list[Any] = [[document]]
    for _depth in range(_MAX_DEPTH + 1):
        # By exact type, which takes half as long: parsers create no others, and each value of a page is checked.
        inside = (
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _CONTAINERS
        )
        level = list(itertools.islice(inside, _MAX_CONTAINERS))
        if not level:
            return
        if len(level) == _MAX_CONTAINERS:
            raise TooLargeError("more lists and objects than are accepted")
    raise ValueError("nested too deep")
