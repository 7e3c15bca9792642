# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exchange over real sockets; see test_http_answers.py for the result of an answer."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, Phase
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Answer, Purpose, Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget

from ...certificates import certificate_pem, key_pem, rsa_key
from ...server import Handler, Server, serve
from ...support import Clock, connection

READING = Purpose("Reading", Phase.READ)


class Client:
    """A transport with defaults for tests."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        made = connection(**options)
        self.retry_budget = RetryBudget(made.retry_timeout, clock)
        self.transport = Transport(made, self.retry_budget)

    def send(self, url: str, method: str = "GET", *, only: str | None = None, **more: Any) -> Answer:
        return self.transport.send(method, url, READING, only=only or url, **more)

    def fail(self, url: str, method: str = "GET", **more: Any) -> IntuneError:
        with pytest.raises(IntuneError) as caught:
            self.send(url, method, **more)
        return caught.value


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    made = Client(clock, timeout=5.0)
    yield made
    made.transport.close()


Run = Callable[..., Server]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start a server with this behavior, until the test ends."""
    with contextlib.ExitStack() as running:
        yield lambda behavior, certificate=None: running.enter_context(serve(behavior, certificate))


def test_the_complete_answer_is_returned_whatever_its_status(run: Run, client: Client) -> None:
    server = run(lambda handler: handler.reply(b'{"a": 1}', 418, X_Other="here"))
    answer = client.send(server.url)
    assert (answer.status, answer.ok, answer.body, answer.json()) == (418, False, b'{"a": 1}', {"a": 1})
    assert answer.headers["x-other"] == "here"


def test_a_compressed_answer_is_decompressed(run: Run, client: Client) -> None:
    def behavior(handler: Handler) -> None:
        packed = gzip.compress(b'{"a": 1}' + b" " * 200_000)
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(packed), 7):
            part = packed[start : start + 7]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.wfile.write(b"0\r\n\r\n")

    body = client.send(run(behavior).url).body
    assert (len(body), body[:8]) == (200_008, b'{"a": 1}')


# --- the token


def test_a_password_in_netrc_does_not_replace_the_token(
    run: Run, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = run(lambda handler: handler.reply())
    client.send(server.url, bearer="token")
    client.send(server.url)
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer token", None]


def test_a_password_in_a_url_does_not_replace_the_token(run: Run, client: Client) -> None:
    server = run(lambda handler: handler.reply())
    url = server.url.replace("://", "://someone:else@")
    client.send(url, bearer="token", only=server.url)
    assert server.seen[0].headers["Authorization"] == "Bearer token"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_and_no_token_is_sent_to_it(run: Run, client: Client, status: int) -> None:
    other = run(lambda handler: handler.reply())
    server = run(lambda handler: handler.reply(status=status, Location=f"{other.url}/x?secret=1"))
    error = client.fail(f"{server.url}/path", "PATCH", only=server.url, bearer="token", json_body={})
    assert not other.seen
    assert f"answered {status}, a redirect to {other.url}, which is not followed" in error.sentence
    assert "secret" not in error.sentence
    failure = error.failure
    assert (failure.code, failure.status, failure.retryable, error.may_have_applied) == (
        "bad_response",
        status,
        False,
        False,
    )


def test_a_redirect_to_the_same_host_is_not_followed_either(run: Run, client: Client) -> None:
    server = run(lambda handler: handler.reply(status=302, Location="/elsewhere"))
    assert "a redirect to another address" in client.fail(server.url).sentence
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@{host}/x",
        "http://evil.example\\@{host}/x",
        "http://evil.example#@{host}/x",
        "http://evil.example?@{host}/x",
        "http://evil.example/@{host}/x",
        "http://{host}@evil.example/x",
        "http://{host}:80@evil.example/x",
        "http://{host}.evil.example/x",
        "http://127.0.0.1:1/x",
        "http://127.0.0.1/x",
        "http://localhost:{port}/x",
        "https://{host}/x",
        "ftp://{host}/x",
        "file:///etc/passwd",
        "//{host}/x",
        "/x",
        "",
    ],
)
def test_a_link_to_another_host_is_not_followed(run: Run, client: Client, url: str) -> None:
    server = run(lambda handler: handler.reply())
    host = server.url.partition("://")[2]
    error = client.fail(url.format(host=host, port=server.server_port), only=server.url, bearer="token")
    assert error.failure.code in ("foreign_link", "connection_failed")
    assert not error.failure.retryable
    assert not server.seen
    assert client.transport.counters.requests == 0


@pytest.mark.parametrize("url", ["https://[", "http://[::1/x", "http://[nonsense]/x", "http://a:99999/", "http://a:b/"])
def test_a_link_that_is_no_url_is_an_error_with_a_reason(client: Client, url: str) -> None:
    error = client.fail(url, only="https://graph.microsoft.com", bearer="token")
    assert error.failure.code in ("foreign_link", "connection_failed", "bad_response")
    assert not error.failure.retryable


def test_a_link_to_the_same_host_may_be_spelled_differently(run: Run, client: Client) -> None:
    server = run(lambda handler: handler.reply())
    assert client.send(server.url.replace("http:", "HTTP:") + "/a?b=c#d", only=f"{server.url}/root").ok
    assert server.seen[0].path == "/a?b=c"


# --- incomplete or missing answers


@pytest.mark.parametrize("body", [b"", b'{"value": []', b'{"value": []}'])
def test_an_answer_shorter_than_announced_is_an_error(run: Run, client: Client, body: bytes) -> None:
    server = run(lambda handler: handler.reply(body, length=100))
    error = client.fail(server.url)
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("connection_failed", True, True)


@pytest.mark.parametrize("ending", [b"", b"a", b"a\r\n", b"64\r\nhalf"])
def test_a_chunked_answer_without_its_end_is_an_error(run: Run, client: Client, ending: bytes) -> None:
    def behavior(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b'd\r\n{"value": []}\r\n' + ending)

    error = client.fail(run(behavior).url)
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("connection_failed", True, True)


def test_a_compressed_answer_that_is_cut_off_is_an_error(run: Run, client: Client) -> None:
    packed = gzip.compress(b'{"value": [' + b'{"id": "1"},' * 1000 + b"{}]}")
    server = run(lambda handler: handler.reply(packed[: len(packed) // 2], Content_Encoding="gzip"))
    try:
        answer = client.send(server.url)
    except IntuneError:
        return
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_connection_that_is_dropped_is_an_error(run: Run, client: Client) -> None:
    error = client.fail(run(lambda _handler: None).url, "PATCH", json_body={"a": 1})
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("connection_failed", True, True)


def test_a_sign_in_that_is_dropped_has_changed_nothing(run: Run, client: Client) -> None:
    url = run(lambda _handler: None).url
    with pytest.raises(IntuneError) as caught:
        client.transport.send("POST", url, Purpose("Signing in", Phase.AUTH), only=url)
    assert (caught.value.failure.retryable, caught.value.may_have_applied) == (True, False)


def test_a_refused_connection_is_reported_with_the_message_of_the_system(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = client.fail(url)
    assert error.sentence == f"Reading failed: no connection to {url}: Connection refused"
    assert (error.failure.code, error.failure.retryable) == ("connection_failed", True)


def test_a_server_that_sends_nothing_is_a_timeout(run: Run, clock: Clock) -> None:
    server = run(lambda handler: handler.server.over.wait() and None)
    client = Client(clock, timeout=0.05)
    error = client.fail(server.url)
    assert error.sentence == f"Reading failed: {server.url} gave no answer within timeout (0.05 s)"
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("timeout", True, True)


def test_an_answer_that_drips_longer_than_timeout_is_a_timeout(run: Run, clock: Clock) -> None:
    def behavior(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.over.wait(0.05):  # each byte is within the socket's timeout
            handler.wfile.write(b"X")

    server = run(behavior)
    error = Client(clock, timeout=0.5).fail(server.url)
    assert error.sentence == f"Reading failed: {server.url} gave no answer within timeout (0.5 s)"
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("timeout", True, True)


@pytest.mark.parametrize("packed", [True, False])
def test_a_body_beyond_the_size_limit_is_not_read_to_its_end(run: Run, client: Client, packed: bool) -> None:
    megabyte = b" " * (1 << 20)
    packer = zlib.compressobj(wbits=31)
    sent = 0

    def behavior(handler: Handler) -> None:
        nonlocal sent
        handler.send_response(200)
        if packed:
            handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for _megabyte in range(4096):
            handler.wfile.write(packer.compress(megabyte) if packed else megabyte)
            sent += 1

    error = client.fail(run(behavior).url)
    assert error.failure.code == "bad_response"
    assert error.failure.message.endswith(": the answer is longer than 64 MB")
    assert not error.failure.retryable
    # The rest was in flight: buffers of the network, and of a packer that says nothing for a long time.
    assert sent < (4096 if packed else 128)


def test_a_body_that_is_compressed_twice_is_not_decompressed(run: Run, client: Client) -> None:
    body = gzip.compress(gzip.compress(b"{}"))
    server = run(lambda handler: handler.reply(body, Content_Encoding="gzip, gzip"))
    assert "has the encoding 'gzip, gzip', which was not requested" in client.fail(server.url).sentence


def test_the_time_of_a_failure_counts_towards_retry_timeout(run: Run, clock: Clock) -> None:
    def behavior(_handler: Handler) -> None:
        clock.now += 12.0

    client = Client(clock)
    client.fail(run(behavior).url)
    assert client.retry_budget.waited == 12.0


# --- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    """Return a server's key and self-signed certificate."""
    file = tmp_path / "server.pem"
    file.write_bytes(key_pem(rsa_key()) + certificate_pem(rsa_key()))
    return str(file)


@pytest.fixture
def rubbish(tmp_path: Path) -> str:
    """Return an authority that did not sign the server's certificate."""
    file = tmp_path / "other.pem"
    file.write_bytes(certificate_pem(rsa_key(1)))
    return str(file)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_given_ca_has_precedence_over_that_of_the_environment(
    run: Run, clock: Clock, certificate: str, rubbish: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    server = run(lambda handler: handler.reply(), certificate)
    monkeypatch.setenv(variable, rubbish)
    assert Client(clock, ca_path=certificate).send(server.url).ok
    assert "is not trusted" in Client(clock).fail(server.url).sentence
    monkeypatch.setenv(variable, certificate)
    assert Client(clock).send(server.url).ok
    assert "is not trusted" in Client(clock, ca_path=rubbish).fail(server.url).sentence


def test_a_certificate_that_is_not_trusted_is_final_and_the_message_names_a_solution(
    run: Run, clock: Clock, certificate: str
) -> None:
    server = run(lambda handler: handler.reply(), certificate)
    error = Client(clock).fail(server.url, bearer="token")
    assert error.sentence.startswith(f"Reading failed: the certificate of {server.url} is not trusted (")
    assert "set ca_path (INTUNE_CA_PATH)" in error.sentence
    assert (error.failure.code, error.failure.retryable, error.may_have_applied) == ("connection_failed", False, False)
    assert not server.seen


def test_without_verification_the_environments_bundle_does_not_matter(
    run: Run, clock: Clock, certificate: str, rubbish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", rubbish)
    server = run(lambda handler: handler.reply(), certificate)
    assert Client(clock, validate_certs=False).send(server.url).ok
    assert Client(clock, validate_certs=False, ca_path=rubbish).send(server.url).ok


# --- proxies


@pytest.fixture
def proxy(run: Run) -> Server:
    """A proxy that answers requests itself."""
    return run(lambda handler: handler.reply(b'"proxy"'))


def test_a_given_proxy_is_used_for_every_host(proxy: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert Client(clock, proxy=proxy.url).send("http://graph.example/x").json() == "proxy"
    assert proxy.seen[0].path == "http://graph.example/x"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environments_proxy_is_used(
    proxy: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    assert Client(clock).send("http://graph.example/x").json() == "proxy"


def test_no_proxy_is_honored(run: Run, proxy: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    server = run(lambda handler: handler.reply(b'"server"'))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert Client(clock).send(server.url).json() == "server"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_what_only_this_machine_reaches_goes_through_no_proxy(
    run: Run, proxy: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    server = run(lambda handler: handler.reply(b'"server"'))
    monkeypatch.setenv(variable, proxy.url)
    client = Client(clock, proxy=proxy.url)
    assert client.transport.send("GET", server.url, READING, only=None).json() == "server"
    assert not proxy.seen


def test_a_proxy_that_ends_tls_by_itself_is_not_trusted(clock: Clock, certificate: str) -> None:
    """It answers CONNECT, and then answers in place of the host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    seen: list[bytes] = []

    def pose(listener: socket.socket) -> None:
        raw, _address = listener.accept()
        with raw:
            seen.append(raw.recv(65536))
            raw.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as posing:
                seen.append(posing.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=pose, args=(listener,))
        thread.start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        error = Client(clock, proxy=proxy).fail("https://127.0.0.2", bearer="swordfish")
        thread.join()
    assert "is not trusted" in error.sentence
    assert not error.failure.retryable
    assert seen[0].startswith(b"CONNECT 127.0.0.2:443 ")
    assert b"swordfish" not in b"".join(seen)


def test_a_proxys_password_is_not_in_the_error(clock: Clock) -> None:
    error = Client(clock, proxy="http://user:swordfish@127.0.0.1:1").fail("http://graph.example")
    assert error.failure.code == "connection_failed"
    assert "swordfish" not in error.sentence
