# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source for the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...support import Clock, Script
from .event_source import Source


@pytest.fixture
def source(tmp_path: Path, script: Script, clock: Clock) -> Source:
    """An event source without a state file."""
    return Source(tmp_path / "state", script, clock)


@pytest.fixture
def changed(source: Source) -> Source:
    """A source that will find one change."""
    source.answer(("a", "compliant"))
    source.poll()
    source.answer(("a", "error"))
    return source
