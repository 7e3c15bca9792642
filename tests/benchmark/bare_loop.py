# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The minimum cost of reading a policy's statuses: a loop over its pages with `requests`, and nothing else.

The environment has the URL (``STATUSES_URL``), the token (``INTUNE_ACCESS_TOKEN``) and the certificate authority
(``INTUNE_CA_PATH``). Prints the number of rows and the seconds that the loop took.
"""

from __future__ import annotations

import json
import os
import time

import requests


def main() -> None:
    """Follow the pages to their end."""
    headers = {"Authorization": f"Bearer {os.environ['INTUNE_ACCESS_TOKEN']}"}
    ca_path = os.environ["INTUNE_CA_PATH"]
    rows = 0
    started = time.monotonic()
    session = requests.Session()
    link = os.environ["STATUSES_URL"]
    while link:
        page = session.get(link, headers=headers, verify=ca_path, timeout=30).json()
        rows += len(page["value"])
        link = page.get("@odata.nextLink")
    print(json.dumps({"rows": rows, "seconds": time.monotonic() - started}))


if __name__ == "__main__":
    main()
