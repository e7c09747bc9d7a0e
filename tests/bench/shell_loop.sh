#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a person writes who has no dadrace: the same trial as a loop over ip, ifconfig and ping.
#
#   shell_loop.sh trials NAME SECONDS   prints trials, nanoseconds, echoes that arrived at all
#   shell_loop.sh flood NAME SECONDS    ping -f from the peer; prints echoes that arrived,
#                                       nanoseconds
#
# NAME names the two network namespaces, NAME and NAME-peer, which are removed at the end. The
# sysctls are those that a campaign sets by default, so DAD is as quick here as there.
set -euo pipefail

what=$1 lane=$2 seconds=$3 peer=$2-peer

cleanup() {
	ip netns del "$lane" 2>/dev/null || true
	ip netns del "$peer" 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ip netns add "$lane"
ip netns add "$peer"
ip -n "$lane" link add dut type veth peer name peer netns "$peer"
ip netns exec "$lane" sysctl -q -w net.ipv6.conf.dut.dad_transmits=1 \
	net.ipv6.conf.dut.router_solicitation_delay=0 net.ipv6.neigh.dut.retrans_time_ms=10
ip netns exec "$peer" sysctl -q -w net.ipv6.conf.peer.accept_dad=0
ip -n "$peer" link set peer up

# The peer makes its address when it first sees a carrier, which linkwatch may tell a second late.
ip -n "$lane" link set dut up
for ns in "$lane" "$peer"; do
	while ! ip -n "$ns" -6 -o addr show scope link -tentative | grep -q fe80; do sleep 0.1; done
done

echoes() { # how many echo requests the dut's namespace has received
	ip netns exec "$lane" awk '$1 == "Icmp6InEchos" { print $2 }' /proc/net/snmp6
}

trials() {
	ip -n "$lane" link set dut down
	ip netns exec "$lane" bash -c '
		trials=0
		end=$(($(date +%s%N) + '"$seconds"' * 1000000000))
		begin=$(date +%s%N)
		while [ "$(date +%s%N)" -lt $end ]; do
			ifconfig dut up
			# In the window; nobody answers in time, so this is the hold of 5 ms, too.
			ip netns exec '"$peer"' ping -q -c 1 -W 0.005 -I peer ff02::1 >/dev/null 2>&1 || true
			while [ -n "$(ip -6 -o addr show dev dut tentative)" ]; do :; done
			ifconfig dut allmulti # the second flag set
			ifconfig dut -allmulti down
			trials=$((trials + 1))
		done
		echo $trials $(($(date +%s%N) - begin))'
}

flood() {
	local address before begin
	address=$(ip -n "$lane" -6 -o addr show dev dut | awk '{ sub("/.*", "", $4); print $4; exit }')
	before=$(echoes)
	begin=$(date +%s%N)
	ip netns exec "$peer" ping -q -f -w "$seconds" -I peer "$address" >/dev/null 2>&1 || true
	echo $(($(echoes) - before)) $(($(date +%s%N) - begin))
}

case $what in
trials) echo "$(trials) $(echoes)" ;;
flood) flood ;;
esac
