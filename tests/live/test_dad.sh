#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The part that the peer plays in DAD, on this kernel: answers that make it fail, its own probe that
# comes back and must not, and that trials after a failed one are as good as those before.
#
# Usage: test_dad.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

if ! [ -e /proc/sys/net/ipv6/conf/all/enhanced_dad ]; then
	skip "this kernel has no enhanced DAD (CONFIG_IPV6)"
fi

# Names for the expressions: trials by answer, and whether the timeline has an event.
by='(lambda a: [t for t in trials if t["spec"]["dad_answer"] == a])'
has='(lambda t, e: any(m["event"] == e for m in t["timeline"]))'
first='(lambda t, e: next(m["at_ns"] for m in t["timeline"] if m["event"] == e))'

# Clean, no arm left out; what the answers did is asked by the caller.
settles() { # NAME TRIALS
	ends "$1" 0 'Verdict: clean'
	check "$1: clean, no finding" "$1" "summary['verdict'] == 'clean' and not findings and
		len(trials) == summary['trials'] == $2"
	check "$1: >= 90% of races are valid, with an answer inside" "$1" "
		sum(t['dad_answers_inside'] > 0 for t in valid(arm('race'))) >= 0.9 * len(arm('race')) > 0"
	check "$1: trials after a failed DAD are valid, too" "$1" \
		"len(valid(trials)) >= 0.9 * len(trials)"
	check "$1: what is counted is in the timeline" "$1" "
		all(sum(m['event'] == e for m in t['timeline']) == t[f] for t in trials
		    for e, f in (('dad-probe', 'dad_probes'), ('dad-in', 'dad_answers_delivered')))"
}
# Answered in time: before DAD was over. On a busy machine that is not all of them.
in_time="(lambda a: [t for t in $by(a) if $has(t, 'dad-in') and not ($has(t, 'permanent') and
	$first(t, 'permanent') < $first(t, 'dad-in'))])"
fails() { # NAME ANSWER: DAD fails where it is answered
	check "$1: >= 75% of the answers $2 came in time" "$1" \
		"len($in_time('$2')) >= 0.75 * len($by('$2')) > 0"
	check "$1: dadfailed in >= 90% of the trials answered by $2 in time" "$1" "
		sum($has(t, 'dadfailed') and t['dad_end'] == 'failed' for t in $in_time('$2'))
		>= 0.9 * len($in_time('$2'))"
}
never_fails() { # NAME ANSWER
	check "$1: never dadfailed with answer $2" "$1" "$by('$2') and
		not any($has(t, 'dadfailed') or t['dad_end'] == 'failed' for t in $by('$2'))"
}

# --- the campaign that comes with it: three answers, no echoes ---

run conflict dad-conflict
settles conflict 132
fails conflict na
fails conflict ns
never_fails conflict loopback
never_fails conflict none
check "conflict: own probes that came back were delivered" conflict \
	"all(t['dad_answers_delivered'] > 0 and not t['dad_fooled'] for t in valid($by('loopback')))"
check "conflict: DAD completed without a conflict" conflict \
	"all(t['dad_end'] == 'completed' for t in valid($by('none') + $by('loopback')))"
check "conflict: nothing is answered in control" conflict \
	"not any(t['dad_answers_sent'] or t['spec']['dad_answer'] != 'none' for t in arm('control'))"
check "conflict: probes are seen in control, too" conflict \
	"sum(t['dad_probes'] == 3 for t in arm('control')) >= 0.9 * len(arm('control'))"
check "conflict: no echo" conflict "not any(t['echoes_sent'] for t in trials)"
check "conflict: an answer follows its probe, and arrives" conflict "
	all($first(t, 'dad-probe') <= $first(t, 'dad-answered') <= $first(t, 'dad-in')
	    for t in trials if t['dad_answers_delivered'])"
check "conflict: by type, as it was planned" conflict "
	all(m['value'] == (136 if t['spec']['dad_answer'] == 'na' else 135)
	    for t in trials for m in t['timeline'] if m['event'] == 'dad-in')"
check "conflict: sums of the arms" conflict "
	all(a['dad_failed'] == sum(t['dad_end'] == 'failed' for t in arm(a['arm'])) and
	    a['dad_answers_sent'] == sum(t['dad_answers_sent'] for t in arm(a['arm']))
	    for a in summary['arms'])"

# --- without a nonce the device cannot know its own probe: it fails, and that is said ---

run fooled dad-conflict "${few[@]}" --set stop.trials=40 --set sysctl.enhanced_dad=0 --set 'dad.answer=[loopback]'
settles fooled 40
fails fooled loopback
check "fooled: it is said of each such trial" fooled "
	all(t['dad_fooled'] and 'RFC 7527' in t['reason'] for t in valid(arm('race')))"
truth "fooled: and of the campaign" grep -q "DAD failed because the device's own probe came back" fooled.out

# --- which probes are answered, and when ---

probes='--set sysctl.dad_transmits=4 --set stop.trials=20 --set dad.answer=[loopback]'
# shellcheck disable=SC2086
run each dad-conflict "${few[@]}" $probes
settles each 20
check "each: every probe is answered" each \
	"all(t['dad_answers_sent'] == t['dad_probes'] for t in valid(arm('race'))) and
	 sum(t['dad_answers_sent'] == 4 for t in arm('race')) >= 0.9 * len(arm('race'))"
# shellcheck disable=SC2086
run twice dad-conflict "${few[@]}" $probes --set dad.times=2
settles twice 20
check "twice: two of four" twice \
	"all(t['dad_answers_sent'] <= 2 for t in trials) and
	 sum(t['dad_answers_sent'] == 2 and t['dad_probes'] == 4 for t in arm('race'))
	 >= 0.9 * len(arm('race'))"

run offset dad-conflict "${few[@]}" --set stop.trials=40 --set 'dad.answer=[na]' --set dad.offset_us=3000
settles offset 40
fails offset na
check "offset: no answer before its time" offset "
	all($first(t, 'dad-answered') - $first(t, 'dad-probe') >= 3000000
	    for t in trials if t['dad_answers_sent'])"

run over dad-conflict "${few[@]}" --set stop.trials=20 --set 'dad.answer=[na]' --set sysctl.dad_transmits=1 \
	--set dad.offset_us=200000 --set window.hold_us='[300000]'
settles over 20
check "over: DAD that is over is not disturbed" over "
	[t for t in $by('na') if t not in $in_time('na')] and
	not any(t['dad_end'] == 'failed' for t in $by('na') if t not in $in_time('na'))"

run open dad-conflict "${few[@]}" --set stop.trials=40 --set 'dad.answer=[ns, na]' --set dad.at=open \
	--set dad.offset_us=3000
settles open 40
check "open: one answer, counted from the opening" open "
	all(t['dad_answers_sent'] == 1 and
	    $first(t, 'dad-answered') - $first(t, 'opened') >= 3000000 for t in valid(arm('race')))"

# --- what a failed DAD leaves behind ---

run disabled dad-conflict "${few[@]}" --set stop.trials=60 --set sysctl.accept_dad=2
settles disabled 60
fails disabled na
fails disabled ns
check "disabled: IPv6 is back in the trial after" disabled \
	"all(t['dad_probes'] > 0 for t in valid(trials))"

run random dad-conflict "${few[@]}" --set stop.trials=40 --set sysctl.addr_gen_mode=3
settles random 40
fails random na

run beside dad-conflict "${few[@]}" --set stop.trials=80 --set echo.count=4 --set 'dad.answer=[none, na]'
ends beside 0 'Verdict: clean'
check "beside: echoes and answers in one window" beside "
	all(t['echoes_inside'] > 0 for t in valid(arm('race'))) and
	all(t['dad_answers_inside'] > 0 for t in valid($by('na')))"
fails beside na
never_fails beside none

# --- devices ---

for kind in macvlan bridge; do
	run $kind dad-conflict "${few[@]}" --set device.kind=$kind --set stop.trials=12 --set 'dad.answer=[ns, na]'
	if [ "$code" -eq 4 ]; then
		echo "SKIP $kind: this kernel has none"
		continue
	fi
	settles $kind 12
	fails $kind na
	fails $kind ns
done

# Two devices of the test's own stand for real ones. IPv6 is not left disabled.
ip link add real0 type veth peer name real1
ip link set real1 up
ip link set real0 up && ip link set real0 down
remember # two interfaces more
run existing dad-conflict "${few[@]}" --set device.kind=existing --set device.dut=real0 --set device.peer=real1 \
	--set lanes=1 --set stop.trials=12 --set sysctl.accept_dad=2
settles existing 12
truth "existing: IPv6 is enabled" grep -qx 0 /proc/sys/net/ipv6/conf/real0/disable_ipv6
ip link del real0
remember

finish
