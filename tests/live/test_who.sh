#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `dadrace who` as a person meets it: on this kernel each reference of a device with every kind of holder is explained, the
# right process and descriptor are named, and no innocent one.
#
# Usage: test_who.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

ip link add w0 type veth peer name w1 && ip link set w1 up || exit 1
echo 0 >/proc/sys/net/ipv6/conf/w0/accept_dad
ip link set w0 up && ip addr add 2001:db8:5::1/64 dev w0 nodad && ip addr add 198.18.5.1/24 dev w0 || exit 1
ip -6 route add 2001:db8:77::/64 dev w0 && ip route add 198.51.100.0/24 dev w0 || exit 1
ip -6 neigh add 2001:db8:5::77 lladdr 02:00:00:00:00:77 dev w0 || exit 1
ip neigh add 198.18.5.77 lladdr 02:00:00:00:00:77 dev w0 || exit 1
ip link add wv link w0 type macvlan mode bridge || echo "no macvlan here"
ip link add wx type vxlan id 9 dev w0 dstport 4789 group 239.1.1.1 || echo "no vxlan here"
ip nexthop add id 9 dev w0 || echo "no nexthop objects here"
ip neigh add proxy 198.18.5.99 dev w0 || exit 1
ip link add wb type bridge && ip link add b0 type veth peer name b1 && ip link set b0 master wb || echo "no bridge here"
ip tuntap add dev t0 mode tap || echo "no tun here"
interfaces_before=$(interfaces)
namespaces_before=$(network_namespaces)

coproc HOLDER { exec /usr/bin/python3 "$live/who_holders.py" w0; }
holder=$HOLDER_PID
while read -r kind fd <&"${HOLDER[0]}" && [ "$kind" != held ]; do echo "$kind $fd"; done >held
[ -s held ] || { echo "no holder"; exit 1; }

explained() { # NAME FILE EXPRESSION over `d`, the answer, `types` and `said`
	if /usr/bin/python3 - "$2" "$holder" <<-PYTHON 2>why.err; then ok "$1"; else fail "$1" "it does not hold" why.err "$2"; fi
		import json, sys
		d = json.load(open(sys.argv[1]))
		pid = int(sys.argv[2])
		types = [h["type"] for h in d["holders"] if h["references"]]
		said = "\n".join(d["sentences"])
		assert d["is_checked"] and not d["check_unexplained"], (d["is_checked"], said)
		assert ($3), (said, sorted(map(str, types)))
	PYTHON
}

# Other tests run beside this one, and their devices and sockets come and go.
capture() {
	rm -f w0.capture
	"$dadrace" who w0 --json --capture w0.capture >all.json 2>all.err
	code=$?
	"$dadrace" who --from w0.capture --json >from.json 2>from.err
}
is_the_same() { [ $code -eq 0 ] && cmp -s all.json from.json; }
again_until is_the_same capture
[ $code -eq 0 ] || fail who "exit $code" all.err all.json
if is_the_same; then ok "a capture gives the same answer"; else
	diff all.json from.json >differs
	fail "a capture gives the same answer" "it gives another one" from.err differs
fi
[ "$(stat -c %a w0.capture)" = 600 ] && ok "only its owner reads a capture" || fail "mode of a capture" "$(stat -c %a w0.capture)"
"$dadrace" who w0 --capture w0.capture >again.out 2>&1
[ $? -eq 64 ] && grep -q '^dadrace: w0.capture: File exists; name a new file' again.out && ok "no capture is overwritten" ||
	fail again "it is not refused" again.out
truncate -s -100 w0.capture && "$dadrace" who --from w0.capture >cut.out 2>&1
[ $? -eq 78 ] && grep -q '^dadrace: w0.capture: the capture is damaged' cut.out && ok "a capture that was cut off is refused" ||
	fail cut "it is not refused" cut.out
explained "every reference is explained" all.json \
	'd["answer"] == "explained" and d["unexplained"] == 0 and d["usage_count"] > 25'
explained "each socket is named with its process and descriptor, and no other process" all.json \
	'{(o["pid"], o["fd"]) for h in d["holders"] for o in h["owners"]} ==
	{(pid, int(line.split()[1])) for line in open("held")}'
explained "routes, neighbours and addresses" all.json \
	'{"fib6_info", "fib_info", "neighbour", "inet6_dev", "in_device", "rt6_info", "rtable"} <= set(types)'
for pair in wv:netdev_adjacent wx:netdev_adjacent; do
	! ip link show "${pair%%:*}" >/dev/null 2>&1 ||
		explained "the upper device ${pair%%:*}" all.json "'${pair##*:}' in types and 'device ${pair%%:*},' in said"
done
"$dadrace" who w0 --object idev --json >idev.json 2>idev.err
explained "the IPv6 part adds up" idev.json 'd["object"].startswith("inet6_dev") and d["usage_count"] > 5 and d["unexplained"] == 0'
"$dadrace" who w0 --object neigh=2001:db8:5::77 --json >neigh.json 2>neigh.err
explained "a neighbour adds up" neigh.json 'd["usage_count"] == 1 and d["unexplained"] == 0'
"$dadrace" who w0 --object addr=2001:db8:5::2 >addr.out 2>&1
[ $? -eq 64 ] && grep -q 'w0: the device has no such object' addr.out && ok "no such object" || fail addr "not refused" addr.out
[ -z "$(ip nexthop show id 9 2>/dev/null)" ] || explained "a nexthop object" all.json '"nh_info" in types'

explained "a proxy neighbour" all.json '"pneigh_entry" in types'
if ip link show b0 >/dev/null 2>&1; then
	"$dadrace" who b0 --json >b0.json 2>b0.err
	explained "a bridge port" b0.json '"net_bridge_port" in types and "device wb," in said and d["unexplained"] == 0'
fi
if ip link show t0 >/dev/null 2>&1; then
	"$dadrace" who t0 --json >t0.json 2>t0.err
	explained "a tun device" t0.json 'd["answer"] == "explained" and d["unexplained"] == 0'
fi

# A namespace that only a socket keeps: its device is found by index, and its holder is named.
/usr/bin/python3 - <<'PY' >kept.out 2>&1 &
import ctypes, socket, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
home = open("/proc/self/ns/net")
assert not libc.unshare(0x40000000)
subprocess.run(["ip", "link", "add", "only0", "type", "veth", "peer", "only1"], check=True)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("only0", 3))
assert not libc.setns(home.fileno(), 0)
print("kept", s.fileno(), flush=True)
time.sleep(600)
PY
keeper=$!
until grep -q kept kept.out || ! kill -0 $keeper 2>/dev/null; do read -rt 0.1 <> <(:); done
"$dadrace" who only0 >only.txt 2>&1
grep -q "^Held by python3 (pid $keeper, fd [0-9]*): packet socket" only.txt && ok "a namespace that only a socket keeps" ||
	fail only "its keeper is not named" only.txt
kill $keeper

# What is asked wrongly is said before anything is judged.
"$dadrace" who nonesuch >none.out 2>&1
[ $? -eq 64 ] && grep -q '^dadrace: nonesuch: ' none.out && ok "no such device" || fail none "not refused" none.out
"$dadrace" who --stuck >stuck.out 2>&1
[ $? -eq 0 ] && grep -q 'nothing is stuck' stuck.out && ok "nothing is stuck" || fail stuck "something is" stuck.out
[ "$(interfaces)" = "$interfaces_before" ] && ok "no device is left" || fail left "a device is left"
finish
