# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, InvalidOptionsError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._sign_in import token_cache
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.token_cache import TokenCacheFile

from ...support import Clock

OPTION = "token_cache (INTUNE_TOKEN_CACHE)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def private(path: Path, text: str = "{}") -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_file_that_does_not_exist_yet_is_valid(path: Path) -> None:
    assert TokenCacheFile(str(path)).problems() == []
    assert TokenCacheFile(str(path)).read() == "{}"
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o601, 0o666, 0o777])
def test_a_file_that_others_can_use_is_refused(path: Path, mode: int) -> None:
    private(path).chmod(mode)
    file = TokenCacheFile(str(path))
    problem = (
        f"{OPTION}: {path} has mode {mode:04o}, others can use the tokens in it; delete it, or set its mode to 0600"
    )
    assert file.problems() == [problem]
    with pytest.raises(InvalidOptionsError, match="others can use the tokens"):
        file.read()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_valid(path: Path, mode: int) -> None:
    private(path).chmod(mode)
    assert TokenCacheFile(str(path)).problems() == []


def test_a_link_is_refused_even_to_a_good_file(path: Path, tmp_path: Path) -> None:
    path.symlink_to(private(tmp_path / "good"))
    assert "is not a regular file of this user's own" in TokenCacheFile(str(path)).problems()[0]


def test_a_dangling_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "nowhere")
    assert "is not a regular file" in TokenCacheFile(str(path)).problems()[0]


def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert "is not a regular file" in TokenCacheFile(str(path)).problems()[0]


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert "is not a regular file of this user's own" in TokenCacheFile(str(path)).problems()[0]


def test_a_lock_that_is_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    lock = tmp_path / "tokens.json.lock"
    lock.symlink_to(private(tmp_path / "elsewhere"))
    assert str(lock) in TokenCacheFile(str(path)).problems()[0]
    with pytest.raises(InvalidOptionsError, match="symbolic links"), TokenCacheFile(str(path)).locked(Clock(), 1):
        pass


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (problem,) = TokenCacheFile(str(tmp_path / "missing" / "tokens.json")).problems()
    assert problem == f"{OPTION}: the folder {tmp_path / 'missing'} does not exist or cannot be written"


def test_a_written_file_is_private_and_read_again(path: Path) -> None:
    file = TokenCacheFile(str(path))
    previous = os.umask(0)
    try:
        file.write('{"AccessToken": {"tökens": {}}}')
    finally:
        os.umask(previous)
    assert file.read() == '{"AccessToken": {"tökens": {}}}'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file.problems() == []
    assert os.listdir(path.parent) == [path.name]


def test_a_relative_path_is_the_same_file_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = TokenCacheFile("tokens.json")
    monkeypatch.chdir("/")
    file.write("x")
    assert (tmp_path / "tokens.json").read_text() == "x"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private(path, "old")

    def refuse(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises((OSError, IntuneError), match="No space left"):
        TokenCacheFile(str(path)).write("new")
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == [path.name]


def test_readers_see_the_complete_old_or_new_file(path: Path) -> None:
    private(path, "old")
    with path.open() as reader:
        TokenCacheFile(str(path)).write("new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_file_that_is_not_text_is_refused_and_stays(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    with pytest.raises(InvalidOptionsError, match="is not a token cache; delete it or name another"):
        TokenCacheFile(str(path)).read()
    assert path.read_bytes() == b"\xff\xfe\x00"


HOLD = """
import sys

from ansible_collections.graphops.intune.plugins.module_utils._sign_in.token_cache import TokenCacheFile

class Clock:
    def monotonic(self): return 0.0

with TokenCacheFile(sys.argv[1]).locked(Clock(), 0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_take_turns(path: Path) -> None:
    root = Path(str(token_cache.__file__)).parents[6]
    search = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    clock, file = Clock(), TokenCacheFile(str(path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        with pytest.raises(IntuneError) as caught, file.locked(clock, 3):
            pytest.fail("the other process holds it")
        assert caught.value.sentence == (
            f"{OPTION}: another process has held {path}.lock for 3 s; run the task again, or look for a hanging one"
        )
        failure = caught.value.failure
        assert (failure.code, failure.phase, failure.retryable) == ("timeout", Phase.AUTH, True)
        assert 3 <= sum(clock.slept) < 3.2

        # The other process releases the lock while this one waits.
        def release(_seconds: float, /) -> None:
            assert other.stdin is not None
            other.stdin.close()
            other.wait()

        clock.sleep = release  # type: ignore[method-assign]  # a stand-in
        with file.locked(clock, 3):
            pass


def test_a_lock_is_released_after_an_error(path: Path) -> None:
    file = TokenCacheFile(str(path))
    for _again in range(2):
        with pytest.raises(RuntimeError), file.locked(Clock(), 0):
            raise RuntimeError
    assert stat.S_IMODE(Path(f"{path}.lock").stat().st_mode) == 0o600
    assert file.problems() == []
