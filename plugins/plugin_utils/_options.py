# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The options of a plugin: from its file, with templates, and those of the connection also from the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_float
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ..module_utils._errors import InvalidOptionsError
from ..module_utils._options import ENVIRONMENT, Connection, connection_argument_spec, environment_fallback, named
from ..module_utils._preflight import mask

_CONVERT: dict[str, tuple[Callable[[Any], Any], str]] = {
    "bool": (check_type_bool, "true or false"),
    "float": (check_type_float, "a number"),
}


def complete(
    given: Mapping[str, Any], render: Callable[[str, Any], Any], templated: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the options in a plugin's file, and the missing connection options from the environment.

    ansible-core itself would use the last of several environment variables, also an empty one. Modules use the first
    that is not empty, and so does this.

    Args:
        given: the content of the file.
        render: evaluates the value of an option, which may be a template; takes the name and the value.
        templated: the options beside those of the connection that can be templates.

    Raises:
        InvalidOptionsError: names each connection option with a value of another type, or that is not a choice.
    """
    problems = []
    options = dict(given)
    for option in templated:
        if option in given:
            options[option] = render(option, given[option])
    for option, entry in connection_argument_spec().items():
        values = [given[name] for name in (option, *entry.get("aliases", ())) if given.get(name) is not None]
        value = render(option, values[0]) if values else _from_environment(option, entry.get("default"))
        try:
            options[option] = _checked(value, entry)
        except ValueError as error:
            problems.append(f"{named(option)} {error}")
    if problems:
        raise InvalidOptionsError(problems)
    return options


def _checked(value: Any, entry: Mapping[str, Any]) -> Any:
    """Return a value in its type. ansible-core would read any other value as false, and not verify TLS.

    Raises:
        ValueError: states the valid values, and not the value, which may be secret.
    """
    convert, wanted = _CONVERT.get(entry["type"], (None, "text"))
    if isinstance(value, (Mapping, list)):
        raise ValueError(f"must be {wanted}")
    if value not in entry.get("choices", [value]):
        raise ValueError(f"must be one of {', '.join(entry['choices'])}")
    try:
        return convert(value) if convert and value is not None else value
    except (TypeError, ValueError):
        raise ValueError(f"must be {wanted}") from None


def _from_environment(option: str, default: Any) -> Any:
    try:
        return environment_fallback(*ENVIRONMENT.get(option, ()))
    except AnsibleFallbackNotFound:
        return default


def is_secret(option: str) -> bool:
    """Return whether the value of an option must not be shown."""
    return bool(connection_argument_spec().get(option, {}).get("no_log"))


def refuse_unknown(given: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse unknown options. ansible-core ignores them, and without the misspelled ``policies`` all would be read.

    Names that start with an underscore are allowed, for YAML anchors.

    Raises:
        InvalidOptionsError: names each.
    """
    known = {name for option, entry in definitions.items() for name in (option, *entry.get("aliases", ()))}
    problems = [f"there is no option {name!r}" for name in given if name not in known and not str(name).startswith("_")]
    if problems:
        raise InvalidOptionsError(problems)


def connect(get_option: Callable[[str], Any]) -> Connection:
    """Return the connection of a plugin's options; its secrets are masked where ansible-core can do that."""
    options = {option: get_option(option) for option in connection_argument_spec()}
    connection = Connection.from_options(options)
    for secret in [*connection.secrets, *(value for option, value in options.items() if is_secret(option))]:
        if secret:
            mask(secret)
    return connection
