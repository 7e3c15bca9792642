# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The options of the report: their argument spec, and what can be checked before anything is read."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleValidationError, UnsupportedError

from ...module_utils._errors import InvalidOptionsError
from ...module_utils._options import connection_argument_spec
from .. import _timestamps
from .figures import Limits
from .files import is_mode

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "default": "compliance-report"},
    "snapshot_directory": {"type": "path"},
    "name": {"type": "str", "default": "report"},
    "title": {"type": "str", "default": "Device compliance"},
    "template": {"type": "path"},
    "policies": {"type": "list", "elements": "str", "default": []},
    "grace_days": {"type": "int", "default": 7},
    "healthy_days": {"type": "int", "default": 7},
    "stale_days": {"type": "int", "default": 30},
    "compare_days": {"type": "int", "default": 0},
    "require_complete": {"type": "bool", "default": False},
    "mode": {"type": "raw", "default": "0600"},
    "directory_mode": {"type": "raw", "default": "0700"},
    "timestamp": {"type": "str"},
}

ROLE = "graphops.intune.compliance_report"
_ROLE_VARIABLES = {"timestamp": "compliance_report_moment"}
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclasses.dataclass(frozen=True)
class ReportOptions:
    """The options of one report. Directories are absolute paths."""

    directory: Path
    snapshot_directory: Path
    name: str
    title: str
    template: str | None
    policies: list[str]
    limits: Limits
    compare_days: int
    require_complete: bool
    mode: str
    directory_mode: str
    timestamp: str
    role: str | None
    """The role that runs the task, if any."""

    @classmethod
    def from_options(cls, given: Mapping[str, Any], role: str | None, now: datetime.datetime) -> ReportOptions:
        """Return the options of a task.

        Args:
            given: the options as `split` returns them.
            role: the name of the role that the task is part of.
            now: the present time in UTC.

        Raises:
            InvalidOptionsError: an option is not valid; the message names each.
        """
        directory = _absolute(given["directory"])
        limits = Limits(given["grace_days"], given["healthy_days"], given["stale_days"])
        made = cls(
            directory=directory,
            snapshot_directory=_absolute(given["snapshot_directory"] or directory / "snapshots"),
            limits=limits,
            timestamp=given["timestamp"] or now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            role=role,
            **{name: given[name] for name in ("name", "title", "template", "policies", "compare_days")},
            require_complete=given["require_complete"],
            mode=_mode(given["mode"]),
            directory_mode=_mode(given["directory_mode"]),
        )
        if problems := made._problems():
            raise InvalidOptionsError(problems)
        return made

    def named(self, option: str) -> str:
        """Return the name by which the user sets an option: in the role, its variable."""
        return _ROLE_VARIABLES.get(option, f"compliance_report_{option}") if self.role == ROLE else option

    def _problems(self) -> list[str]:
        found = [
            f"{self.named(option)} is {days}; it must be 0 or more"
            for option, days in {**dataclasses.asdict(self.limits), "compare_days": self.compare_days}.items()
            if days < 0
        ]
        if self.limits.stale_days < self.limits.healthy_days:
            found.append(
                f"{self.named('stale_days')} is {self.limits.stale_days}; it must be {self.limits.healthy_days} or "
                f"more, which is {self.named('healthy_days')}"
            )
        if not _FILE_NAME.fullmatch(self.name):
            found.append(
                f"{self.named('name')} is {self.name!r}; it must be the name of a file without its extension, of "
                'letters, digits, "-", "_" and "."'
            )
        if not _timestamps.is_timestamp(self.timestamp):
            found.append(
                f"{self.named('timestamp')} is {self.timestamp!r}; it must be a time in UTC, such as "
                "2026-11-24T06:00:00Z"
            )
        return found + [
            f'{self.named(option)} is {mode!r}; it must be octal, such as "0600" with the zero and the quotes, or '
            "symbolic, such as u=rw,g=r"
            for option, mode in (("mode", self.mode), ("directory_mode", self.directory_mode))
            if not is_mode(mode)
        ]


def _mode(given: Any) -> str:
    """Return a mode as text. YAML reads 0640 without quotes as a number."""
    return f"{given:#o}" if isinstance(given, int) and not isinstance(given, bool) else str(given)


def split(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the report's own options, checked by the argument spec, and the connection options as they are.

    The modules that read check the latter, and complete them from the environment of their process.

    Raises:
        InvalidOptionsError: an option does not exist or has the wrong type.
    """
    connection = {
        name: {"type": "raw", "aliases": entry.get("aliases", [])} for name, entry in connection_argument_spec().items()
    }
    checked = ArgumentSpecValidator({**ARGUMENT_SPEC, **connection}).validate({**arguments})
    if problems := [_sentence(error) for error in checked.errors.errors]:
        raise InvalidOptionsError(problems)
    own = {name: checked.validated_parameters[name] for name in ARGUMENT_SPEC}
    return own, {name: value for name, value in arguments.items() if name not in ARGUMENT_SPEC}


def _sentence(error: AnsibleValidationError) -> str:
    return f"Unsupported parameters: {error.msg}" if isinstance(error, UnsupportedError) else str(error.msg)


def _absolute(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
