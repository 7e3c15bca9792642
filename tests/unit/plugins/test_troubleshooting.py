# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The troubleshooting guide quotes messages: each of them is produced by a failure with the code of its section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.module_utils import _options
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import _ADVICE

from .troubles import TROUBLES, Message, produce

GUIDE = Path(str(_options.__file__)).parents[2] / "docs/docsite/rst/guide_troubleshooting.rst"
OTHER = "Any other code"
WARNINGS = "Warnings"
CODES = {value for name, value in vars(Code).items() if name.isupper()}


def quoted() -> list[tuple[str, str]]:
    """Return each quoted message with its section."""
    found: list[tuple[str, str]] = []
    section = ""
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            section = line
        elif line.startswith("``") and line.endswith("``") and following.startswith("   "):
            found.append((section, line.strip("`")))
    return found


QUOTED = quoted()


def fits(message: str, sentence: str) -> bool:
    """Return whether the sentence contains the message; ``...`` matches anything."""
    return bool(re.search(".*".join(re.escape(part) for part in message.split("...")), sentence, re.DOTALL))


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    return [one for trouble in TROUBLES for one in produce(trouble, tmp_path_factory.mktemp("trouble"))]


def test_there_are_messages_to_check() -> None:
    assert len(QUOTED) > 40


@pytest.mark.parametrize(("section", "message"), QUOTED)
def test_a_quoted_message_is_one_that_users_read(section: str, message: str, messages: list[Message]) -> None:
    codes = {one.code for one in messages if fits(message, one.sentence)}
    assert codes, "no failure has this message"
    if section == WARNINGS:
        assert codes == {None}
    elif section != OTHER:
        assert section in codes


def test_every_failure_is_quoted(messages: list[Message]) -> None:
    assert [one for one in messages if not any(fits(message, one.sentence) for _section, message in QUOTED)] == []


def test_every_code_has_its_section() -> None:
    assert {section for section, _message in QUOTED} >= CODES


def test_every_advice_about_signing_in_is_quoted() -> None:
    messages = "\n".join(message for _section, message in QUOTED)
    assert [advice for advice in _ADVICE.values() if advice not in messages] == []
