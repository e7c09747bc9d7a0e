#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thousand runs of `dadrace who` on devices whose holders come and go meanwhile: the account adds up, or is said to have moved
# and been read again, in 99% of them; no innocent process is named, nothing is called lost, and the kernel's log stays empty.
#
# Usage: [MATRIX=full | DADRACE_WHO_RUNS=RUNS] test_who_thousand.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
[ "${MATRIX:-}" = full ] || [ -n "${DADRACE_WHO_RUNS:-}" ] || skip "a quarter of an hour: MATRIX=full in the environment runs it"
runs=${DADRACE_WHO_RUNS:-1000}
devices=(m0 m1 m2 m3)

exec {log}</dev/kmsg || exit 1
/usr/bin/python3 -c 'import os; os.lseek('"$log"', 0, os.SEEK_END)'
churns=()
for device in "${devices[@]}"; do
	ip link add "$device" type veth peer name "p$device" && ip link set "p$device" up && ip link set "$device" up || exit 1
	ip addr add 2001:db8:5::1/64 dev "$device" nodad && ip addr add 198.18.5.1/24 dev "$device" || exit 1
	mkfifo "in.$device" && exec {in}<>"in.$device" || exit 1
	/usr/bin/python3 "$live/who_churn.py" "$device" <"in.$device" >"held.$device" 2>"churn.$device" {in}<&- {log}<&- &
	churns+=($!)
done
asked=()
for i in "${!devices[@]}"; do
	device=${devices[i]}
	until [ -s "held.$device" ] || ! kill -0 "${churns[i]}" 2>/dev/null; do read -rt 0.1 <> <(:); done
	/usr/bin/python3 "$live/who_runs.py" "$dadrace" "$device" $((runs / ${#devices[@]})) "${churns[i]}" "$(cat "held.$device")" \
		>"said.$device" {log}<&- &
	asked+=($!)
done
wait "${asked[@]}"
for i in "${!devices[@]}"; do
	kill -0 "${churns[i]}" 2>/dev/null && ok "holders of ${devices[i]} came and went to the end" ||
		fail "churn ${devices[i]}" "it has ended" "churn.${devices[i]}"
	kill "${churns[i]}"
done
sums=$(/usr/bin/python3 "$live/who_runs.py" said.m?)
echo "$sums"
grep -hv '"answer": null' said.m? >odd
judged() { # NAME EXPRESSION over `n`, the counts
	/usr/bin/python3 -c 'import collections, json, sys; n = collections.Counter(json.loads(sys.argv[1])); sys.exit(not ('"$2"'))' "$sums" &&
		ok "$1" || fail "$1" "$sums" odd
}
judged "each run gives an answer" "n['runs'] == $runs and not n['failed']"
judged "the account adds up in 99%, or is said to have moved" 'n["adds_up"] + n["moved"] >= 0.99 * n["runs"]'
judged "no innocent process is named" 'not n["names_an_innocent"]'
judged "the socket that stays is always named" 'not n["misses_a_holder"]'
judged "nothing is called lost" 'not n["says_lost"]'
judged "a device of its own adds up" 'not n["check_is_off"]'
/usr/bin/python3 - "$log" >log <<-'PY'
	import os, re, sys
	fd = int(sys.argv[1])
	os.set_blocking(fd, False)
	while True:
	    try:
	        record = os.read(fd, 8192).decode(errors="replace")
	    except BlockingIOError:
	        break
	    except BrokenPipeError:
	        continue  # old ones are gone
	    if re.search(r"WARNING|BUG|Oops|stall|unregister_netdevice|protection fault", record):
	        print(record)
PY
[ -s log ] && fail "the kernel's log" "it complains" log || ok "the kernel's log is empty"
finish
