# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the parts of one emulator together."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Scope

from .control import Control
from .dispatcher import Dispatcher, Handler
from .entra.authority import Authority
from .entra.credentials import Addresses, Credentials
from .entra.managed_identity import ManagedIdentity
from .entra.tokens import Tokens
from .faults.budget import Budget
from .faults.chaos import Chaos
from .faults.faults import Faults
from .graph.entity import Version
from .graph.fleet import Fleet
from .graph.graph import Graph
from .graph.store import Store
from .http.exchange import Kind
from .judge.journal import Journal
from .judge.judge import Judge
from .judge.leak import LeakScan
from .oversight import Oversight
from .service import Service
from .settings import CurrentSettings, Settings

_GRAPH_ROOTS = tuple(f"/{version.value}/" for version in Version)


class Emulator:
    """One tenant with its fleet: the ASGI applications of the TLS listener and of the plain HTTP listener."""

    def __init__(self, fleet: Fleet, settings: Settings, credentials: Credentials, addresses: Addresses) -> None:
        store, current = Store(fleet), CurrentSettings(settings)
        tokens = Tokens(
            addresses.graph_url, f"{addresses.authority_url}/{credentials.tenant_id}/", credentials.tenant_id
        )
        leaks = LeakScan(credentials.secrets)
        hosts = {
            Kind.GRAPH: _host(addresses.graph_url),
            Kind.AUTHORITY: _host(addresses.authority_url),
            Kind.IMDS: _host(addresses.identity_url),
        }
        judge = Judge(hosts[Kind.GRAPH], current, leaks)
        oversight = Oversight(Journal(leaks), judge, Faults(), Chaos(current), Budget(current))
        readers: dict[Kind, Handler] = {
            Kind.AUTHORITY: Authority(addresses.authority_url, credentials, tokens, current),
            Kind.IMDS: ManagedIdentity(credentials, tokens, current),
        }
        service = Service(Dispatcher(current, Graph(store, current, tokens), readers, hosts, oversight))
        control = Control(store, current, tokens, oversight)
        self.tls: ASGIApp = Starlette(
            routes=[Mount("/_emulator", routes=control.routes()), Mount("/", service.listener(_kind))]
        )
        self.plain: ASGIApp = service.listener(lambda _scope: Kind.IMDS)


def _host(url: str) -> str:
    return url.partition("://")[2]


def _kind(scope: Scope) -> Kind:
    # By path, not by Host: the judge has to see a Graph request that went to the authority's host.
    return Kind.GRAPH if scope["path"].startswith(_GRAPH_ROOTS) else Kind.AUTHORITY
