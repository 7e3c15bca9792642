# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platforms, as the type of a policy names them, with what is typical of their devices."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

DEFAULT_TYPE = "#microsoft.graph.windows10CompliancePolicy"


@dataclasses.dataclass(frozen=True)
class Platform:
    """A platform. ``models`` maps each of some models to its manufacturer; ``word`` is in the types of its policies."""

    name: str
    word: str
    odata_type: str
    operating_system: str
    os_version: str
    models: Mapping[str, str]
    management_agent: str
    enrollment_type: str

    def manufacturer(self, model: str) -> str:
        """The manufacturer of a model."""
        return self.models.get(model) or next(iter(self.models.values()))


PLATFORMS = (
    Platform(
        "Windows",
        "windows",
        DEFAULT_TYPE,
        "Windows",
        "10.0.26100.4652",
        {"Latitude 7440": "Dell Inc.", "Surface Laptop 5": "Microsoft Corporation", "ThinkPad T14": "LENOVO"},
        "mdm",
        "windowsAzureADJoin",
    ),
    Platform(
        "iOS",
        "ios",
        "#microsoft.graph.iosCompliancePolicy",
        "iOS",
        "18.5",
        {"iPhone 15": "Apple", "iPad Air": "Apple"},
        "mdm",
        "appleBulkWithUser",
    ),
    Platform(
        "macOS",
        "macos",
        "#microsoft.graph.macOSCompliancePolicy",
        "macOS",
        "15.5 (24F74)",
        {"MacBook Pro": "Apple", "MacBook Air": "Apple", "Mac mini": "Apple"},
        "mdm",
        "appleBulkWithUser",
    ),
    Platform(
        "Android",
        "android",
        "#microsoft.graph.androidWorkProfileCompliancePolicy",
        "Android",
        "15",
        {"Pixel 8": "Google", "Galaxy S24": "samsung"},
        "googleCloudDevicePolicyController",
        "userEnrollment",
    ),
    Platform(
        "Android kiosk",
        "androiddeviceowner",
        "#microsoft.graph.androidDeviceOwnerCompliancePolicy",
        "Android",
        "14",
        {"Galaxy Tab A9": "samsung", "TC58": "Zebra Technologies"},
        "googleCloudDevicePolicyController",
        "userEnrollment",
    ),
)


def platform_of(odata_type: str) -> Platform:
    """The platform of a policy with this type; Windows where the type names none of them."""
    name = odata_type.lower()
    # The longest word that fits: "androiddeviceowner" before "android".
    fitting = sorted((platform for platform in PLATFORMS if platform.word in name), key=lambda it: len(it.word))
    return fitting[-1] if fitting else PLATFORMS[0]
