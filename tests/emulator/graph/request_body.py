# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the JSON body of a request to Graph."""

from __future__ import annotations

import json

from ..http.exchange import Exchange
from .error import GraphError, bad_request


def read_json(exchange: Exchange) -> object:
    """The decoded body; GraphError if it is not JSON, or its media type is another one."""
    media_type = exchange.header("content-type").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise GraphError(415, "UnsupportedMediaType", f"The media type '{media_type}' is not supported.")
    try:
        content: object = json.loads(exchange.body, parse_constant=_refuse_constant)
    except ValueError:
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload "
            "is of valid JSON format."
        ) from None
    return content


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
