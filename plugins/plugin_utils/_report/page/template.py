# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""A template of the page: the role's own, or a user's. Rendered by Jinja2 alone, without Ansible's templating."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from ....module_utils._errors import InvalidOptionsError
from .text import visible

TEMPLATES = Path(__file__).parents[4] / "roles" / "compliance_report" / "templates"


class PageTemplate:
    """A compiled template.

    Args:
        path: the template's file; None for the role's own. Includes and imports are searched for in its folder.
        option: the name of the option that gave *path*, for a message.
        filters: the filters that a template can use beside Jinja2's.

    Raises:
        InvalidOptionsError: it cannot be read or has an error.
    """

    def __init__(self, path: Path | None, option: str, filters: Mapping[str, Any]) -> None:
        self._path = path or TEMPLATES / "report.html.j2"
        self._option = option
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._path.parent, encoding="utf-8-sig"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=_no_null,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters.update(filters)
        with self._explained():
            self._template = environment.get_template(self._path.name)

    def render(self, variables: Mapping[str, Any]) -> str:
        """Return the page. Characters that would act instead of showing are written out, wherever they are.

        Raises:
            InvalidOptionsError: the template has an error.
        """
        with self._explained():
            return visible(self._template.render(variables))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # a template can raise anything
            raise InvalidOptionsError([f"{self._option}: {self._place(error)}: {_reason(error)}"]) from error

    def _place(self, error: Exception) -> str:
        """Return the file and, where there is one, the line of an error."""
        if isinstance(error, jinja2.TemplateSyntaxError):
            return f"{error.filename or self._path}, line {error.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if Path(frame.filename).is_relative_to(self._path.parent):  # Jinja2 replaces its frames by the template's
                return f"{frame.filename}, line {frame.lineno}"
        return str(self._path)


def _no_null(value: Any) -> Any:
    return "" if value is None else value


def _reason(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no file {error.name!r} in the folder of the template"
    return str(error) if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {error}"
