#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two shards are one plan: one is killed and named, continued, and both together are judged as one run would be.
#
# Usage: test_shards.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

# 12 trials of each arm: 7 valid races are below the limit, the 6 of one shard are not.
cat >plan.yaml <<-'YAML'
	name: plan
	stop: {trials: 24}
	lanes: 1
	clean_below_ppm: 350000
	arms: [hold, race]
	window: {hold_us: [50000]}
YAML

dadrace one run plan.yaml --shard 1/2 --out one
ends one 3 '^Next: .* all 2 shards'
dadrace alone report one
truth "a shard alone is no verdict of its plan" [ "$code" -eq 3 ]
truth "and the other is named" grep -q 'shard 2 of 2 is missing' alone.out

"$dadrace" run plan.yaml --shard 2/2 --out two >killed.out 2>&1 &
shard=$!
has_trial() { grep -q '^{"type":"trial"' two/results.ndjson 2>/dev/null; }
wait_for 60 has_trial || fail "the second shard has a trial" "it has none" killed.out
kill -KILL $shard
wait $shard 2>/dev/null
dadrace unfinished report one two
truth "a killed shard keeps the plan from being clean" [ "$code" -eq 3 ]
truth "and is named" grep -q '^Unfinished: two, killed or still running after' unfinished.out

dadrace two run plan.yaml --shard 2/2 --out two --resume
ends two 3 '^Next: .* all 2 shards'
dadrace both report one two
truth "both together are clean" [ "$code" -eq 0 ]
truth "as one run" grep -q '^Verdict of all 2 runs: clean - no fault in .* of the race arm' both.out
trials() { sed -n 's/^{"type":"trial".*"spec":{"trial":\([0-9]*\),.*/\1/p' one/results.ndjson two/results.ndjson | sort -n; }
truth "each trial of the plan is there once" cmp -s <(trials) <(seq 24)
finish
