#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# device.kind: existing, wherever a run may be started: both ends of a veth pair stand for real ports. Whatever happens
# they are put back as they were found, and a run or `dadrace clean` that cannot do so says so and exits with 5.
#
# Usage: test_existing.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
SITUATION=${SITUATION:-}
if [ -z "$SITUATION" ]; then begin "$@"; else # inside already, in a namespace or root of its own
	dadrace=$1 source=$2 live=$2/tests/live
	mkdir -p "/run/test/in-$SITUATION" && cd "/run/test/in-$SITUATION" && cp ../quick.yaml . || exit 1
fi

# --- the two ports, and all that must be as it was ---

make_ports() {
	# As network managers do, the addresses are theirs: the kernel's own comes with the carrier, when that is noticed.
	ip link add real0 type veth peer name real1 && ip link set real1 addrgenmode none &&
		ip link set real1 up mtu 1400 txqueuelen 77 && ip link set real0 up
	ip link set real0 down # a first time leaves a queue behind
	[ "$SITUATION" != contained ] || return 0 # settings cannot be written there
	echo 3 >/proc/sys/net/ipv6/conf/real0/dad_transmits
	ip addr add fe80::7/64 dev real1 nodad
}
# Up or down, namespace, numbers, addresses and settings; the carrier comes by itself.
state() {
	ip -o -d link show | sed -E '/real[01]/!d; s/state [A-Z]+ //; s/<[^>]*([<,]UP)?[^>]*>/\1/; s/promiscuity.*//'
	ip -o addr show dev real1 | sed 's/tentative//; s/ \+/ /g' | sort
	grep -r . /proc/sys/net/ipv[46]/{conf,neigh}/real[01] | sort
} 2>/dev/null
put_back() { # NAME BEFORE
	state >after.state
	if cmp -s "$2" after.state; then ok "$1: put back as found"; else
		diff "$2" after.state >diff.out
		fail "$1: put back as found" "this differs" diff.out
	fi
	truth "$1: the journal is gone" eval '! ls /run/dadrace/*.journal 2>/dev/null'
}
existing=(--set device.kind=existing --set device.dut=real0 --set device.peer=real1)

# --- in each situation: this script again ---

situation() { # NAME: a run, a run that is killed at work, and a start that fails
	local name=$1 pid
	make_ports
	state >before.state
	timeout 100 "$dadrace" run quick.yaml --out "$name" "${existing[@]}" >"$name.out" 2>"$name.err"
	code=$?
	[ $code -eq 0 ] && ok "$name: exit 0" || fail "$name: exit 0" "exit $code" "$name.err" "$name.out"
	check "$name: the port was used" "$name" "trials and all(t['device'] == 'real0' for t in trials)"
	put_back "$name" before.state

	"$dadrace" run quick.yaml --out "$name-killed" "${existing[@]}" --set stop.trials=10000 >/dev/null 2>&1 &
	pid=$!
	wait_for 60 has_lines "$name-killed/results.ndjson" 3
	kill -9 $pid
	wait $pid 2>/dev/null
	dadrace "$name-clean" clean
	[ $code -eq 0 ] && ok "$name-clean: exit 0" || fail "$name-clean: exit 0" "exit $code" "$name-clean.err"
	put_back "$name-killed" before.state

	# Stable addresses need a secret, which this port has not; that shows when all else was changed.
	dadrace "$name-fails" run quick.yaml --out "$name-fails" "${existing[@]}" --set sysctl.addr_gen_mode=2 \
		--set echo.targets=[all-nodes]
	truth "$name: a start that fails" [ $code -ne 0 -a $code -ne 75 -a $code -ne 5 ]
	put_back "$name-fails" before.state
	ip link del real0
}
if [ -n "$SITUATION" ]; then
	situation "$SITUATION"
	finish
fi
within() { # NAME COMMAND...: the situation NAME by way of COMMAND
	local name=$1
	shift
	if SITUATION=$name "$@" >"$name.log" 2>&1; then grep '^ok' "$name.log"; else
		grep -E '^(ok|FAIL)' "$name.log"
		fail "$name" "see above" "$name.log"
	fi
}
again=("$BASH" "$0" "$dadrace" "$source")

within plain "${again[@]}"
ip netns add rig && ip -n rig link set lo up
within ip-netns-exec ip netns exec rig "${again[@]}"
ip netns del rig

# A root that is no mount point, with the programs of the machine bound into it.
root=/run/test/root
mkdir -p $root/{proc,sys,dev,etc,run/test,var,tmp}
for folder in usr bin sbin lib lib64; do
	[ -L /$folder ] && cp -P /$folder $root/ || { mkdir -p $root/$folder && mount --bind /$folder $root/$folder; }
done
mount --rbind /dev $root/dev && mount -t proc none $root/proc && mount -t sysfs none $root/sys
mkdir -p "$root$source" "$root$(dirname "$dadrace")"
mount --bind "$source" "$root$source"
[ -e "$root$dadrace" ] || { mount --bind "$(dirname "$dadrace")" "$root$(dirname "$dadrace")"; }
cp quick.yaml $root/run/test/
within chroot chroot $root "${again[@]}"
umount -R $root/{usr,bin,sbin,lib,lib64,dev,proc,sys} "$root$source" "$root$(dirname "$dadrace")" 2>/dev/null

# As a container has it: settings and /sys read-only, and no more capabilities than `doctor` and a container name.
cat >contained.sh <<'SH'
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro none /sys
caps=+chown,+dac_override,+fowner,+kill,+setpcap,+net_raw,+sys_chroot,+mknod,+net_admin,+sys_admin,+perfmon,+bpf,+syslog
exec setpriv --inh-caps=-all,$caps --bounding-set=-all,$caps "$@"
SH
within contained unshare --mount "$BASH" contained.sh "${again[@]}"
dadrace doctor doctor
truth "doctor: an existing device can be used here" grep -q 'existing *ok' doctor.out

# --- what cannot be put back is said ---

make_ports
remember
"$dadrace" run quick.yaml --out lost "${existing[@]}" --set stop.trials=10000 >/dev/null 2>&1 &
pid=$!
wait_for 60 has_lines lost/results.ndjson 3
# A lane that sees its campaign die would still put all back if it had the time.
kill -STOP $(cat /proc/$pid/task/$pid/children) && kill -9 $pid
wait $pid 2>/dev/null
ip link del real0
remember
dadrace lost-clean clean
ends lost-clean 5 'real0: lost'
run lost-run quick
ends lost-run 5 'lost: it is no longer in its network namespace'
dadrace lost-forget clean --forget
ends lost-forget 0 'Forgot'
run lost-after quick
ends lost-after 0

make_ports
run vanished quick "${existing[@]}" --set stop.trials=1 --set bringup.kind=command \
	--set 'bringup.command=ip link set {dut} up; ip link del {dut}'
truth "a device that the bring-up deletes: exit 5" [ $code -eq 5 ]
truth "and a sentence" grep -q 'real[01]: lost' vanished.err vanished.out
dadrace vanished-forget clean --forget
remember

# --- a carrier that comes late, and a port without a peer ---

# The far end of the wire comes up a second after this one, as the carrier of a real port does.
ip link add real0 type veth peer name real1
remember
late=(--set stop.trials=2 --set bringup.kind=command --set
	'bringup.command=ip link set {peer} down; { sleep 1; ip link set {peer} up; } & exec ip link set {dut} up')
run late quick "${existing[@]}" "${late[@]}"
ends late 0
check "late: each hold counts from the address, which comes with the carrier" late \
	"all(t['opens_ns'] > 500e6 and t['held_ns'] > t['opens_ns'] for t in trials)"
check "late: echoes landed inside, while the address was tentative" late "any(t['tentative_inside'] for t in trials)"
truth "late: ports that were down have no address" [ -z "$(ip -o addr show dev real0; ip -o addr show dev real1)" ]
run at-flags quick "${existing[@]}" "${late[@]}" --set window.opens=flags
check "at-flags: the hold is over before the carrier comes" at-flags "all(t['held_ns'] < 900e6 for t in trials)"
ip link del real0
ip link add real0 type veth peer name far && ip link set far up
remember
run one-port quick --set device.kind=existing --set device.dut=real0 --set echo.directions=[outbound]
ends one-port 0 'Verdict: clean'
ip link del real0

# --- a port that has lost its carrier keeps the address that it has from then ---

ip link add real0 type veth peer name real1 && ip link set real0 up && ip link set real1 up
own_address() { ip -o -6 addr show dev real0; }
settled() { own_address | grep -v tentative >before.own; }
wait_for 10 settled
ip link set real1 down
remember
run unplugged quick "${existing[@]}" --set stop.trials=2
ends unplugged 0 'Verdict: clean'
own_address | sed 's/ tentative//' >after.own # until DAD can be made
truth "unplugged: the kernel's own address is put back" cmp before.own after.own
ip link del real0

# --- a device whose frames come in somewhere else ---

ip link add low type veth peer name real1 && ip link set real1 up
if ip link add real0 link low type macvlan; then
	ip netns add below && ip link set low netns below
	remember
	run elsewhere quick "${existing[@]}"
	ends elsewhere 78 'real0: its lower device is in another network namespace'
	ip link del real0
	ip link del real1
	ip netns del below
else
	echo "SKIP elsewhere: this kernel has no macvlan"
	ip link del real1
fi

# --- addresses that a bring-up removes ---

ip link add real0 type veth peer name real1 && ip link set real0 up && ip link set real1 up
ip addr add 192.0.2.9/24 brd + dev real0 && ip addr add 2001:db8:9::1/64 dev real0 nodad
ip addr add 192.0.2.1/24 dev real0 label real0:1 # a secondary one, which sorts before the first
ip addr add 198.51.100.1 peer 198.51.100.2 scope link dev real0 valid_lft 8500 preferred_lft 0
ip addr add 2001:db8:9::2 peer 2001:db8:9::3 dev real0 nodad valid_lft 8500 preferred_lft 4500
remember
given() { ip -o addr show dev real0 | sed -E '/fe80/d; s/(lft [1-9])[0-9]+sec/\1.../g'; } # they count down
given >given.before
run flushed quick "${existing[@]}" --set stop.trials=1 --set bringup.kind=command \
	--set 'bringup.command=ip addr flush dev {dut}; exec ip link set {dut} up' \
	--set "device.addresses=[$(given | awk '{ print $4 }' | paste -sd,)]"
truth "flushed: each address is back, with broadcast, peer, label, rank, scope and lifetimes" diff given.before <(given)
for i in {2..20}; do ip addr add 2001:db8:9:1234:1234:1234:1234:$i/64 dev real0 nodad; done
given >given.before
run many quick "${existing[@]}" --set "device.addresses=[$(given | awk '{ print $4 }' | paste -sd,)]"
ends many 78 'real0: has more addresses than an undo journal keeps'
truth "many: none was touched" diff given.before <(given)
ip link del real0
finish
