# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What a plugin asks of the service: some policies or all, or the device statuses of these."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable

from ...module_utils._compliance.listing import Filters, read_statuses
from ...module_utils._compliance.policies import list_policies
from ...module_utils._errors import InvalidOptionsError
from ...module_utils._graph.client import GraphClient
from ...module_utils._graph.resource import Row
from ...module_utils._options import Connection
from ...module_utils._preflight import check
from ...module_utils._version import VERSION
from .._client import open_client


@dataclasses.dataclass(frozen=True)
class Query:
    """Which policies or statuses to read, and where. ``policies`` holds ids and names; empty means every policy."""

    connection: Connection
    policies: tuple[str, ...]

    def digest(self) -> str:
        """Return what tells this query from others in a cache: by whom and where it is asked, and for what.

        A token that was given is a part of it, since nothing else tells its tenant. No secret can be had back from it.
        """
        asker = self.connection
        parts = (VERSION, asker.graph_url, asker.api_version, asker.tenant_id, asker.client_id, asker.access_token)
        return hashlib.sha256(json.dumps([*parts, *self.policies]).encode()).hexdigest()[:16]

    def read(self, warn: Callable[[str], None]) -> list[Row]:
        """Return the rows, each as `intune_device_compliance_status_info` returns it.

        Raises:
            IntuneError: anything cannot be right or cannot be read.
        """

        def work(client: GraphClient) -> list[Row]:
            filters, version = Filters(policies=self.policies), self.connection.api_version
            result = read_statuses(client, filters, api_version=version, overview=False, warn=warn)
            rows: list[Row] = result["device_compliance_statuses"]
            return rows

        return self._ask(work)

    def read_policies(self) -> list[Row]:
        """Return the policies, each as `intune_device_compliance_policy_info` returns it.

        Raises:
            IntuneError: anything cannot be right or cannot be read.
        """
        return self._ask(lambda client: list_policies(client, self.policies))

    def _ask(self, work: Callable[[GraphClient], list[Row]]) -> list[Row]:
        _nothing, credential = check(self.connection, self._check)
        with open_client(self.connection, credential) as client:
            return work(client)

    def _check(self) -> None:
        if not all(policy.strip() for policy in self.policies):
            raise InvalidOptionsError(["policies has an entry without text; give ids or names, or leave policies out"])
