# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files: replaced in one step, only where they differ, with their permissions; and what check mode predicts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.plugin_utils._report.errors import ReportError
from ansible_collections.graphops.intune.plugins.plugin_utils._report.files import FileWriter, is_mode


@pytest.fixture(autouse=True)
def _umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def writer(mode: str = "0600", directory_mode: str = "0700", *, check: bool = False) -> FileWriter:
    return FileWriter(mode, directory_mode, check=check)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_written_with_its_mode(tmp_path: Path) -> None:
    made = writer()
    made.file(tmp_path / "a", "text \u202e\n")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "text \u202e\n"
    assert mode_of(tmp_path / "a") == 0o600
    assert made.changed
    assert [path.name for path in tmp_path.iterdir()] == ["a"], "no temporary file is left"


def test_the_same_again_is_no_change_and_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    writer().file(path, "text")
    before = path.stat()
    again = writer()
    again.file(path, "text")
    assert not again.changed
    assert again.diff() == {"before": {}, "after": {}}
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("text", ["other", "t3xt"])
def test_other_content_replaces_the_file_in_one_step(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a"
    writer().file(path, "text")
    with path.open() as reader:
        made = writer()
        made.file(path, text)
        assert reader.read() == "text", "who reads it sees the old file to its end"
    assert (path.read_text(), made.changed) == (text, True)


def test_another_mode_alone_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a"
    writer().file(path, "text")
    made = writer("0644")
    made.file(path, "text")
    assert (mode_of(path), made.changed) == (0o644, True)


@pytest.mark.parametrize(("mode", "made"), [("0750", 0o750), ("u=rwx,g=rx", 0o755), ("u=rwx,g=,o=", 0o700)])
def test_a_symbolic_mode_of_a_directory_starts_from_the_umask(tmp_path: Path, mode: str, made: int) -> None:
    writer(directory_mode=mode).directory(tmp_path / "a" / "b")
    assert (mode_of(tmp_path / "a"), mode_of(tmp_path / "a" / "b")) == (made, made)


@pytest.mark.parametrize(
    ("mode", "new", "existing"),
    [("0640", 0o640, 0o640), ("0o640", 0o640, 0o640), ("u=rw,g=r,o=", 0o640, 0o640), ("g-r,o-r", 0o600, 0o700)],
)
def test_modes_are_octal_or_symbolic(tmp_path: Path, mode: str, new: int, existing: int) -> None:
    path = tmp_path / "a"
    writer(mode).file(path, "text")
    assert mode_of(path) == new
    path.chmod(0o744)
    writer(mode).file(path, "text")
    assert mode_of(path) == existing


@pytest.mark.parametrize(
    ("text", "valid"),
    [("0600", True), ("0o600", True), ("u=rwX,g-w", True), ("384", False), ("rw", False), ("", False), ("0999", False)],
)
def test_is_mode(text: str, valid: bool) -> None:
    assert is_mode(text) is valid


def test_a_file_that_must_not_be_replaced_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("mine")
    path.chmod(0o640)
    made = writer()
    made.file(path, "other", replace=False)
    assert (path.read_text(), mode_of(path), made.changed) == ("mine", 0o640, False)


def test_directories_are_created_with_their_mode_and_existing_ones_keep_theirs(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = writer(directory_mode="0750")
    made.directory(tmp_path / "a" / "b")
    assert [mode_of(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o750, 0o750]
    assert list(made.diff()["after"]) == [str(tmp_path / "a"), str(tmp_path / "a" / "b")]
    again = writer(directory_mode="0700")
    again.directory(tmp_path / "a" / "b")
    assert not again.changed
    assert mode_of(tmp_path / "a" / "b") == 0o750


def test_check_mode_predicts_and_writes_nothing(tmp_path: Path) -> None:
    def write(made: FileWriter) -> FileWriter:
        made.directory(tmp_path / "new" / "deep")
        made.file(tmp_path / "new" / "deep" / "a", "text")
        made.file(tmp_path / "b", "other")
        made.file(tmp_path / "c", "same")
        return made

    for name in "bc":
        writer().file(tmp_path / name, "same")
    before = sorted(tmp_path.rglob("*"))
    predicted = write(writer(check=True))
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "b").read_text() == "same"
    ran = write(writer())
    assert predicted.changed
    assert predicted.diff() == ran.diff()
    assert len(ran.diff()["after"]) == 4


def test_the_diff_has_no_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    writer().file(path, "secret name")
    made = writer("0644")
    made.file(path, "another secret")
    diff = made.diff()
    assert "secret" not in str(diff)
    assert diff["before"] == {str(path): "11 bytes, sha256 " + diff["before"][str(path)][17:25] + ", mode 0600"}
    assert diff["after"][str(path)].startswith("14 bytes, sha256 ")
    assert diff["after"][str(path)].endswith(", mode 0644")


@pytest.mark.parametrize("check", [False, True])
def test_what_cannot_be_written_is_an_error_in_check_mode_too(tmp_path: Path, check: bool) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    made = writer(check=check)
    with pytest.raises(ReportError, match=r"file/deep cannot be written: .*[Nn]ot a directory"):
        made.directory(tmp_path / "file" / "deep")
    with pytest.raises(ReportError, match="directory cannot be written: Is a directory"):
        made.file(tmp_path / "directory", "text")
    assert not made.changed


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
@pytest.mark.parametrize("check", [False, True])
def test_a_directory_without_permission_is_an_error(tmp_path: Path, check: bool) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError, match="the directory cannot be written to"):
        writer(check=check).directory(tmp_path / "new")


def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    writer().file(path, "text")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ReportError, match="a cannot be written: No space left on device"):
        writer().file(path, "other")
    assert [found.name for found in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "text"


def test_the_file_is_private_until_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    chmod = os.chmod

    def watch(path: str, mode: int) -> None:
        modes.append(stat.S_IMODE(os.stat(path).st_mode))
        chmod(path, mode)

    monkeypatch.setattr(os, "chmod", watch)
    writer("0644").file(tmp_path / "a", "text")
    assert modes == [0o600]


def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "a").symlink_to(tmp_path / "target")
    writer().file(tmp_path / "a", "text")
    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "a").is_symlink()
