# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every problem of the troubleshooting guide: each function produces it, with the exact message that a user reads."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import ssl
from collections.abc import Callable, Iterator
from inspect import isfunction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_items import BulkOptions
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.converge import converge_many, converge_one
from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import Filters, read_statuses
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import read_declaration
from ansible_collections.graphops.intune.plugins.module_utils._devices.listing import read_devices
from ansible_collections.graphops.intune.plugins.module_utils._devices.model import MANAGED_DEVICE, DeviceQuery
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._preflight import check, missing_library
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import AccessToken, select_credential
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.tokens import Tokens
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Transport
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import RetryBudget
from ansible_collections.graphops.intune.plugins.modules import intune_device_compliance_status as module

from .batches import expect_batch, reads, responses, updates
from .certificates import certificate_pem, key_pem, rsa_key
from .converging import Converge
from .support import (
    ITEM,
    LIST,
    POLICIES,
    POLICY,
    STATUS,
    Clock,
    Reply,
    Script,
    connection,
    graph_client,
    module_args,
    no_route,
    refusal,
    row,
)

_AUTHORITY = "https://login.microsoftonline.com/contoso.onmicrosoft.com"
_DISCOVERY = f"{_AUTHORITY}/v2.0/.well-known/openid-configuration"
_TOKEN = f"{_AUTHORITY}/oauth2/v2.0/token"
_ENDPOINTS = {
    "issuer": f"{_AUTHORITY}/v2.0",
    "authorization_endpoint": f"{_AUTHORITY}/oauth2/v2.0/authorize",
    "token_endpoint": _TOKEN,
}
_SECRET = {"tenant_id": "contoso.onmicrosoft.com", "client_id": "app", "client_secret": "swordfish"}
_WANTED: dict[str, Any] = {"status": "error"}


class Message(NamedTuple):
    """What a user reads: the failure's code, None for a warning, and the text."""

    code: str | None
    sentence: str


class Stage:
    """The environment of one task: its clock, the scripted service, a folder."""

    def __init__(self, script: Script, clock: Clock, folder: Path) -> None:
        self.script = script
        self.clock = clock
        self.folder = folder
        self.converge = Converge(clock)
        self.warnings = self.converge.warnings
        self.messages: list[Message] = []

    def start(self, **given: Any) -> None:
        """Start the module as ansible-core does."""
        printed = io.StringIO()
        with module_args(**given), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            module.main()
        result = json.loads(printed.getvalue())
        self.messages.append(Message(result["failure"]["code"], result["msg"]))

    def validate(self, **given: Any) -> None:
        """Check the options of a task, as far as possible without the network."""
        api_version = given.get("api_version", "beta")
        options = {"policy_id": POLICY, "status_id": STATUS, **given}
        check(connection(**given), lambda: read_declaration(options, api_version))

    def sign_in(self, **given: Any) -> None:
        """Request a token."""
        made = connection(**(given or _SECRET))
        retry_budget = RetryBudget(made.retry_timeout, self.clock)
        Tokens(select_credential(made), Transport(made, retry_budget), lambda _token: None).get()

    def devices(self, **given: Any) -> None:
        """List managed devices."""
        query = DeviceQuery.from_options(given)
        read_devices(graph_client(self.clock), query, batch=False, warn=self.warnings.append)

    def refuse_login(self, number: str, text: str = "No.") -> None:
        """Let Entra answer a login with this error number."""
        self.script.expect("GET", _DISCOVERY, Reply(200, _ENDPOINTS))
        document = {"error": "invalid_client", "error_description": f"{number}: {text} Trace ID: t"}
        self.script.expect("POST", _TOKEN, Reply(401, document))
        self.sign_in()

    def read(self, *, overview: bool = False, **filters: Any) -> None:
        """Read statuses."""
        client = graph_client(self.clock)
        given = Filters.from_options(filters)
        read_statuses(client, given, api_version="beta", overview=overview, warn=self.warnings.append)

    def bulk(self, *status_ids: str, **options: Any) -> None:
        """Set these statuses to ``error`` in one task."""
        given = {"verify": True, "on_error": "continue", "write_limit": 100, "write_limit_period": 20.0, **options}
        items = read_items([{"status_id": one, **_WANTED} for one in status_ids], {"policy_id": POLICY}, "beta")
        converge_many(graph_client(self.clock), items, BulkOptions.from_options(given, check_mode=False))


def _token(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e.{body}.s"


# --- problems before any request


def no_credentials(stage: Stage) -> None:
    stage.validate()


def incomplete_credentials(stage: Stage) -> None:
    stage.validate(client_secret="x")


def an_incomplete_source_that_was_named(stage: Stage) -> None:
    stage.validate(auth_source="certificate", tenant_id="t", client_id="c")


def invalid_options(stage: Stage) -> None:
    stage.validate(
        access_token="Bearer x",
        graph_url="http://graph.microsoft.com",
        ca_path="/etc/none.pem",
        api_version="v1.0",
        platform=8,
        clear=["status"],
        last_reported_date_time="2026-11-24 13:00",
        compliance_grace_period_expiration_date_time="24.11.2026",
    )


def a_misspelled_status(stage: Stage) -> None:
    stage.start(policy_id=POLICY, status_id=STATUS, status="notAplicable")


def a_grace_state_of_one_status(stage: Stage) -> None:
    stage.start(policy_id=POLICY, status_id=STATUS, status="inGracePeriod")


def a_grace_state(stage: Stage) -> None:
    stage.validate(access_token="x", status="inGracePeriod")


def a_cache_for_all(stage: Stage) -> None:
    cache = stage.folder / "tokens"
    cache.write_text("{}")
    cache.chmod(0o644)
    stage.validate(**_SECRET, token_cache=str(cache))


def a_certificate_without_its_password(stage: Stage) -> None:
    file = stage.folder / "application.pem"
    file.write_bytes(key_pem(rsa_key(), "swordfish") + certificate_pem(rsa_key()))
    stage.validate(tenant_id="t", client_id="c", certificate_path=str(file))


def a_certificate_alone(stage: Stage) -> None:
    file = stage.folder / "application.pem"
    file.write_bytes(certificate_pem(rsa_key()))
    stage.validate(tenant_id="t", client_id="c", certificate_path=str(file))


def two_items_for_one_status(_stage: Stage) -> None:
    items = [{"status_id": "a"}, {"status_id": "A"}]
    read_items(items, {"policy_id": POLICY}, "beta")


def a_misspelled_item(_stage: Stage) -> None:
    read_items([{"status_id": "a", "state": "error"}], {"policy_id": POLICY}, "beta")


def no_library(_stage: Stage) -> None:
    raise missing_library("msal")


# --- signing in


def a_wrong_secret(stage: Stage) -> None:
    stage.refuse_login("AADSTS7000215", "Invalid client secret provided.")


def an_expired_secret(stage: Stage) -> None:
    stage.refuse_login("AADSTS7000222", "The provided client secret keys for app are expired.")


def an_unknown_application(stage: Stage) -> None:
    stage.refuse_login("AADSTS700016", "Application with identifier 'app' was not found in the directory.")


def an_unknown_certificate(stage: Stage) -> None:
    stage.refuse_login("AADSTS700027", "Client assertion contains an invalid signature.")


def a_stale_assertion(stage: Stage) -> None:
    stage.refuse_login("AADSTS700024", "Client assertion is not within its valid time range.")


def an_unfit_federated_token(stage: Stage) -> None:
    stage.refuse_login("AADSTS700213", "No matching federated identity record found.")


def conditional_access(stage: Stage) -> None:
    stage.refuse_login("AADSTS53003", "Access has been blocked by Conditional Access policies.")


def an_unknown_service(stage: Stage) -> None:
    stage.refuse_login("AADSTS500011", "The resource principal named https://localhost was not found in the tenant.")


def an_unknown_tenant(stage: Stage) -> None:
    document = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'contoso' not found."}
    stage.script.expect("GET", _DISCOVERY, Reply(400, document))
    stage.sign_in()


def no_authority(stage: Stage) -> None:
    stage.script.expect("GET", _DISCOVERY, Reply(200, {}))
    stage.sign_in()


def _refuse_token(stage: Stage, token: str) -> None:
    made = connection(access_token=token)
    stage.script.expect("GET", POLICIES, refusal(401, "InvalidAuthenticationToken", "Access token validation failure."))
    client = GraphClient(made, AccessToken(made), lambda _token: None, stage.clock)
    read_statuses(client, Filters(), api_version="beta", overview=False, warn=stage.warnings.append)


def an_expired_token(stage: Stage) -> None:
    _refuse_token(stage, _token(exp=1_699_999_000, aud="https://graph.microsoft.com"))


def a_token_for_another_audience(stage: Stage) -> None:
    _refuse_token(stage, _token(exp=1_800_000_000, aud="https://management.azure.com"))


# --- reading


def no_permission(stage: Stage) -> None:
    made = connection(access_token=_token(roles=["DeviceManagementConfiguration.Read.All"]))
    stage.script.expect("GET", ITEM, Reply(200, row()))
    stage.script.expect("PATCH", ITEM, refusal(403, "Forbidden", "Application is not authorized."), body=_WANTED)
    client = GraphClient(made, AccessToken(made), lambda _token: None, stage.clock)
    target, desired = read_declaration({"policy_id": POLICY, "status_id": STATUS, **_WANTED}, "beta")
    converge_one(client, target, desired, api_version="beta", verify=True, check_mode=False, warn=stage.warnings.append)


def no_such_policy(stage: Stage) -> None:
    stage.script.expect("GET", POLICIES, Reply(200, {"value": [{"id": POLICY, "displayName": "Windows baseline"}]}))
    stage.read(policy_name="Windows baselin")


def no_such_device(stage: Stage) -> None:
    stage.script.expect("GET", LIST, Reply(200, {"value": []}))
    stage.converge(match={"device_display_name": "PC-9999"}, **_WANTED)


def no_such_status(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, no_route("GET"))
    stage.script.expect("GET", LIST, Reply(200, {"value": []}))
    stage.converge(**_WANTED)


def no_such_resource(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, refusal(404, "ResourceNotFound", "The resource could not be found."))
    stage.converge(**_WANTED)


def two_that_match(stage: Stage) -> None:
    stage.script.expect("GET", LIST, Reply(200, {"value": [row(id="a"), row(id="b")]}))
    stage.converge(match={"device_display_name": "PC-0001"}, **_WANTED)


def a_long_wait(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, refusal(429, "TooManyRequests", "Too many requests.", Retry_After="600"))
    stage.converge(**_WANTED)


def too_many_waits(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, refusal(503, "ServiceUnavailable", "Try again later."))
    stage.converge(retry_timeout=0.1, **_WANTED)


def no_answer(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, requests.exceptions.ReadTimeout())
    stage.converge(retry_timeout=0, **_WANTED)


def no_connection(stage: Stage) -> None:
    reason = requests.exceptions.ConnectionError(OSError(111, "Connection refused"))
    stage.script.expect("GET", ITEM, reason)
    stage.converge(retry_timeout=0, **_WANTED)


def an_unknown_authority(stage: Stage) -> None:
    reason = ssl.SSLCertVerificationError(1, "certificate verify failed")
    reason.verify_message = "unable to get local issuer certificate"
    stage.script.expect("GET", ITEM, requests.exceptions.SSLError(reason))
    stage.converge(**_WANTED)


def a_link_elsewhere(stage: Stage) -> None:
    page = {"value": [], "@odata.nextLink": "https://graph.example.com/next"}
    stage.script.expect("GET", LIST, Reply(200, page))
    stage.converge(match={"device_display_name": "PC-0001"}, **_WANTED)


def a_page_for_people(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, Reply(200, raw=b"<title>Sign in to the proxy</title>"))
    stage.converge(retry_timeout=0, **_WANTED)


def a_redirect(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, Reply(302, headers={"Location": "https://proxy.example.com/login"}))
    stage.converge(**_WANTED)


def a_list_that_is_too_short(stage: Stage) -> None:
    policy = {"id": POLICY, "displayName": "Windows baseline"}
    stage.script.expect("GET", f"{POLICIES}/{POLICY}", Reply(200, policy))
    stage.script.expect("GET", LIST, Reply(200, {"value": [row()]}))
    stage.script.expect("GET", f"{POLICIES}/{POLICY}/deviceStatusOverview", Reply(200, {"successCount": 3}))
    stage.read(policy_id=POLICY, overview=True)


# --- writing


def no_updates(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, Reply(200, row()))
    stage.script.expect("PATCH", ITEM, no_route("PATCH"), body=_WANTED)
    stage.converge(**_WANTED)


def no_updates_at_all(stage: Stage) -> None:
    ids = [str(number) for number in range(21)]
    stage.script.expect("GET", LIST, Reply(200, {"value": [row(id=one) for one in ids]}))
    expect_batch(stage.script, updates(**dict.fromkeys(ids[:20], _WANTED)), *[no_route("PATCH")] * 20)
    stage.bulk(*ids)


def nothing_kept(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, Reply(200, row()))
    stage.script.expect("PATCH", ITEM, Reply(200, row()), body=_WANTED)
    stage.script.expect("GET", ITEM, Reply(200, row()))
    stage.converge(**_WANTED)


def nothing_known(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, Reply(200, row()))
    stage.script.expect("PATCH", ITEM, Reply(503, headers={"Retry-After": "600"}), body=_WANTED)
    stage.converge(**_WANTED)


def no_way_to_predict(stage: Stage) -> None:
    stage.script.expect("GET", ITEM, no_route("GET"))
    stage.script.expect("GET", LIST, Reply(200, {"value": [row()]}))
    stage.converge(check_mode=True, **_WANTED)


def one_of_two(stage: Stage) -> None:
    expect_batch(stage.script, reads("a", "b"), Reply(200, row(id="a")), Reply(200, row(id="b", **_WANTED)))
    stage.script.expect("POST", "/beta/$batch", responses(no_route("PATCH")), body=updates(a=_WANTED))
    stage.bulk("a", "b")


_DEVICES = f"/beta{MANAGED_DEVICE.path}"
_SELECT = "$select=" + ",".join(p.name for p in MANAGED_DEVICE.properties)


def no_such_managed_device(stage: Stage) -> None:
    stage.script.expect("GET", f"{_DEVICES}/d?{_SELECT}", refusal(404, "ResourceNotFound", "no"))
    stage.devices(managed_device_id=["d"])


def no_filter(stage: Stage) -> None:
    refused = refusal(400, "BadRequest", "Invalid filter clause")
    stage.script.expect("GET", f"{_DEVICES}?{_SELECT}&$filter=complianceState%20eq%20%27error%27", refused)
    stage.script.expect("GET", f"{_DEVICES}?{_SELECT}", Reply(200, {"value": []}))
    stage.devices(compliance_state=["error"])


TROUBLES: tuple[Callable[[Stage], None], ...] = tuple(
    value
    for name, value in vars().copy().items()
    if isfunction(value) and "Stage" in value.__annotations__.values() and not name.startswith("_")
)


@contextlib.contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    clock = Clock()
    script = Script(clock)
    with pytest.MonkeyPatch.context() as monkeypatch:
        script.install(monkeypatch)
        yield Stage(script, clock, folder)
    script.finish()


def produce(trouble: Callable[[Stage], None], folder: Path) -> list[Message]:
    """Produce the problem; return the messages that a user reads."""
    with _stage(folder) as stage:
        messages: list[Message] = []
        try:
            trouble(stage)
        except IntuneError as error:
            messages.append(Message(error.failure.code, error.sentence))
        messages += [*stage.messages, *(Message(None, warning) for warning in stage.warnings)]
    assert messages, f"{trouble.__name__} produced no message"
    return messages
