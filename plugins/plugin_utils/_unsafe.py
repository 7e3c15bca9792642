# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What the service says is data, and never a template."""

from __future__ import annotations

import re
from typing import Any

from ansible import template

MARKED = not hasattr(template, "trust_as_template")
"""Whether this ansible-core takes text for a template unless it is marked. Since 2.19, only trusted text is one."""

# What holds neither braces, nor what an expression would need to call or to quote, nor the header of a template means
# nothing to Jinja2. It is left unmarked, since AWX takes the mark in the output of ansible-inventory for a dictionary.
_HARMLESS = re.compile(r"(?!#jinja2)[\w .:@#/+-]*")


def inert(value: Any) -> Any:
    """Return a JSON value in which no text is a template to any supported ansible-core."""
    return _mark(value) if MARKED else value


def _mark(value: Any) -> Any:
    from ansible.utils.unsafe_proxy import wrap_var  # on its way out of ansible-core

    if isinstance(value, dict):
        return {name: _mark(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_mark(item) for item in value]
    return wrap_var(value) if isinstance(value, str) and not _HARMLESS.fullmatch(value) else value
