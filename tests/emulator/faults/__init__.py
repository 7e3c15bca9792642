# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a request is not answered as usual: fault rules, chance and budgets, and the answers that they make.

May import: http, entra, graph and the settings.
"""
