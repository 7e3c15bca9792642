# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Why there is no report, for the task's result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ReportError(Exception):
    """The report cannot be made, or not be written.

    Args:
        sentence: what failed, the reason, and what to do, for the task's ``msg``.
        failure: the ``failure`` of the module that failed, where one did.
    """

    def __init__(self, sentence: str, failure: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.failure = failure
