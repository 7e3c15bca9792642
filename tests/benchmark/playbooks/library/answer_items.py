# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that only returns a result for each item of a bulk task: the cost of ansible-core for these items.

It gets a token too, because ansible-core searches the options and the result of a module for its secrets.
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import env_fallback


class Module(AnsibleModule):
    """A module that does not log its items, like the bulk module."""

    def log(self, msg: object, log_args: object = None) -> None:
        """Log nothing."""


def main() -> None:
    """Return what the bulk module returns where nothing differs."""
    module = Module(  # type: ignore[no-untyped-call]  # as ansible-core has it
        {
            "policy_id": {"type": "str", "required": True},
            "statuses": {"type": "list", "elements": "dict", "required": True},
            "access_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["INTUNE_ACCESS_TOKEN"])},
        },
        supports_check_mode=True,
    )
    policy_id, statuses = module.params["policy_id"], module.params["statuses"]
    results = [
        {
            "policy_id": policy_id,
            "status_id": item.get("status_id", item.get("id")),
            "device_display_name": "PC-0001",
            "outcome": "ok",
            "changed_properties": [],
            "failure": None,
        }
        for item in statuses
    ]
    summary = {"ok": len(results), "changed": 0, "failed": 0, "not_attempted": 0, "total": len(results)}
    module.exit_json(changed=False, results=results, summary=summary, diff={"before": {}, "after": {}})


if __name__ == "__main__":
    main()
