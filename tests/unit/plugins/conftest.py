# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests of plugins/: a clean environment, a clock that the test controls, and a scripted service."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import settings

from .converging import Converge
from .support import Clock, Script

# Every run uses the same examples, without a deadline: a build fails only because of a change in it.
settings.register_profile("graphops.intune", deadline=None, derandomize=True, database=None)
settings.load_profile("graphops.intune")

# Settings of the machine that runs the tests.
_FOREIGN = re.compile(
    r"(AZURE|INTUNE|IDENTITY|IMDS|MSI)_.*|.*_PROXY|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_.*|NETRC", re.IGNORECASE
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if _FOREIGN.fullmatch(name)]:
        monkeypatch.delenv(name)


@pytest.fixture
def clock() -> Clock:
    """A clock that only a sleep advances."""
    return Clock()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Script]:
    """A service that expects an ordered list of calls; any other or missing call fails the test."""
    script = Script(clock)
    script.install(monkeypatch)
    yield script
    script.finish()


@pytest.fixture
def converge(clock: Clock) -> Converge:
    """Run one task; ``policy_id`` and ``status_id`` are set unless ``policy_name`` or ``match`` is given."""
    return Converge(clock)
