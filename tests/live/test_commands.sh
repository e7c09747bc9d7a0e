#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands as a person meets them: exit codes, sentences, JSON. Runs in mount and network
# namespaces of its own with an empty /run: no mark, lock or device of the machine is touched.
#
# Usage: test_commands.sh DADRACE
set -uo pipefail

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
	echo "usage: $0 DADRACE" >&2
	exit 64
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "SKIP: needs root"
	exit 77
fi
if [ "${DADRACE_TEST_INSIDE:-}" != yes ]; then
	dadrace=$(realpath "$1")
	DADRACE_TEST_INSIDE=yes exec unshare --mount --net --propagation private "$0" "$dadrace"
fi
mount -t tmpfs none /run || exit 1
# Where a user who is nobody can run it, too.
mkdir /run/test && cp "$1" /run/test/dadrace || exit 1
cd /run/test || exit 1
PATH=/run/test:$PATH

failed=0
code=0

result() { # TRUE-OR-FALSE NAME
	if [ "$1" = true ]; then
		echo "ok   $2"
	else
		echo "FAIL $2 (exit code $code)"
		sed 's/^/     | /' out err
		failed=1
	fi
}

# Exit code, pattern in what it says on either stream ("" is any), name of the test, command.
expect() {
	local want=$1 pattern=$2 name=$3
	shift 3
	"$@" >out 2>err
	code=$?
	if [ "$code" -eq "$want" ] && grep -qE -e "$pattern" out err; then
		result true "$name"
	else
		result false "$name"
	fi
}

# A python expression over `d`, the JSON on standard output of the last command.
json() {
	if python3 -c "import json; d = json.load(open('out')); assert $2" 2>>err; then
		result true "$1"
	else
		result false "$1"
	fi
}

# shellcheck disable=SC2317 # expect calls it
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# --- usage ---

expect 64 '^Usage: dadrace .*COMMAND' "no command" dadrace
expect 0 '^ +0  No fault was found' "help" dadrace --help
expect 0 '^dadrace [0-9]+\.' "version" dadrace --version
expect 64 'frobnicate: unknown command' "unknown command" dadrace frobnicate
for command in run plan replay minimise verify report doctor inspect watch schema clean ctl; do
	expect 0 "^Usage: dadrace $command" "$command --help" dadrace "$command" --help
	expect 0 "^Usage: dadrace $command" "help $command" dadrace help "$command"
	expect 64 "dadrace $command --help" "$command --frobnicate" dadrace "$command" --frobnicate
done
expect 64 '--netns needs a value: NAME' "inspect --netns without a value" dadrace inspect --netns

# --- schema ---

expect 0 '' "schema" dadrace schema
json "schema is a JSON Schema" "'\$schema' in d"

# --- without privilege ---

expect 4 'sudo dadrace doctor' "doctor as nobody" as_nobody dadrace doctor
expect 4 '' "doctor --json as nobody" as_nobody dadrace doctor --json
json "doctor --json as nobody says no" "d['can_run'] is False and isinstance(d['checks'], list)"
expect 4 'sudo dadrace clean' "clean as nobody" as_nobody dadrace clean
expect 4 'root|BTF' "inspect as nobody" as_nobody dadrace inspect

# --- clean ---

expect 0 '^Nothing to clean\.$' "clean, nothing there" dadrace clean
expect 0 '^Nothing to clean\.$' "clean again" dadrace clean

printf 'another-boot\n2026-01-01T00:00:00Z\nlong ago\n' >/run/dadrace/dirty
expect 0 'an earlier boot' "clean removes the mark of an earlier boot" dadrace clean
expect 0 '^Nothing to clean\.$' "clean after that" dadrace clean

printf '%s\n2026-01-01T00:00:00Z\nlane 0 is stuck\n' "$(cat /proc/sys/kernel/random/boot_id)" \
	>/run/dadrace/dirty
expect 5 'lane 0 is stuck' "clean leaves the mark of this boot" dadrace clean
# 75 on a machine that could run campaigns, 4 on one that could not anyhow.
dadrace doctor >out 2>err
code=$?
result "$([ $code -eq 75 ] || [ $code -eq 4 ] && echo true)" "doctor sees the mark"
expect 0 'this boot' "clean --forget removes it" dadrace clean --forget
expect 0 '^Nothing to clean\.$' "clean after --forget" dadrace clean

exec 9>>/run/dadrace/lock
flock 9 # the lock is of the process that asked for it: flock(1), which has ended
expect 75 'another run \(pid [0-9]+\)' "clean while a run is at work" dadrace clean
exec 9>&-
expect 0 '^Nothing to clean\.$' "clean after the run" dadrace clean

setting=/proc/sys/net/ipv6/conf/lo/hop_limit
before=$(cat $setting)
echo 33 >$setting
# Of a process that cannot be: pids end at 2^22.
printf 'device\tlo\t1\nsysctl\t%s\t%s\n' $setting "$before" >/run/dadrace/undo-2147483647-1.journal
dadrace doctor >out 2>err
code=$?
result "$(grep -q 'undo-2147483647-1.journal' out && echo true)" "doctor sees a dead run's journal"
expect 0 "write back $setting" "clean replays it" dadrace clean
result "$([ "$(cat $setting)" = "$before" ] && echo true)" "the setting is back"
expect 0 '^Nothing to clean\.$' "clean after the journal" dadrace clean

ip netns add dadrace-7
ip netns add dadrace-mine
ip netns add somebody-else
expect 0 '^Nothing to clean\.$' "a namespace is not ours by its name" dadrace clean
result "$([ -e /run/netns/dadrace-7 ] && [ -e /run/netns/dadrace-mine ] && echo true)" "it stays"

# --- doctor ---

dadrace doctor --json >out 2>err
code=$?
result "$([ $code -eq 0 ] || [ $code -eq 4 ] && echo true)" "doctor --json"
json "doctor's exit code is its verdict" "d['can_run'] == ($code == 0)"
json "doctor tells sites and checks" \
	"len(d['sites']) > 5 and len(d['checks']) > 10 and all(s['rungs'] for s in d['sites'])"
json "doctor gives a reason for each rung that fails" \
	"all(r['works'] or r['reason'] for s in d['sites'] for r in s['rungs'])"
json "doctor gives cost and remedy for each lack" \
	"all(c['works'] or (c['costs'] and c['remedy']) for c in d['checks'])"
can_run=$code
expect "$can_run" '^This machine can' "doctor ends with one sentence" dadrace doctor

# --- inspect ---

if [ "$can_run" -ne 0 ]; then
	echo "SKIP inspect: $(tail -n 1 out)"
	exit $failed
fi
ip link set lo up
ip link add dut0 type veth peer name peer0
# Long enough for an address to be seen tentative.
echo 30 >/proc/sys/net/ipv6/conf/dut0/dad_transmits
ip link set peer0 up
ip link set dut0 up
expect 0 'NET_DEVICE +INET6_DEV' "inspect" dadrace inspect
expect 0 'address +fe80::.* tentative' "inspect shows the tentative address" dadrace inspect dut0
expect 0 '' "inspect --json" dadrace inspect --json
json "inspect lists every interface" "{'lo', 'dut0', 'peer0'} <= {i['name'] for i in d['interfaces']}"
json "inspect finds references" \
	"all(i['net_device'] > 0 and i['inet6_dev'] > 0 for i in d['interfaces'])"
expect 0 '' "inspect --explained --json" dadrace inspect dut0 --explained --json
json "inspect explains each reference" "all(abs(i['explained'] - i['net_device']) < 2 for i in d['interfaces'])"
expect 0 '' "inspect IFACE --json" dadrace inspect dut0 --json
json "inspect IFACE is a list of one" "[i['name'] for i in d['interfaces']] == ['dut0']"
json "inspect decodes flags and states" \
	"(lambda i: 'UP' in i['flags'] and i['addresses'][0]['state'] in ('predad', 'dad') and
	'tentative' in i['addresses'][0]['flags'])(d['interfaces'][0])"
before=$(python3 -c "import json; print(json.load(open('out'))['interfaces'][0]['groups_total'])")
ip -6 addr add 2001:db8::1/64 dev dut0
ip -6 neigh add 2001:db8::2 lladdr 02:00:5e:00:53:01 dev dut0
expect 0 '' "inspect after an address and a neighbour" dadrace inspect dut0 --json
json "the address joined its group" "d['interfaces'][0]['groups_total'] == $before + 1"
json "the neighbour is counted" "d['interfaces'][0]['neighbours_total'] >= 1"
json "the address is shown" \
	"'2001:db8::1' in [a['address'] for a in d['interfaces'][0]['addresses']]"
expect 64 'no interface nosuch' "inspect of no interface" dadrace inspect nosuch
expect 64 'no network namespace nosuch' "inspect of no namespace" dadrace inspect --netns nosuch
expect 64 'not a network namespace' "inspect of a file" dadrace inspect --netns /proc/version
expect 64 'no process 2147483647' "inspect of no process" dadrace inspect --netns 2147483647
ip -n somebody-else link add there type veth peer name far
expect 0 ' there ' "inspect --netns NAME" dadrace inspect --netns somebody-else
expect 0 ' there ' "inspect --netns PATH" dadrace inspect --netns /run/netns/somebody-else
expect 0 ' dut0 ' "inspect --netns PID" dadrace inspect --netns $$

# A namespace that only a socket keeps.
cat >keep.py <<'PY'
import ctypes, socket, time
libc = ctypes.CDLL(None)
home, there = open("/proc/self/ns/net"), open("/run/netns/by-socket")
libc.setns(there.fileno(), 0)
kept = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
libc.setns(home.fileno(), 0)
there.close()
print(kept.fileno(), flush=True)
time.sleep(120)
PY
ip netns add by-socket && ip -n by-socket link add kept0 type dummy 2>/dev/null ||
	ip -n by-socket link add kept0 type veth peer name kept1
mkfifo keep.out
/usr/bin/python3 keep.py >keep.out &
keeper=$!
read -r socket <keep.out
ip netns del by-socket
expect 0 ' kept0 ' "inspect --netns PID:FD of a socket" dadrace inspect --netns "$keeper:$socket"
expect 0 ' kept0 ' "inspect --netns /proc/PID/fd/FD" dadrace inspect --netns "/proc/$keeper/fd/$socket"
expect 0 '' "watch --netns PID:FD" dadrace watch kept0 --netns "$keeper:$socket" --for 100ms
expect 64 "process $keeper has no descriptor 99" "inspect of no descriptor" dadrace inspect --netns "$keeper:99"
expect 64 'no process 2147483647' "inspect of a descriptor of no process" dadrace inspect --netns 2147483647:3
expect 64 "$keeper:1: not a network namespace" "inspect of a file's descriptor" dadrace inspect --netns "$keeper:1"
kill "$keeper"

exit $failed
