#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One allocation fails, in `dadrace run`, `report`, `ctl`, `dadraced` or its `--check-config`, of ours or of a library: the
# exit code is right, there is one sentence, and nothing is left. starve.c is linked with the programs that are tested here.
#
#   MATRIX=full   every allocation; of `run`, 2000 of them
#   otherwise     a sample, evenly spread; seconds
#   ONLY=REGEX    only subjects that match; AT=NUMBER: only that allocation
#
# Exit 0 is right only with the same output as without a shortage; `run` may be inconclusive (3) as well. Everything else is
# 70 and a sentence: a shortage is no fault (1), and says nothing of the kernel (4), of other runs (75) or of a file (78).
# The service may say more than one, and keeps the campaign that it has been given.
#
# Usage: starved.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/../live/lib.sh"
begin "$@"
starved=$(dirname "$dadrace")/tests/starved
[ -x "$starved/dadrace" ] || skip "needs tests/starved/dadrace beside dadrace"
export ASAN_OPTIONS=detect_leaks=0 # a run that fails need not free what it ends with
RUN_DEADLINE_S=60
ONLY=${ONLY:-}
AT=${AT:-}

# SUBJECT SAMPLE COMMAND...
table() {
	cat <<-ROWS
		run      6 dadrace run quick.yaml --set stop.trials=2 --quiet --out starved
		report   4 dadrace report own
		page     4 dadrace report own -o page.html
		runs     2 dadrace report own other
		list     2 dadrace ctl --socket $PWD/control list
		show     2 dadrace ctl --socket $PWD/control show $id
		submit   2 dadrace ctl --socket $PWD/control submit later.yaml --not-before +1h
		check    6 dadraced --check-config --config dadraced.yaml
		service  3 dadraced --config starved.yaml
	ROWS
}

# --- one run, in which the Nth allocation fails ---

starve() { # N COMMAND...: exit code in $code, streams in out and err, the number of allocations in $calls
	rm -rf starved page.html starve # a new file: what has mapped the old one keeps it
	/usr/bin/python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("=QQ", int(sys.argv[1]), 0))' "$1" >starve
	if [ "$2 $3" = "dadraced --config" ]; then
		serve_starved "${@:2}"
	else
		STARVE=$PWD/starve timeout -k 5 "$RUN_DEADLINE_S" "$starved/$2" "${@:3}" >out 2>err </dev/null
		code=$?
	fi
	calls=$(/usr/bin/python3 -c 'import struct; print(struct.unpack("=QQ", open("starve", "rb").read())[1])')
}

# It runs one campaign, from the spool; ended when that is done, or cannot be.
serve_starved() { # COMMAND...
	rm -rf given && mkdir -p given/spool && cp quick.yaml given/spool/two.yaml
	STARVE=$PWD/starve "$starved/$1" "${@:2}" >out 2>err </dev/null &
	local starving=$!
	wait_for "$RUN_DEADLINE_S" eval "has_settled || is_gone $starving"
	kill $starving 2>/dev/null
	await starving $starving
}
has_settled() { [ -n "$(find given/state -name summary.json 2>/dev/null)" ] || [ -e given/spool/rejected/two.yaml ] || grep -q failed err; }
is_kept() { [ -e given/spool/two.yaml ] || [ -e given/spool/rejected/two.yaml ] || [ -n "$(find given/state -name campaign.yaml 2>/dev/null)" ]; }

untimed() { sed -E 's/, .* ago$//; s/[0-9]//g' "$1"; }
# Identifiers differ from one submission to the next.
same_output() { # SUBJECT
	case $1 in
	run | service) return 0 ;;
	submit) [ "$(wc -l <out)" -eq 1 ] ;;
	page) cmp -s page.html page.reference ;;
	show) cmp -s <(untimed out) <(untimed out.reference) ;;
	*) cmp -s out out.reference ;;
	esac
}

# A run may say before its end what it could not leave beside its results.
sentences() { grep -cE '^dadraced?: ' err; }

# What is wrong with how it ended; nothing when it is right.
judge() { # SUBJECT
	case "$code $1" in
	"0 "* | "3 run") same_output "$1" || echo "exit $code, with another output" ;;
	"70 service") ;;
	"70 "*) [ "$(sentences)" -eq 1 ] || [ "$1 $(sentences)" = "run 2" ] || echo "$(sentences) sentences" ;;
	*) echo "exit $code" ;;
	esac
	[ "$1" != service ] || is_kept || echo "the campaign is lost"
	! grep -qE 'AddressSanitizer|runtime error|Assertion' err || echo "a sanitizer speaks"
	wait_for "$GONE_DEADLINE_S" none_left || leftovers
}

# --- one after the other ---

printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" >dadraced.yaml
run own quick --set stop.trials=1 --set bringup.kind=command \
	--set "bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '1', '1']"
run other quick --set stop.trials=1
mkdir spool
printf '%s\n' "state_folder: $PWD/given/state" "spool_folder: $PWD/given/spool" "socket: $PWD/given/control" >starved.yaml
sed -i 's/trials: 12/trials: 2/' quick.yaml
"$(dirname "$dadrace")/dadraced" --config dadraced.yaml 2>service.log &
service=$!
answers() { "$dadrace" ctl --socket "$PWD/control" version >/dev/null 2>&1; }
wait_for 30 answers || fail service "it does not answer" service.log
processes() { grep -ls '^dadrace' /proc/[0-9]*/comm | cut -d / -f 3 | grep -vx "${service:-none}"; } # the service is no leftover
cp quick.yaml later.yaml
id=$("$dadrace" ctl --socket "$PWD/control" submit later.yaml --not-before +1h)
"$dadrace" ctl --socket "$PWD/control" pause "$id" >/dev/null 2>&1

positions() { # CALLS SAMPLE
	if [ -n "$AT" ]; then
		echo "$AT"
	elif [ "${MATRIX:-}" = full ]; then
		seq 1 $((($1 + 1999) / 2000)) "$1"
	else
		seq $(($1 / $2 / 2 + 1)) $((($1 + $2 - 1) / $2)) "$1"
	fi
}

printf '%-8s %7s %6s %6s %6s %6s\n' subject calls tried "exit 0" "70" wrong
while read -r subject sample command; do
	[[ $subject =~ $ONLY ]] || continue
	read -ra command <<<"$command"
	starve 0 "${command[@]}"
	[ $code -eq 0 ] || { fail "$subject" "it does not work without a shortage: exit $code" err out; continue; }
	cp out out.reference
	[ ! -e page.html ] || cp page.html page.reference
	tried=0 went_on=0 ended=0 wrong=0 all=$calls
	for n in $(positions "$all" "$sample"); do
		starve "$n" "${command[@]}"
		tried=$((tried + 1))
		[ $code -ne 0 ] || went_on=$((went_on + 1))
		[ $code -ne 70 ] || ended=$((ended + 1))
		said=$(judge "$subject" | tr '\n' ';')
		[ -z "$said" ] || { wrong=$((wrong + 1)); fail "$subject, allocation $n" "$said" err; }
	done
	printf '%-8s %7s %6s %6s %6s %6s\n' "$subject" "$all" $tried $went_on $ended $wrong
done < <(table)
kill $service
await service $service
finish
