#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of a guest that is an ordinary machine with two ports, test_nics.sh has the other half: no namespace but the initial
# ones, a shell of root's. A run of nic.yaml is clean; whenever one is killed, `dadrace clean` puts both ports back. Then
# devices that lie on others.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc none /proc && mount -t sysfs none /sys && mount -t devtmpfs none /dev
mount -t tmpfs none /run && mount -t tmpfs none /results
ulimit -c 0
for word in $(</proc/cmdline); do case $word in nics.*) declare "${word#nics.}" ;; esac; done # kills, seed
for module in /modules/*; do busybox insmod "$module" || echo "FAIL $module does not load"; done
RANDOM=$seed
cd /results || exit 1

say() { # STATUS WHAT FILE...
	[ "$1" -ne 0 ] || { echo "ok $2" && return 0; }
	echo "FAIL $2"
	tail -n 20 "${@:3}"
	return 1
}
# Up or down, namespace, numbers, queue, addresses and settings. The carrier comes by itself, and with it the address of a card.
state() { # PORT...
	for port; do
		ip -o -d link show dev "$port" | sed -E 's/state [A-Z]+ //; s/<[^>]*([<,]UP)?[^>]*>/\1/; s/promiscuity.*//'
		ip -o addr show dev "$port" | sed -E '/fe80::5054:/d; s/tentative//; s/ +/ /g' | sort
		grep -r . /proc/sys/net/ipv[46]/{conf,neigh}/"$port" | sort
	done
} 2>/dev/null
has_trial() { grep -qs '"type":"trial"' "$1/results.ndjson"; }
is_back() { # NAME PORT...
	local name=$1
	shift
	state "$@" >after
	[ -s before ] && diff before after >difference
	say $? "$name: as before" difference
	! compgen -G '/run/dadrace/*.journal' >difference
	say $? "$name: no journal" difference
}
nic() { # NAME DUT PEER [ARG...]: the command in $run
	# What crosses an emulated wire may take tens of milliseconds.
	run=(dadrace run /root/nic.yaml --set device.dut="$2" --set device.peer="$3" --set 'window.hold_us=[500000]' --out "$1" "${@:4}")
}

ports=()
for port in /sys/class/net/*; do [ ! -e "$port/device" ] || ports+=("${port##*/}"); done
[ ${#ports[@]} -eq 2 ]
say $? "two ports: ${ports[*]}" /dev/null || busybox poweroff -f
ip link set lo up
ip link set "${ports[0]}" up txqueuelen 77
echo 3 >"/proc/sys/net/ipv6/conf/${ports[0]}/dad_transmits"
echo 1 >"/proc/sys/net/ipv6/conf/${ports[1]}/addr_gen_mode" # as network managers do: the address is theirs
ip link set "${ports[1]}" up mtu 1400
ip addr add fe80::7/64 dev "${ports[1]}" nodad
state "${ports[@]}" >before

nic whole "${ports[@]}" --set stop.trials=4 --set clean_below_ppm=900000 --set 'arms=[race]'
"${run[@]}" >out 2>&1
say $? "nic.yaml: clean" out
grep -E '^race|Verdict' out
is_back whole "${ports[@]}"

at_work=0
for ((kill = 1; kill <= kills; kill++)); do
	nic "killed$kill" "${ports[@]}" --quiet
	"${run[@]}" >out 2>&1 &
	pid=$!
	# Every other one at work, the others at the start.
	until [ $((kill % 2)) -eq 0 ] || has_trial "killed$kill" || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
	ms=$((RANDOM % 4000))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -9 $pid
	say $? "kill $kill at $ms ms: it ran" out
	wait $pid 2>/dev/null
	has_trial "killed$kill" && at_work=$((at_work + 1))
	dadrace clean >out 2>&1
	say $? "kill $kill: clean" out
	is_back "kill $kill" "${ports[@]}"
	rm -rf "killed$kill"
done
echo "killed at work: $at_work of $kills"

# Two bonds of two wires each; a VLAN in a VLAN on each. Every frame comes in by a wire, with a tag taken off and one left.
for wire in 0 1; do ip link add near$wire type veth peer name far$wire; done
for end in near far; do
	ip link add $end type bond && for wire in 0 1; do ip link set $end$wire master $end; done
	ip link set $end up && ip link add link $end name $end.5 type vlan id 5 && ip link set $end.5 up
	ip link add link $end.5 name $end.5.7 type vlan id 7
done
quick=(--set stop.trials=8 --set clean_below_ppm=900000 --set 'arms=[race]' --set 'echo.targets=[all-nodes, tentative]')
for end in near far; do ip link set $end.5.7 up && ip link set $end.5.7 down; done # a first time leaves a queue behind
state near.5.7 far.5.7 near far >before
nic stacked near.5.7 far.5.7 "${quick[@]}"
"${run[@]}" >out 2>&1
say $? "a VLAN in a VLAN on a bond: clean" out
grep -E '^race|Verdict' out
is_back stacked near.5.7 far.5.7 near far
nic carries near far "${quick[@]}"
"${run[@]}" >out 2>&1
[ $? -eq 78 ] && grep -q 'carries the device near.5' out
say $? "the bond under a VLAN is refused" out
ip link del near.5 && ip link del far.5
state near far >before
nic bond near far "${quick[@]}"
"${run[@]}" >out 2>&1
say $? "a bond: clean" out
grep -E '^race|Verdict' out
is_back bond near far

# Two wires from a bond to one bridge: its spare port gets each multicast frame, too, and throws it away.
ip link del near && ip link del far
for wire in 0 1; do ip link set near$wire down && ip link set far$wire up; done
ip link add near type bond mode active-backup && for wire in 0 1; do ip link set near$wire master near; done
ip link add uplink type veth peer name host && ip link add name switch type bridge mcast_snooping 0
for port in far0 far1 uplink; do ip link set $port master switch up; done
ip link set switch up && ip link set near up && ip link set host up
nic spare near host --set stop.trials=6 --set clean_below_ppm=900000 --set 'arms=[race]' --set echo.count=0 --set 'dad.answer=[na, ns]'
"${run[@]}" >out 2>&1
say $? "DAD answers to a bond with a spare port: clean" out
grep -E '^race|Verdict' out

echo "end of nics"
busybox poweroff -f
