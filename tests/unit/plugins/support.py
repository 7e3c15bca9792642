# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock, a scripted service and options for the tests of plugins/."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest
import requests
import urllib3
from ansible.module_utils import basic
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._options import Connection, connection_argument_spec
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import Credential

GRAPH = "https://graph.microsoft.com"
POLICIES = "/beta/deviceManagement/deviceCompliancePolicies"
POLICY = "c6c78124-8124-c6c7-2481-c7c62481c7c6"
STATUS = "0a1b2c3d_c6c78124-8124-c6c7-2481-c7c62481c7c6_11111111"
LIST = f"{POLICIES}/{POLICY}/deviceStatuses"
ITEM = f"{LIST}/{STATUS}"


class Clock:
    """A clock that sleeping and slow calls advance."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer of the scripted service: a document, or ``raw`` bytes instead."""

    status: int = 200
    document: Any = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    raw: bytes | None = None

    @property
    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.document is None else json.dumps(self.document).encode()


def refusal(status: int, code: str, message: str, **headers: str) -> Reply:
    """Return an error in the format of Graph; underscores in header names become hyphens."""
    document = {"error": {"code": code, "message": message}}
    return Reply(status, document, {name.replace("_", "-"): value for name, value in headers.items()})


def no_route(method: str) -> Reply:
    """Return the answer of the real service if it has no route to a single status."""
    message = (
        f"No OData route exists that match template ~/singleton/navigation/key/navigation/key with http verb {method} "
        "for request /DeviceConfiguration_2203/StatelessDeviceConfigurationFEService/deviceManagement"
    )
    return refusal(400, "No method match route template", message)


@dataclasses.dataclass(frozen=True)
class Call:
    """One expected call: the request, and its answer after ``takes`` seconds."""

    method: str
    url: str
    answer: Reply | Exception
    body: Any = None
    takes: float = 0.0


class Script(requests.adapters.HTTPAdapter):
    """The service as an ordered list of calls, instead of the network below ``requests.Session``."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.sent: list[requests.PreparedRequest] = []
        self.settings: list[dict[str, Any]] = []
        """The settings of each request: timeout, verify, proxies."""
        self._expected: list[Call] = []
        self._problems: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every session use this script."""
        monkeypatch.setattr(requests.Session, "get_adapter", lambda _session, url: self)  # noqa: ARG005 - called by name

    def expect(
        self, method: str, url: str, answer: Reply | Exception | None = None, *, body: Any = None, takes: float = 0.0
    ) -> None:
        """Expect one more call. A path is one of Graph's; ``body`` is the exact JSON document sent, None for none."""
        complete = url if "://" in url else GRAPH + url
        self._expected.append(Call(method, complete, answer or Reply(), body, takes))

    def send(self, request: requests.PreparedRequest, *_args: Any, **settings: Any) -> requests.Response:
        """Answer the next call."""
        self.sent.append(request)
        self.settings.append(settings)
        sent = f"{request.method} {request.url} {_shown(request)}"
        if not self._expected:
            return self._fail(f"not expected: {sent}")
        call = self._expected.pop(0)
        wanted = f"{call.method} {call.url} {_document(call.body)}"
        # A form is a login of MSAL, whose content is not compared.
        if sent != wanted and not (_is_form(request) and sent.startswith(f"{call.method} {call.url} ")):
            return self._fail(f"expected {wanted}, got {sent}")
        self.clock.now += call.takes
        if isinstance(call.answer, Exception):
            raise call.answer
        raw = urllib3.HTTPResponse(
            io.BytesIO(call.answer.body), call.answer.headers, call.answer.status, preload_content=False
        )
        return self.build_response(request, raw)

    def finish(self) -> None:
        """Fail if a call was not as expected or was not made."""
        missing = [f"not made: {call.method} {call.url}" for call in self._expected]
        assert not self._problems + missing

    def _fail(self, reason: str) -> requests.Response:
        # Reported again at the end, since MSAL does not pass on every exception.
        self._problems.append(reason)
        raise AssertionError(reason)


def _is_form(request: requests.PreparedRequest) -> bool:
    return request.headers.get("Content-Type") == "application/x-www-form-urlencoded"


def _document(document: Any) -> str:
    return "without a body" if document is None else json.dumps(document, sort_keys=True)


def _shown(request: requests.PreparedRequest) -> str:
    body = request.body
    if body is None or _is_form(request):
        return _document(None)
    return _document(json.loads(body))


def options(**given: Any) -> dict[str, Any]:
    """Return the connection options of a task that gives these."""
    return {option: entry.get("default") for option, entry in connection_argument_spec().items()} | given


def connection(**given: Any) -> Connection:
    """Return the connection of a task that gives these options."""
    return Connection.from_options(options(**given))


class Renewable(Credential):
    """A credential that returns token-1, token-2 and so on."""

    name = "renewable"

    def __init__(self, renewable: bool = True) -> None:
        super().__init__(connection())
        self.renewable = renewable
        self.rejected: list[str | None] = []

    def token(self, _transport: object, rejected: str | None = None) -> str:
        self.rejected.append(rejected)
        return f"token-{len(self.rejected)}"


def graph_client(clock: Clock, credential: Credential | None = None, **given: Any) -> GraphClient:
    """Return a client whose tokens cost no request."""
    return GraphClient(connection(**given), credential or Renewable(), lambda _token: None, clock)


def row(**properties: Any) -> dict[str, Any]:
    """Return the documented example of a status with these properties instead of its own."""
    return {
        "id": STATUS,
        "deviceDisplayName": "PC-0001",
        "userName": "Ada",
        "deviceModel": None,
        "platform": 0,
        "complianceGracePeriodExpirationDateTime": "2017-01-01T07:56:44.951111Z",
        "status": "compliant",
        "lastReportedDateTime": "2017-01-01T08:00:17.7769392Z",
        "userPrincipalName": "ada@example.com",
    } | properties


def module_args(**args: Any) -> contextlib.AbstractContextManager[Any]:
    """Pass options to the next AnsibleModule, on every supported ansible-core."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # before ansible-core 2.19
        return mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode())
    return patch_module_args(args)
