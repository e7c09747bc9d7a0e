#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dadraced, in the foreground: submitting and following, rude clients, rights, the spool, HTTP, metrics over
# restarts, what systemd is told. test_service_kills.sh kills it.
#
# Usage: test_service.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

dadraced=$(dirname "$dadrace")/dadraced
[ -x "$dadraced" ] || skip "needs dadraced beside dadrace"
command -v curl >/dev/null || skip "needs curl"
client=$source/tests/live/service_client.py
# An unprivileged user may not be able to read the clone (/root is mode 0700): the program is copied, and the client is
# read from standard input.
chmod 755 .
cp "$dadrace" dadrace-of-nobody

configure() { # KEY VALUE...: beside what every test wants
	printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" \
		"http: 127.0.0.1:9161" "$@" >dadraced.yaml
}
answers() { "$dadrace" ctl --socket "$PWD/control" version >/dev/null 2>&1; }
start() {
	(umask 0 && exec "$dadraced" --config dadraced.yaml) 2>>dadraced.log &
	service=$!
	wait_for 30 answers || fail "the service starts" "it does not answer" dadraced.log
}
stop() { # NAME
	kill -TERM $service
	await "$1" $service
	[ "$code" -eq 0 ] || fail "$1: exit 0" "exit $code" dadraced.log
}
ctl() { # NAME ARG...
	local name=$1
	shift
	dadrace "$name" ctl --socket "$PWD/control" "$@"
}
submit() { # FILE [ARG...]: its id in $id
	ctl submit submit "$@"
	id=$(cat submit.out)
	[ "$code" -eq 0 ] || fail "submit $*" "exit $code" submit.err
}
state_of() { curl -s "http://127.0.0.1:9161/api/v1/campaigns/$1" | /usr/bin/python3 -c \
	'import json, sys; print(json.load(sys.stdin)["campaign"]["'"${2:-state}"'"])'; }
has_trials() { [ "$(state_of "$1" trials)" -ge 1 ]; }
is_in() { [ "$(state_of "$1")" = "$2" ]; }
get() { curl -s -o "$1.out" -w '%{http_code} %{content_type}' "${@:3}" "http://127.0.0.1:9161$2"; }
metric() { curl -s http://127.0.0.1:9161/metrics | sed -n "s/^$1[^ ]* //p" | awk '{ sum += $1 } END { print sum + 0 }'; }
all_trials() { metric 'dadrace_trials_total{'; }
says() { [ "$code" -eq "$1" ] && grep -qE -e "$2" "$3.out" "$3.err"; }

# Every trial of the campaign has one line, and the summary counts them all.
whole() { # NAME FOLDER TRIALS
	local said
	said=$(/usr/bin/python3 - "$2" "$3" <<-'PY' 2>&1
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1] + "/results.ndjson")]
		trials = sorted(line["spec"]["trial"] for line in lines if line["type"] == "trial")
		assert trials == list(range(1, int(sys.argv[2]) + 1)), f"trials {trials}"
		assert [line["type"] for line in lines].count("summary") == 1, "summaries"
		assert lines[-1]["trials"] == int(sys.argv[2]), lines[-1]["trials"]
		PY
	) && ok "$1" || fail "$1" "$said"
}

# --- configuration ---

configure
dadraced_says() { timeout 20 "$dadraced" "$@" >says.out 2>says.err; code=$?; }
dadraced_says --check-config --config dadraced.yaml
truth "a configuration" says 0 'dadraced.yaml: valid' says
configure "keep_day: 3"
dadraced_says --check-config --config dadraced.yaml
truth "an unknown key" says 78 'dadraced.yaml:[0-9]*:1: keep_day: unknown key; did you mean keep_days?' says
configure "queue_max: 0"
dadraced_says --check-config --config dadraced.yaml
truth "a value out of range" says 78 'queue_max: found 0; allowed: whole numbers from 1 to 10000' says
configure
sed -i 's/^http: .*/http: 0.0.0.0:9161/' dadraced.yaml
dadraced_says --config dadraced.yaml
truth "nothing listens beyond loopback" says 78 'a loopback address' says
dadraced_says --check-config --config dadraced.yaml
truth "--check-config looks at it, too" says 78 'a loopback address' says
for wrong in 'group: no-such-group' 'state_folder: relative'; do
	configure
	sed -i "/^${wrong%%:*}:/d" dadraced.yaml
	echo "$wrong" >>dadraced.yaml
	for check in --check-config ''; do
		dadraced_says $check --config dadraced.yaml
		truth "$wrong ${check:-at the start}" says 78 "^dadraced: ${wrong%%:*}: " says
	done
done
configure
echo precious >control
dadraced_says --config dadraced.yaml
truth "a file is no socket" says 78 'a file of another kind' says
truth "and stays" grep -q precious control
rm control

# --- a campaign, from submission to results ---

configure
cat >forty.yaml <<-'YAML'
	name: forty
	stop: {trials: 40}
	clean_below_ppm: 1000000
	lanes: 2
YAML
start
rss_kb=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$service/status)
echo "resident while idle: $rss_kb kB"
ctl version version
truth "version" says 0 'dadraced [0-9]' version
submit quick.yaml --follow
truth "a campaign is followed to its verdict" says 0 'Verdict: clean' submit
id=$(head -1 submit.out)
cp -r "state/campaigns/$id" first
fits first
whole "all trials, once" first 12
open_to_others() { find state spool/rejected -perm /007 2>/dev/null; }
truth "what is written is not for others, whatever the umask" [ -z "$(open_to_others)" ]
truth "and the state folder is for its owner" [ "$(stat -c %a state)" = 700 ]
ctl results results "$id" --json
truth "results by the socket are those of the file" cmp -s results.out <(
	/usr/bin/python3 -c 'import json, sys
for line in open(sys.argv[1]): print(json.dumps(json.loads(line), separators=(",", ":"), ensure_ascii=False))' \
		first/results.ndjson)
ctl bad submit - <<<'name: ['
truth "a bad campaign is refused with its place" says 78 'standard input:1:' bad
head -c 200000 /dev/zero | tr '\0' '#' >big.yaml
ctl big submit big.yaml
truth "a huge one is refused with a sentence" says 78 'big.yaml: longer than' big
ctl who who --all lo
truth "who holds a device, by the service" grep -q '^lo (index 1, network namespace ' who.out
ctl nonesuch who nonesuch
truth "and with --all where each object lies" grep -q '  0xff[0-9a-f]*$' who.out
truth "with the exit status of who" says 64 '^dadrace: nonesuch: no network namespace has this device' nonesuch
ctl none show nobody
truth "an unknown one" says 64 'no campaign nobody' none
truth "metrics count its trials" [ "$(all_trials)" -eq 12 ]
/usr/bin/python3 "$client" varlink "$PWD/control" >varlink.out 2>&1 && ok "the protocol is Varlink" ||
	fail "the protocol is Varlink" "it is not" varlink.out

# --- queue: priority, pause, cancel, repetition ---

cat >long.yaml <<-'YAML'
	name: long
	stop: {trials: 150}
	clean_below_ppm: 1000000
	lanes: 2
YAML
submit long.yaml
running=$id
submit forty.yaml --priority -1
low=$id
submit quick.yaml --priority 5 --every 1h
high=$id
wait_for 60 is_in "$running" running || fail "it runs" "it does not"
truth "others wait" is_in "$low" queued
wait_for 60 has_trials "$running" || fail "it has a trial" "it has none"
ctl pause pause "$running"
wait_for 60 is_in "$running" paused || fail "it is paused" "$(state_of "$running")"
ctl unfinished list
truth "ctl: what is unfinished reports so first" says 0 "$running .*  Unfinished, interrupted after [0-9]+ trials?: " unfinished
wait_for 90 is_in "$high" ended || fail "the higher priority goes first" "$(state_of "$high")"
truth "a repeated one is queued again" is_in "$high.2" queued
ctl cancel cancel "$high.2"
truth "its repetition ends with it" [ "$(get none "/api/v1/campaigns/$high.3")" != "200 application/json" ]
ctl cancel cancel "$low"
wait_for 60 is_in "$low" ended || fail "it is cancelled" "$(state_of "$low")"
ctl resume resume "$running"
ctl follow follow "$running"
truth "it goes on where it was" says 0 'Verdict: clean' follow
whole "paused and resumed: all trials, once" "state/campaigns/$running" 150
truth "in two runs" [ "$(state_of "$running" runs)" -eq 2 ]
fits "state/campaigns/$running"
submit quick.yaml --not-before +1h
truth "not before its time" is_in "$id" queued
ctl cancel cancel "$id"

# --- the spool ---

cp quick.yaml spool/taken.yaml
echo 'nam: x' >spool/bad.yaml
cp quick.yaml spool/.hidden.yaml
{ cat quick.yaml; echo 'submit: {priority: 7, not_before: +1h, every: 24h}'; } >planned.yaml
cp planned.yaml spool/planned.yaml
{ cat quick.yaml; echo 'submit: {every: often}'; } >spool/often.yaml
printf 'name: zero\0\n' >spool/zero.yaml
install -m 666 quick.yaml open.yaml && mv open.yaml spool/open.yaml
all_taken() { [ -z "$(ls spool/*.yaml 2>/dev/null)" ]; }
wait_for 30 all_taken || fail "the spool is emptied" "$(ls spool)"
truth "a bad file is rejected with the reason" grep -q 'nam: unknown key' spool/rejected/bad.yaml.why
truth "a file that others may write is rejected" grep -q 'users other than root' spool/rejected/open.yaml.why
truth "zero bytes are rejected" grep -q "zero bytes" spool/rejected/zero.yaml.why
truth "a hidden file is left alone" [ -e spool/.hidden.yaml ]
id=$(basename "$(ls -d state/campaigns/taken-*)")
wait_for 60 is_in "$id" ended || fail "the spooled one runs" "$(state_of "$id")"
plan_of() { echo "$(state_of "$1" priority) $(state_of "$1" every_s) $(($(state_of "$1" not_before_unix_ms) / 1000 -
	$(state_of "$1" submitted_unix_ms) / 1000)) $(state_of "$1")"; }
planned=$(basename "$(ls -d state/campaigns/planned-*)")
truth "a file says how it is taken up" [ "$(plan_of "$planned")" = "7 86400 3600 queued" ]
truth "one that says it wrongly is rejected" grep -q 'submit.every: found often' spool/rejected/often.yaml.why
submit planned.yaml --priority 0 --not-before +2h
truth "who submits it may say something else" [ "$(plan_of "$id")" = "0 86400 7200 queued" ]
ctl cancel cancel "$id"
ctl cancel cancel "$planned"

configure "queue_max: 1"
kill -HUP $service
submit quick.yaml --not-before +1h
cp quick.yaml spool/waits.yaml
wait_for 10 grep -q 'waits.yaml: waits: the queue is full' dadraced.log ||
	fail "a file waits while the queue is full" "it is not told" dadraced.log
truth "it stays in the spool" [ -e spool/waits.yaml ]
ctl cancel cancel "$id"
wait_for 10 all_taken || fail "it is taken when the queue has room" "$(ls spool)" dadraced.log
id=$(basename "$(ls -d state/campaigns/waits-*)")
wait_for 60 is_in "$id" ended || fail "it runs then" "$(state_of "$id")"
configure
stop stopped
no_leftovers "stopped"

start

# --- rights ---

as_nobody() { # NAME ARG...
	local name=$1
	shift
	timeout 30 setpriv --reuid 65534 --regid 65534 --clear-groups ./dadrace-of-nobody ctl \
		--socket "$PWD/control" "$@" >"$name.out" 2>"$name.err"
	code=$?
}
as_nobody nobody list
truth "who has no right is told so" says 4 'permission denied' nobody
configure "readers: everyone"
kill -HUP $service
reloaded() { as_nobody nobody list && [ $code -eq 0 ]; }
wait_for 10 reloaded || fail "readers read after a reload" "exit $code" nobody.err dadraced.log
as_nobody nobody submit quick.yaml
truth "a reader cannot submit" says 4 'permission denied' nobody
configure "readers: nobody-has-this-group"
kill -HUP $service
wait_for 10 grep -q 'no group nobody-has' dadraced.log || fail "a bad reload is told" "it is not"
as_nobody nobody list
truth "and the old configuration stays" [ $code -eq 0 ]

# --- slow clients, and a service that goes away ---

cat >many.yaml <<-'YAML'
	name: many
	stop: {trials: 300}
	lanes: 4
	arms: [race]
	window: {hold_us: [1000]}
YAML
configure "readers: everyone"
submit many.yaml
many=$id
/usr/bin/python3 "$client" slow "$PWD/control" "$many" >slow.out 2>&1 &
slow=$!
"$dadrace" ctl --socket "$PWD/control" follow "$many" --json >gone.out 2>gone.err &
follower=$!
wait_for 60 has_lines gone.out 20 || fail "it is followed" "$(wc -l gone.out)" gone.err
kill -9 $service
wait $service 2>/dev/null
start
await gone $follower
truth "who follows goes on where the service was killed" [ $code -eq 0 ]
truth "and says so" grep -q 'continues when it is back' gone.err
truth "with each line once" cmp -s gone.out "state/campaigns/$many/results.ndjson"
wait_for 100 is_gone $slow || fail "slow clients" "they do not end" slow.out
sed 's/^/     | /' slow.out
truth "a follower that reads slowly gets all" grep -q '^slow: 300 trials, 300 different' slow.out
truth "one that does not read is closed" grep -qE '^deaf: closed after (2[89]|3[0-9]|4[0-9]) s' slow.out
truth "what waits for it is bounded" awk '/^deaf/ { exit !($(NF - 1) < 1000000) }' slow.out
truth "and it can go on where it was" grep -q '^again: 300 trials, 300 different' slow.out

# --- rude clients ---

submit forty.yaml
setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 - rude "$PWD/control" <"$client" >rude.out 2>&1
sed 's/^/     | /' rude.out
truth "garbage closes the connection" [ "$(grep -c '^closed' rude.out)" -eq 8 ]
truth "a message without end is not taken" awk '/^taken/ { exit !($NF < 1048576) }' rude.out
deaf_bounded() { awk '/^a deaf/ { exit !($(NF - 1) < 50000) }' rude.out; }
truth "what waits for one that does not read is bounded" deaf_bounded
truth "of many clients of a user few are let in" awk '/^of 1000/ { exit !($5 >= 980 && $5 <= 1000) }' rude.out
truth "root is answered meanwhile" answers
peak_kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$service/status)
echo "resident at most: $peak_kb kB"
wait_for 90 is_in "$id" ended
whole "the campaign was not disturbed" "state/campaigns/$id" 40

# --- HTTP ---

truth "list" [ "$(get list /api/v1/campaigns)" = "200 application/json" ]
truth "one" [ "$(get one "/api/v1/campaigns/$id")" = "200 application/json" ]
truth "findings" [ "$(get findings "/api/v1/campaigns/$id/findings")" = "200 application/json" ]
truth "the last run of each campaign, by its kernel" [ "$(curl -s http://127.0.0.1:9161/metrics |
	grep -c "^dadrace_last_verdict{campaign=\"\(quick\|forty\|long\)\",kernel=\"$(uname -r)\"} 0\$")" -eq 3 ]
truth "trials" [ "$(get trials "/api/v1/campaigns/$id/trials?after=0")" = "200 application/json" ]
truth "its trials in brief" [ "$(get brief "/api/v1/campaigns/$id/trials?brief=1")" = "200 application/json" ]
truth "which are the same, and short" /usr/bin/python3 -c 'import json
whole, brief = (json.load(open(name + ".out"))["lines"] for name in ("trials", "brief"))
whole, brief = ([line for line in lines if line["type"] == "trial"] for lines in (whole, brief))
cut = [{**line, "spec": {"trial": line["spec"]["trial"], "arm": line["spec"]["arm"]}} for line in whole]
assert len(brief) == 40 and all(line.items() <= full.items() for line, full in zip(brief, cut))'
truth "its report" [ "$(get report "/api/v1/campaigns/$id/report")" = "200 text/html; charset=utf-8" ]
truth "which says its verdict" grep -q '<title>forty: clean' report.out
truth "again, from the file" [ "$(get again "/api/v1/campaigns/$id/report")" = "200 text/html; charset=utf-8" ]
truth "for a pull request" [ "$(get md "/api/v1/campaigns/$id/report?format=md")" = "200 text/markdown; charset=utf-8" ]
truth "in no other format" [ "$(get other "/api/v1/campaigns/$id/report?format=doc" | cut -d ' ' -f 1)" = 404 ]
truth "its results" [ "$(get results "/api/v1/campaigns/$id/results")" = "200 application/x-ndjson" ]
truth "are its file" cmp -s results.out "state/campaigns/$id/results.ndjson"
truth "no finding, no text of one" [ "$(get finding "/api/v1/campaigns/$id/findings/1.txt" | cut -d ' ' -f 1)" = 404 ]
truth "a trial's picture" [ "$(get picture "/api/v1/campaigns/$id/trials/7/picture.svg")" = "200 image/svg+xml" ]
truth "it is that trial's, and XML" /usr/bin/python3 -c 'import xml.etree.ElementTree as tree
assert tree.parse("picture.out").getroot()[0].text.startswith("Trial 7, arm ")'
for wrong in 41 0 -1 7x 99999999999999999999 4294967303 ''; do
	truth "no trial '$wrong'" [ "$(get wrong "/api/v1/campaigns/$id/trials/$wrong/picture.svg" | cut -d ' ' -f 1)" = 404 ]
done
truth "page" [ "$(get page /)" = "200 text/html; charset=utf-8" ]
truth "the page needs no script" grep -q 'id="answer" class="clean">All right: the last run of every campaign is clean' page.out
truth "a page of the runs that are asked for" [ "$(get runs "/?filter=forty&page=0" | cut -d ' ' -f 1)" = 200 ]
truth "has no others" [ "$(grep -c 'data-label="State"' runs.out)" -eq "$(ls state/campaigns | grep -c forty)" ]
truth "nothing" [ "$(get nothing /api/v1/campaigns/../../etc/passwd --path-as-is | cut -d ' ' -f 1)" = 404 ]
truth "nothing but GET" [ "$(get post / -X POST | cut -d ' ' -f 1)" = 501 ]
for host in example.org 127.evil.example localhost.example 1270.0.0.1; do
	truth "another's name for us: $host" [ "$(get host / -H "Host: $host" | cut -d ' ' -f 1)" = 403 ]
done
for host in localhost LOCALHOST:9161 127.0.0.1:1 127.3.2.1 '[::1]:9161'; do
	truth "our name: $host" [ "$(get host / -H "Host: $host" | cut -d ' ' -f 1)" = 200 ]
done
dadraced_says --config dadraced.yaml
truth "a second service of the same folder" says 75 'another dadraced uses it' says
sed "s,^state_folder: .*,state_folder: $PWD/other-state," dadraced.yaml >second.yaml
dadraced_says --config second.yaml
truth "a second service on the same socket" says 75 'another service listens there' says
truth "the first one still answers" [ "$(get page / | cut -d ' ' -f 1)" = 200 ]
truth "a header without end" [ "$(get header / -H "X: $(printf '%20000s' x)" | cut -d ' ' -f 1)" != 200 ]
next=$(/usr/bin/python3 -c 'import json; reply = json.load(open("trials.out"))
assert len(reply["lines"]) == 43 and not reply["more"]; print(reply["next"])')
get trials "/api/v1/campaigns/$id/trials?after=$next" >/dev/null
truth "nothing comes after the last" grep -q '"lines":\[\]' trials.out
submit quick.yaml
timeout 20 curl -sN http://127.0.0.1:9161/events >events.out &
curl=$!
wait_for 60 is_in "$id" ended
seen_end() { grep -q "\"$id\".*\"state\":\"ended\"" events.out; }
wait_for 15 seen_end || fail "events tell its end" "they do not" events.out
truth "events tell that it ran" grep -q "\"$id\".*\"state\":\"running\"" events.out
kill $curl
events_after() { curl -sN -m 2 ${1:+-H "Last-Event-ID: $1"} http://127.0.0.1:9161/events | grep -c '^event: campaign'; }
last=$(sed -n 's/^id: //p' events.out | tail -1)
truth "one who has seen all is told nothing again" [ "$(events_after "$last")" -eq 0 ]
truth "one who has missed a change is told that one" [ "$(events_after $((last - 1)))" -eq 1 ]
truth "one who is new is told all" [ "$(events_after)" -eq "$(ls state/campaigns | wc -l)" ]
truth "and so is one who knows more than there is" [ "$(events_after 99999999999999999)" -eq "$(ls state/campaigns | wc -l)" ]

# --- the page, in a browser ---

if command -v chromium >/dev/null; then
	cat >leaky.yaml <<-YAML
		name: leaky
		stop: {trials: 2}
		arms: [race]
		bringup: {kind: command, command: [python3, $live/holder.py, "{dut}", "4", "60"]}
	YAML
	# What a fault is told to: as nobody, with nothing of the service's environment.
	cat >told.sh <<-END
		#!/bin/sh
		cat >$PWD/told.json
		{ id -u; env; } >$PWD/told.env
	END
	chmod 755 told.sh
	install -m 666 /dev/null told.json
	install -m 666 /dev/null told.env
	configure "readers: everyone" "notify_command: $PWD/told.sh"
	ctl notifies reload
	# Writes may be hidden from a ledger, and it says so: it is asked again, some times.
	for _ in 1 2 3 4 5; do
		submit leaky.yaml
		leaky=$id
		wait_for 90 is_in "$leaky" ended || fail "a leaky one ends" "$(state_of "$leaky")"
		grep -q '"path_signature":"' "state/campaigns/$leaky/results.ndjson" && break
	done
	wait_for 30 test -s told.env || fail "a command is run for a fault" "it is not" dadraced.log
	truth "the command is told the finding" /usr/bin/python3 -c 'import json, os, sys
told = json.load(open("told.json"))
assert told["name"] == "leaky" and told["verdict"] == "fault" and told["kernel"] == os.uname().release, told
assert told["finding"].startswith("leak/net_device") and told["folder"].endswith("/" + told["id"]), told'
	truth "and runs as nobody" [ "$(head -n 1 told.env)" = 65534 ]
	truth "without the environment of the service" [ "$(grep -c = told.env)" -le 4 ]
	get nopicture "/api/v1/campaigns/$leaky/trials/1/picture.svg?attempt=99" >nopicture.code
	truth "a repeat that never was has no picture" grep -q '^404 ' nopicture.code
	sed 's/150/5000/' long.yaml >endless.yaml
	submit endless.yaml
	timeout 150 /usr/bin/python3 "$live/page.py" http://127.0.0.1:9161 "$leaky" "$id" "$PWD/page" >page.out 2>&1
	code=$?
	[ $code -eq 0 ] && ok "the page" || fail "the page" "exit $code" page.out
	ctl cancel cancel "$id"
	wait_for 60 is_in "$id" ended || fail "the endless one is cancelled" "$(state_of "$id")"
else
	echo "SKIP: chromium is not installed (package chromium): the page is not looked at"
fi

# --- Prometheus ---

if command -v prometheus >/dev/null; then
	sed 's/scrape_interval: .*/scrape_interval: 1s/' "$source/config/dashboards/prometheus/scrape.yml" >scrape.yml
	cp "$source/config/dashboards/prometheus/alerts.yml" .
	prometheus --config.file=scrape.yml --storage.tsdb.path=tsdb --web.listen-address=127.0.0.1:9190 \
		>prometheus.log 2>&1 &
	prometheus=$!
	query() { curl -s --data-urlencode "query=$1" http://127.0.0.1:9190/api/v1/query | /usr/bin/python3 -c \
		'import json, sys; r = json.load(sys.stdin)["data"]["result"]; print(r[0]["value"][1] if r else "")' 2>/dev/null; }
	scraped() { [ "$(query 'sum(dadrace_trials_total)')" = "$(all_trials)" ]; }
	wait_for 60 scraped || fail "Prometheus has what is counted" "$(query 'sum(dadrace_trials_total)')" prometheus.log
	# Every query of the dashboard is one, and is about a metric that is there.
	/usr/bin/python3 - "$source/config/dashboards/grafana/dadrace.json" <<-'PY' >panels.out
		import json, sys
		for panel in json.load(open(sys.argv[1]))["panels"]:
		    for target in panel["targets"]:
		        print(target["expr"].replace("$__rate_interval", "1m"))
	PY
	truth "the dashboard has panels" [ "$(wc -l <panels.out)" -ge 8 ]
	while read -r expression; do
		[ "$(curl -s --data-urlencode "query=count($expression) or vector(-1)" http://127.0.0.1:9190/api/v1/query |
			grep -c '"status":"success"')" -eq 1 ] || fail "a panel's query" "$expression"
		for name in $(grep -oE 'dadrace_[a-z_]+' <<<"$expression" | sort -u); do
			[ -n "$(query "count($name)")" ] || fail "a panel's metric" "$name is not there"
		done
	done <panels.out
	ok "the dashboard's queries"
	kill $prometheus
	wait $prometheus 2>/dev/null
else
	echo "SKIP: prometheus is not installed (package prometheus): scraping and the dashboard are not checked"
fi
if command -v promtool >/dev/null; then
	truth "the alert rules" promtool check rules "$source/config/dashboards/prometheus/alerts.yml"
	curl -s http://127.0.0.1:9161/metrics | promtool check metrics >promtool.out 2>&1 && [ ! -s promtool.out ] &&
		ok "promtool has nothing to say" || fail "promtool has nothing to say" "it has" promtool.out
else
	echo "SKIP: promtool is not installed (package prometheus or promtool): rules and metrics are not checked"
fi

# --- keeping ---

before=$(all_trials)
stop aged
old=$(ls state/campaigns | head -1)
sed -i -E 's/("ended_unix_ms": *)[0-9]+/\11000/' "state/campaigns/$old/entry.json"
configure "keep_days: 90"
start
truth "old ones are removed" [ ! -e "state/campaigns/$old" ]
truth "and only those" [ "$(grep -c 'removed: older than keep_days' dadraced.log)" -eq 1 ]
kept() { find state/campaigns -mindepth 1 -maxdepth 1 | wc -l; }
many=$(kept)
configure "keep_campaigns: $((many - 1))"
kill -HUP $service
one_less() { [ "$(kept)" -eq $((many - 1)) ]; }
wait_for 20 one_less || fail "what is more than keep_campaigns is removed" "$(kept) of $many are left"
results_kb() { du -sk --apparent-size state/campaigns | cut -f 1; }
truth "there is more than a megabyte" [ "$(results_kb)" -gt 1200 ]
configure "keep_mb: 1"
kill -HUP $service
by_size() { [ "$(results_kb)" -le 1200 ]; } # folders count, too
wait_for 20 by_size || fail "large results are removed" "$(results_kb) kB are left" dadraced.log
truth "it is said why" grep -q 'removed: results take more than keep_mb' dadraced.log
truth "counters outlive results" [ "$(all_trials)" -eq "$before" ]
stop stopped2
start
truth "counters outlive that and a restart" [ "$(all_trials)" -eq "$before" ]
stop stopped3

# --- what systemd is told ---

/usr/bin/python3 "$client" notify "$PWD/notify" >notify.out 2>&1 &
listener=$!
mkdir -p /run/systemd/journal
/usr/bin/python3 "$client" journal /run/systemd/journal/socket >journal.out 2>&1 &
journal=$!
wait_for 10 test -S /run/systemd/journal/socket -a -S notify
exec {stream}>>dadraced.log
NOTIFY_SOCKET=$PWD/notify WATCHDOG_USEC=400000 JOURNAL_STREAM=$(stat -c %d:%i dadraced.log) \
	"$dadraced" --config dadraced.yaml 2>&$stream &
service=$!
wait_for 20 grep -q READY=1 notify.out || fail "it says when it is ready" "it does not" notify.out
submit quick.yaml --follow
wait_for 10 grep -q 'STATUS=Running quick' notify.out || fail "STATUS" "it is not told" notify.out
fed() { [ "$(grep -c WATCHDOG=1 notify.out)" -ge 3 ]; }
wait_for 10 fed || fail "the watchdog is fed" "it is not" notify.out
kill -STOP $service
sleep 1 # nothing is awaited: the point is that nothing comes
count=$(grep -c WATCHDOG=1 notify.out)
sleep 1
truth "a loop that stands still feeds nobody" [ "$(grep -c WATCHDOG=1 notify.out)" -eq "$count" ]
kill -CONT $service
kill -HUP $service
wait_for 10 grep -qE 'RELOADING=1 MONOTONIC_USEC=[0-9]+' notify.out || fail "RELOADING" "it is not told"
ready_again() { [ "$(grep -c READY=1 notify.out)" -ge 2 ]; }
wait_for 10 ready_again || fail "READY after it" "it is not told"
stop stopped4
truth "STOPPING" grep -q STOPPING=1 notify.out
truth "the journal gets fields" grep -q "'DADRACE_CAMPAIGN': '$(head -1 submit.out)', 'DADRACE_EVENT': 'ended'" journal.out
kill $listener $journal
no_leftovers "at the end"
finish
