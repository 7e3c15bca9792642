# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that must not appear in text for people: see "Words" in CONTRIBUTING.md.

Checked are documents, YAML and other text files completely, and of Python files comments, strings, and the names of
tests. Code is not checked: it may name an option or a value.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Files and folders that are checked: everything.
COVERED: tuple[str, ...] = ("",)
NOT_COVERED = {
    "tests/development.lock",
    "tests/unit/test_words.py",
}
SUFFIXES = {
    "",
    ".cfg",
    ".css",
    ".in",
    ".ini",
    ".j2",
    ".js",
    ".md",
    ".py",
    ".rst",
    ".sh",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}
GENERATED = {
    ".ansible",
    ".cache",
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "LICENSES",
    "__pycache__",
    "build",
    "output",
}

WORDS = {
    # Words that are not the field's, or that are difficult for readers of English as a second language.
    r"tells?|telling|told": "report, show, describe, log",
    r"in vain": "without effect",
    r"(is|are|was|were) (?-i:none)": "no ..., not found: 'none' reads as a value",
    r"whoever|whosoever": "who, a user who",
    r"thereby": "by this, so",
    r"lest": "so that ... not",
    r"wholly": "completely",
    r"became of|becomes of|become of": "status, outcome, equivalent",
    r"(im)?patien(ce|t)": "wait, retry_timeout",
    r"hears?|heard": "receives, gets",
    r"mend(s|ed|ing)?": "fix",
    r"lies": "is",
    # British spellings.
    r"licences?|licenced": "license",
    r"(mis)?behaviours?": "behavior",
    r"(dis)?(colour|favour|flavour|honour|neighbour|labour)\w*": "-or",
    r"(analys|paralys)(e|es|ed|ing)": "-yze",
    r"\w+(al|er|or|ar|an|en|on|in|im|il|at|it|ogn|ust?om|ym|asi?)is(e|es|ed|er|ers|ing|ation|ations)": "-ize",
    r"artefacts?": "artifact",
    r"catalogues?": "catalog",
    r"(centre|metre|fibre)s?": "-er",
    r"(defence|offence)s?": "-ense",
    r"enrolments?|enrols?|fulfils?": "-ll",
    r"(cancel|label|model|travel)l(ed|ing)": "one l",
    r"grey": "gray",
    r"judgement": "judgment",
    r"mis?spelt|spelt|learnt|burnt": "-ed",
    r"practise[ds]?": "practice",
    r"whilst|amongst": "while, among",
}
_BAD = re.compile("|".join(rf"(?P<w{n}>\b(?:{word})\b)" for n, word in enumerate(WORDS)), re.IGNORECASE)
# Code: in backquotes, in semantic markup, a URL, and Jinja2's test for null.
_CODE = re.compile(r"``[^`\n]*``|`[^`\n]*`|\b[A-Z]{1,3}\([^)\n]*\)|https?://\S+|\b\w+(?:\.\w+)+ is none\b")


def files() -> list[Path]:
    """Return the files that are checked."""
    found = {
        path
        for covered in COVERED
        for path in ([ROOT / covered] if (ROOT / covered).is_file() else (ROOT / covered).rglob("*"))
        if path.is_file()
        and path.suffix in SUFFIXES
        and not GENERATED & set(path.relative_to(ROOT).parts)
        and path.relative_to(ROOT).as_posix() not in NOT_COVERED
        and path.name != "LICENSE"
    }
    return sorted(found)


def texts(path: Path, content: str) -> Iterator[tuple[int, str]]:
    """Yield line numbers and what is written there for people."""
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), 1)
        return
    previous = ""
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        kind = tokenize.tok_name[token.type]
        text = token.string if kind in ("COMMENT", "STRING", "FSTRING_MIDDLE") else ""
        if kind == "STRING" and "f" in token.string.partition(token.string[-1])[0].lower():
            text = re.sub(r"{[^{}]*}", " ", text)  # before Python 3.12, an f-string is one token
        if previous == "def" and token.string.startswith("test_"):
            text = token.string.replace("_", " ")
        yield from enumerate(text.splitlines(), token.start[0])
        previous = token.string


def findings(path: Path, content: str) -> list[str]:
    """Return each word that must not be there, with its line and what to write instead."""
    found = []
    for line, text in texts(path, content):
        for match in _BAD.finditer(_CODE.sub(" ", text)):
            instead = list(WORDS.values())[int(str(match.lastgroup)[1:])]
            found.append(f"{line}: {match[0]!r}: {instead}")
    return found


FILES = files()


def test_there_are_files_to_check() -> None:
    assert len(FILES) > 40
    assert [name for name in COVERED if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_has_the_projects_words(path: Path) -> None:
    found = findings(path, path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("x.md", "It tells what became of the licence.", 3),
        ("x.md", "Organisations normalise, summarise and recognise behaviour.", 5),
        ("x.md", "It promises to raise otherwise precise noise.", 0),
        ("x.md", "Set `first_poll: tell`, O(first_poll=tell) or ``tell``.", 0),
        ("x.yml", "# there is none\nname: Tell it\nthat: row.device_model is none", 2),
        ("x.py", '# told\ntell = \'colour\'\n"""One.\n\nIt lies.\n"""', 3),
        ("x.py", "def test_it_tells_all() -> None: ...", 1),
        ("x.py", "told = tell(whoever)  # where it is None", 0),
        ("x.py", "message = f'{tell(name)} is shown'", 0),
        ("x.py", "message = f'{name} is told of {other!r} in vain'", 2),
    ],
)
def test_the_check_finds_what_it_should(name: str, content: str, count: int) -> None:
    assert len(findings(Path(name), content)) == count
