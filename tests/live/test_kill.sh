#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9 of the main process at random moments, 50 times: nothing of it outlives it. Lanes of
# our own making go by themselves; devices named in the campaign are put back by `dadrace clean`.
#
# Usage: test_kill.sh DADRACE SOURCE-FOLDER [SEED]
seed=${3:-42}
. "$(dirname "$0")/lib.sh"
begin "${@:1:2}"
RANDOM=${DADRACE_TEST_SEED:-$seed}
GONE_DEADLINE_S=30
START_DEADLINE_S=30

TIMES=50
EXISTING_EVERY=7
LATEST_MS=1500
END_S=170 # fewer kills on a machine that is very slow; at least ten

cat >killed.yaml <<-'YAML'
	name: killed
	stop: {trials: 100000}
	lanes: 4
	window: {hold_us: [20000]}
YAML

make_real() {
	ip link add real0 type veth peer name real1 && ip link set real1 up &&
		ip link set real0 up && ip link set real0 down
}
real_state() { # what must be as it was: where the devices are, up or down, their settings
	ip -o link show | sed -E 's/^[0-9]+: ([^:]*): <(.*)>.*/\1 \2/; s/NO-CARRIER,//; s/,?M-DOWN//; s/,?LOWER_UP//' |
		sort
	grep -rH . /proc/sys/net/ipv6/conf/real[01] /proc/sys/net/ipv6/neigh/real[01] 2>/dev/null |
		grep -v stable_secret | sort
}
no_process_left() { ! grep -qE '^(processes|stopped)' <<<"$(leftovers)"; }

# Says nothing when all is well, else what is left.
kill_one() { # NUMBER MILLISECONDS [ARG...]: kills, searches, cleans
	local number=$1 ms=$2
	shift 2
	"$dadrace" run killed.yaml --out "killed$number" --quiet "$@" >killed.out 2>killed.err &
	local pid=$!
	# Every other one is killed at work, however long the machine takes to get there.
	[ $((number % 2)) -eq 0 ] || wait_for "$START_DEADLINE_S" has_lines "killed$number/results.ndjson" 2
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	if ! kill -0 $pid 2>/dev/null; then
		wait $pid
		fail "kill $number" "it had ended by itself with exit $?" killed.err
		return
	fi
	held=$((held + $(stopped | wc -l)))
	has_lines "killed$number/results.ndjson" 2 && at_work=$((at_work + 1))
	kill -9 $pid
	wait $pid 2>/dev/null
}

begin_s=$SECONDS
kills=0 existing=0 held=0 at_work=0
while [ $kills -lt $TIMES ] && { [ $((SECONDS - begin_s)) -lt $END_S ] || [ $kills -lt 10 ]; }; do
	kills=$((kills + 1))
	ms=$((RANDOM % LATEST_MS))
	before=${#failures[@]}
	if [ $((kills % EXISTING_EVERY)) -eq 0 ]; then
		existing=$((existing + 1))
		make_real
		as_found=$(real_state)
		kill_one $kills $ms --set device.kind=existing --set device.dut=real0 \
			--set device.peer=real1 --set lanes=1
		wait_for "$GONE_DEADLINE_S" no_process_left ||
			fail "kill $kills at $ms ms" "left before clean: $(leftovers | tr '\n' ';')"
	else
		kill_one $kills $ms
		wait_for "$GONE_DEADLINE_S" none_left ||
			fail "kill $kills at $ms ms" "left: $(leftovers | tr '\n' ';')"
	fi
	dadrace clean clean
	[ $code -eq 0 ] || fail "kill $kills at $ms ms: clean" "exit $code" clean.out clean.err
	if [ $((kills % EXISTING_EVERY)) -eq 0 ]; then
		if [ "$(real_state)" != "$as_found" ]; then
			diff <(echo "$as_found") <(real_state) >diff.out
			fail "kill $kills at $ms ms: devices as found" "this differs" diff.out clean.out clean.err
		fi
		ip link del real0 2>/dev/null
		wait_for "$GONE_DEADLINE_S" none_left ||
			fail "kill $kills at $ms ms" "left after clean: $(leftovers | tr '\n' ';')"
	fi
	[ ${#failures[@]} -gt "$before" ] || ok "kill $kills at $ms ms"
	rm -rf "killed$kills"
done

echo "killed $kills times: $at_work while trials ran, $held tasks were held, $existing with existing devices"
truth "kills came while trials ran" [ $at_work -ge $((kills / 4)) ]
truth "kills came while tasks were held" [ $held -gt 0 ]

# What was killed hinders nobody: the next run gets the machine.
run after quick
ends after 0 'Verdict: clean'
dadrace clean clean
ends clean 0 'Nothing to clean'
finish
