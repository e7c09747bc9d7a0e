#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A finding made as plain as it can be, on this kernel: with a leak whose threshold is known, as a bring-up of
# our own makes it (held.py). What is not needed must go, what is needed must stay, and the C
# programs that come of specs must build without a warning and show no leak here.
#
# Usage: test_minimise.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
command -v cc >/dev/null || skip "needs cc (package gcc)"
command -v ip >/dev/null || skip "needs ip (package iproute2)"

threshold_ms=40
command="[/usr/bin/python3, $live/held.py, '{dut}', '$threshold_ms']"
never="[/usr/bin/python3, $live/held.py, '{dut}', '60000']"

run leaky quick --set stop.trials=4 --set ledger=off --set watch.deadline_ms=500 --set bringup.kind=command \
	--set "bringup.command=$command" --set 'window.hold_us=[700000]' --set 'arms=[control, race]' \
	--set echo.payload_bytes=300 --set sysctl.dad_transmits=2 --set 'echo.directions=[outbound]' --set 'echo.targets=[nobody]'
ends leaky 1

# --- to the end ---

lines() { # NAME EXPRESSION WHAT: over the lines of minimise --json, which have to fit the schema
	if /usr/bin/python3 - "$1.out" "$source/config/schema/result.schema.json" "$2" >lines.out 2>&1 <<-'PYTHON'
		import json, jsonschema, sys
		schema = json.load(open(sys.argv[2]))
		lines = [json.loads(line) for line in open(sys.argv[1])]
		for line in lines:
		    jsonschema.validate(line, schema)
		steps, end = lines[:-1], lines[-1]
		ran = [step for step in steps if step["trials"]]
		spec = json.loads(end["spec"])
		if not eval("(" + sys.argv[3] + ")"):
		    sys.exit("\n".join(map(str, lines)))
	PYTHON
	then ok "$1: $3"; else fail "$1: $3" "not so: $2" lines.out; fi
}

RUN_DEADLINE_S=400 dadrace small minimise leaky 1 --json --out small
ends small 0 '^Minimal: 10 of 10 trials show leak/net_device; rate 69.1% .. 100% at 95%'
lines small "set(spec) == {'spec', 'trial_seed', 'arms', 'window', 'bringup', 'watch'} and
	spec['arms'] == ['hold']" "the hold is needed, and nothing else"
lines small "$threshold_ms * 500 <= spec['window']['hold_us'][0] <= $threshold_ms * 2000" \
	"the hold is within twice the threshold"
lines small "end['stage'] == 'done' and
	end['trials'] == sum(step['trials'] for step in steps) <= 100 and
	[step['step'] for step in steps] == list(range(1, end['steps'] + 1)) and
	all(step['hits'] >= 3 or step['answer'] == 'lost' for step in ran) and
	all(step['trials'] - step['hits'] == 8 for step in ran if step['answer'] == 'lost')" \
	"every step tells what was tried"
truth "small: people are told, too" grep -qE 'without echoes +3 of 3  kept' small.err
truth "small: no program can do it, it says why" grep -q '^No C program: its bring-up is a command' small.err
truth "small: and there is none" [ ! -e small/reproducer.c ]
run minimal - --set stop.trials=2 <small/minimal.yaml
ends minimal 1 'leak/net_device/packet_socket/packet_do_bind, in 2 trials'
truth "small: the file says what it is" grep -qE '^# Rate: +10 of 10 trials' small/minimal.yaml
dadrace spec run --spec small/spec.json --out spec
ends spec 1

# --- not to the end ---

dadrace gone minimise leaky 1 --set "bringup.command=$never" --out gone
ends gone 3 '^Not minimal: leak/net_device did not reproduce in 3 of 10 trials'
truth "gone: nothing is written" [ ! -e gone/minimal.yaml ]
dadrace few minimise leaky 1 --trials 20 --out few
ends few 3 '^Not minimal: 10 of 10 trials show .*; more trials may simplify it further'
dadrace short minimise leaky 1 --for 1 --out short
ends short 3 '^Not minimal: 10 of 10 trials show .*; more time may simplify it further \(--for\)'
"$dadrace" plan few/minimal.yaml >few.plan
truth "few: the simplest trial so far is kept" [ -s few.plan ]

"$dadrace" minimise leaky 1 --json --out stopped >stopped.out 2>stopped.err &
pid=$!
wait_for "$RUN_DEADLINE_S" has_lines stopped.out 3
kill -INT $pid
await stopped $pid
ends stopped 3 '^Not minimal: interrupted; the simplest trial so far is not confirmed'
"$dadrace" plan stopped/minimal.yaml >stopped.plan
truth "stopped: the simplest trial so far is kept" [ -s stopped.plan ]
lines stopped "end['type'] == 'minimal' and end['stage'] == 'search'" "the stream ends with it"

# --- sentences ---

dadrace nofinding minimise leaky 2
ends nofinding 78 'leaky: no finding 2; it has 1$'
dadrace nothere minimise nowhere 1
ends nothere 78 'nowhere/results.ndjson cannot be read'
dadrace tight minimise leaky 1 --trials 5
ends tight 64 '--trials 5: not a number of 20 or more'
dadrace whenever minimise leaky 1 --for soon
ends whenever 64 '--for: "soon" is not a time'
dadrace taken minimise leaky 1 --out small
ends taken 78 'already holds results.ndjson'

# --- the C program ---

program() { # NAME [ARG...]: of a campaign's first trial; it must build, and show no leak
	local name=$1
	shift
	"$dadrace" plan quick.yaml --program "$@" >"$name.c" 2>"$name.err" || fail "$name" "no program" "$name.err"
	truth "$name: builds" cc -Wall -Wextra -Werror -O2 "$name.c" -o "$name.bin"
	timeout 60 "./$name.bin" >"$name.out" 2>"$name.err"
	code=$?
	[ "$code" -ne 77 ] || skip "no reproducer can run here: $(cat "$name.err")"
	ends "$name" 0 '^no leak shown'
}
program inbound --set 'window.hold_us=[20000]' --set echo.offset_us=3000
program spoofed --set echo.source=spoofed --set 'echo.targets=[solicited-node]' --set echo.hop_limit=1
program tentative --set 'echo.targets=[tentative]' --set echo.count=1 --set echo.payload_bytes=1452
program outbound --set 'echo.directions=[outbound]' --set 'echo.targets=[peer]' --set echo.payload_bytes=16
program raw --set 'echo.directions=[outbound-raw]' --set 'echo.targets=[nobody]' --set sysctl.dad_transmits=0
program held --set 'arms=[hold]'
program nothing --set 'arms=[control]'
program changing --set 'bringup.change=[route-delete]' --set 'echo.message=[packet-too-big]'
dadrace answered plan quick.yaml --program --set 'dad.answer=[na]'
ends answered 4 "no C program can do the first trial: the peer answers DAD's probes"

finish
