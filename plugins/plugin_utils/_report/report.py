# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""Make the report of a snapshot, and write its files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from .csv_file import to_csv
from .errors import ReportError
from .figures import Figures, count
from .files import FileWriter
from .history import History, read_history
from .json_file import to_document, to_json
from .options import ReportOptions
from .snapshot import Snapshot
from .snapshot_file import file_name
from .snapshot_file import to_json as snapshot_to_json
from .statuses import Status, statuses_of

RenderPage = Callable[[Figures, dict[str, Any], Sequence[Status]], str]
"""Returns the page of these figures, of the document of the JSON file, and of every status."""


@dataclasses.dataclass(frozen=True)
class Report:
    """The texts of a report's files, and the figures for the next task. Nothing is written yet."""

    summary: dict[str, Any]
    snapshot: str
    html: str
    csv: str
    json: str

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.summary["complete"])

    @property
    def result(self) -> dict[str, Any]:
        """The figures in the task's result."""
        return {
            **{name: self.summary[name] for name in ("complete", "headline", "missing", "not_compliant_devices")},
            "devices": self.summary["device_count"],
        }


def read_earlier(options: ReportOptions) -> History:
    """Return the earlier snapshots.

    Raises:
        ReportError: their directory cannot be read.
    """
    try:
        return read_history(options.snapshot_directory, options.timestamp, options.compare_days)
    except OSError as error:
        raise ReportError(f"The snapshots in {error.filename} cannot be read: {error.strerror}") from error


def make_report(snapshot: Snapshot, history: History, options: ReportOptions, render_page: RenderPage) -> Report:
    """Return the report of a snapshot.

    Raises:
        InvalidOptionsError: the template has an error.
    """
    figures = count(snapshot, history, options.limits)
    stored = snapshot_to_json(snapshot)
    document = to_document(figures, file_name(snapshot.taken, stored), options.title)
    statuses = statuses_of(figures)
    return Report(
        summary=document["summary"],
        snapshot=stored,
        html=render_page(figures, document, statuses),
        csv=to_csv(snapshot.policies, statuses),
        json=to_json(document),
    )


def write_report(report: Report, options: ReportOptions, writer: FileWriter) -> dict[str, str]:
    """Write the files, and return their paths. A stored snapshot is never replaced: its name depends on its content.

    Raises:
        ReportError: a file or directory cannot be written.
    """
    paths = {kind: options.directory / f"{options.name}.{kind}" for kind in ("html", "csv", "json")}
    paths["snapshot"] = options.snapshot_directory / report.summary["snapshot"]
    writer.directory(options.directory)
    writer.directory(options.snapshot_directory)
    writer.file(paths["snapshot"], report.snapshot, replace=False)
    for kind in ("html", "csv", "json"):
        writer.file(paths[kind], getattr(report, kind))
    return {kind: str(path) for kind, path in paths.items()}
