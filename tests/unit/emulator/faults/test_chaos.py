# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults at random: the same for the same seed, of each kind, and limited."""

from __future__ import annotations

import contextlib
import email.utils
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from ....emulator import EmulatorError, RunningEmulator
from ....emulator.faults import chaos
from ....emulator.faults.chaos_kind import KINDS
from ....emulator.http.exchange import Exchange, Kind
from ....emulator.settings import CurrentSettings, Settings
from ..conftest import Client, counts, item, policies, statuses
from ..graph.test_batch import get, patch, platform, responses, send

README = Path(chaos.__file__).parents[1] / "README.md"
BY_DEFAULT = {name for name, kind in KINDS.items() if kind.by_default}


def request(path: str, method: str = "GET", batch: int | None = None) -> Exchange:
    """A request to Graph."""
    return Exchange(Kind.GRAPH, method, path, "", {}, b"", "127.0.0.1", batch=batch)


def faults_of(requests_: list[Exchange], **odds: Any) -> list[str | None]:
    """The fault of each request, by the name of its kind."""
    faults = chaos.Chaos(CurrentSettings(Settings()))
    faults.begin(chaos.parse({"seed": 7, "rate": 0.3} | odds))
    effects = [faults.take(exchange) for exchange in requests_]
    return [None if effect is None else str(effect.given["chaos"]) for effect in effects]


class TestOdds:
    """Which requests fail, and how."""

    REQUESTS = [request(f"/beta/{number % 50}", method) for number in range(300) for method in ("GET", "PATCH")]  # noqa: RUF012 - read only

    def test_the_same_seed_has_the_same_faults(self) -> None:
        assert faults_of(self.REQUESTS) == faults_of(self.REQUESTS)
        assert faults_of(self.REQUESTS) != faults_of(self.REQUESTS, seed=8)

    def test_the_order_of_other_requests_makes_no_difference(self) -> None:
        def by_request(order: list[Exchange]) -> dict[tuple[str, str], list[str | None]]:
            found: dict[tuple[str, str], list[str | None]] = {}
            for exchange, fate in zip(order, faults_of(order), strict=True):
                found.setdefault((exchange.method, exchange.path), []).append(fate)
            return found

        other = list(self.REQUESTS)
        random.Random(1).shuffle(other)
        assert by_request(other) == by_request(self.REQUESTS)

    def test_the_rate_is_kept(self) -> None:
        many = [request(f"/beta/{number}") for number in range(2000)]
        assert 100 < sum(fate is not None for fate in faults_of(many, rate=0.1)) < 300
        assert faults_of(many, rate=0) == [None] * 2000
        assert None not in faults_of(many, rate=1)

    @pytest.mark.parametrize(("limit", "wanted"), [({}, 3), ({"limit": 0}, 0), ({"limit": 5}, 5)])
    def test_the_number_of_faults_is_limited(self, limit: dict[str, int], wanted: int) -> None:
        found = faults_of([request("/beta/x")] * 50, rate=1, **limit)
        assert found[wanted:] == [None] * (50 - wanted)
        assert None not in found[:wanted]

    def test_each_method_and_path_has_its_own_limit(self) -> None:
        different = [request("/beta/x"), request("/beta/x", "PATCH"), request("/beta/y")]
        assert None not in faults_of(different * 3, rate=1)

    def test_each_possible_kind_occurs(self) -> None:
        alone = faults_of([request(f"/beta/{number}") for number in range(1000)], rate=1)
        inside = faults_of([request(f"/beta/{number}", batch=1) for number in range(1000)], rate=1)
        assert set(alone) == {name for name in BY_DEFAULT if KINDS[name].alone}
        assert set(inside) == {name for name in BY_DEFAULT if KINDS[name].inside}
        assert set(alone) | set(inside) == KINDS.keys() - {"keep_nothing"}

    def test_kinds_can_be_named(self) -> None:
        assert set(faults_of(self.REQUESTS, kinds=["503", "keep_nothing"])) == {None, "503", "keep_nothing"}

    def test_a_kind_that_cannot_apply_to_a_request_does_not(self) -> None:
        assert faults_of([request("/beta/x", batch=1)], rate=1, kinds=["drop_after"]) == [None]

    def test_only_requests_to_graph_fail(self) -> None:
        token = Exchange(Kind.AUTHORITY, "POST", "/t/oauth2/v2.0/token", "", {}, b"", "")
        assert faults_of([token], rate=1) == [None]

    def test_waits_are_short_and_shorter_where_the_clock_runs_faster(self) -> None:
        faults = chaos.Chaos(CurrentSettings(Settings(time_scale=10)))
        faults.begin(chaos.parse({"seed": 1, "rate": 1, "kinds": ["429_decimal"]}))
        for number in range(100):
            effect = faults.take(request(f"/beta/{number}"))
            assert effect is not None
            assert effect.retry_after is not None
            assert 0.005 <= float(effect.retry_after.header) <= 0.02

    @pytest.mark.parametrize(
        "given",
        [
            {},
            [],
            {"seed": 1},
            {"rate": 1},
            {"seed": "1", "rate": 1},
            {"seed": True, "rate": 1},
            {"seed": 1, "rate": 1.1},
            {"seed": 1, "rate": -1},
            {"seed": 1, "rate": "1"},
            {"seed": 1, "rate": 1, "limit": -1},
            {"seed": 1, "rate": 1, "kinds": []},
            {"seed": 1, "rate": 1, "kinds": "503"},
            {"seed": 1, "rate": 1, "kinds": ["5xx"]},
            {"seed": 1, "rate": 1, "kinds": [503]},
            {"seed": 1, "rate": 1, "kind": ["503"]},
        ],
    )
    def test_odds_with_a_mistake_are_refused(self, emulator: RunningEmulator, given: Any) -> None:
        with pytest.raises(EmulatorError, match="400"):
            emulator.control("POST", "chaos", given)


def test_the_readme_lists_every_kind() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in text] == []


class TestEffect:
    """Each kind, as a client sees it."""

    @staticmethod
    def only(client: Client, kind: str) -> None:
        """Lets each request meet this kind, once."""
        client.emulator.chaos(seed=1, rate=1, kinds=[kind], limit=1)

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 509])
    def test_status(self, client: Client, status: int) -> None:
        self.only(client, str(status))
        assert [client.patch(item(), {"platform": 1}).status_code for _turn in range(2)] == [status, 200]

    @pytest.mark.parametrize(("kind", "status"), [("500_applied", 500), ("504_applied", 504)])
    def test_applied(self, client: Client, kind: str, status: int) -> None:
        self.only(client, kind)
        assert client.patch(item(), {"platform": 1}).status_code == status
        assert platform(client) == 1

    @pytest.mark.parametrize("kind", [name for name in KINDS if name.startswith("429") or name == "503_retry_after"])
    def test_retry_after(self, client: Client, kind: str) -> None:
        self.only(client, kind)
        answer = client.get(item())
        header = answer.headers.get("Retry-After")
        assert answer.status_code == int(kind[:3])
        if kind in ("429_absent", "429_nested"):
            assert header is None
        elif kind == "429_http_date":
            assert header is not None
            assert 0 < email.utils.parsedate_to_datetime(header).timestamp() - time.time() + 0.01 < 1.3
        else:
            assert header is not None
            assert 0.05 <= float(header) <= (1 if kind == "429_integer" else 0.2)
        if kind == "429_nested":
            assert 0.05 <= json.loads(answer.json()["error"]["message"])["RetryAfter"] <= 0.2
        client.get(item())
        assert counts(client.emulator) == ({} if kind == "429_absent" else {"retry_before_time": 1})

    @pytest.mark.parametrize(
        ("kind", "status", "kept"),
        [("502_html", 502, 0), ("503_empty", 503, 0), ("html", 200, 1), ("empty", 200, 1), ("cut_json", 200, 1)],
    )
    def test_no_json(self, client: Client, kind: str, status: int, kept: int) -> None:
        self.only(client, kind)
        answer = client.patch(item(), {"platform": 1})
        assert answer.status_code == status
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()
        assert platform(client) == kept

    @pytest.mark.parametrize(("kind", "kept"), [("drop_before", 0), ("drop_after", 1), ("cut", 1)])
    def test_no_complete_answer(self, client: Client, kind: str, kept: int) -> None:
        self.only(client, kind)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            client.patch(item(), {"platform": 1})
        assert platform(client) == kept

    @pytest.mark.parametrize("kind", ["500_nested", "500_flat"])
    def test_intunes_text(self, client: Client, kind: str) -> None:
        self.only(client, kind)
        assert "Activity ID: " in client.get(item()).json()["error"]["message"]

    def test_failed_dependency(self, client: Client) -> None:
        self.only(client, "424")
        assert client.patch(item(), {"platform": 1}).status_code == 200
        assert responses(client, get("1"))["1"]["status"] == 424

    def test_keep_nothing(self, client: Client) -> None:
        self.only(client, "keep_nothing")
        assert client.patch(item(), {"platform": 1}).json()["platform"] == 1
        assert platform(client) == 0


def test_the_log_shows_the_fault(client: Client) -> None:
    odds = client.emulator.chaos(seed=1, rate=1, kinds=["503"])
    assert odds == {"seed": 1, "rate": 1.0, "kinds": ["503"], "limit": 3}
    client.get(policies())
    assert client.emulator.log("graph")[-1]["fault"] == {"chaos": "503", "status": 503}


def test_an_envelope_and_its_requests_have_faults_independently(client: Client) -> None:
    client.emulator.chaos(seed=1, rate=1, kinds=["503"], limit=1)
    assert send(client, get("1")).status_code == 503
    assert responses(client, get("1"))["1"]["status"] == 503
    assert responses(client, get("1"))["1"]["status"] == 200


def test_it_can_be_stopped(client: Client) -> None:
    for stop in (client.emulator.stop_chaos, client.emulator.reset):
        client.emulator.chaos(seed=1, rate=1, kinds=["503"])
        assert client.get(policies()).status_code == 503
        stop()
        assert client.get(policies()).status_code == 200


def test_a_rule_comes_first(client: Client) -> None:
    client.emulator.chaos(seed=1, rate=1, kinds=["503"])
    client.emulator.faults({"do": {"status": 504}})
    assert [client.get(policies()).status_code for _turn in range(2)] == [504, 503]


def test_a_client_that_retries_succeeds_and_sees_the_same_faults_again(client: Client) -> None:
    def again_until_done(method: str, url: str, **kwargs: Any) -> None:
        for _turn in range(20):
            with contextlib.suppress(requests.RequestException):
                answer = client.send(method, url, **kwargs)
                if answer.ok and answer.json():
                    return
        pytest.fail(f"no way through to {url}")

    def run() -> list[dict[str, Any]]:
        client.emulator.reset()
        client.emulator.chaos(seed=7, rate=0.8, limit=4)
        for url in (policies(), statuses(), item()):
            again_until_done("GET", url)
        again_until_done("PATCH", item(), json={"platform": 5})
        again_until_done("POST", "/beta/$batch", json={"requests": [get("1"), patch("2", {"userName": "Bea"})]})
        assert platform(client) == 5
        return [entry["fault"]["chaos"] for entry in client.emulator.log("graph") if entry["fault"] is not None]

    first = run()
    assert len(first) > 5
    assert run() == first
