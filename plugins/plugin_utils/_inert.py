# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What the service says is data, and never a template."""

from __future__ import annotations

from typing import Any

from ansible import template


def inert(value: Any) -> Any:
    """Return a JSON value in which no text is a template to any supported ansible-core."""
    if hasattr(template, "trust_as_template"):
        # Since 2.19, text is inert unless somebody vouches for it, which this collection never does.
        return value
    from ansible.utils.unsafe_proxy import wrap_var  # on its way out of ansible-core

    return wrap_var(value)
