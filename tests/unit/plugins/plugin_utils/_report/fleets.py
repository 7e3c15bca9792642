# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots, figures and pages made from a few words, for the tests of the report."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Figures, Limits, count
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import History
from ansible_collections.graphops.intune.plugins.plugin_utils._report.json_file import to_document
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.page import ReportPage
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Policy, Reading, Row, Snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.statuses import statuses_of

NOW = "2026-11-24T06:00:00Z"
WEEK_AGO = "2026-11-17T06:00:00Z"
HOSTILE = "<script>alert(1)</script>"

_numbers = itertools.count(1)


def row(device: str | None = "PC-1", status: str = "compliant", **more: Any) -> Row:
    """A status; its id is the device's name unless another one is given."""
    known = {"id": device or f"row {next(_numbers)}", "user": None, "principal": None, "model": None}
    return Row(**{**known, "device": device, "status": status, "reported": NOW, "grace": "never", **more})


def policy(*rows: Row, id: str = "windows", **more: Any) -> Policy:  # noqa: A002 - the property's name
    """A policy that was read in full by default."""
    known = {"name": f"The {id} policy", "type": "#microsoft.graph.windows10CompliancePolicy"}
    return Policy(**{**known, "reading": Reading.COMPLETE, "counted": len(rows), "id": id, "rows": rows, **more})


def unreadable(id: str = "closed", **more: Any) -> Policy:  # noqa: A002 - the property's name
    """A policy that could not be read."""
    return policy(id=id, **{"reading": Reading.UNREADABLE, "counted": None, "problem": "403 Forbidden", **more})


def snapshot(*policies: Policy, taken: str = NOW) -> Snapshot:
    """A snapshot of these policies."""
    return Snapshot(taken, policies)


def figures(now: Snapshot, *earlier: Snapshot, limits: Limits | None = None, **more: Any) -> Figures:
    """The figures of a snapshot after earlier ones, the last of which is the one to compare with."""
    history = History(tuple(one.header for one in earlier), earlier[-1] if earlier else None, **more)
    return count(now, history, limits or Limits())


def page(found: Figures, title: str = "Fleet", template: Path | None = None) -> str:
    """The page of these figures."""
    document = to_document(found, "snapshot.json", title)
    return _load(template).render(found, document, statuses_of(found))


@functools.cache
def _load(template: Path | None) -> ReportPage:
    return ReportPage(template, "template")
