# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python -m tests.emulator``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .emulator import Emulator
from .entra.credentials import Addresses, CredentialFiles, Credentials, write_private
from .graph import seed
from .graph.fleet import Fleet
from .http.server import LOOPBACK, Listener, serve
from .settings import Profile, Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the emulator until a signal or the end of standard input stops it; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.policies > 1 and options.statuses is None:
        parser.error("--policies requires --statuses")
    # Until the server handles the signals, they end the program through its clean-up.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_rest: sys.exit(0))
    try:
        with contextlib.ExitStack() as stack:
            directory: Path = options.directory or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _run(options, CredentialFiles(directory.absolute()))
    except (seed.SeedError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    return 0


def _run(options: argparse.Namespace, files: CredentialFiles) -> None:
    fleet = _fleet(options)
    listener, identity = Listener(options.port), Listener(0)
    addresses = Addresses(
        graph_url=f"https://localhost:{listener.port}",
        # A host name that differs from Graph's, so that a token sent to the wrong one of the two is found.
        authority_url=f"https://{LOOPBACK}:{listener.port}",
        identity_url=f"http://{LOOPBACK}:{identity.port}",
    )
    credentials = Credentials(federated_issuer=f"{addresses.authority_url}/workload")
    files.write_tls()
    files.write(credentials, addresses)
    settings = Settings(
        profile=Profile(options.profile), token_lifetime=options.token_lifetime, time_scale=options.time_scale
    )
    emulator = Emulator(fleet, settings, credentials, addresses)

    def ready() -> None:
        if options.env_file is not None:
            _write_environment(options.env_file, credentials, addresses, files)
        sys.stdout.write(f"emulator ready: {addresses.graph_url}\n")
        sys.stdout.flush()

    servers = [listener.server(emulator.tls, files.server), identity.server(emulator.plain)]
    asyncio.run(serve(servers, ready, options.until_eof))


def _write_environment(path: Path, credentials: Credentials, addresses: Addresses, files: CredentialFiles) -> None:
    # One credential only, because the collection's auth_source "auto" would choose among several.
    variables = {
        "AZURE_TENANT_ID": credentials.tenant_id,
        "AZURE_CLIENT_ID": credentials.client_id,
        "AZURE_CLIENT_SECRET": credentials.client_secret,
        "INTUNE_GRAPH_URL": addresses.graph_url,
        "INTUNE_AUTHORITY_URL": addresses.authority_url,
        "INTUNE_CA_PATH": str(files.ca),
    }
    lines = [f"export {name}={_quoted(value)}\n" for name, value in variables.items()]
    write_private(path, "".join(lines).encode())


def _quoted(value: str) -> str:
    quoted = shlex.quote(value)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _fleet(options: argparse.Namespace) -> Fleet:
    if options.statuses is not None:
        return seed.generate(options.statuses, options.policies)
    return seed.load(options.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulator",
        description="A local Microsoft Graph for device compliance, with OAuth over TLS.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="TLS port on the loopback interface; 0: a free port (default)")
    profiles = [profile.value for profile in Profile]
    add(
        "--profile",
        choices=profiles,
        default=Profile.DOCUMENTED.value,
        help="which methods work as documented (default: %(default)s)",
    )
    _add_fleet(parser)
    add("--env-file", type=Path, metavar="FILE", help="write the environment variables to this file, for a shell")
    add("--directory", type=Path, metavar="DIR", help="store certificates and credentials here (default: temporary)")
    lifetime = "lifetime of access tokens (default: %(default)s)"
    add("--token-lifetime", type=_count, default=3600, metavar="SECONDS", help=lifetime)
    scale = "how many times faster the clock of the budgets runs (default: %(default)s)"
    add("--time-scale", type=_time_scale, default=Settings.time_scale, metavar="FACTOR", help=scale)
    add("--until-eof", action="store_true", help="also stop at the end of standard input, when the parent process ends")
    return parser


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    rows = parser.add_mutually_exclusive_group()
    seed_file = "JSON file with policies, statuses and devices"
    rows.add_argument("--seed", type=Path, default=seed.DOCUMENTED, metavar="FILE", help=seed_file)
    rows.add_argument("--statuses", type=_count, metavar="N", help="generate N statuses")
    policies = "distribute them over N policies (default: %(default)s)"
    parser.add_argument("--policies", type=_positive, default=1, metavar="N", help=policies)


def _time_scale(text: str) -> float:
    try:
        return Settings().changed({"time_scale": float(text)}).time_scale
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    value = _count(text)
    if value == 0:
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value
