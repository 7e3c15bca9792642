# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests that need it, reset before each of them."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from ...emulator import RunningEmulator, start

WINDOWS = "c6c78124-8124-c6c7-2481-c7c62481c7c6"
ADA = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9_c6c78124-8124-c6c7-2481-c7c62481c7c6_11111111-2222-4333-8444-555555555555"
TIMEOUT = 20


_RUNNING = pytest.StashKey[contextlib.ExitStack]()
_EMULATOR = pytest.StashKey[RunningEmulator]()


@dataclasses.dataclass
class Client:
    """A client that does everything right, unless a test requests otherwise."""

    emulator: RunningEmulator
    session: requests.Session
    token: str | None = None

    def request_token(self, **form: str) -> requests.Response:
        """A request for a token with valid values, or with these instead."""
        credentials = self.emulator.credentials
        return self.session.post(
            f"{credentials['authority_url']}/{credentials['tenant_id']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": credentials["client_id"],
                "scope": f"{credentials['graph_url']}/.default",
            }
            | form,
            timeout=TIMEOUT,
        )

    def log_in(self) -> str:
        """Gets a token for all later requests."""
        answer = self.request_token(client_secret=self.emulator.credentials["client_secret"])
        token: str = answer.json()["access_token"]
        self.token = token
        return token

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, **kwargs: Any) -> requests.Response:
        """One request with a new id; an absolute URL, or a path below Graph's host."""
        if not url.startswith("https://"):
            url = self.emulator.url + url
        sent = {"client-request-id": str(uuid.uuid4())}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        options = {"timeout": TIMEOUT, "allow_redirects": False} | kwargs
        return self.session.request(method, url, headers=sent | (headers or {}), **options)

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        """A GET."""
        return self.send("GET", url, **kwargs)

    def patch(self, url: str, content: object, **kwargs: Any) -> requests.Response:
        """A PATCH with JSON."""
        return self.send("PATCH", url, json=content, **kwargs)


def policies(version: str = "beta") -> str:
    """The path of the policies."""
    return f"/{version}/deviceManagement/deviceCompliancePolicies"


def statuses(policy_id: str = WINDOWS, version: str = "beta") -> str:
    """The path of a policy's rows."""
    return f"{policies(version)}/{quote(policy_id, safe='')}/deviceStatuses"


def item(status_id: str = ADA, policy_id: str = WINDOWS, version: str = "beta") -> str:
    """The path of a row."""
    return f"{statuses(policy_id, version)}/{quote(status_id, safe='')}"


def devices(device_id: str | None = None, version: str = "beta") -> str:
    """The path of the managed devices, or of one."""
    below = "" if device_id is None else f"/{quote(device_id, safe='')}"
    return f"/{version}/deviceManagement/managedDevices{below}"


def counts(emulator: RunningEmulator) -> dict[str, int]:
    """The judge's counts that are not zero."""
    return {rule: number for rule, number in emulator.judge()["counts"].items() if number}


@contextlib.contextmanager
def connect(emulator: RunningEmulator) -> Iterator[Client]:
    """A client that has not logged in."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = emulator.ca_path
        yield Client(emulator, session)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Starts the one emulator of the session before the first test that needs it.

    Not in a fixture: ansible-test runs every test in a fork, which would start one each and never stop it.
    """
    stash = item.config.stash
    if "running" in getattr(item, "fixturenames", ()) and _RUNNING not in stash:
        stash[_RUNNING] = contextlib.ExitStack()
        stash[_EMULATOR] = stash[_RUNNING].enter_context(start())
    return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stops it."""
    stack = session.config.stash.get(_RUNNING, None)
    if stack is not None:
        stack.close()


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest) -> RunningEmulator:
    """The emulator of the session."""
    return request.config.stash[_EMULATOR]


@pytest.fixture
def emulator(running: RunningEmulator) -> RunningEmulator:
    """The emulator, reset."""
    running.reset()
    return running


@pytest.fixture
def anonymous(emulator: RunningEmulator) -> Iterator[Client]:
    """A client that has not logged in."""
    with connect(emulator) as client:
        yield client


@pytest.fixture
def client(anonymous: Client) -> Client:
    """A client that has logged in."""
    anonymous.log_in()
    return anonymous
