#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What goes wrong around a campaign: users without rights, bring-ups that misbehave, disks that fill,
# files with mistakes, signals. Each gets one clear sentence and its exit code, and leaves nothing.
#
# Usage: test_faults.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

one_sentence() { # NAME: on standard error, and that is all
	if [ "$(wc -l <"$1.err")" -eq 1 ]; then ok "$1: one sentence"; else
		fail "$1: one sentence" "it says $(wc -l <"$1.err") lines" "$1.err"; fi
}
command() { # NAME SHELL-COMMAND [ARG...]: as bring-up of six races
	local name=$1 shell=$2
	shift 2
	run "$name" quick --set stop.trials=6 --set bringup.kind=command \
		--set "bringup.command=[sh, -c, '$shell']" --set bringup.deadline_ms=1500 "$@"
}
all_are() { # NAME VERDICT PATTERN OF THE REASON
	ends "$1" 3 'inconclusive'
	check "$1: $2, and it says why" "$1" \
		"trials and all(t['verdict'] == '$2' and re.search('$3', t['reason']) for t in trials)"
}

unstarted() { # NAME VERDICT: it leaves a summary all the same
	check "$1: $2, and the summary says why" "$1" "
		summary['verdict'] == '$2' and summary['reason'] in open('$1.err').read() and
		summary['ended_by'] == 'error' and not summary['trials']"
}

# --- who may ---

cp "$dadrace" /run/test/dadrace-of-nobody
chmod 777 /run/test
setpriv --reuid 65534 --regid 65534 --clear-groups ./dadrace-of-nobody run quick.yaml \
	--out nobody >nobody.out 2>nobody.err
code=$?
ends nobody 4 'root is needed'
one_sentence nobody
unstarted nobody skipped
chmod 755 /run/test
setpriv --bounding-set -sys_admin,-bpf,-perfmon --inh-caps -all "$dadrace" run quick.yaml \
	--out capless >capless.out 2>capless.err
code=$?
ends capless 4 'CAP_SYS_ADMIN|CAP_BPF|Operation not permitted'
one_sentence capless
unstarted capless skipped
setpriv --bounding-set -net_raw --inh-caps -all "$dadrace" run quick.yaml --out rawless >rawless.out 2>rawless.err
code=$?
ends rawless 4 'CAP_NET_RAW is missing'
one_sentence rawless
unstarted rawless skipped

# --- a machine that is short of something: never a fault, never "this kernel cannot" ---

for limit in 8 12 20 32 44 48 52 56 57 58 60; do # descriptors: from the first probe to the second lane
	prlimit --nofile=$limit "$dadrace" run quick.yaml --quiet --set lanes=2 --out "short$limit" >"short$limit.out" 2>"short$limit.err"
	code=$?
	[ $code -ne 0 ] || break
	ends "short$limit" 70 'no file descriptor left|Too many open files'
	one_sentence "short$limit"
done
[ "$limit" -gt 44 ] || fail "shortage" "it does with $limit descriptors: too few for this test"

# Processes: from the first lane to the one that brings the device up. A leak sanitizer would need one of its own.
cgroup=$(findmnt -n -t cgroup -O pids -o TARGET | head -n 1)
cgroup=${cgroup:-$(findmnt -n -t cgroup2 -o TARGET | head -n 1)}/dadrace-faults-$$
if mkdir "$cgroup" 2>/dev/null && [ -e "$cgroup/pids.max" ]; then
	for limit in {1..12}; do
		echo $limit >"$cgroup/pids.max"
		ASAN_OPTIONS=detect_leaks=0 timeout -k 5 "$RUN_DEADLINE_S" sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
			"$dadrace" run quick.yaml --quiet --set stop.trials=4 --set lanes=1 --out "pids$limit" >"pids$limit.out" 2>"pids$limit.err"
		code=$?
		[ $code -ne 0 ] || break
		ends "pids$limit" 70 'Resource temporarily unavailable'
		truth "pids$limit: one sentence ends it" [ "$(grep -c '^dadrace: ' "pids$limit.err")" -eq 1 ]
	done
	truth "processes: it does with $limit" [ $code -eq 0 ]
	truth "processes: too few were tried" [ "$limit" -gt 3 ]
else
	echo "SKIP processes: needs a cgroup that limits them (pids), writable"
fi
rmdir "$cgroup" 2>/dev/null

# --- apt, where root may not change its user, as in the service's unit ---

mkdir -p /var/cache/dadrace apt && mount -t tmpfs none /var/cache/dadrace
cat >apt/apt-get <<-SH
	#!/bin/sh
	echo "\$*" >>$PWD/asked
	[ "\$1" = indextargets ] && echo file:/rig/
SH
chmod 755 apt/apt-get
as_root() { # COMMAND...: so it is told to download when it is started with it
	rm -f asked
	PATH=$PWD/apt:$PATH "$@" "$dadrace" doctor --kernel rig/linux-image-rig >apt.out 2>&1
	grep ' update ' asked | grep -q 'APT::Sandbox::User=root'
}
truth "apt downloads as root where it cannot as its own user" as_root setpriv --bounding-set -setuid
truth "apt downloads as its own user where it can" eval '! as_root env && grep -q " update " asked'
umount /var/cache/dadrace

# --- bring-ups that misbehave ---

run absent quick --set bringup.kind=command --set 'bringup.command=[/no/such/ifconfig, "{dut}", up]'
ends absent 78 '/no/such/ifconfig.*No such file'
one_sentence absent
unstarted absent inconclusive
run plain quick --set bringup.kind=command --set 'bringup.command=[/etc/passwd]'
ends plain 78 '/etc/passwd.*Permission denied'

command early 'exit 3'
all_are early invalid 'another status than it should: 3'
command never 'sleep 0.05'
all_are never missed 'never set flags'
command addressed 'ip address add 2001:db8::1/64 dev {dut}'
all_are addressed missed 'never set flags' # the address is no leak, though the device never went down with it
command says 'echo eth7: no such thing >&2; exit 1'
all_are says invalid 'another status than it should: 1.*eth7: no such thing'
check "says: what it said is kept" says "all('eth7: no such thing' in t['bringup_said'] for t in trials)"
command down 'ip link set {dut} down; ip link set {dut} down'
all_are down missed 'IFF_UP|never set'
command killed 'ip link set {dut} up; ip link set {dut} down; kill -SEGV $$'
all_are killed invalid 'killed: signal 11'
command stuck 'ip link set {dut} up; exec sleep 1000' --set stop.trials=2
all_are stuck invalid 'did not exit by its deadline'

# The parent leaves at once; a grandchild, by then an orphan, sets the flags.
command daemon '(sleep 0.1; ip link set {dut} up; ip link set {dut} down) & exit 0'
ends daemon 0 'Verdict: clean'
check "daemon: held and hit" daemon "held_enough(valid(trials)) and inside(trials) >= 0.99"
command lingers 'setsid sleep 1000 & ip link set {dut} up; ip link set {dut} down'
ends lingers 0 'Verdict: clean'
check "lingers: what stayed was ended with the trial" lingers "all(t['descendants'] == 1 for t in trials)"

# The device goes in mid-trial; in a fresh lane, as the warm-up wants to have it a few times.
command vanish '[ $(cat /sys/class/net/{dut}/carrier_changes) -gt 14 ] && ip link del {dut}; ip link set {dut} up && ip link set {dut} down' \
	--set stop.trials=12
check "vanish: invalid, and it says so" vanish "verdicts['invalid'] > 0 and
	set(verdicts) <= {'clean', 'invalid'} and
	all('vanished' in t['reason'] for t in trials if t['verdict'] == 'invalid')"
check "vanish: the campaign went on in other lanes" vanish \
	"summary['ended_by'] == 'trials' and len({t['lane'] for t in trials}) > 1"
ends vanish 3
# A bring-up that deletes it every time leaves nothing to try.
command deletes 'ip link set {dut} up; ip link del {dut}' --set stop.trials=2
truth "deletes: neither clean nor a fault (exit $code)" [ $code -eq 3 -o $code -eq 78 ]
truth "deletes: it names the device" grep -q 'dut1' deletes.err deletes.out
no_leftovers deletes

# --- disks ---

mkdir small && mount -t tmpfs -o size=96k none small
run full quick --set stop.trials=500 --out small/full --quiet
ends full 70 'No space left'
one_sentence full
truth "full: it names the file and what is kept" grep -qE 'small/full/.* kept' full.err
check "full: results so far are kept, torn in the last line at most" small/full \
	"len(trials) > 3 and set(verdicts) <= {'clean'}"
umount small
touch file
run nofolder quick --out file/below
ends nofolder 78 'file/below'
run again quick --set stop.trials=2 --out again
run again quick --set stop.trials=2 --out again
ends again 78 'again'

# --- one at a time, and not on a poisoned machine ---

background() { # NAME LINES ARG...: a run that goes on, in $pid, once it has so many lines of results
	local name=$1 lines=$2
	shift 2
	"$dadrace" run quick.yaml --out "$name" --set stop.trials=100000 "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	wait_for 60 has_lines "$name/results.ndjson" "$lines" || fail "$name" "it does not get going" "$name.err"
}
background first 6
run second quick
truth "second: exit 75" [ $code -eq 75 ]
truth "second: names the first" grep -q "$pid" second.err
one_sentence second
unstarted second inconclusive
kill -INT $pid
await first $pid
ends first 3 'Verdict: inconclusive.* - interrupted after [0-9]+ trials: no fault'

mkdir -p /run/dadrace
printf '%s\n2026-01-01T00:00:00Z\nlane 1 is stuck\n' "$(cat /proc/sys/kernel/random/boot_id)" \
	>/run/dadrace/dirty
run dirty quick
ends dirty 75 'lane 1 is stuck'
unstarted dirty inconclusive
truth "dirty: names the way out" grep -qe '--force' dirty.err
run forced quick --force
ends forced 0
rm /run/dadrace/dirty

# --- campaign files ---

bad() { # NAME PATTERN, the file on standard input
	cat >"$1.yaml"
	dadrace "$1" run "$1.yaml" --out "$1"
	ends "$1" 78 "$2"
	one_sentence "$1"
}
bad unknown 'unknown.yaml:2:1: .*lane' <<<$'name: x\nlane: 3'
bad range 'range.yaml:2:8: lanes.*99999' <<<$'name: x\nlanes: 99999'
bad word 'word.yaml:2:16: .*sideways' <<<$'name: x\nwindow: {site: sideways}'
bad syntax 'syntax.yaml:[23]:[0-9]+:' <<<$'name: x\narms: [race'
bad lacks 'bringup.command' <<<$'bringup:\n  kind: command'
dadrace set run quick.yaml --set lanes=many --out set
ends set 78 'lanes.*many'
dadrace nofile run no-such.yaml
ends nofile 78 'no-such.yaml.*No such file'
dadrace nodevice run quick.yaml --set device.kind=existing --set device.dut=eth77 \
	--set device.peer=eth78 --out nodevice
ends nodevice 78 'eth77'
unstarted nodevice inconclusive

# --- signals ---

for signal in INT TERM; do
	background once$signal 6 --set lanes=2 --set 'window.hold_us=[300000]'
	kill -$signal $pid
	await once$signal $pid
	ends once$signal 3 'Verdict: inconclusive.* - interrupted after [0-9]+ trials: no fault'
	dadrace report$signal report once$signal
	ends report$signal 0 '^Unfinished, no finding so far .inconclusive.: interrupted after'
	check "once$signal: trials in hand were ended, with a summary" once$signal \
		"summary['ended_by'] == 'signal' and summary['trials'] == len(trials) and
		 set(verdicts) == {'clean'} and sorted(t['spec']['trial'] for t in trials) ==
		 list(range(1, len(trials) + 1))"

	background twice$signal 1 --set lanes=2 --set 'window.hold_us=[30000000]' --set 'arms=[control, race]'
	wait_for 60 eval '[ -n "$(stopped)" ]'
	kill -$signal $pid
	wait_for 60 grep -q 'a second signal' twice$signal.out twice$signal.err
	kill -$signal $pid
	await twice$signal $pid
	truth "twice$signal: held for 30 s, but it stopped at once" [ -n "$(find twice$signal -name summary.json)" ]
	no_leftovers twice$signal
done

# --- a reader that leaves ---

"$dadrace" run quick.yaml --out pipe --set stop.trials=60 --json 2>pipe.err | head -n 2 >pipe.out # campaign and control
code=${PIPESTATUS[0]}
truth "pipe: it ends by itself, not by a signal" [ "$code" -eq 70 ]
truth "pipe: and says why" grep -qE 'pipe/results.ndjson|[Bb]roken pipe' pipe.err
check "pipe: the line that was in hand is on the disk" pipe "trials and set(verdicts) == {'clean'}"
no_leftovers pipe

finish
