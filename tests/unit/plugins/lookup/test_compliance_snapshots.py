# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup: directories, options, and what it says when they cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants as C  # noqa: N812 - as everybody calls it
from ansible.errors import AnsibleError
from ansible_collections.graphops.intune.plugins.lookup import compliance_snapshots

from ..plugin_utils._report.fleets import NOW, WEEK_AGO, policy, row, snapshot

_NAME = "graphops.intune.compliance_snapshots"


def look(*terms: object, **options: Any) -> list[dict[str, Any]]:
    lookup = compliance_snapshots.LookupModule()
    lookup._load_name = _NAME
    documented = yaml.safe_load(compliance_snapshots.DOCUMENTATION)["options"]
    define: Any = C.config.initialize_plugin_configuration_definitions
    define("lookup", _NAME, documented)  # as the loader does
    found: list[dict[str, Any]] = lookup.run([str(term) for term in terms], {}, **{"before": NOW, **options})
    return found


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    (tmp_path / "1.json").write_text(snapshot(policy(row()), taken=WEEK_AGO).to_json(), encoding="utf-8")
    return tmp_path


def test_each_directory_is_read(stored: Path, tmp_path: Path) -> None:
    found = look(stored, tmp_path / "none")
    assert [header["taken"] for header in found[0]["headers"]] == [WEEK_AGO]
    assert found[0]["baseline"] is not None
    assert found[1] == {"headers": [], "baseline": None, "unreadable": []}


def test_compare_days(stored: Path) -> None:
    assert look(stored, compare_days=7)[0]["baseline"] is not None
    assert look(stored, compare_days=8)[0]["baseline"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"before": "now"}, "before is 'now'; write it in UTC"),
        ({"compare_days": -1}, "compare_days is -1; it must be 0 days or more"),
        ({"compare_days": "many"}, "compare_days"),
    ],
)
def test_bad_options(stored: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleError, match=said):
        look(stored, **options)


def test_a_directory_that_is_none(stored: Path) -> None:
    with pytest.raises(AnsibleError, match=r"The snapshots in .*1\.json cannot be read: Not a directory"):
        look(stored / "1.json")
