# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What every module of the collection is made of: the connection options, a client, and failures that explain."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._auth import Credential, select_credential
from ._client import GraphClient
from ._device_status import COMPLIANCE_STATUS
from ._errors import Code, Failure, IntuneError, InvalidOptionsError, Phase
from ._http import HAS_REQUESTS
from ._options import Connection, connection_argument_spec
from ._progress import Progress


class GraphModule(AnsibleModule):
    """An AnsibleModule with the connection options."""

    def __init__(self, argument_spec: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # as ansible-core has it
            {**connection_argument_spec(), **argument_spec}, **kwargs
        )
        self.connection = Connection.from_options(self.params)
        for secret in self.connection.secrets:
            self.register_secret(secret)

    def register_secret(self, secret: str) -> None:
        """Have *secret* masked wherever ansible-core shows something."""
        try:
            # Since ansible-core 2.22. By name: no type checker knows it with every supported version.
            masker = importlib.import_module("ansible.module_utils.secrets")
        except ImportError:
            self.no_log_values.add(secret)
        else:
            masker.register_secret(secret)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Fail; ansible-core's own refusal of a status that another enumeration has is given its explanation."""
        if "failure" not in kwargs and "value of status must be one of" in msg:
            hint = COMPLIANCE_STATUS.hint(msg.rpartition("got: ")[2])
            msg = f"{msg}; {hint}" if hint else msg
        super().fail_json(msg, **kwargs)

    def run(
        self, prepare: Callable[[], Callable[[GraphClient], dict[str, Any]]], nothing: dict[str, Any] | None = None
    ) -> NoReturn:
        """Check everything that needs no network, then do the work, and exit with its result.

        Args:
            prepare: checks the module's own options and returns the work: a function that talks to Graph and returns
                the module's result.
            nothing: what the module returns beside ``failure`` when it failed before anything was known.
        """
        self._nothing = {"changed": False, **(nothing or {})}
        client = None
        try:
            work, credential = self._check(prepare)
            progress = Progress(self.params.get("progress_path"), time)
            client = GraphClient(self.connection, credential, self.register_secret, progress=progress)
            result = work(client)
        except IntuneError as error:
            self._fail(error, client)
        except ImportError as error:
            self._fail(_missing_library(error.name or "requests"), client)
        finally:
            if client is not None:
                client.close()
        self.exit_json(**result, graph=client.statistics())

    def _check(
        self, prepare: Callable[[], Callable[[GraphClient], dict[str, Any]]]
    ) -> tuple[Callable[[GraphClient], dict[str, Any]], Credential]:
        problems: list[str] = []
        work = credential = None
        try:
            work = prepare()
        except InvalidOptionsError as error:
            problems += error.problems
        problems += self.connection.problems()
        try:
            credential = select_credential(self.connection)
            problems += credential.problems()
        except InvalidOptionsError as error:
            problems += error.problems
        if problems or work is None or credential is None:
            raise InvalidOptionsError(problems)
        if not HAS_REQUESTS:
            raise _missing_library("requests")
        return work, credential

    def _fail(self, error: IntuneError, client: GraphClient | None) -> NoReturn:
        result = {**self._nothing, **error.result}
        if client is not None:
            result["graph"] = client.statistics()
        self.fail_json(error.sentence, failure=error.failure.as_dict(), **result)


def _missing_library(name: str) -> IntuneError:
    sentence = str(missing_required_lib(name))  # type: ignore[no-untyped-call]  # as ansible-core has it
    return IntuneError(sentence, Failure(Code.MISSING_LIBRARY, sentence, Phase.VALIDATE))
