# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task of the module, below its options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance import converge
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import DEVICE_STATUS, Target
from ansible_collections.graphops.intune.plugins.module_utils._errors import IntuneError
from ansible_collections.graphops.intune.plugins.module_utils._graph.client import GraphClient
from ansible_collections.graphops.intune.plugins.module_utils._graph.plan import Desired

from .support import POLICY, STATUS, Clock, graph_client


class Converge:
    """One task of the module below its options: call it for the result, `fail` for the error."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.warnings: list[str] = []
        self.client: GraphClient

    def __call__(
        self,
        *,
        api_version: str = "beta",
        verify: bool = True,
        check_mode: bool = False,
        retry_timeout: float = 300.0,
        **options: Any,
    ) -> dict[str, Any]:
        if "policy_name" not in options:
            options.setdefault("policy_id", POLICY)
        if "match" not in options:
            options.setdefault("status_id", STATUS)
        self.client = graph_client(self._clock, api_version=api_version, retry_timeout=retry_timeout)
        return converge.converge_one(
            self.client,
            Target.from_options(options),
            Desired.from_options(DEVICE_STATUS, options, api_version),
            api_version=api_version,
            verify=verify,
            check_mode=check_mode,
            warn=self.warnings.append,
        )

    def fail(self, **options: Any) -> IntuneError:
        with pytest.raises(IntuneError) as caught:
            self(**options)
        return caught.value
