#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How a window ends: by the bring-up's next flag set, by the end of DAD or of the bring-up, or by dadrace's own setting
# down of the device where a bring-up sets the flags once. What stays alive is ended after its window.
#
# Usage: test_window.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

up='ip link set {dut} up'
# Held so long that a busy machine delivers inside, and after the device has its route.
command() { # NAME COMMAND [ARG...]: as bring-up of six races
	local name=$1 command=$2
	shift 2
	run "$name" quick --set stop.trials=6 --set bringup.kind=command --set "bringup.command=$command" \
		--set 'window.hold_us=[40000]' --set echo.offset_us=10000 "$@"
}
closes() { # NAME BY: clean, held and hit in a window that BY closed
	ends "$1" 0 'Verdict: clean'
	check "$1: each window was held, hit and closed by $2" "$1" "
		len(trials) == 6 and set(verdicts) == {'clean'} and
		all(t['closed'] and t['closed_by'] == '$2' for t in trials) and
		held_enough(trials) and inside(trials) >= 0.99"
}
stopped_after() { # NAME: what stayed alive was ended, and that is no deviation
	check "$1: ended after its window" "$1" "all(t['bringup_end'] == 'stopped' for t in trials)"
}

command once '[ip, link, set, "{dut}", up]'
closes once teardown
check "once: our set-down is the second flag set" once "
	all(t['flag_sets'] == 2 and t['second_flags_ns'] > 0 and t['bringup_end'] == 'exited' and
	    'which closed the window' in t['reason'] for t in trials) and
	all([m['event'] for m in t['timeline'] if m['event'] in
	     ('opened', 'held', 'released', 'exited', 'down', 'closed')] ==
	    ['opened', 'held', 'released', 'exited', 'down', 'closed'] for t in trials)"
command twice "'$up; ip link set {dut} down'"
closes twice flags
command unheld "'$up; sleep 0.05'" --set 'arms=[control, echo]'
check "unheld: judged in the other arms, too" unheld "set(verdicts) == {'clean'} and
	all(t['closed_by'] == 'teardown' for t in trials)"

# --- as it is asked for ---

command flags "'$up'" --set window.closes=flags
ends flags 3 'inconclusive'
check "flags: missed, and it says what would close the window" flags "all(t['verdict'] == 'missed' and
	not t['closed'] and 'set flags only once; window.closes: auto' in t['reason'] for t in trials)"
command dad "'$up; ip link set {dut} allmulticast on'" --set window.closes=dad \
	--set sysctl.dad_transmits=10
closes dad dad
check "dad: it outlasted the bring-up and its second flag set" dad "all(t['flag_sets'] == 2 and
	[m['event'] for m in t['timeline'] if m['event'] in ('exited', 'closed')] == ['exited', 'closed'] for t in trials)"
command exit "'$up; sleep 0.01'" --set window.closes=exit
closes exit exit
command teardown "'$up; ip link set {dut} arp off'" --set window.closes=teardown
closes teardown teardown
check "teardown: the flag set between did not close it" teardown "all(t['flag_sets'] == 3 for t in trials)"

# --- where nothing can be seen ---

cat >visit.sh <<'SH'
unshare -n sleep 1000 & there=$!
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
ip link set "$1" netns $there && nsenter --net=/proc/$there/ns/net sh -c "ip link set $1 up; ip link set $1 arp off"
nsenter --net=/proc/$there/ns/net ip link set "$1" netns $$ && ip link set "$1" up
kill $there
SH
command visit "[sh, visit.sh, '{dut}']" --set stop.trials=2
ends visit 3 'inconclusive'
check "visit: refused in a sentence" visit "all(t['verdict'] == 'invalid' and
	'moved the device to another network namespace and back' in t['reason'] for t in trials)"

# --- what stays alive ---

command daemon "'$up; exec sleep 1000'" --set bringup.daemon=true
closes daemon teardown
stopped_after daemon
check "daemon: not before DAD was over" daemon "all(t['dad_end'] == 'completed' for t in trials)"
# Its sockets would hold the device: it is ended before the references are counted.
cat >bound.py <<'PY'
import socket, subprocess, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind((sys.argv[1], 0x86dd))
subprocess.run(["ip", "link", "set", sys.argv[1], "up"], check=True)
time.sleep(1000)
PY
command holder "[/usr/bin/python3, bound.py, '{dut}']" --set bringup.daemon=true
closes holder teardown
stopped_after holder
# Nobody has said that it stays; it closed the window by itself.
command stays "'$up; ip link set {dut} down; exec sleep 1000'" --set bringup.deadline_ms=300
closes stays flags
stopped_after stays
# The first process leaves, and what it leaves behind never sets flags again.
command forks "'$up; sleep 1000 & exit 0'"
closes forks teardown
check "forks: it had exited" forks "all(t['bringup_end'] == 'exited' for t in trials)"
# Neither said nor seen: it may have hung before its second flag set.
command unsaid "'$up; exec sleep 1000'" --set bringup.deadline_ms=300
ends unsaid 3 'inconclusive'
check "unsaid: invalid, and it says what is missing" unsaid "all(t['verdict'] == 'invalid' and
	'bringup.daemon: true' in t['reason'] for t in trials)"

finish
