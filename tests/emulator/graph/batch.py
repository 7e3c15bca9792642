# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a batch: the steps that it requests, and the answers to them.

learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from ..http.exchange import BATCH, Answer, Exchange
from .error import GraphError, bad_request
from .request_body import read_json

MOST_STEPS = 20

_MEMBERS = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})
# The headers that a step takes from its envelope; it must have its own Content-Type.
_INHERITED = ("host", "authorization", "user-agent", "client-request-id")
_URL_CHARACTERS = "/%:@!$&'()*+,;=~?"


@dataclasses.dataclass(frozen=True)
class Step:
    """One request of a batch, with the ids, in lower case, of the steps that must succeed before it."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    depends_on: tuple[str, ...]

    @property
    def key(self) -> str:
        """The id in the form in which ids are compared."""
        return self.id.lower()

    @property
    def refusal(self) -> GraphError | None:
        """Why this step is not processed, whatever it requests."""
        if "://" in self.url.partition("?")[0]:
            return bad_request(f"The url of request '{self.id}' must be relative to the version root.")
        if self.url.partition("?")[0].strip("/") == BATCH:
            return bad_request(f"Request '{self.id}' is a batch within a batch.")
        incomplete = not self.body or not self.headers.get("content-type")
        if incomplete and (self.body or self.method in _WITH_BODY):
            return bad_request(f"Write request id : {self.id} does not contain Content-Type header or body.")
        return None

    def exchange(self, envelope: Exchange, number: int) -> Exchange:
        """The step as a request; ``number`` is that of its envelope in the log."""
        path, _rest, query = self.url.partition("?")
        inherited = {name: envelope.headers[name] for name in _INHERITED if name in envelope.headers}
        return Exchange(
            kind=envelope.kind,
            method=self.method,
            raw_path=f"/{envelope.segments[0]}/{_as_sent(path.lstrip('/'))}",
            query_string=_as_sent(query),
            headers={**self.headers, **inherited},
            body=self.body,
            client_address=envelope.client_address,
            batch=number,
        )

    def answered(self, answer: Answer) -> dict[str, object]:
        """The answer to the step as part of the answer to the batch."""
        shown: dict[str, object] = {"id": self.id, "status": answer.status, "headers": answer.headers}
        return {**shown, "body": _shown_body(answer)} if answer.body else shown


def parse(envelope: Exchange) -> list[Step]:
    """The steps of a batch; GraphError if the batch is refused as one."""
    if envelope.method != "POST":
        raise GraphError(405, "MethodNotAllowed", f"A batch must be sent with POST, not with {envelope.method}.")
    content = read_json(envelope)
    items = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(items, list) or not items:
        raise _invalid("'requests' must be an array with at least one request")
    if len(items) > MOST_STEPS:
        raise GraphError(
            400, "MaximumValueExceeded", f"Number of batch request steps exceeds the maximum value of {MOST_STEPS}."
        )
    steps = [_step(item) for item in items]
    known: set[str] = set()
    for step in steps:
        if step.key in known:
            raise _invalid(f"the id '{step.id}' is not unique")
        # OData JSON 4.01, 19.1: a request can only depend on requests before it.
        if not known.issuperset(step.depends_on):
            raise _invalid(f"request '{step.id}' depends on a request that is not before it")
        known.add(step.key)
    return steps


def _as_sent(part: str) -> str:
    """A part of a URL in ASCII; JSON can hold what a request line cannot."""
    return quote(part, safe=_URL_CHARACTERS, errors="replace")


def _step(item: object) -> Step:
    if not isinstance(item, dict):
        raise _invalid("a request must be an object")
    # The service may ignore a member that it does not know; here, a misspelled one has to be noticed.
    unknown = item.keys() - _MEMBERS
    if unknown:
        raise _invalid(f"unknown members {', '.join(sorted(unknown))} of a request")
    method = _text(item, "method").upper()
    if method not in _METHODS:
        raise _invalid(f"unknown method {method}")
    return Step(
        id=_text(item, "id"),
        method=method,
        url=_text(item, "url"),
        headers=_headers(item.get("headers")),
        body=b"" if item.get("body") is None else json.dumps(item["body"]).encode(),
        depends_on=tuple(key.lower() for key in _texts(item.get("dependsOn"))),
    )


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    if isinstance(value, str) and value:
        return value
    raise _invalid(f"'{name}' of a request must be a string that is not empty")


def _texts(value: object) -> Iterable[str]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    raise _invalid("dependsOn must be an array of ids")


def _headers(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values()):
        return {name.lower(): entry for name, entry in value.items()}
    raise _invalid("headers must be an object of strings")


def _shown_body(answer: Answer) -> object:
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        try:
            content: object = json.loads(answer.body)
        except ValueError:
            pass
        else:
            return content
    # A body that is not JSON is returned in base64, as documented.
    return base64.urlsafe_b64encode(answer.body).decode()


def _invalid(text: str) -> GraphError:
    return bad_request(f"Invalid batch payload format: {text}.")
