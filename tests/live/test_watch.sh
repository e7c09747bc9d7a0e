#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `dadrace watch` as a person meets it: who holds the interface, in words, folded stacks and JSON; what
# it says to bad input; and that it leaves nothing, however it ends.
#
# Usage: test_watch.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
keep_awake

ip link add w0 type veth peer name w1 && ip link set w1 up || exit 1
ip netns add other && ip -n other link add o0 type veth peer name o1 || exit 1
interfaces_before=$(interfaces)
namespaces_before=$(network_namespaces)

# A child that binds two packet sockets to a device, lets go of one, and keeps the other until killed.
cat >bind.py <<'PY'
import socket, sys, time
kept = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for i in range(2)]
for s in kept:
    s.bind((sys.argv[1], 0x86dd))
kept.pop().close()
print("bound", flush=True)
time.sleep(120)
PY

json() { # NAME FILE EXPRESSION over `lines`, `entries`, and `d`, the last line; and the lines fit the schema
	/usr/bin/python3 "$source/tests/unit/results/validate_results.py" --watch "$2" \
		"$source/config/schema/result.schema.json" 2>fits.err || fail "$1" "$2 does not fit" fits.err
	if /usr/bin/python3 -c "
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
entries, d = [l for l in lines if l['type'] == 'entry'], lines[-1]
assert d['type'] == 'watch', d
assert ($3)" "$2" 2>json.err; then ok "$1"; else fail "$1" "it does not hold" json.err "$2"; fi
}

# Starts a watch in the background and waits until it sees; its pid in $watching.
watch() { # NAME ARGUMENT...
	local name=$1
	shift
	"$dadrace" watch "$@" >"$name.out" 2>"$name.err" &
	watching=$!
	wait_for 60 is_watching "$name" || fail "$name: watches" "it does not" "$name.err"
}
is_watching() { is_gone "$watching" || grep -qs '^Watching' "$1.err"; }
end_watch() { # NAME [SIGNAL]
	kill -"${2:-INT}" "$watching"
	await "$1" "$watching"
}
bind_sockets() { # DEVICE: its pid in $binder
	: >bind.out
	/usr/bin/python3 bind.py "$1" >bind.out &
	binder=$!
	wait_for 30 grep -q bound bind.out || fail "sockets" "they are not bound"
}

unbind() {
	kill -9 "$binder"
	wait "$binder" 2>unbind.err
}

# --- who holds it ---

watch socket w0 --json
bind_sockets w0
end_watch socket
ends socket 0
json "a bound packet socket is the only suspect, exactly" socket.out \
	"[(s['kind'], s['unmatched']) for s in d['objects'][0]['suspects']] == [('packet socket', 1)] and
	 'packet_do_bind' in d['objects'][0]['suspects'][0]['stack'] and d['objects'][0]['exact'] and
	 d['objects'][0]['state'] == 'whole' and d['ended_by'] == 'signal'"
json "the suspect knows whose it is" socket.out \
	"[(t['pid'], t['balance']) for t in d['objects'][0]['suspects'][0]['tasks']] == [($binder, 1)]"
json "the entries are the sums" socket.out \
	"(lambda o: sum(e['delta'] for e in entries) == o['count'] - o['baseline'] == 1 and
	 o['count'] == o['marked'] and len(entries) == o['entries'] and
	 [e['count'] for e in entries][-1] == o['count'])(d['objects'][0])"

watch release w0 --json
unbind
end_watch release
json "the put of an older hold accuses nobody" release.out \
	"d['objects'][0]['suspects'] == [] and d['objects'][0]['puts'] >= 1"

watch text w0 --object netdev --object idev
bind_sockets w0
end_watch text TERM
ends text 0 '^STILL HELD: 1 reference to net_device of w0:$'
truth "the holder is named" grep -q '^  1 by packet socket, packet_do_bind < ' text.out
truth "the point comes first" test "$(head -c 10 text.out)" = 'STILL HELD'
truth "both counters are shown" grep -q '^inet6_dev: count' text.out
unbind

watch stacks w0 --stacks
bind_sockets w0
end_watch stacks
ends stacks 0 '^net_device;holds;\[syscall\];.*packet_do_bind [0-9]+$'
truth "folded stacks are nothing else" \
	test "$(grep -cvE '^[^ ]+( [^ ]+)*;(holds|puts);[^ ]+ [0-9]+$' stacks.out)" -eq 0
unbind

# --- many cycles: the counter, the entries and another reader agree ---

references() { "$dadrace" inspect w0 --json | tr -d ' \n' | sed -E 's/.*"net_device":([0-9]+).*/\1/'; }
# Two readers agree while nothing moves: what the hundred cycles before have left pending may.
watch_at_rest() {
	local earlier
	for _ in {1..20}; do
		earlier=$(references)
		watch cycles w0 --json --object netdev --object idev
		before=$(references)
		[ "$before" != "$earlier" ] || return 0
		end_watch cycles
	done
	fail "w0 comes to rest" "it does not"
}
cycle() {
	watch_at_rest
	for _ in {1..100}; do ip link set w0 up && ip link set w0 down; done
	end_watch cycles
}
again_until "saw_all cycles.out" cycle
json "after 100 cycles sums are whole" cycles.out \
	"all(o['state'] == 'whole' and o['count'] - o['baseline'] == o['holds'] - o['puts'] and
	 sum(e['delta'] for e in entries if e['object'] == o['object']) == o['holds'] - o['puts'] and
	 o['entries'] >= 100 for o in d['objects'])"
json "its first count is that of inspect" cycles.out "d['objects'][0]['baseline'] == $before"

# --- namespaces, time ---

dadrace elsewhere watch o0 --netns other --for 200ms --json
ends elsewhere 0
json "--netns and --for" elsewhere.out "d['interface'] == 'o0' and d['ended_by'] == 'time'"

watch records w0 --records
bind_sockets w0
end_watch records
unbind
ends records 0
json "--records has the looks and the writes" records.out \
	"(lambda r: r[0]['mark'] and len([x for x in r if not x['mark']]) == d['objects'][0]['entries'] >= 3
	 and any(f.startswith('packet_do_bind+0x') for x in r for f in x['frames']))(lines[:-1])"

# --- its end, whatever way ---

vanish() {
	ip link add gone0 type veth peer name gone1
	watch vanish gone0 --object netdev --object idev
	ip link del gone0
	await vanish "$watching"
}
again_until "saw_all vanish.out" vanish
ends vanish 0 '^Gone: gone0 was unregistered'

# --- who holds what is unregistered already ---

# A sender that waits for room in its socket's buffer, which another device's queue has filled, and holds
# the device that it wants to send to.
cat >stuck.py <<'PY'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
frame, other = bytes(1000), (sys.argv[1], 0x1234)
try:
    while True:
        s.sendto(frame, socket.MSG_DONTWAIT, other)
except BlockingIOError:
    s.sendto(frame, (sys.argv[2], 0x1234))
PY
is_stuck() { grep -q '"kind":"packet socket"' "$1.out"; }
unregister_held() { # NAME ARGUMENT...: ./NAME.out is what a watch says of a device that stuck.py holds
	local name=$1
	shift
	ip link add gone0 type veth peer name gone1 && ip link set gone0 addrgenmode none up && ip link set gone1 addrgenmode none up
	watch "$name" gone0 --json "$@"
	/usr/bin/python3 stuck.py w1 gone0 &
	stuck=$!
	wait_for 30 is_stuck "$name" || fail "$name" "nobody holds it" "$name.out"
	ip link del gone0 &
	deleting=$!
	wait_for 30 grep -q 'left its network namespace' "$name.err" || fail "$name" "it does not say so" "$name.err"
}
if tc qdisc add dev w1 root tbf rate 8bit burst 2000 limit 100000 && ip link set w0 up; then
	late() {
		unregister_held late
		kill "$stuck"
		await late "$watching"
		wait "$deleting"
	}
	again_until "saw_all late.out" late
	ends late 0
	json "it is watched until its last holder lets go" late.out \
		"d['ended_by'] == 'unregister' and 0 < d['left_ns'] < d['elapsed_ns'] and
		 d['objects'][0]['state'] == 'whole' and d['objects'][0]['suspects'] == [] and
		 [e['delta'] for e in entries if e['kind'] == 'packet socket'] == [1, -1]"
	held() {
		unregister_held held --for 30s
		end_watch held
		kill "$stuck"
		wait "$deleting"
	}
	again_until "saw_all held.out" held
	ends held 0
	json "who holds what is unregistered is told" held.out \
		"d['ended_by'] == 'signal' and d['left_ns'] and
		 [t['pid'] for s in d['objects'][0]['suspects'] for t in s['tasks']
		  if s['kind'] == 'packet socket'] == [$stuck]"
	tc qdisc del dev w1 root
else
	echo "SKIP who holds what is unregistered: no tbf queue here"
fi

watch killed w0
kill -9 "$watching"
wait_for 30 is_gone "$watching"
no_leftovers killed

two() {
	watch first w0
	first=$watching
	watch second w0 --object netdev --object idev
	bind_sockets w0
	end_watch second
	ends_second=$code
	watching=$first
	end_watch first
	unbind
}
sees_one() { grep -q '^  1 by packet socket' "$1"; }
both_see() { sees_one first.out && sees_one second.out; }
again_until both_see two
both_see || fail "two watches at once see the same" "they do not" first.out second.out
truth "two watches at once: exit 0" [ "$ends_second/$code" = 0/0 ]

# --- what cannot be ---

ip link set w0 up
wait_for 30 eval 'ip -6 addr show dev w0 | grep -q fe80'
local_address=$(ip -6 -o addr show dev w0 | sed -nE 's/.*(fe80[^/]*).*/\1/p')
for address in 2001:db8::1 2001:db8::2 2001:db8::3; do ip -6 addr add $address dev w0 nodad; done
dadrace five watch w0 --for 1s --object netdev --object idev --object addr=2001:db8::1 \
	--object addr=2001:db8::2 --object addr=2001:db8::3
ends five 75 'CPU [0-9]+: no debug register is free'
dadrace four watch w0 --for 100ms --object netdev --object idev --object "addr=$local_address" \
	--object addr=2001:db8::2
ends four 0 'inet6_ifaddr 2001:db8::2: count'
dadrace nosuch watch nosuch
ends nosuch 64 'no interface nosuch'
dadrace nonetns watch w0 --netns nosuch
ends nonetns 64 'no network namespace nosuch'
dadrace noaddress watch w0 --object addr=2001:db8::99
ends noaddress 64 'inet6_ifaddr 2001:db8::99: the device has none'
dadrace badobject watch w0 --object everything
ends badobject 64 'everything: not a valid OBJECT; give netdev, idev'
dadrace badtime watch w0 --for ever
ends badtime 64 'ever: not a valid TIME; give a time such as'
cp "$dadrace" ./dadrace
setpriv --reuid 65534 --regid 65534 --clear-groups ./dadrace watch w0 >nobody.out 2>nobody.err
code=$?
ends nobody 4 'root|addresses'

finish
