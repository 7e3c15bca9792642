# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the report: from a task's options to its result. The documentation is in the module of the same name.

It runs on the controller, where Jinja2 is and where the files are written. The modules that read run where the task
runs, with the connection options of the task.
"""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFileNotFound
from ansible.plugins.action import ActionBase

from ..module_utils._errors import InvalidOptionsError
from ..plugin_utils._progress_action import shown_progress
from ..plugin_utils._report.errors import ReportError
from ..plugin_utils._report.files import FileWriter
from ..plugin_utils._report.options import ReportOptions, split
from ..plugin_utils._report.page.page import ReportPage
from ..plugin_utils._report.reading import FleetReader
from ..plugin_utils._report.report import Report, make_report, read_earlier, write_report
from ..plugin_utils._report.snapshot import Snapshot
from ..plugin_utils._unsafe import mark_unsafe

_ROLE = Path(__file__).resolve().parents[2] / "roles" / "compliance_report"


class ActionModule(ActionBase):
    """Reads the fleet, makes the report, and writes it."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._messages: dict[str, list[Any]] = {}
        try:
            # The result is short, and the only output for a reader at the terminal.
            found = {**self._report(task_vars or {}), "_ansible_verbose_always": True}
        except InvalidOptionsError as error:
            found = {"failed": True, "msg": error.sentence, "failure": error.failure.as_dict()}
        except ReportError as error:
            found = {"failed": True, "msg": error.sentence, **({"failure": error.failure} if error.failure else {})}
        return {**result, **mark_unsafe(found), **{kind: texts for kind, texts in self._messages.items() if texts}}

    def _report(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        own, connection = split(self._task.args)
        now = datetime.datetime.now(datetime.timezone.utc)
        options = ReportOptions.from_options(own, task_vars.get("ansible_role_name"), now)
        # Before anything is read: an error here is not worth waiting for.
        page = ReportPage(self._find_template(options), options.named("template"))
        history = read_earlier(options)
        snapshot = self._read_fleet(options, connection, task_vars)
        report = make_report(snapshot, history, options, page.render)
        writer = FileWriter(options.mode, options.directory_mode, check=self._task.check_mode)
        paths = write_report(report, options, writer)
        return {**report.result, **paths, **_verdict(report, options, writer, paths["html"])}

    def _find_template(self, options: ReportOptions) -> Path | None:
        """Return the path of the user's template, if there is one."""
        if not options.template:
            return None
        try:
            # Not in the role of this collection, whose own templates are no user's.
            paths = [
                path
                for path in self._task.get_search_path()
                if _ROLE not in (real := Path(path).resolve(), *real.parents)
            ]
            return Path(self._loader.path_dwim_relative_stack(paths, "templates", options.template))
        except AnsibleFileNotFound:
            if os.path.isfile(options.template):
                return Path(options.template).resolve()
            problem = (
                f"{options.named('template')} is {options.template!r}; there is no such file in the templates of the "
                "role or of the playbook, beside them, or in the working directory"
            )
            raise InvalidOptionsError([problem]) from None

    def _read_fleet(self, options: ReportOptions, connection: Mapping[str, Any], task_vars: dict[str, Any]) -> Snapshot:
        with shown_progress(self, task_vars) as progress:

            def run_module(name: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
                return self._run_module(name, arguments, task_vars)

            reader = FleetReader(run_module, connection, progress, time.monotonic)
            return reader.read(options.timestamp, options.policies, options.named("policies"))

    def _run_module(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> Mapping[str, Any]:
        result: dict[str, Any] = self._execute_module(module_name=name, module_args=arguments, task_vars=task_vars)
        for kind in ("warnings", "deprecations"):
            seen = self._messages.setdefault(kind, [])
            seen += [message for message in result.get(kind) or () if message not in seen]
        return result


def _verdict(report: Report, options: ReportOptions, writer: FileWriter, page: str) -> dict[str, Any]:
    """Return what the result has beside the figures and the paths."""
    unwritten = writer.changed and writer.check
    verdict: dict[str, Any] = {"changed": writer.changed, "diff": writer.diff()}
    if unwritten:
        verdict["msg"] = "Check mode: nothing was written."
    if options.require_complete and not report.complete:
        where = verdict.get("msg", f"It was written to {page}, which shows what is missing.")
        required = options.named("require_complete")
        verdict |= {"failed": True, "msg": f"The report is incomplete, and {required} is true. {where}"}
    return verdict
