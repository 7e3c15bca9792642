# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""The request of an inventory: some policies or all, or their device statuses."""

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
from ...module_utils._preflight import check, mask, open_client
from ...module_utils._version import VERSION


@dataclasses.dataclass(frozen=True)
class Query:
    """Which policies or statuses to read, and where. ``policies`` has ids and names; empty means every policy."""

    connection: Connection
    policies: tuple[str, ...]

    def digest(self) -> str:
        """Return the key of this query in a cache, which differs for another tenant, application or request.

        A given token is part of it, since only the token identifies its tenant. The key reveals no secret.
        """
        sender = self.connection
        parts = (VERSION, sender.graph_url, sender.api_version, sender.tenant_id, sender.client_id, sender.access_token)
        return hashlib.sha256(json.dumps([*parts, *self.policies]).encode()).hexdigest()[:16]

    def read(self, warn: Callable[[str], None]) -> list[Row]:
        """Return the rows, each as `intune_device_compliance_status_info` returns it.

        Raises:
            IntuneError: an option is invalid, or something cannot be read.
        """

        def work(client: GraphClient) -> list[Row]:
            filters, version = Filters(policies=self.policies), self.connection.api_version
            result = read_statuses(client, filters, api_version=version, overview=False, warn=warn)
            rows: list[Row] = result["device_compliance_statuses"]
            return rows

        return self._run(work)

    def read_policies(self) -> list[Row]:
        """Return the policies, each as `intune_device_compliance_policy_info` returns it.

        Raises:
            IntuneError: an option is invalid, or something cannot be read.
        """
        return self._run(lambda client: list_policies(client, self.policies))

    def _run(self, work: Callable[[GraphClient], list[Row]]) -> list[Row]:
        _none, credential = check(self.connection, self._check)
        with open_client(self.connection, credential, mask) as client:
            return work(client)

    def _check(self) -> None:
        if not all(policy.strip() for policy in self.policies):
            raise InvalidOptionsError(["policies has an empty entry; give ids or names, or omit policies"])
