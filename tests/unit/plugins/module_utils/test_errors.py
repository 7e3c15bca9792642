# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import (
    Failure,
    IntuneError,
    InvalidOptionsError,
    Phase,
)
from ansible_collections.graphops.intune.plugins.module_utils._text import shorten
from ansible_collections.graphops.intune.plugins.module_utils._transport.service_message import (
    ServiceMessage,
    read_service_message,
)
from hypothesis import example, given
from hypothesis import strategies as st

ACTIVITY = "0e3d7a5c-1f0b-4d59-9a57-3a1f0c8e9b11"
TRAILER = (
    " - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000"
    f" - Activity ID: {ACTIVITY} - Url: https://fef.example/odata.svc/x - CustomApiErrorPhrase: "
)


def read(document: Any, **headers: str) -> ServiceMessage:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_service_message(body, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("inner", ["innerError", "innererror"])
def test_a_graph_error_is_read_with_its_ids(inner: str) -> None:
    ids = {"date": "2026-06-01T12:00:00", "request-id": "r-1", "client-request-id": "c-1"}
    message = read({"error": {"code": "ResourceNotFound", "message": "Not here", inner: ids}}, request_id="header")
    assert message == ServiceMessage("ResourceNotFound", "Not here", "r-1", "c-1")


def test_ids_come_from_the_headers_where_the_body_has_none() -> None:
    message = read({"error": {"code": "X", "message": "Y"}}, request_id="r-2", client_request_id="c-2")
    assert (message.request_id, message.client_request_id) == ("r-2", "c-2")
    message = read(b"<html>", request_id="r-2", client_request_id="c-2")
    assert (message.request_id, message.client_request_id) == ("r-2", "c-2")


def test_intunes_nested_json_is_shown_as_its_text() -> None:
    nested = {"_version": 3, "Message": f"No route matches{TRAILER}", "CustomApiErrorPhrase": "", "RetryAfter": "7.5"}
    message = read({"error": {"code": "BadRequest", "message": json.dumps(nested)}})
    assert message == ServiceMessage("BadRequest", "No route matches", activity_id=ACTIVITY, retry_after="7.5")


def test_intunes_nested_json_may_leave_the_wait_out() -> None:
    nested = {"Message": f"Busy{TRAILER}", "RetryAfter": None}
    assert read({"error": {"code": "X", "message": json.dumps(nested)}}).retry_after is None


def test_intunes_nested_json_may_hold_the_phrase_alone() -> None:
    nested = {"Message": "", "CustomApiErrorPhrase": "PolicyGone"}
    assert read({"error": {"code": "X", "message": json.dumps(nested)}}).text == "PolicyGone"


def test_intunes_flat_form_is_cut_before_what_is_for_support() -> None:
    message = read({"error": {"code": "BadRequest", "message": f"An error has occurred{TRAILER}"}})
    assert (message.text, message.activity_id) == ("An error has occurred", ACTIVITY)


@pytest.mark.parametrize("text", ['{"Message": "half of', "{}", "{x}", '{"Message": {"deep": 1}}'])
def test_nested_json_that_is_no_intune_message_is_shown(text: str) -> None:
    assert read({"error": {"code": "X", "message": text}}).text


def test_an_oauth_error_is_cut_before_its_trace() -> None:
    description = "AADSTS7000215: Invalid client secret provided. Trace ID: t-1 Correlation ID: c-1 Timestamp: 2026"
    message = read(
        {"error": "invalid_client", "error_description": description, "trace_id": "t-1", "correlation_id": "c-1"}
    )
    assert message == ServiceMessage("invalid_client", "AADSTS7000215: Invalid client secret provided.", "t-1", "c-1")


def test_an_oauth_error_without_a_description_is_its_code() -> None:
    assert read({"error": "temporarily_unavailable"}).text == "temporarily_unavailable"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "an empty answer"),
        (b" \r\n", "an empty answer"),
        (b"<html><head><TITLE lang=en>\n 502 Bad\n Gateway </TITLE>", "a web page titled '502 Bad Gateway'"),
        (b"<html>no title</html>", "an answer that is not JSON: <html>no title</html>"),
        (b'{"error": {"code": "Resour', 'an answer that is not JSON: {"error": {"code": "Resour'),
        (b"\xff\xfe\xfd", "an answer that is not JSON"),
        (b'["a list"]', '["a list"]'),
        (b"null", "null"),
        (b'{"value": 1}', '{"value": 1}'),
        (b'{"error": null}', '{"error": null}'),
        (b'{"error": {}}', "no message"),
        (b'{"error": {"message": null}}', "no message"),
        (b'{"error": {"message": {"lang": "en", "value": "Hm"}}}', '{"lang": "en", "value": "Hm"}'),
    ],
)
def test_what_is_no_graph_error_is_described(body: bytes, text: str) -> None:
    message = read(body)
    assert message.code is None
    assert text in message.text


def test_a_long_text_is_shortened() -> None:
    assert shorten("a\n  b\tc") == "a b c"
    assert shorten("x" * 300) == "x" * 300
    assert shorten("x" * 301) == "x" * 299 + "…"
    assert len(read(b"x" * 10_000_000).text) < 400
    assert len(read({"error": {"message": "y" * 10_000}}).text) == 300


def test_the_permissions_that_the_service_named_are_found() -> None:
    text = (
        "Application must have one of the following scopes: DeviceManagementConfiguration.Read.All, "
        "DeviceManagementConfiguration.ReadWrite.All, DeviceManagementConfiguration.Read.All - x"
    )
    assert list(read({"error": {"code": "Forbidden", "message": text}}).permissions) == [
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementConfiguration.ReadWrite.All",
    ]
    assert not read({"error": {"code": "Forbidden", "message": "You may not"}}).permissions


def test_the_permissions_are_found_beyond_what_is_shown() -> None:
    text = "The application lacks a scope. " + "x " * 200 + "It needs DeviceManagementConfiguration.Read.All"
    assert list(read({"error": {"message": text}}).permissions) == ["DeviceManagementConfiguration.Read.All"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
NESTED = st.fixed_dictionaries({}, optional={"Message": JSON, "CustomApiErrorPhrase": JSON, "RetryAfter": JSON}).map(
    json.dumps
)
IDS = st.fixed_dictionaries({}, optional={"request-id": JSON, "client-request-id": JSON})
ERRORS = st.fixed_dictionaries(
    {}, optional={"code": JSON, "message": JSON | NESTED, "innerError": JSON | IDS, "innererror": JSON | IDS}
)
ANSWERS = st.fixed_dictionaries(
    {"error": JSON | ERRORS}, optional={"error_description": JSON, "trace_id": JSON, "correlation_id": JSON}
)


def check(message: ServiceMessage) -> None:
    """A message is what a failure can hold and a person can read, whatever the body was."""
    assert message.text
    assert len(message.text) < 400
    assert "\n" not in message.text
    for field in ("code", "request_id", "client_request_id", "activity_id"):
        value = getattr(message, field)
        assert value is None or isinstance(value, str), field
    assert all(isinstance(permission, str) for permission in message.permissions)


@given(st.one_of(ANSWERS, JSON))
@example({"error": {"code": "X", "message": "Y", "innerError": {"request-id": 5, "client-request-id": ["c"]}}})
@example({"error": "invalid_client", "trace_id": 5, "correlation_id": {}})
@example({"error": ""})
@example({"error": {"message": " "}})
def test_any_json_is_read_as_some_message(document: Any) -> None:
    check(read(document))


@given(st.one_of(st.binary(), st.text().map(str.encode), st.binary().map(lambda tail: b'{"error": {' + tail)))
def test_any_bytes_are_read_as_some_message(body: bytes) -> None:
    check(read(body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"error": ' * 100_000,
        json.dumps({"error": {"code": "X", "message": '{"Message": ' * 100_000}}).encode(),
        b'{"error": {"code": ' + b"9" * 5000 + b"}}",
    ],
    ids=["lists", "objects", "nested", "number"],
)
def test_a_body_that_is_too_deep_or_too_long_is_read_as_some_message(body: bytes) -> None:
    check(read(body))


def test_a_failure_is_what_a_playbook_reads() -> None:
    failure = Failure("not_persisted", "m", Phase.VERIFY, details={"properties": {"status": {}}})
    shown = failure.as_dict()
    assert shown["phase"] == "verify"
    assert not isinstance(shown["phase"], Phase)
    assert shown["properties"] == {"status": {}}
    assert set(shown) == {field.name for field in dataclasses.fields(Failure)} - {"details"} | {"properties"}
    assert json.loads(json.dumps(shown)) == shown


def test_all_wrong_options_are_reported_together() -> None:
    error = InvalidOptionsError(["a is wrong", "b is missing"])
    assert isinstance(error, IntuneError)
    assert error.sentence == str(error) == "a is wrong; b is missing"
    assert (error.failure.code, error.failure.phase, error.may_have_applied) == (
        "invalid_option",
        Phase.VALIDATE,
        False,
    )
