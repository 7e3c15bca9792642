# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of ten thousand devices, read and from its cache, compared with the same hosts in a static file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .figures import progress, spread, table
from .stage import Stage, stage

_DEVICES = 10_000
_GROUPED = {
    "groups": {"remediate": "intune_compliance_status in ['nonCompliant', 'error', 'conflict']"},
    "keyed_groups": [{"prefix": "status", "key": "intune_compliance_status"}],
}
_VARIANTS = {
    "names": "static, names alone",
    "static": "static, with the same variables",
    "read": "`intune_devices`, read from the service",
    "cached": "`intune_devices`, from its cache",
    "grouped": "`intune_devices`, from its cache, with `groups` and `keyed_groups`",
}


def report(rounds: int) -> list[str]:
    """Measure, and return the figures as Markdown."""
    taken: dict[str, list[float]] = {variant: [] for variant in _VARIANTS}
    with stage(statuses=_DEVICES) as scene:
        sources = _prepare(scene)
        hosts = len({row["deviceDisplayName"].casefold() for row in scene.rows})
        for number in range(1, rounds + 1):
            for variant, path in sources.items():
                progress(f"an inventory of {hosts:,} hosts, {variant}, round {number} of {rounds}")
                sent = len(scene.emulator.log("graph"))
                taken[variant].append(scene.list_inventory(path, hosts))
                sent = len(scene.emulator.log("graph")) - sent
                if (sent > 0) != (variant == "read"):
                    raise SystemExit(f"{variant} sent {sent} requests to the service")
    head = [f"`ansible-inventory --list`, {hosts:,} hosts", "complete process (s)"]
    return table(head, [(_VARIANTS[variant], spread(seconds)) for variant, seconds in taken.items()])


def _prepare(scene: Stage) -> dict[str, Path]:
    """Write each variant's source, and fill the caches; return the sources' paths."""
    ours = {"plugin": "graphops.intune.intune_devices", "policies": [scene.policy_id]}
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(scene.folder / "kept")}
    found = {
        "read": _write(scene, "read.intune_devices.yml", ours),
        "cached": _write(scene, "cached.intune_devices.yml", {**ours, **kept}),
        "grouped": _write(scene, "grouped.intune_devices.yml", {**ours, **kept, **_GROUPED}),
    }
    hosts = scene.read_inventory(found["read"])
    for variant in ("cached", "grouped"):  # each keeps its own
        scene.read_inventory(found[variant])
    return {
        "names": _write(scene, "names.yml", {"all": {"hosts": dict.fromkeys(hosts)}}),
        "static": _write(scene, "static.yml", {"all": {"hosts": hosts}}),
        **found,
    }


def _write(scene: Stage, name: str, content: dict[str, Any]) -> Path:
    path = scene.folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
