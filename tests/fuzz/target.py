# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzzes one target in this process, which libFuzzer ends: ``python -m tests.fuzz.target NAME [libFuzzer options]``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["ansible_collections.graphops.intune"]):
    from .targets import TARGETS


def main() -> None:
    """Fuzz the target that the command line names."""
    name, *options = sys.argv[1:]
    atheris.Setup([name, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
