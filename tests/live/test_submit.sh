#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dadrace ctl: keys set at the submission, waiting for the end, sentences that name the file, what is shown of a campaign,
# and what the journal has of all that.
#
# Usage: test_submit.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

dadraced=$(dirname "$dadrace")/dadraced
[ -x "$dadraced" ] || skip "needs dadraced beside dadrace"
printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" >dadraced.yaml
mkdir -p /run/systemd/journal
/usr/bin/python3 "$live/service_client.py" journal /run/systemd/journal/socket >journal.out 2>&1 &
journal=$!
wait_for 10 test -S /run/systemd/journal/socket || fail "the journal" "it is not there" journal.out
in_journal() { # ARG...: dadraced whose standard error is the journal's
	JOURNAL_STREAM=$(stat -c %d:%i dadraced.log) exec "$dadraced" --config dadraced.yaml "$@" 2>>dadraced.log
}
: >dadraced.log
in_journal &
service=$!
answers() { "$dadrace" ctl --socket "$PWD/control" version >/dev/null 2>&1; }
wait_for 30 answers || fail "the service starts" "it does not answer" dadraced.log
ctl() { # NAME ARG...
	local name=$1
	shift
	dadrace "$name" ctl --socket "$PWD/control" "$@"
}
says() { [ "$code" -eq "$1" ] && grep -qE -e "$2" "$3.out" "$3.err"; }

# --- keys, and the end ---

ctl wait submit quick.yaml --set stop.trials=3 --set 'name: set' --wait
truth "a --set that is none is refused" says 78 '^dadrace: --set name: set' wait
ctl wait submit quick.yaml --set stop.trials=3 --set name=fewer --wait
truth "--wait ends with the verdict" says 0 '^Verdict: clean - no fault in 3 valid trials' wait
truth "and prints no trials" [ "$(wc -l <wait.out)" -eq 2 ]
id=$(head -n 1 wait.out)
truth "what is kept has the key" grep -q '^  trials: 3$' "state/campaigns/$id/campaign.yaml"
ctl json submit quick.yaml --set stop.trials=1 --wait --json
truth "--json has the campaign as it ended" /usr/bin/python3 -c 'import json
assert json.load(open("json.out"))["state"] == "ended"'
ctl skipped submit quick.yaml --set stop.trials=1 --set clean_below_ppm=10 --wait
truth "it exits as the run does" says 3 '^Verdict: inconclusive' skipped

# --- sentences ---

ctl wrong submit quick.yaml --set lanes=none
truth "a value that is refused says what is allowed" says 78 '^dadrace: --set lanes=none: lanes: found none; allowed: ' wrong
echo 'lanes: none' >lanes.yaml
ctl file submit lanes.yaml
truth "an error names the file" says 78 '^dadrace: lanes.yaml:1:8: lanes: found none; allowed: ' file
ctl often submit quick.yaml --every 5s
truth "a repetition that is too fast" says 64 'every 5s: .*at least 60s' often
ctl over cancel "$id"
truth "a state that does not fit names the campaign" says 64 "^dadrace: $id: not possible: the campaign has ended" over

# --- what is shown ---

ctl show show "$id"
truth "show: the verdict is first" says 0 "^$id: ended, clean\$" show
truth "times are those of people" says 0 '^Ended +20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} [^ ]+, [0-9]+ (s|min) .*ago$' show
truth "and who it was" says 0 '^Submitted by +root, user 0, process [0-9]+$' show

# --- the journal ---

code=0
(in_journal) || code=$?
truth "a service that cannot start" [ "$code" -eq 75 ]
kill $service
await stopped $service
truth "exit 0" [ "$code" -eq 0 ]
said() { # PRIORITY MESSAGE [FIELD...]
	/usr/bin/python3 - "$@" <<-'PY'
		import ast, re, sys
		lines = [ast.literal_eval(line) for line in open("journal.out")]
		named = [line for line in lines if "DADRACE_CAMPAIGN" in line]
		assert all(line["MESSAGE"].startswith(line["DADRACE_CAMPAIGN"] + ": ") for line in named)
		assert any(line["PRIORITY"] == sys.argv[1] and re.search(sys.argv[2], line["MESSAGE"])
			   for line in lines), lines
		PY
}
truth "the journal: each line of a campaign begins with it" said 5 "^$id: ended: clean"
truth "what was not found out is no error" said 5 ': ended: inconclusive, exit code 3'
truth "a start that fails is one" said 3 'another dadraced uses it'
kill $journal
no_leftovers "at the end"
finish
