# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The options of a plugin: from its file, with templates, and the connection's from the environment too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

from ..module_utils._errors import InvalidOptionsError
from ..module_utils._options import ENVIRONMENT, Connection, connection_argument_spec, environment_fallback
from ..module_utils._start import mask


def complete(
    given: Mapping[str, Any], render: Callable[[str, Any], Any], templated: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what a plugin's file gives and, of the connection options that it leaves out, what the environment gives.

    ansible-core itself would take the last of several variables, and one that is set to nothing too. Modules take the
    first that is not empty, and so does this.

    Args:
        given: the file's content.
        render: turns an option's name and its value, perhaps a template, into the value that is meant.
        templated: the options beside the connection's that can be templates.
    """
    options = dict(given)
    for option in templated:
        if option in given:
            options[option] = render(option, given[option])
    for option, entry in connection_argument_spec().items():
        values = [given[name] for name in (option, *entry.get("aliases", ())) if given.get(name) is not None]
        options[option] = render(option, values[0]) if values else _from_environment(option, entry.get("default"))
    return options


def _from_environment(option: str, default: Any) -> Any:
    try:
        return environment_fallback(*ENVIRONMENT.get(option, ()))
    except AnsibleFallbackNotFound:
        return default


def is_secret(option: str) -> bool:
    """Tell whether an option's value must not be shown."""
    return bool(connection_argument_spec().get(option, {}).get("no_log"))


def refuse_unknown(given: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what no option is called. ansible-core passes it over, and a misspelt ``policies`` would mean them all.

    What begins with an underscore is left to the user, for YAML's anchors.

    Raises:
        InvalidOptionsError: names each.
    """
    known = {name for option, entry in definitions.items() for name in (option, *entry.get("aliases", ()))}
    problems = [f"there is no option {name!r}" for name in given if name not in known and not name.startswith("_")]
    if problems:
        raise InvalidOptionsError(problems)


def connect(get_option: Callable[[str], Any]) -> Connection:
    """Return the connection that a plugin's options describe; its secrets are masked where ansible-core can do that."""
    options = {option: get_option(option) for option in connection_argument_spec()}
    connection = Connection.from_options(options)
    for secret in [*connection.secrets, *(value for option, value in options.items() if is_secret(option))]:
        if secret:
            mask(secret)
    return connection
