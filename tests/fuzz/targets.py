# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fuzzed code: everything that reads external input. A target raises an error for what must not happen.

Some use the fuzzer's bytes unchanged. Others let hypothesis generate JSON documents from them, since random bytes are
seldom JSON.
"""

from __future__ import annotations

import base64
import json
import math
import pathlib
import tempfile
import typing
from collections.abc import Callable
from typing import Any

import msal
from ansible_collections.graphops.intune.plugins.module_utils._compliance import model
from ansible_collections.graphops.intune.plugins.module_utils._compliance.bulk_options import read_items
from ansible_collections.graphops.intune.plugins.module_utils._compliance.listing import Filters
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS, Target
from ansible_collections.graphops.intune.plugins.module_utils._compliance.routes import (
    Wanted,
    entity_of,
    item_path,
    only_one,
    unwrap,
)
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError, InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._graph.batch import answers
from ansible_collections.graphops.intune.plugins.module_utils._graph.edm import EdmDateTimeOffset, EdmError
from ansible_collections.graphops.intune.plugins.module_utils._graph.plan import Desired, Plan
from ansible_collections.graphops.intune.plugins.module_utils._options import Connection, connection_argument_spec
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.credentials import AccessToken
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.token_cache import TokenCacheFile
from ansible_collections.graphops.intune.plugins.module_utils._sign_in.tokens import Tokens
from ansible_collections.graphops.intune.plugins.module_utils._transport.http import Answer, Transport, origin
from ansible_collections.graphops.intune.plugins.module_utils._transport.json_document import check_shape, parse_json
from ansible_collections.graphops.intune.plugins.module_utils._transport.retry import (
    RetryBudget,
    parse_http_date,
    parse_retry_after,
    show_time,
)
from ansible_collections.graphops.intune.plugins.plugin_utils import _timestamps
from ansible_collections.graphops.intune.plugins.plugin_utils._desired.csv_rows import Dialect
from ansible_collections.graphops.intune.plugins.plugin_utils._desired.files import DesiredError, Policy, read_file
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory import devices, host_names
from ansible_collections.graphops.intune.plugins.plugin_utils._report import snapshot_file
from ansible_collections.graphops.intune.plugins.plugin_utils._report.csv_file import to_csv
from ansible_collections.graphops.intune.plugins.plugin_utils._report.figures import Limits, count
from ansible_collections.graphops.intune.plugins.plugin_utils._report.history import History
from ansible_collections.graphops.intune.plugins.plugin_utils._report.json_file import to_document, to_json
from ansible_collections.graphops.intune.plugins.plugin_utils._report.page.page import ReportPage
from ansible_collections.graphops.intune.plugins.plugin_utils._report.reading import policy_of
from ansible_collections.graphops.intune.plugins.plugin_utils._report.snapshot import Header, Reading, Row, Snapshot
from ansible_collections.graphops.intune.plugins.plugin_utils._report.statuses import statuses_of
from ansible_collections.graphops.intune.plugins.plugin_utils._unsafe import mark_unsafe
from hypothesis import given, settings
from hypothesis import strategies as st

_NOW = 1_700_000_000.0
_READING = DEVICE_STATUS.reading("Reading")
_DATE = EdmDateTimeOffset()
_GRAPH = "https://graph.microsoft.com"
_OPTIONS = {option: entry.get("default") for option, entry in connection_argument_spec().items()}
_LONGEST_SENTENCE = 20_000  # fifty problems at most, each with one value that is cut

# Text with what is valid in JSON but not in files, terminals and pages; and with what the collection's code looks for.
_TEXTS = st.one_of(
    st.text(st.one_of(st.characters(), st.sampled_from("\x00\x1b\x9b\u202e\ud800\x1c;={<")), max_size=40),
    st.sampled_from(
        ("", "compliant", "inGracePeriod", "2017-01-01T00:00:17.7769392-08:00", "9999-12-31T23:59:59.9999999Z", "1e400")
    ),
)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)),
    max_leaves=12,
)
_OPTIONS_OF_ITEMS = [
    *("policy_id", "policy_name", "status_id", "id", "match", "clear", "policy_display_name", "policy_type"),
    *(p.option for p in model.PROPERTIES),
    *(p.name for p in model.PROPERTIES),
]
_ROWS = st.fixed_dictionaries(
    {}, optional={"id": _JSON, "@odata.type": _JSON, **{p.name: _JSON for p in model.PROPERTIES}}
)


def _keep(sentence: str) -> None:
    """Check that a sentence can be shown to a person."""
    assert sentence.isprintable(), "it contains control characters"
    _keep_text(sentence)


def _keep_text(sentence: str) -> None:
    assert sentence, "the text is empty"
    assert len(sentence) <= _LONGEST_SENTENCE, f"{len(sentence)} characters are too long"


def _keep_error(error: IntuneError) -> None:
    _keep(error.sentence)
    failure = json.loads(json.dumps(error.failure.as_dict()))
    assert isinstance(failure["code"], str)
    assert isinstance(failure["retryable"], bool)
    assert failure["retry_after"] is None or failure["retry_after"] >= 0


def _transport() -> Transport:
    made = Connection.from_options({**_OPTIONS, "access_token": "token"})
    return Transport(made, RetryBudget(0.0))


_TRANSPORT = _transport()


def dates(data: bytes) -> None:
    """A date and time, from a user or from the service."""
    text = data.decode("utf-8", "surrogateescape")
    _DATE.before(text, "2017-01-01T00:00:17Z")
    shown = _timestamps.canonical(text)
    assert shown is None or shown == _timestamps.NEVER or _timestamps.is_timestamp(shown)
    try:
        sent = _DATE.from_option(text)
    except EdmError:
        return
    assert _DATE.from_option(sent) == sent
    assert _DATE.same(text, sent)
    assert isinstance(_DATE.key(sent), int)


def waits(data: bytes) -> None:
    """A Retry-After or Date header."""
    text = data.decode("latin-1")
    for value in (text, data, _number(text)):
        wait = parse_retry_after(value, _NOW)
        assert wait is None or (wait >= 0 and math.isfinite(wait))
        if wait is not None:
            show_time(_NOW + wait)
    seconds = parse_http_date(text)
    assert seconds is None or math.isfinite(seconds)


def _number(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def bodies(data: bytes) -> None:
    """The body of an error, as bytes."""
    status = 400 + (data[0] if data else 0) % 120
    answer = Answer(status, {"Retry-After": data[1:30].decode("latin-1")}, data[1:])
    _keep_error(_TRANSPORT.failure(answer, "GET", f"{_GRAPH}/x", _READING))
    _keep_error(_TRANSPORT.not_json(answer, "GET", f"{_GRAPH}/x", _READING))


_NESTED = st.fixed_dictionaries(
    {}, optional={"Message": _JSON, "CustomApiErrorPhrase": _JSON, "RetryAfter": _JSON}
).map(json.dumps)
_IDS = st.fixed_dictionaries({}, optional={"request-id": _JSON, "client-request-id": _JSON})
_ERRORS = st.fixed_dictionaries(
    {},
    optional={"code": _JSON, "message": st.one_of(_JSON, _NESTED), "innerError": st.one_of(_JSON, _IDS)},
)


@settings(database=None, deadline=None)
@given(
    st.one_of(
        _JSON, st.fixed_dictionaries({"error": st.one_of(_JSON, _ERRORS)}, optional={"error_description": _JSON})
    ),
    st.integers(400, 520),
    st.dictionaries(st.sampled_from(["Retry-After", "Date", "request-id"]), st.text(st.characters(max_codepoint=255))),
)
def errors(document: Any, status: int, headers: dict[str, str]) -> None:
    """The body of an error, as JSON: of Graph, of Intune within it, of OAuth."""
    answer = Answer(status, headers, json.dumps(document).encode())
    _keep_error(_TRANSPORT.failure(answer, "GET", f"{_GRAPH}/x", _READING))


_RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.sampled_from(["0", "1", "2", "3"]), _JSON),
        "status": st.one_of(st.sampled_from([200, 204, 400, 401, 424, 429]), _JSON),
        "headers": st.one_of(st.fixed_dictionaries({}, optional={"retry-after": _JSON, "DATE": _JSON}), _JSON),
        "body": st.one_of(st.fixed_dictionaries({"error": _ERRORS}), _JSON),
    },
)


@settings(database=None, deadline=None)
@given(st.one_of(_JSON, st.fixed_dictionaries({"responses": st.lists(_RESPONSES, max_size=5)})))
def batches(document: Any) -> None:
    """The answer to an envelope."""
    found = answers(document, 4, "Sun, 06 Nov 1994 08:49:37 GMT")
    assert len(found) == 4
    for answer in found:
        if answer is not None and not answer.ok:
            _keep_error(_TRANSPORT.failure(answer, "PATCH", f"{_GRAPH}/x", _READING))
        elif answer is not None:
            try:
                answer.json()
            except ValueError:
                _keep_error(_TRANSPORT.not_json(answer, "PATCH", f"{_GRAPH}/x", _READING))


def links(data: bytes) -> None:
    """A URL from an answer: it is refused, or leads to its own host."""
    url = data.decode("utf-8", "replace")
    origin(url)
    try:
        _TRANSPORT.send("GET", url, _READING, bearer="secret", only=_GRAPH)
    except IntuneError as error:
        _keep_error(error)


def _stop_before_the_network() -> None:
    """Replace the network; every request must go to Graph's host over TLS."""

    def send(prepared: Any, **_settings: Any) -> None:
        assert origin(str(prepared.url)) == _GRAPH, prepared.url
        raise IntuneError("reached", _TRANSPORT.not_json(Answer(200, {}, b""), "GET", _GRAPH, _READING).failure)

    _TRANSPORT._session.send = send  # type: ignore[method-assign,assignment]  # no request may leave


_stop_before_the_network()


def claims(data: bytes) -> None:
    """The claims of a token."""
    made = Connection.from_options({**_OPTIONS, "access_token": "x"})
    for payload in (data.decode("latin-1"), base64.urlsafe_b64encode(data).decode()):
        tokens = Tokens(AccessToken(made), _TRANSPORT, lambda _secret: None)
        tokens._token = f"a.{payload}.c"
        assert isinstance(tokens.claims(), dict)
        json.dumps(tokens.roles())


class _File:
    """A file without a folder, in memory."""

    def __init__(self, name: str, content: bytes) -> None:
        self.suffix = pathlib.PurePath(name).suffix
        self._content = content

    def read_bytes(self) -> bytes:
        return self._content


def _desired(name: str, data: bytes) -> None:
    try:
        found = read_file(typing.cast(pathlib.Path, _File(name, data)), None, Dialect(), Policy("p"))
    except DesiredError as error:
        _keep_text(str(error))
        return
    json.dumps(found.statuses)  # as ansible-core passes them on
    assert len(read_items(found.statuses, {"policy_id": "p"}, "beta")) == len(found.places)


def csvs(data: bytes) -> None:
    """A list of desired statuses in CSV."""
    _desired("x.csv", data)


def jsons(data: bytes) -> None:
    """A list of desired statuses in JSON."""
    _desired("x.json", data)


def yamls(data: bytes) -> None:
    """A list of desired statuses in YAML."""
    _desired("x.yml", data)


@settings(database=None, deadline=None)
@given(st.lists(st.one_of(_JSON, st.dictionaries(st.sampled_from(_OPTIONS_OF_ITEMS), _JSON)), max_size=5))
def items(statuses: list[Any]) -> None:
    """The items of a bulk task."""
    try:
        read = read_items(statuses, {"policy_id": "p"}, "beta")
    except InvalidOptionsError as error:
        _keep_error(error)
        return
    for item in read:
        json.dumps([p.type.from_service(value) for p, value in item.desired.values.items()])
        json.dumps(item.result())


def snapshots(data: bytes) -> None:
    """A snapshot file, as bytes."""
    _report(data.decode("utf-8", "replace"))


_CELLS = st.one_of(st.none(), _TEXTS, _JSON)
_POLICIES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("id", "name", "type", "counted", "problem"), _CELLS),
        "reading": st.one_of(st.sampled_from([reading.value for reading in Reading]), _JSON),
        "rows": st.one_of(st.lists(st.lists(_CELLS, min_size=8, max_size=8), max_size=3), _JSON),
    }
)
_HEADERS = st.fixed_dictionaries(
    {
        "graphops_intune_snapshot": st.just(1),
        "taken": st.just("2026-11-24T06:00:00Z"),
        "complete": st.one_of(st.booleans(), _JSON),
        **dict.fromkeys(Header._fields[2:], st.one_of(st.integers(0, 9), _JSON)),
        "columns": st.just(list(Row._fields)),
        "policies": st.one_of(st.lists(_POLICIES, max_size=3), _JSON),
    }
)


@settings(database=None, deadline=None)
@given(_HEADERS)
def reports(document: Any) -> None:
    """A snapshot file, as JSON, and the report of it."""
    _report(json.dumps(document))


_PAGE = ReportPage(None, "template")


def _report(text: str) -> None:
    try:
        read = snapshot_file.from_json(text)
    except snapshot_file.SnapshotError:
        return
    assert snapshot_file.from_json(snapshot_file.to_json(read)) == read
    snapshot_file.header_from_json(text)
    figures = count(read, History((read.header,), read), Limits())
    statuses = statuses_of(figures)
    document = to_document(figures, "x", "x")
    page = _PAGE.render(figures, document, statuses)
    for written in (page, to_csv(read.policies, statuses), to_json(document)):
        written.encode()  # what cannot be encoded must have been replaced


def _only_one(found: Any) -> None:
    only_one(found, _READING, Wanted("row", "rows", "of the target", "select one"))


def _unwrap(document: Any) -> None:
    unwrap({"value": document}, _READING)


@settings(database=None, deadline=None)
@given(st.lists(_ROWS, max_size=4), _JSON)
def rows(found: list[dict[str, Any]], document: Any) -> None:
    """The rows of a list: compared, shown, converted to hosts."""
    wanted = Desired.from_options(
        DEVICE_STATUS, {"status": "error", "platform": 1, "last_reported_date_time": "2017-01-01T00:00Z"}, "beta"
    )
    for row in found:
        plan = Plan.between(row, wanted)
        json.dumps([plan.diff(), plan.missed(row), plan.moved(row), plan.body])
        Target(match={"userName": "x"}).fits(row)
        Filters(before={"lastReportedDateTime": "2017-01-01T00:00:17Z"}, statuses=frozenset(["error"])).fit(row)
        item_path("p", str(row.get("id")))
        entity_of({"value": document})
    for choose, given_to_it in ((_only_one, found), (_unwrap, document)):
        try:
            choose(given_to_it)
        except IntuneError as error:
            _keep_error(error)
    shown = [model.show(row, "p", "beta") for row in found]
    result = {"device_compliance_statuses": shown, "overviews": [{"a_count": 1}], "complete": True}
    policy = policy_of({"id": "p", "display_name": document, "type": document}, result)
    snapshot_file.to_json(Snapshot("2026-11-24T06:00:00Z", [policy])).encode()
    try:
        grouped = host_names.group(shown, ["device_display_name"], lambda _entry, _row: None)
    except IntuneError as error:
        _keep_error(error)
        return
    hosts = host_names.choose(grouped, ["all"])
    assert len(set(hosts.values())) == len(grouped)
    for name, rows_of_device in grouped.items():
        json.dumps({hosts[name]: mark_unsafe(devices.variables(rows_of_device))}, default=str)
    host_names.renamed(hosts)


_FOLDER = tempfile.TemporaryDirectory(prefix="intune-fuzz-")


def caches(data: bytes) -> None:
    """A token cache file."""
    path = pathlib.Path(_FOLDER.name) / "tokens"
    path.touch(0o600)
    path.write_bytes(data)
    try:
        text = TokenCacheFile(str(path)).read()
    except InvalidOptionsError as error:
        _keep_error(error)
        return
    msal.SerializableTokenCache().deserialize(text)  # and no other kind of file is ever overwritten


def shapes(data: bytes) -> None:
    """Any JSON: what is accepted can be shown, stored, and read by ansible-core."""
    try:
        document = parse_json(data)
    except ValueError:
        return
    check_shape(document)
    repr(document)
    json.dumps(document, ensure_ascii=False).encode()


def _structured(test: Any) -> Callable[[bytes], Any]:
    return typing.cast("Callable[[bytes], Any]", test.hypothesis.fuzz_one_input)


TARGETS: dict[str, Callable[[bytes], Any]] = {
    **{f.__name__: f for f in (bodies, caches, claims, csvs, dates, jsons, links, shapes, snapshots, waits, yamls)},
    **{test.__name__: _structured(test) for test in (batches, errors, items, reports, rows)},
}
