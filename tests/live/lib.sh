# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the live tests share: a place of their own, runs, checks, and the search for leftovers.
#
#   . lib.sh; begin "$@"      root? programs? then again in new namespaces, in an empty folder
#   run NAME FILE [ARG...]    a campaign into ./NAME; exit code in $code, streams in NAME.out, NAME.err
#   check NAME DIR EXPR       a Python expression over the results (see facts.py)
#   finish                    the exit code
#
# Everything happens in mount, network and pid namespaces of the test's own, with an empty /run: no
# lock, mark or device of the machine is touched, other runs on it are not seen, and whatever a
# failing test leaves dies with it. The search for leftovers sees all processes and
# namespaces in there, also those of the lanes. Programs have no namespace: a leftover is one with a
# name of ours that no living dadrace holds, also none outside, seen through the outer /proc.
#
# Nothing here measures time: deadlines only end what hangs.
# shellcheck disable=SC2086 # words of lists, in leftovers()
set -uo pipefail

RUN_DEADLINE_S=${RUN_DEADLINE_S:-150}
GONE_DEADLINE_S=${GONE_DEADLINE_S:-60}
failures=()
code=0

skip() {
	echo "SKIP: $*"
	exit 77
}

begin() { # DADRACE SOURCE
	if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -d "$2/config/campaigns" ]; then
		echo "usage: $0 DADRACE SOURCE-FOLDER" >&2
		exit 64
	fi
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	local program
	for program in ip bpftool unshare setpriv timeout /usr/bin/python3; do
		command -v "$program" >/dev/null || skip "needs $program"
	done
	if [ "${DADRACE_TEST_INSIDE:-}" != "$0" ]; then
		exec {outer_proc}</proc
		export DADRACE_TEST_PROC=$outer_proc
		DADRACE_TEST_INSIDE=$0 exec unshare --mount --net --pid --fork --kill-child \
			--mount-proc --propagation private "$BASH" "$0" "$(realpath "$1")" "$(realpath "$2")"
	fi
	trap 'exit 130' INT TERM
	mount -t tmpfs none /run && mkdir -m 755 /run/test && cd /run/test || exit 1
	outer_proc=/proc/$$/fd/$DADRACE_TEST_PROC
	dadrace=$1
	source=$2
	live=$source/tests/live
	ip link set lo up
	cat >quick.yaml <<-'YAML'
		name: quick
		stop: {trials: 12}
		clean_below_ppm: 1000000
		arms: [race]
		window: {hold_us: [40000]}
	YAML
	few=(--set clean_below_ppm=1000000) # for campaigns with too few trials for the usual bound
	remember
}

finish() {
	[ ${#failures[@]} -gt 0 ] || exit 0
	printf '%s failed:\n' "$0"
	printf '  %s\n' "${failures[@]}" # once more, at the end: logs are cut in the middle
	exit 1
}

ok() { echo "ok $1"; }

fail() { # NAME REASON [FILE TO SHOW]...
	local name=$1 reason=$2 file
	shift 2
	echo "FAIL $name: $reason"
	for file; do
		[ -s "$file" ] && tail -n 15 "$file" | cut -c 1-300 | sed 's/^/     | /'
	done
	failures+=("$name: ${reason:0:300}")
}

truth() { # NAME COMMAND...: the command succeeds
	local name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name" "not so: $*"; fi
}

# Some kernels count the writes of an interrupt from idle and run no program of a watchpoint for
# them, so a ledger of a quiet machine is often incomplete there: let no CPU idle.
keep_awake() {
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		taskset -c "$cpu" chrt --idle 0 sh -c 'while :; do :; done' &
	done
}

# --- runs ---

# Exit code in $code, streams in NAME.out and NAME.err; ended when it hangs.
dadrace() { # NAME COMMAND [ARG...]
	local name=$1
	shift
	timeout -k 5 "$RUN_DEADLINE_S" "$dadrace" "$@" >"$name.out" 2>"$name.err"
	code=$?
	[ $code -ne 124 ] || fail "$name" "hung for $RUN_DEADLINE_S s" "$name.err"
}

run() { # NAME FILE [ARG...]
	local name=$1 file=$2
	shift 2
	[ "$file" = quick ] || [ "$file" = - ] || file=$source/config/campaigns/$file.yaml
	[ "$file" != quick ] || file=quick.yaml
	dadrace "$name" run "$file" --out "$name" "$@"
}

# A busy machine may miss a trial of a few, and the verdict says so: again, three times at most.
run_whole() { # NAME FILE [ARG...]
	local i
	for i in 1 2 3; do
		rm -rf "${1:?}"
		run "$@"
		[ "$code" -eq 3 ] || break
		echo "again ($i): run $1: $(grep -h '^Verdict' "$1.out" "$1.err")"
	done
}

# The code of the run before; results that are there must fit the schema, and nothing must be left.
ends() { # NAME CODE [PATTERN IN ITS STREAMS]
	local name=$1 want=$2 pattern=${3:-}
	if [ "$code" -ne "$want" ]; then
		fail "$name: exit $want" "exit $code" "$name.err" "$name.out"
	elif [ -n "$pattern" ] && ! grep -qE -e "$pattern" "$name.out" "$name.err"; then
		fail "$name: exit $want" "it does not say '$pattern'" "$name.err" "$name.out"
	else
		ok "$name: exit $want"
	fi
	# shellcheck disable=SC2015 # fits and fails tell for themselves
	[ ! -s "$name/summary.json" ] || fits "$name"
	no_leftovers "$name"
}

fits() { # NAME: the results against the schema, by an independent validator
	local validator=$source/tests/unit/results/validate_results.py
	if /usr/bin/python3 "$validator" "$1" "$source/config/schema/result.schema.json" >fits.out 2>&1
	then ok "$1: fits the schema"; else fail "$1: fits the schema" "it does not" fits.out; fi
}

check() { # NAME DIR EXPRESSION
	local said
	if said=$(/usr/bin/python3 "$live/facts.py" "$2" "$3" 2>&1); then
		ok "$1"
	else
		fail "$1" "$(tail -n 4 <<<"$said")" "$2.err"
	fi
}

# --- waiting, for what must come ---

wait_for() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

has_lines() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; } # FILE NUMBER
is_gone() { [ ! -e "/proc/$1" ]; }

# Waits for a run in the background; exit code in $code.
await() { # NAME PID
	if ! wait_for "$RUN_DEADLINE_S" eval "! kill -0 $2 2>/dev/null"; then
		fail "$1" "it did not end within $RUN_DEADLINE_S s" "$1.err"
		kill -9 "$2"
	fi
	wait "$2"
	code=$?
}

# --- leftovers ---

PROGRAMS='counts_|echo_|flags_|hold_|path_|reply_|settle_|source_|watchpoint_'

network_namespaces() {
	{
		find -L /run/netns -maxdepth 1 -type f -printf 'net:[%i]\n'
		readlink /proc/[0-9]*/ns/net /proc/[0-9]*/fd/* | grep '^net:'
	} 2>/dev/null | sort -u
}
interfaces() { ip -o link | cut -d ' ' -f 2 | sort; }
# A CPU may be blind to some writes for a while, and ledgers say so (README.md): again, six times at most, wherever
# the scheduler puts it. Bound to one CPU, a cycle has its work items and RCU callbacks where they were before.
again_until() { # SEEN COMMAND...: until the command SEEN holds after COMMAND
	local seen=$1 i
	shift
	for i in {0..5}; do
		"$@"
		$seen && break
		echo "again ($((i + 1))): $*"
	done
}
saw_all() { ! grep -qE '"state":"[^w]|^INCOMPLETE' "$@"; } # FILE...: what a watch printed, as JSON or in words

processes() { grep -ls '^dadrace' /proc/[0-9]*/comm | cut -d / -f 3; }
stopped() { grep -ls '^State:[[:space:]]*[Tt]' /proc/[0-9]*/status | cut -d / -f 3; }
programs() { bpftool prog show | sed -nE "s/^([0-9]+): .* name ($PROGRAMS).*/\1/p" | sort -u; }
held_programs() {
	local comm
	grep -ls '^dadrace' "$outer_proc"/[0-9]*/comm | while read -r comm; do
		cat "${comm%/comm}"/fdinfo/* 2>/dev/null
	done | sed -nE 's/^prog_id:[[:space:]]*([0-9]+)$/\1/p' | sort -u
}

remember() {
	namespaces_before=$(network_namespaces)
	interfaces_before=$(interfaces)
	programs_before=$(comm -23 <(programs) <(held_programs))
}

# What is here now and was not at the beginning, in words; nothing when clean.
leftovers() {
	local now
	now=$(processes)
	[ -z "$now" ] || echo "processes" $now
	now=$(stopped)
	[ -z "$now" ] || echo "stopped tasks" $now
	now=$(comm -13 <(echo "$namespaces_before") <(network_namespaces))
	[ -z "$now" ] || echo "namespaces" $now
	now=$(interfaces)
	[ "$now" = "$interfaces_before" ] || echo "interfaces" $now
	now=$(programs | comm -23 - <(held_programs) | comm -13 <(echo "$programs_before") -)
	[ -z "$now" ] || echo "programs" $now
}
none_left() { [ -z "$(leftovers)" ]; }

# The kernel lets go of namespaces and programs in its own time: polled, with a deadline.
no_leftovers() { # NAME
	if wait_for "$GONE_DEADLINE_S" none_left; then
		ok "$1: nothing is left"
	else
		fail "$1: nothing is left" "$(leftovers | tr '\n' ';')"
	fi
}
