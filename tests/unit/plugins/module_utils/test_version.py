# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.graphops.intune.plugins.module_utils import _version


def test_the_code_and_galaxy_yml_have_the_same_version() -> None:
    galaxy = Path(str(_version.__file__)).parents[2] / "galaxy.yml"
    assert yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"] == _version.VERSION


def test_the_user_agent_names_the_collection_and_its_version() -> None:
    assert _version.USER_AGENT.startswith(f"graphops.intune/{_version.VERSION} ")
