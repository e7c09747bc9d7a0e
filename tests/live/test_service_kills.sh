#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dadraced is killed at random times over a queue of short campaigns: each one that was accepted ends once, with
# each of its trials once, counters never fall, and nothing is left.
#
# Usage: [DADRACE_TEST_KILLS=12] test_service_kills.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
dadraced=$(dirname "$dadrace")/dadraced
[ -x "$dadraced" ] || skip "needs dadraced beside dadrace"

truth "killed at any time" /usr/bin/python3 "$source/tests/bench/service.py" kills "$dadraced" "${DADRACE_TEST_KILLS:-12}"
no_leftovers "killed"
finish
