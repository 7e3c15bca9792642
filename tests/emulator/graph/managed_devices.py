# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource ``managedDevices``: the devices that Intune manages. They can only be read."""

from __future__ import annotations

from ..http.exchange import Answer, Exchange
from ..settings import READ_ROLE, WRITE_ROLE, CurrentSettings
from . import odata_filter, page
from .entity import Version, View
from .error import GraphError, bad_request, no_segment, not_routed
from .managed_device import ManagedDevice
from .odata_filter import Filter
from .resource import Family, Patch
from .store import Store

DEVICES_READ_ROLE = "DeviceManagementManagedDevices.Read.All"
DEVICES_WRITE_ROLE = "DeviceManagementManagedDevices.ReadWrite.All"

_READ_ROLES = (DEVICES_READ_ROLE, DEVICES_WRITE_ROLE, READ_ROLE, WRITE_ROLE)
_OPTIONS = frozenset({"$filter", "$select", "$top", "$skiptoken"})
_COLLECTION = "deviceManagement/managedDevices"
# OData's names for the shapes of the paths; deviceManagement is the singleton.
_LIST, _ITEM, _COUNT = "~/singleton/navigation", "~/singleton/navigation/key", "~/singleton/navigation/$count"


class ManagedDevices:
    """Answers for the devices in the store."""

    family = Family.MANAGED_DEVICES

    def __init__(self, store: Store, settings: CurrentSettings, graph_url: str) -> None:
        self._store = store
        self._settings = settings
        self._graph_url = graph_url

    def roles(self, method: str) -> tuple[str, ...]:
        """The roles of which a token needs one."""
        return _READ_ROLES if method == "GET" else (DEVICES_WRITE_ROLE,)

    def patch(self, exchange: Exchange) -> Patch | None:
        """None: no device can be changed."""

    def answer(self, exchange: Exchange, keep: frozenset[str] | None) -> Answer:  # noqa: ARG002 - nothing is written
        """The answer to an authorized request."""
        match exchange.method, exchange.segments[3:]:
            case "GET", []:
                return self._list(exchange)
            case _, []:
                raise not_routed(_LIST, exchange.method, "/managedDevices")
            case _, ["$count"]:
                # Seen on the live service, although it counts the rows of a policy.
                raise not_routed(_COUNT, exchange.method, "/managedDevices/$count")
            case "GET", [device_id]:
                return self._item(exchange, device_id)
            case _, [device_id]:
                raise not_routed(_ITEM, exchange.method, f"/managedDevices('{device_id}')")
        raise no_segment(exchange.segments[-1])

    def _list(self, exchange: Exchange) -> Answer:
        settings, rows = self._settings.values, self._store.devices
        _check_options(exchange, _OPTIONS)
        where, view = self._filter(exchange), self._view(exchange)
        wanted = page.parse(exchange, settings.device_page_size, settings.empty_pages)
        context = self._context(exchange, view)
        return wanted.answer(
            exchange, self._graph_url, context, rows.count(where), lambda start, end: rows.page(start, end, view, where)
        )

    def _item(self, exchange: Exchange, device_id: str) -> Answer:
        _check_options(exchange, frozenset({"$select"}))
        view = self._view(exchange)
        shown = self._store.device(device_id).as_json(view)
        return Answer.of_json(200, {"@odata.context": f"{self._context(exchange, view)}/$entity"} | shown)

    def _filter(self, exchange: Exchange) -> Filter | None:
        text, settings = exchange.query.get("$filter"), self._settings.values
        if text is None:
            return None
        if settings.device_filter_answer == 501:
            raise page.not_implemented()
        if settings.device_filter_answer == 400:
            raise GraphError(400, "BadRequest", "Filter is not supported for this collection", nested=True)
        return odata_filter.parse(text, ManagedDevice, settings.device_filter_ignores_case)

    def _view(self, exchange: Exchange) -> View:
        version, text = Version(exchange.segments[0]), exchange.query.get("$select")
        if text is None:
            return View(version, self._settings.values.enum_case)
        names = [name.strip() for name in text.split(",")]
        known = {"id"} | {prop.name for prop in ManagedDevice.PROPERTIES}
        for name in names:
            if name not in known:
                raise bad_request(f"Could not find a property named '{name}' on type '{ManagedDevice.TYPE}'.")
        return View(version, self._settings.values.enum_case, frozenset(names))

    def _context(self, exchange: Exchange, view: View) -> str:
        selected = "" if view.select is None else f"({exchange.query['$select']})"
        return f"{self._graph_url}/{view.version.value}/$metadata#{_COLLECTION}{selected}"


def _check_options(exchange: Exchange, known: frozenset[str]) -> None:
    # The service may ignore an option that it does not know; here, a misspelled one has to be noticed.
    unknown = sorted(exchange.query.keys() - known)
    if unknown:
        raise bad_request(f"The query option '{unknown[0]}' is not supported here.")
