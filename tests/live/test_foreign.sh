#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Text of strangers on root's terminal, in logs and pages: names of processes and devices, campaign files, results and what a
# bring-up says. Each has sequences that a terminal obeys, a mark that turns the direction, and a line end; each is shown as
# escapes. Lines of the kernel: unit.klog_line; apt: unit.kernels_by_apt.
#
# Usage: test_foreign.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
dadraced=$(dirname "$dadrace")/dadraced

shown() { # NAME WORD FILE...
	if /usr/bin/python3 "$live/shown.py" "${@:2}" 2>shown.err; then ok "$1"; else fail "$1" "$(tail -n 1 shown.err)"; fi
}

# --- processes and devices ---

device=$'d\e[31m\u202e'
ip link add "$device" type veth peer name p1 && ip link set p1 up && ip link set "$device" up || exit 1
interfaces_before=$(interfaces)
cat >stranger.py <<'PY'
import ctypes, select, socket, sys
ctypes.CDLL(None).prctl(15, b"\n\x1b]0;X\x07\xc2\x9b1m", 0, 0, 0)
socks = []
for line in sys.stdin:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((line.rstrip("\n"), 0x86dd))
    socks.append(s)
    print("bound", flush=True)
PY
coproc STRANGER { exec /usr/bin/python3 stranger.py; }
stranger=$STRANGER_PID
bind() { echo "$device" >&"${STRANGER[1]}" && read -r <&"${STRANGER[0]}"; }

for form in '' --json; do
	"$dadrace" watch "$device" $form >watch.out 2>watch.err &
	watching=$!
	wait_for 60 grep -qs '^Watching' watch.err || fail watch "it does not begin" watch.err
	bind
	kill -INT $watching
	await watch $watching
	shown "watch $form: the name of a process" '\u001b]0;X\u0007' watch.out watch.err
	shown "watch $form: the name of a device" '\u001b[31m' watch.out watch.err
done
for form in '' --json; do
	"$dadrace" who "$device" $form >who.out 2>who.err
	shown "who $form: the name of a process" '\u001b]0;X\u0007' who.out who.err
	"$dadrace" inspect "$device" $form >inspect.out 2>inspect.err
	shown "inspect $form: the name of a device" 'd\u001b[31m\u202e' inspect.out inspect.err
done
kill $stranger
wait $stranger 2>wait.err
ip link del "$device"
interfaces_before=$(interfaces)
"$dadrace" who $'x\nFORGED\e[2J' >who.out 2>who.err
shown "who: a word of the command line" 'x\u000aFORGED\u001b[2J' who.err

# --- what a bring-up says ---

run says quick --set stop.trials=1 --set bringup.kind=command --set \
	'bringup.command=printf "FORGED\033]0;X\007\342\200\256 line\n" >&2; exit 3'
shown "the last words of a bring-up" '\u001b]0;X\u0007\u202e line' says.out says.err

# --- campaign files ---

bad() { # NAME WORD, the file on standard input
	cat >"$1.yaml"
	dadrace "$1" run "$1.yaml" --out "$1"
	ends "$1" 78
	truth "$1: one line" [ "$(wc -l <"$1.err")" -eq 1 ]
	shown "$1" "$2" "$1.err"
}
bad order '\u000aFORGED' <<-'YAML'
	name: explore
	explore: {mode: guided, places: ["I\nFORGED \e[31mRED\e]0;title\a"]}
YAML
bad value '\u001b[31mRED' <<<'tier: "\e[31mRED\u202e"'
bad key '\u202e' <<<'"a\nFORGED\u202e": 5'
bad device '\u009b' <<<'device: {kind: existing, dut: "\N\u009b\nFORGED", peer: x}'
bad kernel '\u001b' <<<'kernel: "/no/such\nFORGED\e[2J"'

# --- results of a stranger ---

run own quick --set stop.trials=1 --set bringup.kind=command \
	--set "bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '1', '60']"
mkdir theirs
/usr/bin/python3 - <<'PY'
import json
bad = "\nFORGED \x1b]0;X\x07\x9b1m\u202e\u2028<b>"
def words(name, value):
    """Spoils texts that are nobody's enumeration."""
    if isinstance(value, dict):
        return {k: words(k, v) for k, v in value.items()}
    if isinstance(value, list):
        return [words(name, v) for v in value]
    return value + bad if isinstance(value, str) and name in FREE else value
FREE = {"reason", "name", "object", "bringup_said", "hang_stack", "hang_wchan", "stack", "task", "kernel", "release",
        "version", "command_line", "id", "function", "note", "text", "dadrace_version", "started", "place", "kind_words"}
with open("theirs/results.ndjson", "w") as out:
    for line in open("own/results.ndjson"):
        out.write(json.dumps(words("", json.loads(line)), ensure_ascii=False) + "\n")
PY
dadrace text report theirs
shown "report: text" '\u001b]0;X\u0007' text.out text.err
dadrace page report theirs -o -
shown "report: page" '\u001b]0;X\u0007' page.out page.err
dadrace runs report theirs own
shown "report: several runs" '\u001b]0;X\u0007' runs.out runs.err
dadrace file report theirs -o page.html
shown "report: a page in a file" '\u001b]0;X\u0007' page.html

# --- the service's log, and what it answers ---

printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" "http: 127.0.0.1:9161" >dadraced.yaml
"$dadraced" --config dadraced.yaml 2>log &
service=$!
ctl() { "$dadrace" ctl --socket "$PWD/control" "$@"; }
answers() { ctl version >/dev/null 2>&1; }
wait_for 30 answers || fail service "it does not answer" log
for file in order value key device kernel; do
	ctl submit "$file.yaml" >>ctl.out 2>>ctl.err
	cp "$file.yaml" "spool/$file"$'\e[31m\nFORGED.yaml'
done
refused() { [ "$(grep -c 'rejected:' log)" -ge 4 ]; }
wait_for 30 refused
ctl list >>ctl.out 2>>ctl.err
ctl list --json >>ctl.out 2>>ctl.err
ctl show $'x\nFORGED\e[2J' >>ctl.out 2>>ctl.err
shown "ctl" '\u000aFORGED' ctl.out ctl.err
shown "the service's log" '\u001b[31m' log
kill $service
await service $service
finish
