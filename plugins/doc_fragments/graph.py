# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The connection options, shared by everything in the collection.
    DOCUMENTATION = r"""
options:
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
  - requests
  - msal, unless O(access_token) is given
notes:
  - Options win over environment variables. For a module, the environment is the one of the host on which the task
    runs, which is usually C(localhost); for an inventory, the controller's.
  - Unless the description names another one, reading needs the permission
    C(DeviceManagementConfiguration.Read.All) of Microsoft Graph, or C(DeviceManagementConfiguration.ReadWrite.All),
    which writing needs.
"""

    # What the documentation of plugins has and that of modules cannot have. A test compares it with
    # module_utils/_options.py, which is what both go by.
    PLUGINS = r"""
options:
  auth_source:
    env:
      - name: INTUNE_AUTH_SOURCE
  tenant_id:
    env:
      - name: AZURE_TENANT_ID
      - name: AZURE_TENANT
  client_id:
    env:
      - name: AZURE_CLIENT_ID
  client_secret:
    env:
      - name: AZURE_CLIENT_SECRET
      - name: AZURE_SECRET
  certificate_path:
    env:
      - name: AZURE_CLIENT_CERTIFICATE_PATH
      - name: AZURE_X509_CERTIFICATE_PATH
  certificate_password:
    env:
      - name: AZURE_CLIENT_CERTIFICATE_PASSWORD
  federated_token:
    env:
      - name: AZURE_FEDERATED_TOKEN
  federated_token_file:
    env:
      - name: AZURE_FEDERATED_TOKEN_FILE
  access_token:
    env:
      - name: INTUNE_ACCESS_TOKEN
  token_cache:
    env:
      - name: INTUNE_TOKEN_CACHE
  budget_path:
    env:
      - name: INTUNE_BUDGET_PATH
  cloud:
    env:
      - name: INTUNE_CLOUD
  graph_url:
    env:
      - name: INTUNE_GRAPH_URL
  authority_url:
    env:
      - name: INTUNE_AUTHORITY_URL
  api_version:
    env:
      - name: INTUNE_API_VERSION
  ca_path:
    env:
      - name: INTUNE_CA_PATH
  timeout:
    env:
      - name: INTUNE_TIMEOUT
  retry_timeout:
    env:
      - name: INTUNE_RETRY_TIMEOUT
"""
