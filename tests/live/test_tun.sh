#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# device.kind: tun: two tap devices, and a process of the lane that moves the frames between them. Echoes pass in both
# directions; the process dies with the lane, and is made again when only what a bring-up left is ended.
#
# Usage: test_tun.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
tun=(--set device.kind=tun --set 'echo.directions=[inbound, outbound]')
wires() { grep -ls '^dadrace-wire$' /proc/[0-9]*/comm; }
has_wires() { [ "$(wires | wc -l)" -ge "$1" ]; } # NUMBER

mount -t tmpfs none /dev/net # as in a container
run hidden quick "${tun[@]}" --set stop.trials=2
ends hidden 4 'device.kind tun: /dev/net/tun cannot be opened'
umount /dev/net
run_whole tun quick "${tun[@]}"
if [ $code -eq 4 ]; then
	ends tun 4 'device.kind tun'
	[ ${#failures[@]} -eq 0 ] && skip "this kernel has no tun devices"
	finish
fi
ends tun 0 'Verdict: clean'
check "tun: echoes of most trials were accepted inside the window, in both directions" tun "
	all(2 * sum(t['verdict'] == 'clean' and t['echoes_inside'] > 0 for t in of) > len(of) > 0
	    for of in [[t for t in trials if t['spec']['direction'] == d] for d in ('inbound', 'outbound')])"
run_whole deleted quick "${tun[@]}" --set 'bringup.change=[link-delete]' --set stop.trials=4
ends deleted 0 'Verdict: clean'

# What it has left is ended after each trial, with all processes of the lane.
run_whole leaves quick --set device.kind=tun --set lanes=1 --set stop.trials=6 --set bringup.kind=command \
	--set "bringup.command='ip link set {dut} up; sleep 1000 & ip link set {dut} down'"
ends leaves 0 'Verdict: clean'
check "leaves: the frames of most trials were moved" leaves \
	"2 * sum(t['verdict'] == 'clean' and t['echoes_inside'] > 0 for t in trials) > len(trials) > 0"

"$dadrace" run quick.yaml --out killed "${tun[@]}" --set stop.trials=100000 --set lanes=2 >killed.out 2>&1 &
main=$!
truth "killed: trials ran" wait_for 60 has_lines killed/results.ndjson 3
truth "killed: a process for each lane" wait_for 60 has_wires 2
kill -9 $main
wait $main 2>/dev/null
no_leftovers killed
finish
