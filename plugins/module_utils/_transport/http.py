# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""One HTTP exchange at a time, for signing in and for Graph: TLS, proxy, timeout, no redirects, clear errors."""

from __future__ import annotations

import ssl
import sys
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .._errors import Code, Failure, IntuneError, Phase
from .._options import Connection
from .._text import quoted, shorten
from .deadline import Deadline
from .json_document import TooLargeError, parse_json
from .retry import REPEATED_STATUS, RetryBudget, parse_http_date, parse_retry_after

try:
    import requests
    import requests.auth
    import urllib3
except ImportError:
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

_CHUNK = 1 << 16

# A chunk of gzip grows a thousandfold at worst. Brotli and Zstandard grow a millionfold, and so does what is compressed
# twice; urllib3 before 2.6 has no bound for them.
_ENCODING = "gzip"
_BOUNDED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

_LONGEST_BODY = 1 << 26
# Intune's devices are throttled with a 500 too. Source: public issues of 2026.
_QUERY_BROKER = "rate limit reached"
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Answer(NamedTuple):
    """The answer: its body is complete, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the service reports success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body's document; ValueError where it is not JSON."""
        return parse_json(self.body)


# Classes that every task loads are written out: a dataclass takes half a millisecond to make.
class Counters:
    """HTTP requests by their recipient; see the modules' ``graph`` return value."""

    def __init__(self) -> None:
        self.requests = 0
        self.token_requests = 0
        self.writes = 0
        self.throttled = 0


class Purpose:
    """Why a request is made.

    Args:
        what: the start of its error sentence (``Reading …``).
        phase: what the task is doing.
    """

    def __init__(self, what: str, phase: Phase) -> None:
        self.what = what
        self.phase = phase

    def failed(self, code: str, message: str, advice: str = "", **fields: Any) -> IntuneError:
        """Return the error of this purpose; *fields* are those of its `Failure`."""
        sentence = f"{self.what} failed: {message}{f'; {advice}' if advice else ''}"
        return IntuneError(sentence, Failure(code, message, self.phase, **fields))


class Transport:
    """One ``requests.Session`` with the connection's TLS and proxy options.

    Args:
        connection: the options.
        retry_budget: the task's budget for waiting.
    """

    def __init__(self, connection: Connection, retry_budget: RetryBudget) -> None:
        self._connection = connection
        self._session = _Session()
        self._deadline = Deadline(connection.timeout)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._deadline.adapter())
        self._by_host: dict[tuple[str, bool], Any] = {}
        self.retry_budget = retry_budget
        self.counters = Counters()
        if not connection.validate_certs:
            # The user chose this; a warning per request would only hide others.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        purpose: Purpose,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        json_body: Any = None,
        params: Mapping[str, str] | None = None,
        bearer: str | None = None,
        only: str | None = None,
    ) -> Answer:
        """Send one request and return the complete answer, whatever its status.

        Args:
            purpose: the words for an error.
            bearer: the token to send along.
            only: the host that may receive this request; None for an endpoint that the platform names, which only
                this machine reaches, and never through a proxy.

        Raises:
            IntuneError: no answer, a partial one, or a redirect came back; or the URL leads to another host.
        """
        request = requests.Request(
            method,
            url,
            headers={"Accept-Encoding": _ENCODING, **(headers or {})},
            data=body,
            json=json_body,
            params=params,
            # An auth object of our own, even an empty one: requests would otherwise put a password from ~/.netrc
            # in place of the token.
            auth=_Bearer(bearer),
        )
        failed = _Failed(method, _path(url), purpose)
        prepared = self._prepare(request, failed, only)
        self._count(purpose)
        started = self.retry_budget.clock.monotonic()
        try:
            answer = self._exchange(prepared, direct=only is None)
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            self.retry_budget.charge(self.retry_budget.clock.monotonic() - started)
            raise failed.because(
                Code.TIMEOUT, f"{origin(url)} gave no answer within timeout ({self._connection.timeout:g} s)"
            ) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self.retry_budget.charge(self.retry_budget.clock.monotonic() - started)
            raise failed.by_connection(error, origin(url)) from None
        except Exception as error:  # whatever else a library raises: the results of the task must not be lost for it
            raise failed.by_surprise(error, origin(url)) from None
        self.counters.throttled += answer.status == 429
        if 300 <= answer.status < 400:
            target = origin(answer.headers.get("Location", "")) or "another address"
            raise failed.because(
                Code.BAD_RESPONSE,
                f"{origin(url)} answered {answer.status}, a redirect to {target}, which is not followed, since the "
                "credentials would be sent along; check cloud, graph_url, authority_url and the proxy",
                status=answer.status,
                retryable=False,
            )
        return answer

    def _prepare(self, request: requests.Request, failed: _Failed, only: str | None) -> requests.PreparedRequest:
        try:
            prepared = self._session.prepare_request(request)
        except ValueError:  # as which requests and urllib3 report every malformed URL
            raise failed.because(
                Code.FOREIGN_LINK, f"{quoted(request.url)} is not a URL to follow", retryable=False
            ) from None
        # The prepared URL is the one that is sent: parsers differ about where a hostile URL leads.
        target = origin(str(prepared.url))
        if only is not None and target != origin(only):
            message = f"an answer links to {target}; credentials are sent to {origin(only)} only"
            raise failed.because(Code.FOREIGN_LINK, message, retryable=False)
        return prepared

    def _count(self, purpose: Purpose) -> None:
        if purpose.phase is Phase.AUTH:
            self.counters.token_requests += 1
        else:
            self.counters.requests += 1

    def _exchange(self, prepared: requests.PreparedRequest, direct: bool) -> Answer:
        timeout = self._connection.timeout
        settings = self._settings(str(prepared.url), direct)
        with (
            self._deadline.exchange(),
            self._session.send(prepared, timeout=timeout, allow_redirects=False, **settings) as response,
        ):
            return Answer(response.status_code, response.headers, self._read(response))

    def _settings(self, url: str, direct: bool) -> Any:
        """Return proxies and TLS for a URL; once for each host, since requests searches the environment."""
        key = origin(url), direct
        if key not in self._by_host:
            connection = self._connection
            proxy = None if direct else connection.proxy
            # None keeps the environment's proxies away as well.
            proxies: dict[str, Any] = {"http": proxy, "https": proxy, "all": proxy} if proxy or direct else {}
            # An explicit CA goes with each request: REQUESTS_CA_BUNDLE in the environment beats the session's own.
            verify = (connection.ca_path or True) if connection.validate_certs else False
            self._by_host[key] = self._session.merge_environment_settings(url, proxies, True, verify, None)
        return self._by_host[key]

    def _read(self, response: requests.Response) -> bytes:
        """Read the body to its end, up to a size that no answer exceeds."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _BOUNDED:
            raise _UnreadableError(f"the answer has the encoding {quoted(encoding)}, which was not requested")
        response.raw.enforce_content_length = True  # urllib3 1.26 would accept a body that was cut off
        parts = []
        length = 0
        while part := response.raw.read(_CHUNK, decode_content=True):
            parts.append(part)
            length += len(part)
            if length > _LONGEST_BODY:
                raise _UnreadableError(f"the answer is longer than {_LONGEST_BODY >> 20} MB")
        return b"".join(parts)

    def failure(self, answer: Answer, method: str, url: str, purpose: Purpose) -> IntuneError:
        """Return the error for an answer that reports no success: Graph's, OAuth's, a gateway's."""
        from .service_message import read_service_message  # loaded where something failed

        message = read_service_message(answer.body, answer.headers)
        now = parse_http_date(answer.headers.get("Date")) or self.retry_budget.clock.time()
        retry_after = parse_retry_after(answer.headers.get("Retry-After"), now)
        if retry_after is None:
            retry_after = parse_retry_after(message.retry_after, now)
        if answer.status == 429 or (answer.status == 500 and _QUERY_BROKER in message.text.casefold()):
            code = Code.THROTTLED
        elif answer.status in (408, 504) and not message.code:
            code = Code.TIMEOUT
        else:
            code = message.code or Code.BAD_RESPONSE
        retryable = answer.status in REPEATED_STATUS
        return _Failed(method, _path(url), purpose).because(
            code,
            f"{origin(url)} answered {answer.status}{f' {message.code}' if message.code else ''}: {message.text}",
            service_code=message.code,
            message=message.text,
            status=answer.status,
            retryable=retryable,
            retry_after=retry_after if retryable else None,
            request_id=message.request_id,
            client_request_id=message.client_request_id,
            activity_id=message.activity_id,
            required_permissions=list(message.permissions) if answer.status == 403 else [],
        )

    def not_json(
        self, answer: Answer, method: str, url: str, purpose: Purpose, reason: ValueError | None = None
    ) -> IntuneError:
        """Return the error for a success whose body is cut off or not JSON: a proxy's page, a broken connection."""
        if isinstance(reason, TooLargeError):
            return _Failed(method, _path(url), purpose).because(
                Code.BAD_RESPONSE,
                f"{origin(url)} answered {answer.status} with {reason}",
                status=answer.status,
                retryable=False,
                may_have_applied=True,
            )
        from .service_message import read_service_message  # loaded where something failed

        message = read_service_message(answer.body, answer.headers)
        return _Failed(method, _path(url), purpose).because(
            Code.BAD_RESPONSE,
            f"{origin(url)} answered {answer.status} with {message.text} where JSON was expected; "
            "if this persists, look for a proxy or a sign-in page in between",
            status=answer.status,
            may_have_applied=True,
        )


class _Failed(NamedTuple):
    """Builds the errors of one request."""

    method: str
    path: str | None
    purpose: Purpose

    def because(
        self, code: str, reason: str, *, retryable: bool = True, may_have_applied: bool | None = None, **fields: Any
    ) -> IntuneError:
        fields.setdefault("message", reason)
        failure = Failure(
            code=code,
            phase=self.purpose.phase,
            method=self.method,
            path=self.path,
            retryable=retryable,
            **fields,
        )
        # A throttled request was not carried out; after any other temporary failure, that is unknown. A sign-in
        # changes nothing.
        maybe_done = retryable and failure.code != Code.THROTTLED if may_have_applied is None else may_have_applied
        maybe_done = maybe_done and failure.phase is not Phase.AUTH
        return IntuneError(f"{self.purpose.what} failed: {reason}", failure, may_have_applied=maybe_done)

    def by_connection(self, error: BaseException, origin: str) -> IntuneError:
        untrusted = _find(error, ssl.SSLCertVerificationError)
        if untrusted is not None:
            return self.because(
                Code.CONNECTION_FAILED,
                f"the certificate of {origin} is not trusted ({_message_of(untrusted)}); "
                f"{_about_certificate(untrusted)}",
                retryable=False,
            )
        if isinstance(error, _UnreadableError):
            return self.because(Code.BAD_RESPONSE, f"{origin}: {error}", retryable=False, may_have_applied=True)
        # requests reports a URL, a scheme or a proxy that is not valid by exceptions that are a ValueError too.
        return self.because(
            Code.CONNECTION_FAILED,
            f"no connection to {origin}: {_innermost(error)}",
            retryable=not isinstance(error, ValueError),
        )

    def by_surprise(self, error: Exception, origin: str) -> IntuneError:
        """Return the error for an exception that no library documents; nobody knows what the service did."""
        reason = f"the request to {origin} ended with {type(error).__name__}: {shorten(str(error))}"
        return self.because(
            Code.CONNECTION_FAILED,
            f"{reason}; check timeout, graph_url and the proxy",
            retryable=False,
            may_have_applied=True,
        )


if HAS_REQUESTS:

    class _UnreadableError(requests.exceptions.ContentDecodingError):
        """An answer that cannot be read, and would be the same again."""

    class _Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> None:
            """Return no target: none is followed, and requests would read the body of a redirect without a bound."""

    class _Bearer(requests.auth.AuthBase):
        def __init__(self, token: str | None) -> None:
            self._token = token

        def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            if self._token is not None:
                prepared.headers["Authorization"] = f"Bearer {self._token}"
            return prepared


_CERTIFICATE_ADVICE = {
    9: "check the clock of this machine: the certificate is not valid yet",
    10: "it has expired: renew it, or check the clock of this machine",
    62: "the host has another name than the certificate: check graph_url, authority_url and the proxy",
    64: "the host has another name than the certificate: check graph_url, authority_url and the proxy",
}
"""By OpenSSL's verify error (X509_V_ERR_...)."""

_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})


def _message_of(error: ssl.SSLCertVerificationError) -> str:
    return getattr(error, "verify_message", None) or str(error)


def _about_certificate(error: ssl.SSLCertVerificationError) -> str:
    set_ca = "set ca_path (INTUNE_CA_PATH) to the PEM file of the authority that signed it"
    if getattr(error, "verify_code", None) in (None, *_UNKNOWN_AUTHORITY):
        return set_ca
    python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    strict = f"it does not keep the rules that {python} checks: have it issued again, or {set_ca}"
    return _CERTIFICATE_ADVICE.get(error.verify_code, strict)


def origin(url: str) -> str:
    """Return scheme, host and port of a URL in one spelling, to show, and to compare two URLs by.

    Empty where the URL names no host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}")


def _path(url: str) -> str | None:
    try:
        return urlsplit(url).path
    except ValueError:
        return None


_E = typing.TypeVar("_E", bound=BaseException)


def _chain(error: BaseException) -> typing.Iterator[BaseException]:
    """Yield an error and what is wrapped in it: requests and urllib3 pass causes as arguments and as reasons."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or current in seen:
            continue
        seen.append(current)
        yield current
        waiting += [current.__context__, current.__cause__, getattr(current, "reason", None), *current.args]


def _find(error: BaseException, kind: type[_E]) -> _E | None:
    return next((link for link in _chain(error) if isinstance(link, kind)), None)


def _innermost(error: BaseException) -> str:
    """Return the operating system's message where there is one: urllib3 wraps it."""
    words = [link.strerror for link in _chain(error) if isinstance(link, OSError) and link.strerror]
    return words[-1] if words else str(error) or type(error).__name__
