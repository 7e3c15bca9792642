# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starting, the files, and stopping."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ...emulator import EmulatorError, cli, start
from ...emulator.graph import seed
from ...emulator.graph.edm import ComplianceStatus
from ...emulator.process import RunningEmulator
from .conftest import connect, policies, statuses

ROOT = Path(__file__).absolute().parents[__name__.count(".")]
PACKAGE = f"{__name__.rpartition('.unit.')[0]}.emulator"


def spawn(*arguments: str, temporary: Path) -> subprocess.Popen[str]:
    """The command, with a temporary directory that the test can read."""
    return subprocess.Popen(
        [sys.executable, "-m", PACKAGE, *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_when_it_is_ready_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    env_file, temporary = tmp_path / "env", tmp_path / "temporary"
    temporary.mkdir()
    with spawn("--env-file", str(env_file), temporary=temporary) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        variables = env_file.read_text(encoding="utf-8")
        mode = stat.S_IMODE(env_file.stat().st_mode)
        in_use = list(temporary.iterdir())
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert line.startswith("emulator ready: https://localhost:")
    assert (process.returncode, out, err) == (0, "", "")
    assert mode == 0o600
    assert variables.count("export ") == 6
    assert len(in_use) == 1
    assert list(temporary.iterdir()) == []


def test_it_does_not_outlive_the_process_that_started_it(tmp_path: Path) -> None:
    script = f"import os; from {PACKAGE} import start; e = start().__enter__(); print(e.url, flush=True); os._exit(9)"
    starter = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    port = int(starter.stdout.strip().rpartition(":")[2])
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                break
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_stops_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    with spawn("--directory", str(tmp_path), temporary=tmp_path) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("emulator ready: ").strip()
        (tmp_path / "env").touch()
        emulator = RunningEmulator(process, url, tmp_path)
        emulator.faults({"do": {"delay": 60}})
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import ssl, urllib.request as u; u.build_opener(u.ProxyHandler({{}}), "
                f"u.HTTPSHandler(context=ssl.create_default_context(cafile={emulator.ca_path!r}))).open({url!r})",
            ],
            stderr=subprocess.DEVNULL,
        )
        while not emulator.log():
            time.sleep(0.01)
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert waiting.wait(20) != 0
    assert (process.returncode, out, err) == (0, "", "")


def test_the_environment_can_be_sourced(running: RunningEmulator) -> None:
    script = f". '{running.directory}/env' && env"
    lines = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    sourced = dict(line.split("=", 1) for line in lines if line.startswith(("AZURE_", "INTUNE_")) and "=" in line)
    assert running.env.items() <= sourced.items()
    assert set(running.env) == {
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "INTUNE_GRAPH_URL",
        "INTUNE_AUTHORITY_URL",
        "INTUNE_CA_PATH",
    }
    assert running.env["INTUNE_GRAPH_URL"].startswith("https://localhost:")
    assert running.env["INTUNE_AUTHORITY_URL"].startswith("https://127.0.0.1:")


def test_only_the_owner_can_read_its_files(running: RunningEmulator) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in running.directory.iterdir()}
    modes.pop("stderr")
    assert set(modes.values()) == {0o600}
    assert modes.keys() >= {"ca.pem", "certificate.pem", "certificate-encrypted.pem", "certificate.pfx", "env"}


def test_it_listens_on_the_loopback_interface_only(running: RunningEmulator) -> None:
    port = int(running.url.rpartition(":")[2])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    addresses = [fields[1] for fields in listening if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")]
    assert addresses == [f"0100007F:{port:04X}"]


def test_many_rows_take_seconds_and_the_last_page_no_longer_than_the_first() -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with start(statuses=100_000) as emulator, connect(emulator) as client:
        client.log_in()
        [policy] = client.get(policies()).json()["value"]
        url = statuses(policy["id"])
        assert client.get(f"{url}/$count").text == "100000"
        emulator.settings(page_size=1000, request_budget=10_000)
        pages = []
        while url:
            pages.append(client.get(url).json())
            url = pages[-1].get("@odata.nextLink")
        assert len({row["id"] for page in pages for row in page["value"]}) == 100_000
        assert len(pages) == 100
    # The processor time of the emulator, because other tests run beside this one.
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime + ended.ru_stime - used.ru_utime - used.ru_stime < 15


def test_generated_rows_are_reproducible_and_have_every_status() -> None:
    [first], [again] = seed.generate(40).policies, seed.generate(40).policies
    assert first == again
    assert len(first.statuses) == 40
    assert {row.status for row in first.statuses.values()} == {status.value for status in ComplianceStatus}
    assert len({row.user_principal_name for row in first.statuses.values()}) == 40
    assert next(iter(first.statuses.values())).device_display_name == "PC-000001"
    [more] = seed.generate(41).policies
    assert more != first


def test_generated_rows_can_be_spread_over_policies_of_several_platforms() -> None:
    policies = seed.generate(200, 5).policies
    assert len({policy.odata_type for policy in policies}) == len({policy.id for policy in policies}) == 5
    assert len({policy.display_name for policy in policies}) == 5
    for policy in policies:
        assert {row.status for row in policy.statuses.values()} == {status.value for status in ComplianceStatus}
        assert all(policy.id in row.id for row in policy.statuses.values())
    assert len({row.device_display_name for policy in policies for row in policy.statuses.values()}) == 200
    assert [len(policy.statuses) for policy in seed.generate(3, 2).policies] == [2, 1]


def test_start_takes_the_number_of_policies_and_the_time_scale() -> None:
    with start(statuses=9, policies=3, time_scale=0.5) as emulator:
        assert [len(rows) for rows in emulator.state()["statuses"].values()] == [3, 3, 3]
        assert emulator.settings()["time_scale"] == 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--policies", "2"],
        ["--policies", "0", "--statuses", "1"],
        ["--statuses", "-1"],
        ["--time-scale", "0"],
        ["--time-scale", "-1"],
        ["--time-scale", "inf"],
        ["--time-scale", "nan"],
        ["--time-scale", "fast"],
    ],
)
def test_an_invalid_option_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"policies": [{"id": "x"}]}', None])
def test_a_seed_that_cannot_be_read_is_explained(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "seed.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(EmulatorError, match=r"seed\.json") as caught, start(seed=path):
        pass
    assert "Traceback" not in str(caught.value)


def test_a_seed_file(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(
        '{"policies": [{"id": "p", "displayName": "P", "statuses": [{"id": "s", "status": "future"}]}]}',
        encoding="utf-8",
    )
    with start(seed=path) as emulator:
        [row] = emulator.state()["statuses"]["p"]
    assert (row["id"], row["status"], row["deviceModel"]) == ("s", "future", None)
