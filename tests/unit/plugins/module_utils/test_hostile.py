# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Malicious data: nested too deep, too long, lone surrogates, control characters, and input that is slow to process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.routes import item_path
from ansible_collections.graphops.intune.plugins.module_utils._errors import (
    Failure,
    IntuneError,
    InvalidOptionsError,
    Phase,
)
from ansible_collections.graphops.intune.plugins.module_utils._graph.progress import Progress
from ansible_collections.graphops.intune.plugins.module_utils._text import printable, quoted
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Answer, Purpose, Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.json_document import check_shape, parse_json
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget
from ansible_collections.graphops.intune.plugins.module_utils._transport.service_message import read_service_message
from hypothesis import given
from hypothesis import strategies as st

from ..support import Clock, connection

SECONDS = 3.0  # each of these took minutes, hours or years, and takes milliseconds
CLEAR_SCREEN = "\x1b[2J"


def nested(depth: int, inner: Any = None) -> Any:
    for _level in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize("make", [nested, lambda depth: {"a": nested(depth - 1)}], ids=["lists", "object"])
def test_json_is_read_to_a_depth_that_every_consumer_supports(make: Callable[[int], Any]) -> None:
    assert parse_json(json.dumps(make(100))) == make(100)
    for depth in (101, 450, 900, 100_000):
        text = "[" * depth + "]" * depth if depth > 900 else json.dumps(make(depth))
        with pytest.raises(ValueError, match="nested too deep"):
            parse_json(text)


def test_aliases_that_expand_without_limit_are_refused() -> None:
    bomb: Any = "x"
    for _level in range(30):
        bomb = [bomb] * 1000
    started = time.monotonic()
    with pytest.raises(ValueError, match="more lists and objects"):
        check_shape(bomb)
    assert time.monotonic() - started < 5 * SECONDS


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (r'{"a\ud800": "x\uDfff"}', {"a?": "x?"}),
        (r'["\ud83d\ude00", "\ude00\ud83d"]', ["\U0001f600", "??"]),
        (r'["\\ud800"]', [r"\ud800"]),
        (r'[1e400, -0.0, "\u00e4"]', [float("inf"), -0.0, "\u00e4"]),
    ],
)
def test_a_lone_surrogate_becomes_text_that_ansible_accepts(text: str, document: Any) -> None:
    assert parse_json(text) == parse_json(text.encode()) == document


@pytest.mark.parametrize("body", [b'"\xed\xa0\x80"', b'"\xff"', '"x"'.encode("utf-16")])
def test_json_is_utf_8(body: bytes) -> None:
    with pytest.raises(ValueError, match="codec"):
        parse_json(body)


def test_an_id_with_a_lone_surrogate_can_be_requested() -> None:
    assert item_path("p/\ud800", "a\udc00b").endswith("/p%2F%ED%A0%80/deviceStatuses/a%ED%B0%80b")


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"error": {"code": "X", "message": "a" + " " * 1_000_000 + "b"}}),
        json.dumps({"error": "x", "error_description": "a" + " " * 1_000_000 + "b"}),
        "<title>" * 150_000,
        "<title>" + " " * 1_000_000 + "x",
        "<title " * 150_000,
        json.dumps({"error": {"message": "Aa" * 500_000}}),
        json.dumps({"error": {"message": "Activity ID: " * 100_000}}),
    ],
    ids=["blanks", "blanks of OAuth", "titles", "a title's blanks", "half titles", "letters", "activities"],
)
def test_no_error_takes_long_to_read(body: str) -> None:
    started = time.monotonic()
    assert len(read_service_message(body.encode(), {}).text) < 400
    assert time.monotonic() - started < SECONDS


def test_the_message_of_an_error_is_short() -> None:
    scopes = " ".join(f"Scope{'x' * number}.Read.All" for number in range(1000))
    error = {"code": "X" * 10_000, "message": scopes, "innerError": {"request-id": "r" * 10_000}}
    message = read_service_message(json.dumps({"error": error}).encode(), {})
    assert len(str(message.code)) == len(str(message.request_id)) == 300
    assert len(message.permissions) == 10


def test_no_message_contains_control_characters(clock: Clock, tmp_path: Path) -> None:
    hostile = f"{CLEAR_SCREEN}\x07\x9b2J\u202e\ud800\r\n[ok]"
    body = json.dumps({"error": {"code": hostile, "message": hostile}}).encode()
    made = connection()
    transport = Transport(made, RetryBudget(0, clock))
    error = transport.failure(Answer(400, {}, body), "GET", "https://x/", Purpose(hostile, Phase.READ))
    error.sentence = f"{error.sentence}; {hostile}"
    assert error.sentence.isprintable()
    assert str(error).count("\\x1b[2J") == 4
    assert InvalidOptionsError([hostile]).sentence.isprintable()

    Progress(str(tmp_path / "p"), clock).report(hostile, always=True)
    (line,) = (tmp_path / "p").read_text(encoding="utf-8").splitlines()
    assert line.isprintable()


@given(st.text(st.one_of(st.characters(), st.characters(max_codepoint=0xA0))))
def test_printable_characters_stay_and_control_characters_are_escaped(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) == text.isprintable()


def test_a_long_value_is_quoted_up_to_a_limit() -> None:
    assert quoted("a\n") == r"'a\n'"
    assert len(quoted("x" * 1_000_000)) == 300
    assert quoted(10**10_000) == quoted(nested(100_000)) == "a value too deep or too long to show"


def test_ten_thousand_mistakes_make_one_sentence_that_counts_them() -> None:
    items = [{"status_id": str(number), "status": "x" * 1_000_000} for number in range(20)]
    items += [{"status_id": str(number), "status": "no"} for number in range(20, 10_000)]
    with pytest.raises(InvalidOptionsError) as caught:
        read_items(items, {"policy_id": "p"}, "beta")
    error = caught.value
    assert len(error.sentence) < 30_000
    assert error.sentence == error.failure.message
    assert error.sentence.count("status is ") == 50
    assert error.sentence.endswith("; and 9950 more")
    assert len(error.problems) == 10_000


@pytest.mark.parametrize("value", [nested(600), {"a": nested(600)}])
def test_an_option_too_deep_to_be_shown_is_refused(value: Any) -> None:
    for item in (value, {"id": "s", "status": value}, {"id": "s", "match": value}, {"id": value}):
        with pytest.raises(InvalidOptionsError):
            read_items([item], {"policy_id": "p"}, "beta")


def test_every_error_has_a_message() -> None:
    assert IntuneError("\x00", Failure("x", "\x00", Phase.READ)).sentence == r"\x00"
