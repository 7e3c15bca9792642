# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seeds of the fuzzer: valid input of each target."""

from __future__ import annotations

import json
from pathlib import Path

_ERROR = {"error": {"code": "TooManyRequests", "message": "Wait.", "innerError": {"request-id": "r", "date": "d"}}}
_NESTED = {
    "_version": 3,
    "Message": "Busy - Operation ID (for customer support): 0 - Activity ID: 0",
    "RetryAfter": 2.1,
}
_ITEM = {"status_id": "s", "status": "error", "last_reported_date_time": "2017-01-01T00:00:17.7769392-08:00"}
_TOKEN = {"AccessToken": {"key": {"secret": "s", "expires_on": "1", "target": "t"}}, "AppMetadata": {}}
_SNAPSHOT = (
    '{"graphops_intune_snapshot": 1, "taken": "2026-11-24T06:00:00Z", "complete": true, "policy_count": 1, '
    '"policies_read": 1, "row_count": 1, "device_count": 1, "not_compliant_devices": 0,\n"columns": ["id", "device", '
    '"user", "principal", "model", "status", "reported", "grace"],\n"policies": [{"id": "p", "name": "P", "type": "t", '
    '"counted": 1, "problem": null, "reading": "complete", "rows": [\n["i", "PC", null, null, null, "compliant", null, '
    '"never"]\n]}]}'
)

SEEDS: dict[str, list[str]] = {
    "bodies": [
        json.dumps(_ERROR),
        json.dumps({"error": {"code": "X", "message": json.dumps(_NESTED)}}),
        json.dumps(
            {"error": "invalid_client", "error_description": "AADSTS7000215: no. Trace ID: t Correlation ID: c"}
        ),
        "<html><title>502 Bad Gateway</title>",
    ],
    "caches": [json.dumps(_TOKEN), "{}", ""],
    "claims": [json.dumps({"roles": ["DeviceManagementConfiguration.Read.All"], "scp": "a b", "exp": 1, "aud": "g"})],
    "csvs": [
        "sep=;\nstatus_id;status;clear\ns;error;<clear>\n",
        'status_id,match_user_name,status,device_model\r\ns,,error,"a,b"\r\n',
    ],
    "dates": [
        "2017-01-01T00:00:17.7769392-08:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31 23:59:59.9999999z",
        "2017-01-01t08:00+0800",
    ],
    "jsons": [json.dumps([_ITEM]), json.dumps({"statuses": [{"id": "s", "match": None, "clear": ["device_model"]}]})],
    "links": [
        "https://graph.microsoft.com/beta/x?$skiptoken=1",
        "https://graph.microsoft.com@evil.example/",
        "//evil.example",
        "/x",
    ],
    "shapes": ['[[[{"a": [1, 2.5, null, true]}]]]', "[" * 99 + "]" * 99, "[" * 500 + "]" * 500],
    "snapshots": [_SNAPSHOT],
    "waits": [
        "7",
        "2.128",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        '"7"',
    ],
    "yamls": [
        "- status_id: s\n  status: error\n  last_reported_date_time: 2017-01-01T00:00:17.7769392-08:00\n",
        "a: &a [x]\nstatuses: [{<<: &b {status_id: s}, status: error}, *b, {id: 0x1f, platform: 1_000, clear: *a}]\n",
        "- !!int 1\n- !!timestamp 2017-01-01\n- !!set {a}\n- !!binary aGk=\n- 1:30\n- .inf\n- ~\n",
    ],
}


def write(target: str, folder: Path) -> None:
    """Write a target's seeds to a folder, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(SEEDS.get(target, [])):
        (folder / f"seed-{number}").write_text(text, encoding="utf-8")
