#!/usr/bin/env bash
# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts the emulator, uses its environment as a user would, and runs a playbook and ad-hoc commands against it.

set -eu -o pipefail # and not x: the environment contains a secret

# ansible-test runs a copy of this folder alone; the collection is where ansible finds it.
root="${ANSIBLE_COLLECTIONS_PATH%%:*}/ansible_collections/graphops/intune"
environment="${OUTPUT_DIR}/emulator.env"
(cd "${root}" && exec python -m tests.emulator --port 0 --env-file "${environment}" --directory "${OUTPUT_DIR}") &
emulator=$!
trap 'kill "${emulator}"; wait "${emulator}"' EXIT

for _attempt in $(seq 100); do
    [ -e "${environment}" ] && break
    kill -0 "${emulator}"
    sleep 0.2
done
# shellcheck disable=SC1090
. "${environment}"

# There is no inventory on purpose.
export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false

policy=c6c78124-8124-c6c7-2481-c7c62481c7c6
adhoc() {
    ansible localhost -m graphops.intune.intune_device_compliance_status \
        -a "policy_id=${policy} match='{\"device_display_name\": \"PC-0002\"}' $1" "${@:2}"
}

run_all() {
    ansible-playbook converge.yml "$@"
    ansible-playbook thousands.yml "$@"
    ansible-playbook audit.yml "$@"
    ansible-playbook report.yml "$@"

    ansible-inventory -i fleet.intune_devices.yml --graph | tee "${OUTPUT_DIR}/graph"
    grep -q "@status_notApplicable:" "${OUTPUT_DIR}/graph"
    ansible-inventory -i fleet.intune_devices.yml --host PC-0001 > "${OUTPUT_DIR}/host"
    grep -q '"notApplicable"' "${OUTPUT_DIR}/host"

    adhoc "status=compliant" --check --diff | tee "${OUTPUT_DIR}/check"
    grep -q CHANGED "${OUTPUT_DIR}/check"
    adhoc "status=compliant" | grep CHANGED
    adhoc "status=compliant" | grep SUCCESS
    if adhoc "last_reported_date_time=yesterday" > "${OUTPUT_DIR}/bad"; then exit 1; fi
    grep -q "last_reported_date_time is 'yesterday', not a date and time in ISO 8601" "${OUTPUT_DIR}/bad"

    ansible-playbook judge.yml "$@"
}
run_all "$@" 2>&1 | tee "${OUTPUT_DIR}/log"

# Commands within a collection's tree print this warning, the only one that is accepted.
if grep -F "WARNING]" "${OUTPUT_DIR}/log" | grep -vF "running with default collection graphops.intune"; then
    echo "ansible-core warned" >&2
    exit 1
fi
