#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# References that really stay behind on this kernel, without any module: taken by sockets, routes
# and stacked devices that a bring-up leaves in the lane. What is missing must be said, to the very
# number, and nothing else; and what did not inject anything must never be called clean.
#
# Usage: test_leaks.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

# A campaign whose bring-up is holder.py; 1.5 s to settle is long for a clean trial. Who holds is asked in
# test_ledger_trials.sh.
holder() { # NAME NUMBER SECONDS KIND [ARG...]
	local name=$1 number=$2 seconds=$3 kind=$4
	shift 4
	run_whole "$name" quick --set stop.trials=4 --set lanes=4 --set ledger=off --set watch.deadline_ms=1500 \
		--set bringup.kind=command --set \
		"bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '$number', '$seconds', $kind]" "$@"
}
leaks() { # NAME OBJECT DELTA: in every trial
	ends "$1" 1 'Verdict: fault'
	check "$1: $2 leaks $3 in every trial" "$1" "summary['verdict'] == 'fault' and trials and
		all((t['verdict'], t['object'], t['delta']) == ('leak', '$2', $3) for t in trials)"
	check "$1: the unregister lets go" "$1" "all(t['pinned'] is False and
		t['unregister'] == 'returned' for t in trials)"
	check "$1: one finding, not pinned" "$1" "len(findings) == 1 and
		(findings[0]['verdict'], findings[0]['object'], findings[0]['delta'],
		 findings[0]['pinned'], findings[0]['count']) ==
		('leak', '$2', $3, False, len(trials))"
	check "$1: looked twice, in a lane of its own each" "$1" "all(t['looks'] == 2 for t in trials)
		and len({t['lane'] for t in trials}) == len(trials)"
}
is_clean() { # NAME
	ends "$1" 0 'Verdict: clean'
	check "$1: clean, but for what a busy machine misses" "$1" \
		"set(verdicts) <= {'clean', 'missed'} and 2 * verdicts['clean'] > len(trials)"
}

# --- packet sockets: a reference on the net_device each ---

holder none 0 60 packet
is_clean none
check "none: the one that was held on purpose is in no sum" none \
	"len(controls) == 1 and summary['control'] and summary['trials'] == len(trials) and not findings"
holder one 1 60 packet
leaks one net_device 1
holder four 4 60 packet
leaks four net_device 4
check "four: the device's count is what says so" four \
	"all(t['after']['net_device'] - t['baseline']['net_device'] == 4 for t in trials)"
check "four: inet6_dev came back" four \
	"all(t['after']['inet6_dev'] == t['baseline']['inet6_dev'] for t in trials)"
check "four: the holder was ended with the trial, not before" four \
	"all(t['descendants'] >= 1 for t in trials)"

# The same references, dropped before the deadline: late is not lost.
holder brief 4 0.3 packet --set stop.trials=8
is_clean brief
holder later 4 0.6 packet --set watch.deadline_ms=10000
is_clean later

# A leak in each arm, also where nothing is injected: it is the bring-up's own.
holder arms 1 60 packet --set 'arms=[control, hold, echo, race]'
leaks arms net_device 1
check "arms: the finding names all four" arms \
	"set(findings[0]['arms']) == {'control', 'hold', 'echo', 'race'}"
check "arms: each reference stays in its own lane" arms "all(t['delta'] == 1 for t in trials)"

# The campaign ends at its first finding when told so.
holder first 1 60 packet --set stop.findings=1 --set stop.trials=50
ends first 1
check "first: ended by its finding, before another lane's race had begun" first \
	"summary['ended_by'] == 'findings' and len(trials) == 1"

# --- multicast memberships: on the inet6_dev, and the net_device shows nothing ---

# MLD keeps a record of each as well, with a reference of its own, which is not counted.
groups() { # NAME [ARG...]
	local name=$1
	shift
	holder "$name" 3 60 group --set lanes=1 --set stop.trials=12 "$@"
}
groups groups
leaks groups inet6_dev 3
check "groups: net_device came back" groups \
	"all(t['after']['net_device'] == t['baseline']['net_device'] for t in trials)"
check "groups: the unregister lets go" groups \
	"[(f['verdict'], f['object'], f['pinned']) for f in findings] == [('leak', 'inet6_dev', False)]"
groups unwatched --set 'watch.objects=[net_device]'
is_clean unwatched
check "unwatched: nobody waited for what is not watched" unwatched \
	"not any(t['looks'] or t['unregister'] != 'not-tried' for t in trials)"

# --- dst entries: the device is free of them when it is down, and yet they are there ---

holder route 2 60 route
ends route 1 'Verdict: fault'
check "route: two entries are left in every trial" route "set(verdicts) == {'leak'} and
	all(t['after']['dst'] - t['baseline']['dst'] == 2 for t in trials)"
check "route: neither the device nor its inet6_dev shows it" route "any(t['object'] == 'dst' and
	all(t['after'][o] == t['baseline'][o] for o in ('net_device', 'inet6_dev')) for t in trials)"
check "route: the device can be unregistered" route "not any(t['pinned'] for t in trials)"
holder route-late 2 0.5 route --set watch.deadline_ms=10000
is_clean route-late
holder route-unwatched 2 60 route --set 'watch.objects=[net_device, inet6_dev]'
is_clean route-unwatched

# --- other things that a bring-up may leave behind ---

leaves() { # NAME SHELL-COMMAND [ARG...], between the two flag sets
	local name=$1 command=$2
	shift 2
	run "$name" quick --set stop.trials=4 --set lanes=4 --set ledger=off --set watch.deadline_ms=1500 \
		--set bringup.kind=command --set "bringup.command=[sh, -c, 'ip link set {dut} up; $command; ip link set {dut} down']" "$@"
}
# A device stacked on it holds it until somebody deletes one of the two.
ip link add probe0 type veth peer name probe1
if ip link add link probe0 type macvlan; then
	ip link del probe0
	leaves stacked 'ip link add link {dut} type macvlan'
	ends stacked 1 'Verdict: fault'
	check "stacked: a leak that the unregister resolves" stacked "set(verdicts) == {'leak'} and
		all(t['object'] == 'net_device' and t['delta'] > 0 and not t['pinned'] for t in trials)"
	# A name that is taken from the second time on: without a sound, as many scripts do it.
	leaves left-once 'ip link add link {dut} name probe2 type macvlan 2>/dev/null' --set stop.trials=2 --set lanes=1
	ends left-once 1 'Verdict: fault'
	check "left-once: a leak of the first trial, not part of the baseline" left-once \
		"trials[0]['spec']['trial'] == 1 and trials[0]['verdict'] == 'leak' and trials[0]['delta'] > 0"
else
	ip link del probe0
	echo "SKIP stacked: this kernel has no macvlan"
fi
# Routes and next hops go when the device goes down: clean.
leaves routes 'ip -6 route add 2001:db8::/64 dev {dut}; ip -4 route add 192.0.2.0/24 dev {dut}'
is_clean routes
leaves neighbours 'ip -6 neigh add fe80::1 lladdr 02:00:5e:00:53:01 dev {dut}'
is_clean neighbours

# --- positive controls: the reference that is held on purpose is of the first object that is watched ---

for object in net_device inet6_dev dst; do
	run "only-$object" quick --set stop.trials=1 --set "watch.objects=[$object]"
	check "only-$object: the control is a leak of 1 $object" "only-$object" \
		"[(c['verdict'], c['object'], c['delta']) for c in controls] == [('leak', '$object', 1)]"
done

# --- what did nothing is never clean ---

run off quick --set window.site=off
ends off 3 'inconclusive'
check "off: missed or invalid, no trial clean" off \
	"trials and set(verdicts) <= {'missed', 'invalid'} and not any(t['opened'] for t in trials)"
run away quick --set window.site=off --set 'arms=[control, hold, echo, race]'
ends away 3 'inconclusive'

run outside quick --set echo.offset_us=200000 --set bringup.deadline_ms=1000
ends outside 3 'inconclusive'
check "outside: echoes after the window prove nothing" outside "not valid(trials)"

# Somebody else continues each held task: the hold was not what was asked. Each trial's task is another process; how
# soon the next one is held does not matter.
held_task=
held_anew() {
	local task
	task=$(stopped | grep -vxF "$held_task" | head -n 1)
	[ -n "$task" ] && held_task=$task
}
timeout -k 5 "$RUN_DEADLINE_S" "$dadrace" run quick.yaml --out meddled --set stop.trials=3 \
	--set 'window.hold_us=[3000000]' >meddled.out 2>meddled.err &
pid=$!
for _ in 1 2 3; do
	wait_for 30 held_anew && kill -CONT "$held_task"
done
await meddled $pid
ends meddled 3 'inconclusive'
check "meddled: every hold that was cut short is invalid" meddled "len(trials) == 3 and
	set(verdicts) == {'invalid'} and all(t['held_ns'] < 0.95 * 3e9 for t in trials)"

finish
