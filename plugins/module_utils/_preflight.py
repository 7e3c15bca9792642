# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What modules and plugins do around their requests: check what can be checked offline, open a client, hide secrets."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from ansible.module_utils.basic import missing_required_lib

from ._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from ._graph.client import GraphClient
from ._graph.progress import Progress
from ._options import Connection
from ._sign_in.credentials import Credential, select_credential
from ._transport.http import HAS_REQUESTS
from ._transport.retry import Clock

_T = TypeVar("_T")


def check(connection: Connection, prepare: Callable[[], _T]) -> tuple[_T, Credential]:
    """Check everything that needs no network; return what *prepare* returned, and the credential.

    Args:
        prepare: checks the options beside the connection's, and returns what they mean.

    Raises:
        InvalidOptionsError: names everything that is not valid.
        IntuneError: a library is missing.
    """
    problems: list[str] = []
    prepared: list[_T] = []
    credentials: list[Credential] = []
    try:
        prepared.append(prepare())
    except InvalidOptionsError as error:
        problems += error.problems
    problems += connection.problems()
    try:
        credentials.append(select_credential(connection))
        problems += credentials[0].problems()
    except InvalidOptionsError as error:
        problems += error.problems
    if connection.budget_path:
        from ._graph.shared_budget import BudgetFile  # opt-in, loaded on demand

        problems += BudgetFile(connection.budget_path).problems()
    if problems:
        raise InvalidOptionsError(problems)
    if not HAS_REQUESTS:
        raise missing_library("requests")
    return prepared[0], credentials[0]


@contextlib.contextmanager
def open_client(
    connection: Connection,
    credential: Credential,
    register_secret: Callable[[str], object],
    clock: Clock = time,
    progress: Progress | None = None,
) -> Iterator[GraphClient]:
    """Yield a client, and close it in any case.

    Args:
        register_secret: called with each token.
        progress: gets the progress of long reads, and long waits.

    Raises:
        IntuneError: a library that is loaded when it is first needed is missing.
    """
    client = GraphClient(connection, credential, register_secret, clock, progress)
    try:
        yield client
    except ImportError as error:
        raise missing_library(error.name or "requests") from None
    finally:
        client.close()


def missing_library(name: str) -> IntuneError:
    """Return the error for a missing Python package."""
    sentence = str(missing_required_lib(name))  # type: ignore[no-untyped-call]  # as ansible-core has it
    return IntuneError(sentence, Failure(Code.MISSING_LIBRARY, sentence, Phase.VALIDATE))


def mask(secret: str) -> bool:
    """Have ansible-core mask *secret* in all output; return False before 2.22, which cannot do that."""
    try:
        # By name: it does not exist in every supported version.
        masker = importlib.import_module("ansible.module_utils.secrets")
    except ImportError:
        return False
    masker.register_secret(secret)
    return True
