#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh DADRACE SOURCE [FOLDER OF ITS PROGRAMS]: how quick dadrace is on this machine, next to a plain
# shell loop and ping -f measured in the same session. Prints tables, asserts nothing. Everything
# is measured once a round, in turns, and shown as median and min .. max over the rounds.
#
#   ROUNDS=5 SECONDS_EACH=2 KILLS=20 KEPT=10000   in the environment: more is steadier and takes longer
set -euo pipefail

dadrace=$1 source=$2 programs=${3:-$(dirname "$1")/tests/bench}
cost=$programs/syscall_cost
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-2}
here=$source/tests/bench
campaign=

if [ "$(id -u)" -ne 0 ]; then
	echo "SKIP: campaigns need root"
	exit 77
fi
for program in ifconfig ip ping python3; do
	command -v $program >/dev/null && continue
	echo "SKIP: $program is not installed"
	exit 77
done

work=$(mktemp -d)
samples=$work/samples
cleanup() {
	[ -z "$campaign" ] || kill -KILL "$campaign" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

sample() { printf '%s\t%s\t%s\t%s\n' "$@" >>"$samples"; } # TABLE ROW COLUMN VALUE

per_second() { awk -v n="$1" -v ns="$2" 'BEGIN { print n / ns * 1e9 }'; }

run() { # ROW SET...
	local row=$1 out=$work/out sets=()
	shift
	for set in 'arms=[race]' 'window.hold_us=[5000]' clean_below_ppm=1000000 "$@"; do sets+=(--set "$set"); done
	rm -rf "$out"
	if ! "$dadrace" run "$source/config/campaigns/smoke.yaml" --quiet --out "$out" "${sets[@]}"
	then
		echo "bench: the campaign of \"$row\" did not end clean; its figures are left out" >&2
		return
	fi
	python3 "$here/figures.py" take "$row" "$out/results.ndjson" >>"$samples"
}

# The same campaign while each CPU has somebody who wants all of it.
run_beside_hogs() { # ROW SET...
	local i hogs=()
	for i in $(seq "$(nproc)"); do
		while :; do :; done &
		hogs+=($!)
	done
	run "$@"
	kill "${hogs[@]}"
	wait "${hogs[@]}" 2>/dev/null || true
}

took() { # ROW COMMAND...
	local row=$1 begin
	shift
	begin=$(date +%s%N)
	"$@" >"$work/took" 2>&1 || true
	sample start "$row" ms $((($(date +%s%N) - begin) / 1000000))
}

starts() {
	took "a run of one trial" "$dadrace" run "$source/config/campaigns/smoke.yaml" --quiet --out "$work/one" \
		--set 'arms=[race]' --set clean_below_ppm=1000000 --set stop.trials=1
	rm -rf "$work/one"
	took doctor "$dadrace" doctor
}

plural() { [ "$1" -eq 1 ] && echo "1 $2" || echo "$1 $2s"; }

shell_loops() { # HOW_MANY
	local i trials ns total=0 longest=0
	for i in $(seq "$1"); do
		"$here/shell_loop.sh" trials "bench-$$-$i" "$seconds" >"$work/loop.$i" &
	done
	wait
	for i in $(seq "$1"); do
		read -r trials ns _ <"$work/loop.$i"
		total=$((total + trials))
		longest=$((ns > longest ? ns : longest))
	done
	sample rate "$(plural "$1" "shell loop")" trials/s "$(per_second $total $longest)"
}

flood() {
	local echoes ns
	read -r echoes ns < <("$here/shell_loop.sh" flood "bench-$$" "$seconds")
	sample burst "ping -f" echoes/s "$(per_second "$echoes" "$ns")"
}

measure_cost() { # COLUMN
	local getppid ioctl
	read -r getppid ioctl < <("$cost")
	sample cost getppid "$1" "$getppid"
	sample cost "ioctl SIOCGIFFLAGS" "$1" "$ioctl"
}

# Any process below PID that is stopped: the bring-up of a campaign whose window is held.
held_below() {
	local child
	for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do
		[ "$(awk '/^State:/ { print $2 }' "/proc/$child/status" 2>/dev/null)" = T ] && return
		held_below "$child" && return
	done
	return 1
}

cost_of_hooks() {
	if bpftool prog show name flags_sys_enter 2>/dev/null | grep -q .; then
		echo "bench: another run's hooks are armed; their cost is left out of this round" >&2
		return
	fi
	measure_cost without
	rm -rf "$work/held"
	"$dadrace" run "$source/config/campaigns/smoke.yaml" --quiet --out "$work/held" \
		--set 'arms=[race]' --set 'window.hold_us=[60000000]' --set lanes=1 \
		--set stop.trials=1 2>"$work/held.err" &
	campaign=$!
	until held_below $campaign; do
		if ! kill -0 $campaign 2>/dev/null; then
			cat "$work/held.err" >&2
			echo "bench: no campaign to measure the hooks of" >&2
			exit 1
		fi
	done
	measure_cost with
	kill -INT $campaign # ends after the trial in hand
	kill -TERM $campaign # at once
	wait $campaign || true
	campaign=
}

cost_of_writes() {
	local row ns
	if ! "$programs/write_cost" >"$work/writes"; then
		echo "bench: the cost of a watched write is left out: $(tail -n 1 "$work/writes")" >&2
		return
	fi
	while IFS=$'\t' read -r row ns; do sample write "$row" ns "$ns"; done <"$work/writes"
}

# In another order each round: a machine that slows down slows all of them.
ledger_campaigns() { # ROUND
	local uses=(off suspects always) i
	for i in 0 1 2; do
		run "ledger: ${uses[($1 + i) % 3]}" lanes=1 stop.trials=0 stop.seconds="$seconds" \
			ledger="${uses[($1 + i) % 3]}"
	done
}

for round in $(seq "$rounds"); do
	echo "bench: round $round of $rounds" >&2
	for n in 1 2 4 8 64; do
		run "dadrace, $(plural "$n" lane)" lanes="$n" stop.trials=0 stop.seconds="$seconds"
	done
	run "dadrace, lanes: auto" lanes=auto stop.trials=0 stop.seconds="$seconds"
	for n in 1 8; do
		run_beside_hogs "dadrace, $(plural "$n" lane), CPU hogs beside" lanes="$n" stop.trials=0 stop.seconds="$seconds"
	done
	starts
	shell_loops 1
	shell_loops 8
	run burst lanes=1 stop.trials=20 echo.count=1000 echo.spacing_us=0
	run "burst, armed" lanes=1 stop.trials=20 echo.count=1000 echo.spacing_us=0 ledger=always
	flood
	ledger_campaigns "$round"
	cost_of_writes
	if [ -x "$cost" ]; then cost_of_hooks; fi
	python3 "$here/service.py" round "$(dirname "$dadrace")/dadraced" "$seconds" >>"$samples"
done
python3 "$here/service.py" kept "$(dirname "$dadrace")/dadraced" "${KEPT:-10000}" >>"$samples"

echo "Kernel $(uname -r), $(nproc) CPUs ($(
	awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)), $rounds rounds of $seconds s"
python3 "$here/figures.py" print "$samples"
echo
python3 "$here/service.py" kills "$(dirname "$dadrace")/dadraced" "${KILLS:-20}"
[ -x "$cost" ] || printf '\n%s is not built: the cost of armed hooks is not shown\n' "$cost"
