# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make docs` appends this to the Sphinx configuration that `antsibull-docs sphinx-init` writes.

import zlib
from pathlib import Path

# The places in ansible-core's documentation to which ours links. Sphinx would download the inventory of that complete
# site, and fail where it cannot be reached; these few are enough.
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.template_module": "collections/ansible/builtin/template_module.html",
    "ansible_collections.ansible.builtin.uri_module": "collections/ansible/builtin/uri_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_VARIABLES = [
    "ANSIBLE_CACHE_PLUGIN",
    "ANSIBLE_CACHE_PLUGIN_CONNECTION",
    "ANSIBLE_CACHE_PLUGIN_PREFIX",
    "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED",
]


def _inventory() -> bytes:
    """Return the places in the format of Sphinx's inventory."""
    anchors = {label: label.translate(str.maketrans("_.", "--")) for label in _LABELS}
    lines = [f"{label} std:label -1 {page}#{anchors[label]} {label}" for label, page in _LABELS.items()]
    lines += [f"{name} std:envvar 1 reference_appendices/config.html#envvar-$ -" for name in _VARIABLES]
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n# The rest is compressed with zlib.\n"
    return head.encode() + zlib.compress("".join(f"{line}\n" for line in lines).encode())


_FILE = Path(__file__).parent / "ansible.inv"
_FILE.write_bytes(_inventory())
intersphinx_mapping = {"ansible": (_ANSIBLE, str(_FILE))}
