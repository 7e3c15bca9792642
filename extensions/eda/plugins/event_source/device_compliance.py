# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source for ansible-rulebook: changes of device compliance statuses in Intune."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

DOCUMENTATION = r"""
name: device_compliance
short_description: Events from changes of device compliance statuses in Microsoft Intune
version_added: 0.1.0
author:
  - the graphops.intune authors (@graphops)
description:
  - Reads the device compliance statuses at an interval, and makes an event of each status that has changed.
  - An event has C(device_compliance) with C(old_status), C(new_status), C(policy_id), C(policy_display_name),
    C(policy_type), C(status_id), C(device_display_name), C(device_model), C(user_name), C(user_principal_name),
    C(last_reported_date_time), C(compliance_grace_period_expiration_date_time) and C(detected_date_time). A value that
    the service does not return is null. The statuses are C(unknown), C(notApplicable), C(compliant), C(remediated),
    C(nonCompliant), C(error), C(conflict) and C(notAssigned).
  - There is a status for each device, user and policy. A status that is listed for the first time is a change from
    null. A status that is no longer listed is not a change. If it is listed again within 30 days, it is compared with
    its last value. Two changes between two polls are one change, or none if the status is the same as before.
  - The statuses of a policy that is read for the first time are remembered, and make events only with
    O(first_poll=report).
  - Each change makes exactly one event, also when ansible-rulebook is stopped and started again. After it was killed,
    the event in progress may be repeated, with the same C(meta.uuid).
  - On SIGINT and SIGTERM the source ends, and then ansible-rulebook, after the running actions. A second signal ends
    it at once.
  - A poll that cannot be read completely makes no event. The next poll finds the changes.
  - Throttling and transient failures are retried. Invalid options, a refused sign-in and a missing permission end
    ansible-rulebook, with a message that names the reason.
  - In the text of an event, a space separates the characters that start a template, for example C({{), because
    ansible-core would evaluate a template in the name of a device.
options:
  policies:
    description:
      - The device compliance policies to watch, by id or by display name, case-insensitive. A display name must be that
        of exactly one policy. An id has precedence over a name.
      - If not set, or empty, every policy is watched.
    type: list
    elements: str
    default: []
  state_file:
    description:
      - The file in which the source keeps the reported statuses, so that it continues from there after a restart. Each
        source needs its own file. Its folder must exist.
      - The file is created with mode 0600. It is refused when others can use it, when it belongs to another user, or
        when it is the state of another tenant. It contains ids and statuses, no names and no credentials.
      - In a container, put it on a persistent volume.
    type: path
    required: true
  interval:
    description:
      - Seconds between the end of a poll and the start of the next. A poll sends one request for the policies, and
        about one for each hundred statuses.
    type: float
    default: 300.0
  first_poll:
    description:
      - What to do with the statuses of a policy that is read for the first time. V(remember) makes no event, and
        V(report) makes an event of each, with null for C(old_status).
    type: str
    choices: [remember, report]
    default: remember
  max_events:
    description:
      - The number of events that one poll may make. The changes that devices reported first are first, and the others
        wait for the next poll, which compares again.
    type: int
    default: 100
  feedback:
    description:
      - An option of ansible-rulebook itself, since version 1.3 and with its persistence. With V(true), an event counts
        as reported when the rule engine has confirmed it.
    type: bool
    default: false
  # Copied from plugins/doc_fragments/graph.py by `make format`, down to the requirements. Edit them there.
  auth_source:
    description:
      - How to sign in.
      - With V(auto), the first of access token, client secret, certificate and federated token that is complete is
        used. Managed identity is never used by itself, since probing for it hangs outside Azure.
      - If not set, the environment variable E(INTUNE_AUTH_SOURCE) is used.
    type: str
    choices: [auto, access_token, client_secret, certificate, federated_token, managed_identity]
    default: auto
  tenant_id:
    description:
      - The GUID of the Microsoft Entra tenant, or one of its domain names.
      - If not set, the environment variable E(AZURE_TENANT_ID) or E(AZURE_TENANT) is used.
    type: str
    aliases: [tenant]
  client_id:
    description:
      - The application (client) id; with O(auth_source=managed_identity), the id of a user-assigned identity.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - A client secret of the application, its value and not its id.
      - If not set, the environment variable E(AZURE_CLIENT_SECRET) or E(AZURE_SECRET) is used.
      - Take it from a vault or from the environment. A secret that is written into a playbook can be quoted by
        ansible-core itself when the playbook has an error.
    type: str
    aliases: [secret]
  certificate_path:
    description:
      - A file with the application's private key and certificate, PEM or PFX.
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PATH) or E(AZURE_X509_CERTIFICATE_PATH) is
        used.
    type: path
    aliases: [x509_certificate_path]
  certificate_password:
    description:
      - The password of the private key in O(certificate_path).
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  federated_token:
    description:
      - A token of another identity provider that the application trusts (workload identity federation).
      - If not set, the environment variable E(AZURE_FEDERATED_TOKEN) is used.
    type: str
    aliases: [oidc_token]
  federated_token_file:
    description:
      - A file that contains such a token. It is read each time a token for Graph is requested.
      - If not set, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) is used.
    type: path
    aliases: [oidc_token_file_path]
  access_token:
    description:
      - An access token for Microsoft Graph that you already have. It cannot be renewed.
      - If not set, the environment variable E(INTUNE_ACCESS_TOKEN) is used.
    type: str
  token_cache:
    description:
      - A file in which access tokens are stored between tasks and shared by forks, so that a playbook signs in once.
      - It contains plain text. It is created with mode 0600, and refused when others can read it or when it belongs to
        another user.
      - If not set, the environment variable E(INTUNE_TOKEN_CACHE) is used; if that is not set either, nothing is
        stored.
    type: path
  budget_path:
    description:
      - A file by which the tasks on this control node share the rate limits of one application in one tenant, such as
        100 writes and 1,000 requests in 20 seconds. Set the same file for all, best by the environment variable.
      - Without it, each task keeps the limits by itself. Several at a time, as with forks, then exceed them together,
        and the service throttles them.
      - It contains times and counts. It is created with mode 0600, and refused when others can use it or when it
        belongs to another user.
      - Tasks are of one application where their O(graph_url) or O(cloud), O(tenant_id) and O(client_id) are identical.
      - If not set, the environment variable E(INTUNE_BUDGET_PATH) is used; if that is not set either, nothing is
        shared.
    type: path
  cloud:
    description:
      - The Microsoft cloud of the tenant.
      - V(us_gov) is the US Government cloud L4, V(us_gov_dod) L5, and V(china) the one that 21Vianet operates.
      - If not set, the environment variable E(INTUNE_CLOUD) is used.
    type: str
    choices: [public, us_gov, us_gov_dod, china]
    default: public
  graph_url:
    description:
      - The https URL of Microsoft Graph's host, in place of the one of O(cloud).
      - If not set, the environment variable E(INTUNE_GRAPH_URL) is used.
    type: str
  authority_url:
    description:
      - The https URL of the host that signs in, in place of the one of O(cloud).
      - If not set, the environment variable E(INTUNE_AUTHORITY_URL) is used.
    type: str
  api_version:
    description:
      - The version of Microsoft Graph. The property C(platform) exists in V(beta) only.
      - If not set, the environment variable E(INTUNE_API_VERSION) is used.
    type: str
    choices: [beta, v1.0]
    default: beta
  ca_path:
    description:
      - A PEM file or a folder with the certificate authorities to trust, for signing in and for Graph.
      - When given, it wins over E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE).
      - If not set, the environment variable E(INTUNE_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether to verify TLS certificates. Set it to V(false) for a test server only, and prefer O(ca_path) even
        there; without verification, the credentials can be read in transit.
    type: bool
    default: true
  proxy:
    description:
      - The URL of the proxy for signing in and for Graph.
      - If not set, E(HTTPS_PROXY) and E(NO_PROXY) are honored; when given, it is used for every host.
    type: str
  timeout:
    description:
      - Seconds that one HTTP request may take.
      - If not set, the environment variable E(INTUNE_TIMEOUT) is used.
    type: float
    default: 30.0
  retry_timeout:
    description:
      - Seconds in all that a task may spend waiting because the service asked for it (throttling) or failed. V(0) means
        that nothing is repeated.
      - When the service asks for more than what is left, the task fails at once and names the time to run it again.
      - If not set, the environment variable E(INTUNE_RETRY_TIMEOUT) is used.
    type: float
    default: 600.0
requirements:
  - ansible-core, in the Python of ansible-rulebook
  - requests
  - msal, unless O(access_token) is given
notes:
  - Arguments have precedence over environment variables, which are those of ansible-rulebook.
  - Reading needs the permission C(DeviceManagementConfiguration.Read.All) or
    C(DeviceManagementConfiguration.ReadWrite.All) of Microsoft Graph.
"""

EXAMPLES = r"""
- name: Device compliance
  hosts: localhost
  sources:
    - name: intune
      graphops.intune.device_compliance:
        state_file: ~/device_compliance.state
        interval: 300
  rules:
    - name: A device became nonCompliant
      condition: event.device_compliance.new_status == "nonCompliant"
      action:
        run_playbook:
          name: graphops.intune.device_not_compliant

# Another tenant, one policy, and the secret in a variable of the rulebook.
- name: Windows baseline of Fabrikam
  hosts: localhost
  sources:
    - name: fabrikam
      graphops.intune.device_compliance:
        tenant_id: fabrikam.onmicrosoft.com
        client_id: 00001111-aaaa-2222-bbbb-3333cccc4444
        client_secret: "{{ fabrikam_client_secret }}"
        policies:
          - Windows baseline
        state_file: ~/fabrikam.state
  rules:
    - name: A device recovered
      condition: >-
        event.device_compliance.old_status in ["nonCompliant", "error", "conflict"] and
        event.device_compliance.new_status in ["compliant", "remediated"]
      action:
        print_event:
"""

_PACKAGE = "graphops_intune_plugins"
_PLUGINS = Path(__file__).absolute().parents[4] / "plugins"


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Watch the statuses, and put an event for each change into the queue."""
    await _load("plugin_utils._events.watcher").watch(queue, args)


def _load(name: str) -> types.ModuleType:
    """Return a module of this collection.

    ansible-rulebook runs this file by its path, outside of any package. It does not use ansible-core's import of
    collections, which could find another copy of this one. So the folder of this collection becomes a package here.
    """
    if _PACKAGE not in sys.modules:
        package = types.ModuleType(_PACKAGE)
        package.__path__ = [str(_PLUGINS)]
        sys.modules[_PACKAGE] = package
    try:
        return importlib.import_module(f"{_PACKAGE}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ansible":
            raise
        text = "ansible-core must be installed in the Python that runs ansible-rulebook"
        raise ImportError(text, name=error.name) from None
