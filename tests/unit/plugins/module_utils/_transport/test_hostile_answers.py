# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers and exceptions that no library expects: each becomes a failure, within bounds of memory and time."""

from __future__ import annotations

import http.client
import io
import json
import ssl
from collections.abc import Iterator

import pytest
import requests
import urllib3
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._transport import http as transport_http
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Answer, Purpose, Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.json_document import TooLargeError, parse_json
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget

from ...server import Handler, serve
from ...support import GRAPH, Clock, Script, connection

URL = f"{GRAPH}/x"
WRITING = Purpose("Updating", Phase.WRITE)


@pytest.fixture
def transport(clock: Clock) -> Iterator[Transport]:
    made = Transport(connection(timeout=5.0), RetryBudget(0, clock))
    yield made
    made.close()


def fail(transport: Transport, url: str) -> IntuneError:
    with pytest.raises(IntuneError) as caught:
        transport.send("PATCH", url, WRITING, only=url)
    return caught.value


@pytest.mark.parametrize(
    "location", [b"\xff\xfe://x", b"http://[", b"//", b"http://a\xe4.example/", b"/next", b"http://x:port/"]
)
def test_a_redirect_is_not_followed_wherever_it_leads(transport: Transport, location: bytes) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n")
        handler.wfile.write(b"Location: " + location + b"\r\n\r\n")

    with serve(answer) as server:
        failure = fail(transport, server.url).failure
    assert (failure.code, failure.status, failure.retryable) == ("bad_response", 302, False)


def test_the_body_of_a_redirect_is_bounded_like_any_other(transport: Transport) -> None:
    """requests itself reads it completely, to use the connection again."""
    megabyte, sent = b" " * (1 << 20), 0

    def answer(handler: Handler) -> None:
        nonlocal sent
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()
        for _megabyte in range(512):
            handler.wfile.write(megabyte)
            sent += 1

    with serve(answer) as server:
        fail(transport, server.url)
    assert sent < 128


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "GZIP,br"])
def test_an_encoding_that_was_not_requested_is_refused(transport: Transport, encoding: str) -> None:
    with serve(lambda handler: handler.reply(b"{}", Content_Encoding=encoding)) as server:
        error = fail(transport, server.url)
        assert [seen.headers["Accept-Encoding"] for seen in server.seen] == ["gzip"]
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("bad_response", False, True)
    assert "which was not requested" in error.sentence


EXCEPTIONS: list[Exception] = [
    AttributeError("x"),
    KeyError("x"),
    OverflowError("timestamp too large"),
    RecursionError("x"),
    RuntimeError("x"),
    TypeError("x"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    UnicodeEncodeError("idna", "x", 0, 1, "label too long"),
    ValueError("embedded null byte"),
    json.JSONDecodeError("x", "y", 0),
    http.client.BadStatusLine("x"),
    http.client.IncompleteRead(b"x"),
    http.client.InvalidURL("x"),
    http.client.LineTooLong("header line"),
    http.client.UnknownProtocol("HTTP/9"),
    http.client.CannotSendRequest(),
    http.client.ResponseNotReady(),
    ssl.SSLError(1, "x"),
    ssl.SSLZeroReturnError(6, "x"),
    ssl.CertificateError("x"),
    ConnectionResetError(104, "reset"),
    OSError("x"),
    urllib3.exceptions.HTTPError("x"),
    urllib3.exceptions.DecodeError("x"),
    urllib3.exceptions.InvalidChunkLength(urllib3.HTTPResponse(io.BytesIO()), b"-1"),
    urllib3.exceptions.LocationParseError("x"),
    urllib3.exceptions.ProtocolError("x"),
    urllib3.exceptions.ProxyError("x", OSError("x")),
    urllib3.exceptions.SSLError("x"),
    requests.exceptions.ChunkedEncodingError("x"),
    requests.exceptions.ContentDecodingError("x"),
    requests.exceptions.InvalidHeader("x"),
    requests.exceptions.InvalidProxyURL("x"),
    requests.exceptions.InvalidURL("x"),
    requests.exceptions.MissingSchema("x"),
    requests.exceptions.RequestException("x"),
    requests.exceptions.RetryError("x"),
    requests.exceptions.StreamConsumedError("x"),
    requests.exceptions.TooManyRedirects("x"),
]


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
def test_whatever_a_library_raises_is_a_failure_of_the_request(
    transport: Transport, script: Script, error: Exception
) -> None:
    """A bulk task must return the results of all it wrote, and not end in a traceback."""
    script.expect("PATCH", URL, error)
    with pytest.raises(IntuneError) as caught:
        transport.send("PATCH", URL, WRITING, only=GRAPH)
    assert caught.value.failure.code in ("connection_failed", "bad_response", "timeout")
    assert caught.value.failure.phase is Phase.WRITE
    # Nothing shows that the service did not carry it out, unless the request could not even be written.
    libraries = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
    not_sent = isinstance(error, ssl.SSLCertVerificationError) or (
        isinstance(error, ValueError) and isinstance(error, libraries)
    )
    assert caught.value.may_have_applied is not not_sent


@pytest.mark.parametrize("text", ['{"value": [' + "{}," * 4_000_000 + "{}]}", "[" * 4_000_001])
def test_a_document_of_millions_is_refused_before_it_is_built(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(json, "loads", lambda *_args: pytest.fail("it was parsed"))
    with pytest.raises(TooLargeError) as caught:
        parse_json(text)
    answer = Answer(200, {}, text.encode())
    error = transport.not_json(answer, "GET", GRAPH, WRITING, caught.value)
    assert (error.failure.code, error.failure.retryable) == ("bad_response", False)


def certificate_error(code: int, message: str) -> Exception:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return requests.exceptions.SSLError(error)


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        (9, "certificate is not yet valid", "check the clock of this machine"),
        (10, "certificate has expired", "it has expired: renew it, or check the clock"),
        (62, "Hostname mismatch", "the host has another name than the certificate"),
        (64, "IP address mismatch", "the host has another name than the certificate"),
        (18, "self-signed certificate", "set ca_path"),
        (19, "self-signed certificate in certificate chain", "set ca_path"),
        (20, "unable to get local issuer certificate", "set ca_path"),
        (92, "CA cert does not include key usage extension", "it does not keep the rules that Python"),
    ],
)
def test_each_fault_of_a_certificate_has_its_own_advice(
    transport: Transport, script: Script, code: int, message: str, advice: str
) -> None:
    script.expect("PATCH", URL, certificate_error(code, message))
    error = fail(transport, URL)
    assert f"({message}); {advice}" in error.sentence
    assert not error.failure.retryable


def test_the_session_has_no_way_to_follow_a_redirect() -> None:
    session: requests.Session = transport_http._Session()
    assert session.get_redirect_target(requests.Response()) is None
