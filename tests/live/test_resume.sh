#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9 of a run at random moments, which --resume continues: what it has told is in its results, what was in its results
# stays, each trial is there once in the end, and nothing is left.
#
# Usage: [DADRACE_TEST_KILLS=8] [DADRACE_TEST_S=SECONDS] test_resume.sh DADRACE SOURCE-FOLDER [SEED]
seed=${3:-17}
. "$(dirname "$0")/lib.sh"
begin "${@:1:2}"
RANDOM=${DADRACE_TEST_SEED:-$seed}
KILLS=${DADRACE_TEST_KILLS:-8}
END_S=${DADRACE_TEST_S:-120} # fewer kills on a machine that is very slow
TRIALS=200
LATEST_MS=700

cat >killed.yaml <<-YAML
	name: killed
	stop: {trials: $TRIALS}
	clean_below_ppm: 1000000
	lanes: 3
	arms: [race]
	window: {hold_us: [2000]}
YAML

# The last line is torn, if a kill came while it was written.
whole_trials() { [ ! -e "$1" ] || head -n "$(wc -l <"$1")" "$1" | grep '^{"type":"trial"'; } # FILE
numbers() { grep -o '"spec":{"trial":[0-9]*' "$1" | cut -d : -f 3 | sort -n; }
first_lines() { head -n "$(wc -l <"$1")" "$2"; } # AS MANY AS, OF

begin_run() {
	local resume=()
	[ ! -s killed/results.ndjson ] || resume=(--resume)
	[ -s killed/results.ndjson ] || rm -rf killed
	"$dadrace" run killed.yaml --out killed --json "${resume[@]}" >told 2>killed.err &
	pid=$!
}
look() { # WHEN: at the results of a run that has just ended; a busy machine may be inconclusive
	[[ $code =~ ^(0|3|137)$ ]] || fail "$1" "exit $code" killed.err
	whole_trials killed/results.ndjson >after
	first_lines before after | cmp -s - before || fail "$1" "trials that were there are gone" killed.err
	[ -z "$(numbers after | uniq -d)" ] || fail "$1" "trials are doubled: $(numbers after | uniq -d | tr '\n' ' ')"
	[ -z "$(comm -23 <(whole_trials told | sort) <(sort after))" ] || fail "$1" "a trial was told, and is not there"
	cp after before
	wait_for "$GONE_DEADLINE_S" none_left || fail "$1" "left: $(leftovers | tr '\n' ';')"
}
has_ended() { grep -q '^{"type":"summary".*"ended_by":"trials"' killed/results.ndjson 2>/dev/null; }
end_campaign() {
	campaigns=$((campaigns + 1))
	[ "$(numbers after | tr '\n' ' ')" = "$(seq -s ' ' $TRIALS) " ] ||
		fail "campaign $campaigns" "not each trial once: $(numbers after | wc -l)"
	[ "$(grep -c '^{"type":"summary"' killed/results.ndjson)" -eq 1 ] || fail "campaign $campaigns" "not one summary"
	rm -r killed
	: >before
}

kills=0 campaigns=0 at_work=0
: >before
while [ $kills -lt "$KILLS" ] && [ $SECONDS -lt "$END_S" ]; do
	begin_run
	# Most are killed at work, however long the machine takes to get there.
	[ $((kills % 5)) -eq 0 ] || wait_for 30 eval "has_lines told 3 || is_gone $pid"
	ms=$((RANDOM % LATEST_MS))
	sleep "0.$(printf %03d $ms)"
	kill -9 $pid 2>kill.err
	wait $pid 2>wait.err
	code=$?
	if [ $code -eq 137 ]; then # it had not ended before: a signal to a zombie succeeds, too
		kills=$((kills + 1))
		[ "$(wc -l <told)" -lt 3 ] || at_work=$((at_work + 1))
	fi
	look "kill $kills at $ms ms"
	! has_ended || end_campaign
done
for _ in 1 2 3; do
	begin_run
	await killed $pid
	look "the end"
	! has_ended || break
done
end_campaign
echo "killed $kills times, $at_work while trials ran: $campaigns campaigns of $TRIALS trials have ended, each trial once"
truth "kills came while trials ran" [ $at_work -ge $((kills / 4)) ]
no_leftovers resume
finish
