# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._events.memory import Change, Known
from ansible_collections.graphops.intune.plugins.plugin_utils._events.state_file import StateFile

from ...support import row

TENANT = "contoso at https://graph.microsoft.com"
POLICY = {"id": "p1"}
CHANGE = Change(POLICY, row(id="a"), "compliant", "nonCompliant", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def file(path: Path) -> Iterator[StateFile]:
    """A file with two statuses."""
    file = StateFile(str(path), TENANT)
    file.memory.policies["p1"] = {"a": Known("compliant"), "b é": Known("error", 3, 5.5)}
    file.replace()
    yield file
    file.close()


def reopen(file: StateFile, path: Path, tenant: str = TENANT) -> StateFile:
    file.close()
    return StateFile(str(path), tenant)


def refused(path: Path, tenant: str = TENANT) -> str:
    with pytest.raises(InvalidOptionsError) as caught:
        StateFile(str(path), tenant)
    assert caught.value.sentence.startswith(f"state_file ({path}): ")
    return caught.value.sentence


def test_a_new_file_is_private_and_empty(path: Path) -> None:
    file = StateFile(str(path), TENANT)
    assert file.memory.policies == {}
    assert [stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()] == [0o600, 0o600]
    file.close()


def test_the_memory_is_restored(file: StateFile, path: Path) -> None:
    again = reopen(file, path)
    assert again.memory == file.memory
    again.close()


def test_reported_changes_are_restored_although_the_file_was_not_replaced(file: StateFile, path: Path) -> None:
    before = path.stat().st_ino
    file.record(CHANGE)
    file.record(CHANGE)  # a signal came between writing and remembering
    assert path.stat().st_ino == before
    again = reopen(file, path)
    assert again.memory.policies["p1"]["a"] == Known("nonCompliant", 1)
    assert "reported" not in path.read_text()
    again.close()


def test_a_line_that_a_crash_cut_off_counts_as_not_written(file: StateFile, path: Path) -> None:
    file.record(CHANGE)
    content = path.read_bytes()
    begin = content.index(b'{"reported"')
    for cut in range(begin, len(content) - 1):
        file.close()
        path.write_bytes(content[:cut])
        file = StateFile(str(path), TENANT)
        assert file.memory.policies["p1"]["a"] == Known("compliant"), content[:cut]
        file.record(CHANGE)
        file = reopen(file, path)
        assert file.memory.policies["p1"]["a"] == Known("nonCompliant", 1)
    file.close()


def test_replacing_leaves_the_old_file_when_it_fails(
    file: StateFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidOptionsError, match="No space left on device"):
        file.replace()
    assert path.read_bytes() == before
    assert sorted(found.name for found in path.parent.iterdir()) == ["state", "state.lock"]


def test_a_full_disk_is_named(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _descriptor, _line: 3)
    with pytest.raises(InvalidOptionsError, match="is the disk full"):
        file.record(CHANGE)
    assert file.memory.policies["p1"]["a"] == Known("compliant")


def test_two_sources_do_not_share_a_file(file: StateFile, path: Path) -> None:
    assert "another event source uses it" in refused(path)
    file.close()
    StateFile(str(path), TENANT).close()


def test_another_tenants_file_is_refused(file: StateFile, path: Path) -> None:
    file.close()
    before = path.read_bytes()
    assert f"it is the state of {TENANT}, not of fabrikam" in refused(path, "fabrikam")
    assert path.read_bytes() == before
    StateFile(str(path), TENANT).close()  # and the lock was released


HEAD = '{"graphops_intune_event_state":1,"id":"be4f120c-5f8e-4dee-b94b-1feb085cc356","tenant":"' + TENANT + '"}\n'


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a text",
        "a text\n",
        "[]\n",
        "{}\n",
        "null\n",
        HEAD.replace("be4f", "no"),
        HEAD + "7\n",
        HEAD + "{}\n",
        HEAD + '{"reported":["p"]}\n',
        HEAD + '{"reported":["p","s","error","x"]}\n',
        HEAD + '{"policy":"p","statuses":{"a":["compliant"]}}\n',
        HEAD + '{"policy":"p","statuses":[]}\n',
        HEAD + "a part of a line\n" + HEAD,
        "[" * 100_000 + "\n",
    ],
)
def test_a_file_of_another_kind_is_refused_and_stays(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o600)
    assert "it is not the state of an event source" in refused(path)
    assert path.read_text() == content


def test_a_newer_format_is_refused(path: Path) -> None:
    path.write_text(HEAD.replace(":1,", ":2,") + '{"new": 1}\n')
    path.chmod(0o600)
    assert "it has version 2 of the format; this collection reads 1" in refused(path)


@pytest.mark.parametrize("name", ["state", "state.lock"])
def test_a_file_that_others_can_use_is_refused(path: Path, name: str) -> None:
    StateFile(str(path), TENANT).close()
    path.with_name(name).chmod(0o640)
    assert f"{name} has mode 0640, others can use it; set its mode to 0600" in refused(path)


@pytest.mark.parametrize("name", ["state", "state.lock"])
def test_a_link_is_refused(path: Path, name: str) -> None:
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_text("precious")
    path.with_name(name).symlink_to(elsewhere)
    assert "is not a regular file of this user's own" in refused(path)
    assert elsewhere.read_text() == "precious"


@pytest.mark.parametrize(("where", "reason"), [("no/such/folder", "No such file"), ("file/state", "Not a directory")])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, where: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    assert reason in refused(tmp_path / where)


def test_any_id_and_status_is_restored(file: StateFile, path: Path) -> None:
    odd: dict[str, Any] = {'"\\\n\u2028': Known("\0"), "": Known("x", 10**20, 1e300)}
    file.memory.policies["\n"] = odd
    file.replace()
    again = reopen(file, path)
    assert again.memory.policies["\n"] == odd
    again.close()
