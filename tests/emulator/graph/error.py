# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error bodies of Graph and of the Intune service behind it."""

from __future__ import annotations

import dataclasses
import json
import uuid
from urllib.parse import quote

from ..http.exchange import Answer, Exchange, utc_now

NOT_ROUTED = "No method match route template"
# The host and service names in Intune's texts differ by scale unit; nothing can be sent to .invalid.
SERVICE_PATH = "/DeviceConfiguration_2601/StatelessDeviceConfigurationFEService/deviceManagement"
_SERVICE_URL = f"https://fef.amsub0102.manage.invalid{SERVICE_PATH}"
_NO_OPERATION = uuid.UUID(int=0)


@dataclasses.dataclass(eq=False)
class GraphError(Exception):
    """An error that Graph answers; ``nested`` puts the message into Intune's JSON within the message."""

    status: int
    code: str
    message: str
    nested: bool = False
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    def answer(self, exchange: Exchange) -> Answer:
        """The error as an answer."""
        message = nested_message(exchange, self.message) if self.nested else self.message
        return Answer.of_json(self.status, envelope(exchange, self.code, message), self.headers)


def envelope(exchange: Exchange, code: str, message: str) -> dict[str, object]:
    """Graph's error document."""
    request_id = exchange.request_id
    return {
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": f"{utc_now():%Y-%m-%dT%H:%M:%S}",
                "request-id": request_id,
                "client-request-id": exchange.header("client-request-id") or request_id,
            },
        }
    }


def flat_message(exchange: Exchange, text: str) -> str:
    """Intune's text with the ids for its support: the older form, and the content of the nested form."""
    parts = exchange.segments[2:]
    url = "/".join([_SERVICE_URL, *(quote(part, safe="") for part in parts)])
    return (
        f"{text} - Operation ID (for customer support): {_NO_OPERATION} - Activity ID: "
        f"{exchange.request_id} - Url: {url}?api-version=5026-01-05"
    )


def nested_message(exchange: Exchange, text: str, retry_after: float | None = None) -> str:
    """Intune's JSON, which Graph passes on as a string, with the line breaks of the service."""
    document = {
        "_version": 3,
        "Message": flat_message(exchange, text),
        "CustomApiErrorPhrase": "",
        "RetryAfter": retry_after,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return json.dumps(document, indent=2).replace("\n", "\r\n")


def not_routed(template: str, method: str, path: str) -> GraphError:
    """The 400 of the live service for a route that it has no code for; ``path`` is below ``deviceManagement``."""
    return GraphError(
        400,
        NOT_ROUTED,
        f"No OData route exists that match template {template} with http verb {method} for "
        f"request {SERVICE_PATH}{path}.",
    )


def no_segment(segment: str) -> GraphError:
    """The 400 for a path that does not exist."""
    return bad_request(f"Resource not found for the segment '{segment}'.")


def unauthorized(message: str) -> GraphError:
    """The 401 for a token that Graph refuses."""
    headers = {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
    return GraphError(401, "InvalidAuthenticationToken", message, headers=headers)


def not_found(what: str, identifier: str) -> GraphError:
    """The 404 of the Intune service."""
    return GraphError(404, "ResourceNotFound", f"{what} with id '{identifier}' was not found", nested=True)


def forbidden(scopes: tuple[str, ...]) -> GraphError:
    """The 403 of the Intune service, which names the sufficient scopes."""
    return GraphError(
        403,
        "Forbidden",
        "Application is not authorized to perform this operation. Application must have one of the following scopes: "
        + ", ".join(scopes),
        nested=True,
    )


def bad_request(message: str) -> GraphError:
    """A 400 of Graph itself."""
    return GraphError(400, "BadRequest", message)
