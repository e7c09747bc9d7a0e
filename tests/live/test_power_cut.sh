#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is left of the results when the power fails: everything that was synced, and any part of what was not. A run is recorded
# (power_cut.c), then the power is cut after each of its events (power_cut.py): a fault that was told is in what is left. Runs
# resume from some of it.
#
# Usage: test_power_cut.sh DADRACE SOURCE-FOLDER [SEED]
seed=${3:-5}
. "$(dirname "$0")/lib.sh"
begin "${@:1:2}"
seed=${DADRACE_TEST_SEED:-$seed}
TRIALS=8
CUTS=2

cat >cut.yaml <<-YAML
	name: cut
	stop: {trials: $TRIALS}
	clean_below_ppm: 1000000
	lanes: 4
	ledger: off
	arms: [race]
	window: {hold_us: [2000]}
	watch: {deadline_ms: 500}
	bringup: {kind: command, command: [/usr/bin/python3, $live/holder.py, '{dut}', '1', '60', packet]}
YAML

cut_power() { /usr/bin/python3 "$live/power_cut.py" "$1" whole/results.ndjson "$2" "$CUTS" "$seed" >"$2.out" 2>&1; } # RECORD FOLDER
told_faults() { grep -o '^{"type":"trial".*' "$1" | grep '"verdict":"leak"'; }
numbers() { grep '^{"type":"trial"' "$1" | grep -o '"spec":{"trial":[0-9]*' | cut -d : -f 3 | sort -n; }

cc -O2 -Wall -shared -fPIC -o power_cut.so "$live/power_cut.c" || fail power_cut.so "power_cut.c cannot be compiled"
timeout -k 5 "$RUN_DEADLINE_S" env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
	"POWER_CUT_RECORD=$PWD/record" "LD_PRELOAD=$PWD/power_cut.so" "$dadrace" run cut.yaml --out whole --json >whole.out 2>whole.err
code=$?
ends whole 1 '"verdict":"fault"'
if cut_power record cut; then ok "what was told is there after a cut: $(tail -n 1 cut.out)"; else
	fail "what was told is there after a cut" "$(tail -n 1 cut.out)" cut.out; fi

# The test can fail: with no sync that succeeds, and with one that comes after what it is for.
grep -v '^synced' record >unsynced
awk '/^syncs/ { held++; next } { print } /^told/ && held { print "syncs"; held = 0 }' record >late
for wrong in unsynced late; do
	if cut_power $wrong "cut-$wrong"; then fail "$wrong is noticed" "$(tail -n 1 cut-$wrong.out)"; else
		truth "$wrong is noticed" grep -q 'loses what was told' cut-$wrong.out; fi
done

for i in $(seq "$CUTS"); do
	cp cut/$i/results.ndjson before.$i
	dadrace "cut/$i" run cut.yaml --out "cut/$i" --resume
	ends "cut/$i" 1 'Verdict: fault'
	told_faults before.$i | sort >promised # a torn line is none
	truth "cut/$i: what was left stays" [ -z "$(comm -23 <(grep '}$' promised) <(sort "cut/$i/results.ndjson"))" ]
	truth "cut/$i: each trial once" [ "$(numbers "cut/$i/results.ndjson" | tr '\n' ' ')" = "$(seq -s ' ' $TRIALS) " ]
done

finish
