#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A configuration that is read again: sockets, HTTP and spool move, or nothing does, and the answer says which.
#
# Usage: test_reload.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

dadraced=$(dirname "$dadrace")/dadraced
[ -x "$dadraced" ] || skip "needs dadraced beside dadrace"
command -v curl >/dev/null || skip "needs curl"
configure() { # SOCKET HTTP SPOOL [STATE]
	printf '%s\n' "state_folder: $PWD/${4:-state}" "spool_folder: $PWD/$3" "socket: $PWD/$1" "http: $2" >dadraced.yaml
}
configure first 127.0.0.1:9161 spool
"$dadraced" --config dadraced.yaml 2>dadraced.log &
service=$!
answers() { "$dadrace" ctl --socket "$PWD/$1" version >/dev/null 2>&1; }
serves() { curl -s -o /dev/null "http://$1/"; }
wait_for 30 answers first || fail "the service starts" "it does not answer" dadraced.log
reload() { # SOCKET: by its answer
	dadrace reload ctl --socket "$PWD/$1" reload
}
says() { [ "$code" -eq "$1" ] && grep -qE -e "$2" reload.out reload.err; }
not() { ! "$@"; }

curl -sN http://127.0.0.1:9161/events >events.out 2>&1 &
viewer=$!
configure second 127.0.0.1:9162 taken
reload first
truth "everything is applied" says 0 '^Reloaded$'
truth "the new socket answers" answers second
truth "the old one is gone" [ ! -e first ]
truth "HTTP has moved" serves 127.0.0.1:9162
truth "it has left the old address" not serves 127.0.0.1:9161
wait_for 10 is_gone $viewer || fail "who watched is told by the end of the connection" "it is not"
echo 'nam: x' >taken/bad.yaml
wait_for 10 test -e taken/rejected/bad.yaml || fail "the new spool is read" "$(ls taken)" dadraced.log

# --- as a whole, or not at all ---

configure third 0.0.0.0:9163 other
reload second
truth "a file that is wrong is refused" says 78 '^dadrace: .*a loopback address.*; the previous configuration stays in effect$'
echo precious >third
configure third 127.0.0.1:9163 other
reload second
truth "so is a socket that cannot be opened" says 78 'third: .*a file of another kind'
truth "the file stays" grep -q precious third
truth "the socket stays" answers second
truth "HTTP stays" serves 127.0.0.1:9162
truth "and went back" not serves 127.0.0.1:9163
echo 'nam: x' >taken/again.yaml
wait_for 10 test -e taken/rejected/again.yaml || fail "the spool stays" "$(ls taken)" dadraced.log

# --- a report that is being written: of results that never end ---

"$dadrace" ctl --socket "$PWD/second" submit quick.yaml --not-before +1h >id
campaign=state/campaigns/$(cat id)
mkfifo "$campaign/results.ndjson"
ask() { curl -s -w '%{http_code}' "http://127.0.0.1:9162/api/v1/campaigns/$(cat id)/report" >report.html; }
is_asked_for() { pgrep -P $service -f 'report .*html' >/dev/null; }
ask &
asking=$!
wait_for 30 is_asked_for || fail "a report is written" "it is not" dadraced.log
echo precious >file
configure second "$PWD/file" taken
reload second
truth "HTTP that cannot be opened is refused" says 78 'file: '
truth "who waits for a report goes on waiting" kill -0 $asking
configure second 127.0.0.1:9164 taken
reload second
truth "HTTP moves once more" says 0 '^Reloaded$'
wait_for 30 is_gone $asking || fail "who waited is answered" "it is not"
truth "and told to ask again" grep -q 'reloading. Ask again in a few seconds' report.html
truth "with 503" grep -q '^503$' report.html
touch "$campaign/report.html.abcdef" # of one that is killed
pkill -KILL -P $service -f 'report .*html'
wait_for 30 eval "! pgrep -P $service >/dev/null" || fail "it is no zombie" "$(ps --ppid $service)"
truth "what a killed report has begun is removed" [ ! -e "$campaign/report.html.abcdef" ]
rm "$campaign/results.ndjson"
configure second 127.0.0.1:9162 taken
reload second

# --- what needs a restart, and the signal ---

configure second 127.0.0.1:9162 taken other-state
reload second
truth "a change that needs a restart is named" says 0 '^Reloaded; restart dadraced to apply state_folder$'
truth "the log names it, too" grep -q 'reloaded; restart dadraced to apply state_folder$' dadraced.log
sed -i '/^http/d' dadraced.yaml
kill -HUP $service
wait_for 10 not serves 127.0.0.1:9162 || fail "SIGHUP does the same: HTTP ends" "it is served" dadraced.log
printf 'keep_day: 3\n' >>dadraced.yaml
kill -HUP $service
wait_for 10 grep -q 'stays in effect: dadraced.yaml:.*keep_day: unknown key' dadraced.log ||
	fail "a mistake is logged" "it is not" dadraced.log
truth "and the service goes on" answers second

kill $service
await stopped $service
truth "exit 0" [ "$code" -eq 0 ]
no_leftovers "at the end"
finish
