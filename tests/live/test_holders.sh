#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who holds an interface, by kinds of holders: what is taken and dropped again accuses nobody, what is kept
# is named by its kind alone, and a process stands only beside what it ran.
#
# Usage: test_holders.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
keep_awake

# Without an IPv6 address or group it sends nothing by itself.
ip link add h0 type veth peer name h1 || exit 1
for end in h0 h1; do ip link set $end addrgenmode none && ip link set $end up || exit 1; done
ip addr add 198.18.1.1/24 dev h0 || exit 1

cat >hold.py <<'PY'
import ctypes, mmap, os, socket, struct, sys, time
kind, device = sys.argv[1:]
if kind == "udp6":
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.connect(("2001:db8::99", 9))
    s.send(b"x")
elif kind == "xdp":
    s, memory = socket.socket(44, socket.SOCK_RAW), mmap.mmap(-1, 4096 * 64)
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    s.setsockopt(283, 4, struct.pack("QQIII I", at, 4096 * 64, 4096, 0, 0, 0))
    for ring in 5, 6, 2:
        s.setsockopt(283, ring, struct.pack("i", 64))
    address = struct.pack("HHIII", 44, 2, socket.if_nametoindex(device), 0, 0)
    if ctypes.CDLL(None).bind(s.fileno(), address, len(address)):
        sys.exit(3)
print("held", flush=True)
time.sleep(120)
PY
hold() { # KIND: its pid in $holder
	: >hold.out
	/usr/bin/python3 hold.py "$1" h0 >hold.out 2>hold.err &
	holder=$!
	wait_for 30 grep -q held hold.out || fail "$1" "it does not hold" hold.err
}
drop() {
	kill "$holder"
	wait "$holder" 2>wait.err || true # killed
}

watch() { # NAME: its pid in $watching
	: >"$1.err"
	"$dadrace" watch h0 --json >"$1.out" 2>"$1.err" &
	watching=$!
	wait_for 60 grep -qs '^Watching' "$1.err" || fail "$1: watches" "it does not" "$1.err"
}
end_watch() { # NAME
	kill -INT "$watching"
	await "$1" "$watching"
}
says() { # NAME FILE EXPRESSION over `o`, the device's ledger, and `s`, its suspects
	if /usr/bin/python3 -c "
import json, sys
o = json.loads(open(sys.argv[1]).readlines()[-1])['objects'][0]
s = o['suspects']
assert o['state'] == 'whole', o['state']
assert ($3), [(o['baseline'], o['count'], o['exact'])] + [(x['kind'], x['unmatched'], x['tasks'], x['stack']) for x in s]" \
		"$2" 2>says.err; then ok "$1"; else fail "$1" "it does not" says.err; fi
}
# The watch goes on until the count is back, as after a grace period.
is_back() { /usr/bin/python3 -c "
import json, sys
entries = [e for e in map(json.loads, open(sys.argv[1])) if e['type'] == 'entry']
sys.exit(not entries or sum(e['delta'] for e in entries) > 0)" "$1.out"; }

dropped() { # NAME HOLDER...: what take_HOLDER takes, drop_HOLDER drops
	local name=$1 one
	shift
	watch "$name"
	for one; do
		"take_$one" || fail "$one" "it cannot be taken"
		"drop_$one" || fail "$one" "it cannot be dropped"
	done
	wait_for 10 is_back "$name" # else the watch was not whole, or says that the count is not back
	end_watch "$name"
}
kept() { # NAME HOLDER...
	local name=$1 one
	shift
	watch "$name"
	for one; do "take_$one" || fail "$one" "it cannot be taken"; done
	end_watch "$name"
	for one; do "drop_$one"; done
}
names_only() { # NAME KINDS HOLDER...
	local name=$1 kinds=$2
	shift 2
	again_until "saw_all $name.out" kept "$name" "$@"
	says "$name: each is named as its kind, and nobody else" "$name.out" \
		"o['exact'] and {x['kind'] for x in s} == {$kinds} and sum(x['unmatched'] for x in s) == o['count'] - o['baseline']"
}

take_macvlan() { ip link add mv9 link h0 type macvlan mode bridge; }
drop_macvlan() { ip link del mv9; }
take_bridge() { ip link add br9 type bridge && ip link set h0 master br9; }
drop_bridge() { ip link del br9; }
take_vxlan() { ip link add vx9 type vxlan id 9 dev h0 dstport 4789 remote 198.18.1.9; }
drop_vxlan() { ip link del vx9; }
take_address() { ip addr add 198.18.9.1/24 dev h0; }
drop_address() { ip addr del 198.18.9.1/24 dev h0; }
take_route() { ip -6 route add 2001:db8:77::/64 dev h0; }
drop_route() { ip -6 route del 2001:db8:77::/64 dev h0; }
take_nexthop() { ip nexthop add id 9 dev h0; }
drop_nexthop() { ip nexthop del id 9; }
take_xdp() { hold xdp; }
drop_xdp() { drop; }

again_until "saw_all dropped.out" dropped dropped macvlan bridge vxlan address route nexthop xdp
says "what is dropped again accuses nobody" dropped.out "s == [] and o['exact'] and o['holds'] > 8"
names_only devices "'macvlan', 'VXLAN', 'nexthop object'" macvlan vxlan nexthop
names_only routes "'IPv4 address or route', 'IPv6 route', 'XDP socket'" address route xdp
names_only port "'bridge port'" bridge

# --- a process ---

take_udp6() { hold udp6 && holder_of_udp6=$holder && sleep_for_neighbour; }
drop_udp6() { drop; }
# The solicitations, which timers send, are over: the neighbour has failed.
sleep_for_neighbour() { wait_for 30 eval 'ip -6 neigh show 2001:db8::99 dev h0 | grep -q FAILED'; }
# The address is new each time, so that the route is: a CPU keeps its copy of one that it used.
connected() {
	ip -6 addr flush dev h0 && ip -6 addr add 2001:db8::1/64 dev h0 nodad || exit 1
	kept udp6 udp6
}
again_until "saw_all udp6.out" connected
says "a connected socket's route comes first, with its process" udp6.out \
	"'connect' in s[0]['stack'] and s[0]['kind'] == 'route' and [t['pid'] for t in s[0]['tasks']] == [$holder_of_udp6]"
says "no process stands beside a path of the kernel's own" udp6.out \
	"not [x for x in s if x['tasks'] and '[syscall]' not in x['stack']]"

# --- in words ---

watch_words() {
	: >words.err
	"$dadrace" watch h0 >words.out 2>words.err &
	watching=$!
	wait_for 60 grep -qs '^Watching' words.err
	take_macvlan
	drop_macvlan
	end_watch words
}
again_until "saw_all words.out" watch_words
truth "a count that is back says so" \
	grep -qxE 'Released: the count of net_device of h0 ended where it began, so no holder is named\.' words.out
truth "its count is explained" grep -qE '^net_device: count ([0-9]+) = \1 at the start \+ 0 since; ' words.out
truth "no process is named" test "$(grep -cE '  by [a-z]' words.out)" -eq 0

finish
