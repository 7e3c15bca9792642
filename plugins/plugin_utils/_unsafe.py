# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Text from the service is data, never a template.

Two forms are needed. Variables keep the text as the service returned it, and a mark keeps ansible-core from evaluating
it: `mark_unsafe`. ansible-rulebook hands events to playbooks as JSON, which has no such mark, and as extra variables,
which ansible-core evaluates. There the text itself must not look like a template: `defuse`.
"""

from __future__ import annotations

import functools
import re
from typing import Any

# Text of these characters only is never a template: it has no braces, nothing that an expression needs to call or to
# quote, and not the header of a template. It stays unmarked, because AWX reads a marked text in the output of
# ansible-inventory as a dictionary.
_HARMLESS = re.compile(r"(?!#jinja2)[\w .:@#/+-]*")

# The starts of a template, of its header, and of an encrypted value, which ansible-rulebook would try to decrypt.
_STARTS = re.compile(r"\{(?=[{%#])|(?<=#)(?=jinja2)|(?<=\$)(?=ANSIBLE_VAULT)")


@functools.cache
def needs_mark() -> bool:
    """Return whether this ansible-core evaluates text that is not marked. Since 2.19 it evaluates trusted text only."""
    from ansible import template  # here, because the event source runs without it

    return not hasattr(template, "trust_as_template")


def mark_unsafe(value: Any) -> Any:
    """Return a JSON value in which no supported ansible-core evaluates any text."""
    return _mark(value) if needs_mark() else value


def _mark(value: Any) -> Any:
    from ansible.utils.unsafe_proxy import wrap_var  # newer versions of ansible-core remove it

    if isinstance(value, dict):
        return {name: _mark(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_mark(item) for item in value]
    return wrap_var(value) if isinstance(value, str) and not _HARMLESS.fullmatch(value) else value


def defuse(text: str) -> str:
    """Return text that is not a template: a space separates the characters that would start one.

    Half of a surrogate pair, which JSON can hold and no encoding can, becomes a question mark.
    """
    separated = _STARTS.sub(lambda found: f"{found[0]} ", text)
    return separated.encode("utf-8", "replace").decode()
