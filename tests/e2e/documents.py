# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the documentation: every code block of the guides and Markdown files, every EXAMPLES of a plugin.

A comment directly before a block is for its test, ``.. example: WORD`` in a guide and ``<!-- example: WORD -->`` in
Markdown. A word with a dot is the name of the file that the block contains; ``observed`` runs it against that profile
of the emulator; ``parsed, since ...`` gives the reason why it cannot be run here.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

_RST = re.compile(
    r"(?:^\.\. example: (?P<note>.+)\n)?"
    r"^\.\. code-block:: (?P<language>\S+)\n(?P<options>(?:   :.+\n)*)\n(?P<text>(?:   .*\n|\n)+)",
    re.MULTILINE,
)
_CAPTION = re.compile(r":caption: (\S+)")
_MARKDOWN = re.compile(
    r"(?:^ *<!-- example: (?P<note>[^\n]+) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_EXAMPLES = re.compile(r'^EXAMPLES = r"""\n(?P<text>.*?)^"""$', re.MULTILINE | re.DOTALL)

PLAY = {"hosts", "roles", "tasks", "import_playbook"}
PARSED = "parsed, since "


@dataclasses.dataclass(frozen=True)
class Block:
    """One example."""

    document: str
    line: int
    language: str
    text: str
    note: str = ""
    caption: str = ""

    @property
    def place(self) -> str:
        """Return its document and line."""
        return f"{self.document}:{self.line}"

    @property
    def file(self) -> str:
        """Return the name of the file that it contains; empty if it has no name."""
        return self.caption or (self.note if "." in self.note and not self.note.startswith(PARSED) else "")

    @property
    def only_parsed(self) -> bool:
        """Return whether it has a reason why it cannot be run."""
        return self.note.startswith(PARSED)

    @property
    def commands(self) -> list[str]:
        """Return the commands of a console block."""
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def content(self) -> Any:
        """Return the YAML document: a list of plays, of tasks, or a mapping."""
        return yaml.safe_load(self.text)

    @property
    def plays(self) -> list[dict[str, Any]]:
        """Return the plays; a list of tasks becomes one play; anything else has no plays."""
        content = self.content
        if isinstance(content, list) and all(PLAY & set(entry) for entry in content):
            return content
        if isinstance(content, list):
            return [{"hosts": "localhost", "gather_facts": False, "tasks": content}]
        return []


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start("text")) + 1


def _guide(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8") + "\n"
    directives = len(re.findall(r"^ *\.\. (?:code-block|code|sourcecode|literalinclude|parsed-literal)::", text, re.M))
    found = list(_RST.finditer(text))
    assert len(found) == directives, f"{path.name} has blocks that are not at its left margin, or of another kind"
    assert not re.search(r"^(?!\.\. ).*::$", text, re.M), f"{path.name} has a literal block without a language"
    for match in found:
        caption = _CAPTION.search(match["options"])
        yield Block(
            str(path.relative_to(ROOT)),
            _line(text, match),
            match["language"],
            textwrap.dedent(match["text"]).strip("\n") + "\n",
            match["note"] or "",
            caption[1] if caption else "",
        )


def _readme(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    found = list(_MARKDOWN.finditer(text))
    assert 2 * len(found) == len(re.findall(r"^ *```", text, re.M)), f"{path} has a block that cannot be read"
    for match in found:
        name = str(path.relative_to(ROOT))
        yield Block(name, _line(text, match), match["language"], textwrap.dedent(match["text"]), match["note"] or "")


def _plugin(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for match in _EXAMPLES.finditer(text):
        yield Block(str(path.relative_to(ROOT)), _line(text, match), "yaml", match["text"])


def blocks() -> list[Block]:
    """Return every example."""
    found: list[Block] = []
    for path in sorted((ROOT / "docs/docsite/rst").glob("*.rst")):
        found += _guide(path)
    for path in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("roles/*/README.md"))):
        found += _readme(path)
    found += _readme(ROOT / "tests/emulator/README.md")
    for kind in ("modules", "filter", "lookup", "inventory"):
        for path in sorted((ROOT / "plugins" / kind).glob("*.py")):
            found += _plugin(path)
    return found
