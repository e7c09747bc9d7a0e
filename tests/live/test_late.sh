#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Late is not lost: a reference that comes back by itself seconds after teardown is suspected at once, and no leak. And
# lost records are no hang.
#
# Usage: test_late.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

holder() { # NAME SECONDS [ARG...]: a packet socket that is closed so long after the bring-up
	local name=$1 seconds=$2
	shift 2
	run "$name" quick --set stop.trials=2 --set lanes=2 --set ledger=off --set bringup.kind=command --set \
		"bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '1', '$seconds', packet]" "$@"
}
suspected() { # NAME: not before half a second had passed, and said before the trial ended
	check "$1: suspected, not before half a second" "$1" "all(t['suspected_ns'] >= 5e8 for t in trials)"
	truth "$1: which is said" [ "$(grep -cE '^leak suspected: trial [12] \(race\): \+1 net_device reference on dut[0-9]+ [0-9]+ ms after teardown' "$1.out")" -eq 2 ]
}

holder late 3
ends late 0 'Verdict: clean'
suspected late
check "late: not lost, and it says when" late "all(t['verdict'] == 'clean' and
	re.search(r'^\+1 net_device reference on dut\d+ came back by itself after [23]\.\d s: late, not lost', t['reason'])
	and t['late_ns'] == t['settle_ns'] > t['suspected_ns'] and t['unregister'] == 'not-tried' for t in trials)"

holder strict 1 --set watch.late_is_leak=true
ends strict 1 'Verdict: fault'
suspected strict
check "strict: a leak where the campaign says so" strict "all((t['verdict'], t['object'], t['delta'], t['pinned']) ==
	('leak', 'net_device', 1, False) and 'watch.late_is_leak' in t['reason'] for t in trials)"

# The ring is too small for so many flag sets. The program is in our own stop, or in a pause.
run full quick --set stop.trials=2 --set 'arms=[hold]' --set bringup.kind=command --set bringup.deadline_ms=2000 \
	--set "bringup.command=[/usr/bin/python3, $live/toggler.py, '{dut}', '9000']"
ends full 3 'inconclusive'
check "full: records were lost, so nothing is concluded" full "len(trials) == 2 and all(t['lost_records'] > 0 and
	t['verdict'] == 'invalid' and t['reason'].startswith('records of the probes were lost') for t in trials)"

finish
