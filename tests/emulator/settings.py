# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings, which can be changed while the emulator runs."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

READ_ROLE = "DeviceManagementConfiguration.Read.All"
WRITE_ROLE = "DeviceManagementConfiguration.ReadWrite.All"

_SMALLEST, _LARGEST = 0.001, 1_000_000
_ANSWERS = {"patch_answer": (200, 204), "device_filter_answer": (200, 400, 501)}


class Profile(enum.Enum):
    """Which of the documented methods work as documented."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    READ_ONLY = "read-only"


class EnumCase(enum.Enum):
    """The letter case in which members of enumerations are shown; a client has to compare them in any."""

    CANONICAL = "canonical"
    LOWER = "lower"
    UPPER = "upper"

    def show(self, member: str) -> str:
        """The member in this case."""
        if self is EnumCase.CANONICAL:
            return member
        return member.lower() if self is EnumCase.LOWER else member.upper()


class RetryForm(enum.Enum):
    """The form in which the answer to a request over budget gives the time to wait."""

    DECIMAL = "decimal"
    INTEGER = "integer"
    HTTP_DATE = "http_date"
    NESTED = "nested"
    ABSENT = "absent"


class SettingsError(ValueError):
    """A setting that does not exist, or a value that is not allowed for it."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings; the README describes each of them."""

    profile: Profile = Profile.DOCUMENTED
    page_size: int = 100
    device_page_size: int = 1000
    list_limit: int | None = None
    empty_pages: bool = False
    patch_answer: int = 200
    wrap_item: bool = False
    enum_case: EnumCase = EnumCase.CANONICAL
    roles: tuple[str, ...] = (WRITE_ROLE,)
    token_lifetime: int = 3600
    expect_no_writes: bool = False
    policies_unreadable: tuple[str, ...] = ()
    device_filter_answer: int = 200
    device_filter_ignores_case: bool = False
    write_budget: int = 100
    request_budget: int = 1000
    device_write_budget: int = 200
    device_request_budget: int = 2000
    budget_period: float = 20
    budgets_enforced: bool = True
    retry_after_form: RetryForm = RetryForm.DECIMAL
    time_scale: float = 1.0

    @property
    def budget_seconds(self) -> float:
        """The period of the budgets in seconds of real time."""
        return self.budget_period / self.time_scale

    def changed(self, changes: Mapping[str, object]) -> Settings:
        """The settings with some of them set from JSON; SettingsError for an unknown setting or an invalid value."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name, value in changes.items():
            if name not in fields:
                raise SettingsError(f"unknown setting '{name}'")
            fields[name] = _converted(name, value)
        return Settings(**fields)

    def as_json(self) -> dict[str, object]:
        """The settings as JSON shows them."""
        return {
            name: value.value if isinstance(value, enum.Enum) else value
            for name, value in dataclasses.asdict(self).items()
        }


class CurrentSettings:
    """The settings in force."""

    def __init__(self, first: Settings) -> None:
        self._first = first
        self.values = first

    def change(self, changes: Mapping[str, object]) -> None:
        """Sets some settings; SettingsError leaves them all as they were."""
        self.values = self.values.changed(changes)

    def reset(self) -> None:
        """Brings back the settings of the start."""
        self.values = self._first


def _converted(name: str, value: object) -> object:
    try:
        if name == "profile":
            return Profile(value)
        if name == "enum_case":
            return EnumCase(value)
        if name == "retry_after_form":
            return RetryForm(value)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if name in ("roles", "policies_unreadable"):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise SettingsError(f"{name} must be a list of strings")
    if name in ("empty_pages", "wrap_item", "expect_no_writes", "budgets_enforced", "device_filter_ignores_case"):
        if isinstance(value, bool):
            return value
        raise SettingsError(f"{name} must be true or false")
    return _seconds(name, value) if name in ("budget_period", "time_scale") else _number(name, value)


def _seconds(name: str, value: object) -> float:
    # Times below a millisecond cannot be measured here, and JSON can hold an infinity.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _SMALLEST <= value <= _LARGEST:
        return value
    raise SettingsError(f"{name} must be a number from {_SMALLEST} to {_LARGEST}")


def _number(name: str, value: object) -> int | None:
    if name == "list_limit" and value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(f"{name} must be an integer")
    if value not in _ANSWERS.get(name, (value,)):
        raise SettingsError(f"{name} must be one of {', '.join(map(str, _ANSWERS[name]))}")
    if value < (1 if name.endswith(("page_size", "_budget")) else 0):
        raise SettingsError(f"{name}: {value} is too small")
    return value
