# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The base of every module of the collection: the connection options, a client, and failures with advice."""

from __future__ import annotations

import gc
import re
import time
import types
from collections.abc import Mapping
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from ._errors import Code, Failure, IntuneError, Phase
from ._graph.client import GraphClient
from ._graph.edm import EdmEnum
from ._graph.progress import Progress
from ._options import Connection, connection_argument_spec
from ._preflight import check, mask, open_client
from ._text import printable

# New objects after which Python looks for unreachable ones.
_COLLECT_EVERY = 100_000

# ansible-core's message about a value, or several, that are not among the choices of an option.
_REFUSED_CHOICE = r"value of (\w+) must be one .*(?:got|no match for): (.+)$"

# Characters of one option that are logged on the host, and items of one that a result repeats.
_LONGEST_LOGGED = 1_000
_LONGEST_REPEATED = 100


class GraphModule(AnsibleModule):
    """A module of the collection: a subclass reads its own options, and does the work.

    Args:
        arguments: the options beside the connection's.
        enumerations: by option, the enumeration that explains a value that is not among its choices.
        nothing: what the module returns beside ``failure`` where it failed before anything was known.
        constraints: other arguments of AnsibleModule.
    """

    def __init__(
        self,
        arguments: Mapping[str, Any] = types.MappingProxyType({}),
        *,
        enumerations: Mapping[str, EdmEnum] = types.MappingProxyType({}),
        nothing: Mapping[str, Any] = types.MappingProxyType({}),
        **constraints: Any,
    ) -> None:
        # The process lives for this one task, and nearly all objects are needed to its end: to look for garbage
        # in ten thousand items again and again would take a tenth of the time.
        gc.freeze()
        gc.set_threshold(_COLLECT_EVERY)
        self._enumerations = enumerations
        self._nothing = nothing
        super().__init__(  # type: ignore[no-untyped-call]  # as ansible-core has it
            {**connection_argument_spec(), **arguments}, supports_check_mode=True, **constraints
        )
        self.connection = Connection.from_options(self.params)
        for secret in self.connection.secrets:
            self.register_secret(secret)

    def read_options(self) -> None:
        """Check the module's own options, without the network.

        Raises:
            InvalidOptionsError: names every option that is not valid.
        """

    def execute(self, client: GraphClient) -> dict[str, Any]:
        """Do the work, and return the module's result.

        Raises:
            IntuneError: it failed; its ``result`` holds what is known.
        """
        raise NotImplementedError  # each module has its own

    def run(self) -> NoReturn:
        """Check everything that needs no network, do the work, and exit with its result."""
        client: GraphClient | None = None
        try:
            _none, credential = check(self.connection, self.read_options)
            progress = Progress(self.params.get("progress_path"), time)
            with open_client(self.connection, credential, self.register_secret, progress=progress) as client:
                result = self.execute(client)
        except IntuneError as error:
            self._fail(error, client)
        self.exit_json(**result, graph=client.statistics())

    def _fail(self, error: IntuneError, client: GraphClient | None) -> NoReturn:
        result = {"changed": False, **self._nothing, **error.result}
        if client is not None:
            result["graph"] = client.statistics()
        self.fail_json(error.sentence, failure=error.failure.as_dict(), **result)

    def register_secret(self, secret: str) -> None:
        """Have *secret* masked wherever ansible-core shows something."""
        if not mask(secret):
            self.no_log_values.add(secret)

    def log(self, msg: str | bytes, log_args: dict[str, Any] | None = None) -> None:
        """Log as ansible-core does, without options that are longer than a line.

        Ten thousand items are of no use there, and from 2.22 on they would be searched for secrets, which takes longer
        than to read the statuses. Such a value is left out entirely: a part of a secret would not be recognized.
        """
        # The password of a proxy is not registered yet when ansible-core logs the options.
        for secret in Connection.from_options(self.params).secrets if log_args else ():
            log_args = {name: str(value).replace(secret, "********") for name, value in (log_args or {}).items()}
            msg = str(msg).replace(secret, "********")
        lengths = {name: len(str(value)) for name, value in (log_args or {}).items()}
        if log_args and max(lengths.values()) > _LONGEST_LOGGED:
            log_args = {
                name: value if lengths[name] <= _LONGEST_LOGGED else f"({lengths[name]} characters)"
                for name, value in log_args.items()
            }
            msg = "Invoked with " + " ".join(f"{name}={value}" for name, value in log_args.items())
        super().log(msg, log_args=log_args)  # type: ignore[no-untyped-call]  # as ansible-core has it

    def warn(self, warning: str, **kwargs: Any) -> None:
        """Add a warning, in which nothing controls a terminal: it may quote names from the service."""
        super().warn(printable(warning), **kwargs)

    def exit_json(self, **kwargs: Any) -> NoReturn:
        """Exit with a result."""
        super().exit_json(**kwargs, invocation=self._invocation())

    def _invocation(self) -> dict[str, Any]:
        """Return what ansible-core puts into each result for ``-vvv``, without lists of thousands.

        Before 2.21 it always goes to the controller and its callbacks, which takes an eighth of such a task's time.
        """
        repeated = {
            name: f"({len(value)} items)" if isinstance(value, list) and len(value) > _LONGEST_REPEATED else value
            for name, value in self.params.items()
        }
        return {"module_args": repeated}

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Fail; an option that ansible-core refuses is a failure too, and a value that is not a choice is explained."""
        if "failure" not in kwargs:
            msg = "; ".join([msg, *self._explain_choice(msg)])
            kwargs["failure"] = Failure(Code.INVALID_OPTION, msg, Phase.VALIDATE).as_dict()
        super().fail_json(msg, **kwargs, invocation=self._invocation())

    def _explain_choice(self, msg: str) -> list[str]:
        refused = re.search(_REFUSED_CHOICE, msg)
        enumeration = self._enumerations.get(refused[1]) if refused else None
        hints = map(enumeration.hint, refused[2].split(", ")) if refused and enumeration else ()
        return list(dict.fromkeys(filter(None, hints)))
