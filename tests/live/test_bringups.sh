#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The campaigns with programs that distributions use, unmodified: judged, clean, and nothing of the machine is changed.
# One whose program is not installed says which package has it, and the test is a skip.
#
# Usage: test_bringups.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

skipped=
# ./rig has unpacked what would run on this machine if it were installed.
tools=$source/build/tools/usr
[ ! -x "$tools/sbin/NetworkManager" ] || mount -t overlay overlay -o "ro,lowerdir=$tools:/usr" /usr || exit 1
checksum() { # of what network managers write
	find /etc /run /var/lib -xdev \( -path /run/test -o -path /run/dadrace -o -path /var/lib/apt \) -prune -o \
		-type f -exec cksum {} + 2>/dev/null | sort
}
bringup() { # NAME PACKAGE CLOSED-BY ENDS
	local name=$1 package=$2 by=$3 end=$4
	checksum >before
	run_whole "$name" "$name" --set stop.trials=8 --set 'arms=[control, race]' "${few[@]}"
	if [ "$code" -eq 78 ] && grep -q "No such file or directory; install the package $package" "$name.err"; then
		echo "SKIP $name: $package is not installed"
		skipped="$skipped $package"
		return
	fi
	ends "$name" 0 'Verdict: clean'
	check "$name: each window was held and closed by $by" "$name" "
		len(trials) == 8 and set(verdicts) == {'clean'} and held_enough(trials) and
		all(t['closed_by'] == '$by' and t['bringup_end'] == '$end' for t in trials)"
	check "$name: what was sent came in" "$name" \
		"all(t['echoes_inside'] + t['dad_answers_inside'] > 0 for t in arm('race'))"
	if checksum | cmp -s before -; then ok "$name: the machine is as it was"; else
		checksum | diff before - >"$name.diff"
		fail "$name: the machine is as it was" "this differs" "$name.diff"
	fi
}

mkdir -p /run/dadrace
bringup ip iproute2 teardown exited
bringup ifconfig net-tools flags exited
bringup busybox busybox teardown exited
bringup ifup ifupdown teardown exited
bringup dhcpcd dhcpcd-base teardown stopped
bringup networkd systemd teardown stopped
bringup networkmanager network-manager dad stopped
bringup keepalived keepalived teardown exited

# --- any program, also one that asks as no distribution's does ---

flag_sets() { # NAME UP-COMMAND DOWN-COMMAND
	run_whole "$1" quick --set stop.trials=4 --set bringup.kind=command --set "bringup.command=[sh, -c, '$2; $3']"
	ends "$1" 0 'Verdict: clean'
	check "$1: both flag sets are seen" "$1" "len(trials) == 4 and all(t['held_ns'] and t['closed_by'] == 'flags' for t in trials)"
}
# The system calls of a 32-bit program have other numbers, registers and structures.
gcc -m32 -O1 -nostdlib -static -fno-pic -fno-stack-protector -Wall -Werror \
	-idirafter "/usr/include/$(uname -m)-linux-gnu" -o up32 "$live/up32.c" || fail up32 "up32.c cannot be compiled"
for way in ioctl netlink; do
	up32="$PWD/up32 {dut} \$(cat /sys/class/net/{dut}/ifindex) $way"
	flag_sets "32-bit-$way" "$up32 up" "$up32 down"
done
by_netlink="/usr/bin/python3 $live/netlink_flags.py {dut}"
flag_sets parts "$by_netlink parts up" "$by_netlink batch down"
flag_sets name "$by_netlink name up" "$by_netlink parts down"

# --- what is not installed is said before the first trial ---

for shell in 'connmand -i {dut}' 'true; exec connmand -i {dut}' 'ip link set {dut} up && connmand -i {dut}'; do
	rm -rf absent
	dadrace absent run quick.yaml --out absent --set stop.trials=1 --set bringup.kind=command \
		--set "bringup.command=\"$shell\""
	ends absent 78 'bringup.command connmand: No such file or directory; install the package connman'
done
[ -z "$skipped" ] || [ ${#failures[@]} -gt 0 ] || skip "not installed:$skipped; the others are as they must be"
finish
