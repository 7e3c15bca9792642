# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control routes, with which tests and users inspect and control the emulator."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .entra.tokens import Tokens
from .faults import chaos
from .faults import rule as fault_rule
from .faults.faults import FaultError
from .graph.device_status import DeviceStatus
from .graph.edm import EdmError
from .graph.entity import Version, read_changes
from .graph.error import GraphError
from .graph.managed_device import ManagedDevice
from .graph.store import Store
from .http.exchange import segments
from .oversight import Oversight
from .settings import CurrentSettings, SettingsError

Endpoint = Callable[[Request], Awaitable[Response]]


class ControlError(Exception):
    """A control request that cannot be carried out: the status to answer, and the reason."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Controls one emulator. It requires no login, because the listener is on the loopback interface only."""

    def __init__(self, store: Store, settings: CurrentSettings, tokens: Tokens, oversight: Oversight) -> None:
        self._store = store
        self._current = settings
        self._tokens = tokens
        self._oversight = oversight

    def routes(self) -> list[Route]:
        """The routes below ``/_emulator``."""
        return [
            Route("/log", _answering_errors(self._log), methods=["GET"]),
            Route("/judge", _answering_errors(self._verdict), methods=["GET"]),
            Route("/faults", _answering_errors(self._add_faults), methods=["POST"]),
            Route("/faults", _answering_errors(self._clear_faults), methods=["DELETE"]),
            Route("/chaos", _answering_errors(self._begin_chaos), methods=["POST"]),
            Route("/chaos", _answering_errors(self._stop_chaos), methods=["DELETE"]),
            Route("/budget", _answering_errors(self._budget), methods=["GET"]),
            Route("/state", _answering_errors(self._state), methods=["GET"]),
            Route("/state/{ids:path}", _answering_errors(self._put_status), methods=["PUT"]),
            Route("/managed_devices", _answering_errors(self._devices), methods=["GET"]),
            Route("/managed_devices/{id:path}", _answering_errors(self._put_device), methods=["PUT"]),
            Route("/settings", _answering_errors(self._settings), methods=["GET"]),
            Route("/settings", _answering_errors(self._change_settings), methods=["PATCH"]),
            Route("/expire_tokens", _answering_errors(self._expire_tokens), methods=["POST"]),
            Route("/reset", _answering_errors(self._reset), methods=["POST"]),
        ]

    async def _log(self, _request: Request) -> Response:
        return JSONResponse(self._oversight.journal.as_json())

    async def _verdict(self, _request: Request) -> Response:
        return JSONResponse(self._oversight.judge.as_json())

    async def _budget(self, _request: Request) -> Response:
        return JSONResponse(self._oversight.budget.as_json())

    async def _add_faults(self, request: Request) -> Response:
        rules = fault_rule.parse(await _json(request))
        self._oversight.faults.add(rules)
        return JSONResponse({"added": len(rules)})

    async def _clear_faults(self, _request: Request) -> Response:
        self._oversight.faults.clear()
        return Response(status_code=204)

    async def _begin_chaos(self, request: Request) -> Response:
        odds = chaos.parse(await _json(request))
        self._oversight.chaos.begin(odds)
        return JSONResponse(odds.as_json())

    async def _stop_chaos(self, _request: Request) -> Response:
        self._oversight.chaos.clear()
        return Response(status_code=204)

    async def _state(self, _request: Request) -> Response:
        policies = self._store.policies.values()
        return JSONResponse(
            {
                "policies": [policy.as_json(Version.BETA) for policy in policies],
                "statuses": {
                    policy.id: [status.as_json() for status in policy.statuses.values()] for policy in policies
                },
            }
        )

    async def _put_status(self, request: Request) -> Response:
        ids = segments(request.scope["raw_path"].decode("ascii"))[2:]
        if len(ids) != 2:
            raise ControlError(404, "the path must be state/{policyId}/{statusId}, each part percent-encoded")
        policy_id, status_id = ids
        changes = read_changes(DeviceStatus, await _json_object(request), Version.BETA, any_member=True)
        status = self._store.policy(policy_id).statuses.get(status_id) or DeviceStatus(id=status_id)
        self._store.put(policy_id, status.changed(changes))
        return JSONResponse(self._store.status(policy_id, status_id).as_json())

    async def _devices(self, _request: Request) -> Response:
        return JSONResponse([device.as_json() for device in self._store.devices.values()])

    async def _put_device(self, request: Request) -> Response:
        changes = read_changes(ManagedDevice, await _json_object(request), Version.BETA, any_member=True)
        device_id: str = request.path_params["id"]
        device = self._store.devices.get(device_id) or ManagedDevice(id=device_id)
        self._store.devices.put(device.changed(changes))
        return JSONResponse(self._store.device(device_id).as_json())

    async def _settings(self, _request: Request) -> Response:
        return JSONResponse(self._current.values.as_json())

    async def _change_settings(self, request: Request) -> Response:
        self._current.change(await _json_object(request))
        return JSONResponse(self._current.values.as_json())

    async def _expire_tokens(self, _request: Request) -> Response:
        self._tokens.expire_all()
        return Response(status_code=204)

    async def _reset(self, _request: Request) -> Response:
        self._store.reset()
        self._current.reset()
        self._oversight.clear()
        return Response(status_code=204)


def _answering_errors(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with an invalid request answered by a message instead of a traceback."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlError as error:
            return JSONResponse({"error": str(error)}, error.status)
        except GraphError as error:
            return JSONResponse({"error": error.message}, error.status)
        except (EdmError, FaultError, SettingsError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return answering


async def _json(request: Request) -> object:
    try:
        content: object = json.loads(await request.body())
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    return content


async def _json_object(request: Request) -> dict[str, object]:
    content = await _json(request)
    if not isinstance(content, dict):
        raise ControlError(400, "the body must be a JSON object")
    return content
