#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From a finding to its proof, on this kernel: specs, replay, report, verify and the sequential stop, on
# a leak that a bring-up makes (holder.py). The same fault must come again as often as it can, and
# what is not there must not.
#
# Usage: test_replay.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

leaking="[/usr/bin/python3, $live/holder.py, '{dut}', '2', '60', packet]"
harmless="[/usr/bin/python3, $live/holder.py, '{dut}', '0', '60', packet]"

run leaky quick --set stop.trials=4 --set watch.deadline_ms=500 --set bringup.kind=command \
	--set "bringup.command=$leaking" --set seed=5
ends leaky 1 'leaky/findings/1.txt'
run sound quick --set stop.trials=4 --set seed=5
ends sound 0
truth "sound: no report of no finding" [ ! -e sound/findings ]

# --- replay ---

# From here on nobody is asked who holds: each fault would be repeated for that.
dadrace again replay leaky 2 --times 5 --set ledger=off --out again
ends again 1 'Reproduced: [3-5] of [3-5] trials show leak/net_device; rate [0-9.]+% .. 100% at 95%'
check "again: five times the very same trial" again "len(trials) == 5 and
	all(t['delta'] == 2 for t in valid(trials)) and len({t['spec']['seed'] for t in trials}) == 1"
/usr/bin/python3 - >same.out 2>&1 <<-'PYTHON'
	import json
	def specs(folder):
	    lines = map(json.loads, open(folder + "/results.ndjson"))
	    return {t["spec"].pop("trial"): t["spec"] for t in lines if t["type"] == "trial"}
	assert all(spec == specs("leaky")[2] for spec in specs("again").values())
PYTHON
truth "again: as the trial in the results, but for its number" [ $? -eq 0 ]

dadrace unharmed replay sound 3 --times 5 --out unharmed
ends unharmed 0 'Not reproduced: 0 of [3-5] valid trials show a fault; rate 0% .. [5-7][0-9]*.[0-9]% at 95%'
dadrace harmless replay leaky 1 --times 5 --out harmless --set "bringup.command=$harmless"
ends harmless 0 'Not reproduced: 0 of [3-5] valid trials show leak/net_device'
dadrace blind replay sound 1 --times 2 --out blind --set window.site=off --set bringup.deadline_ms=500
ends blind 3 'Proves nothing: none of 2 trials was valid \(2 missed'

# --- specs ---

dadrace printed replay leaky 2 --print-spec
truth "the spec is one line of JSON" /usr/bin/python3 -c \
	"import json; s = open('printed.out').read(); assert json.loads(s)['spec'] == 1 and s.count('\n') == 1"
dadrace plan plan quick.yaml --spec --set stop.trials=4 --set watch.deadline_ms=500 \
	--set bringup.kind=command --set "bringup.command=$leaking" --set seed=5
truth "it is the plan's" grep -qxF "$(cat printed.out)" plan.out
"$dadrace" run --spec - --times 2 --set ledger=off --out piped <printed.out >piped.out 2>piped.err
code=$?
ends piped 1 'leak/net_device, in 2 trials'
dadrace once run --spec printed.out --out once
# Without the holder where each repeat had a hole: some kernels hide writes from a watchpoint.
ends once 1 'leak/net_device(/packet_socket/packet_do_bind)?, in 1 trial '
dadrace nospec run --spec quick.yaml --out nospec
ends nospec 78 'quick.yaml: not a spec'

# --- report ---

dadrace report report leaky
truth "report: the file beside the results says the same" cmp -s report.out leaky/findings/1.txt
for words in 'leaks 2 net_device references' 'Chronological sequence of events' \
	' I    a flag set enters the kernel' ' II   the echo reaches the device' \
	"dadrace replay 'leaky' 1 --times 10" "$(sed 's/,"trial_seed.*//' printed.out)"; do
	truth "report: $words" grep -qF -e "$words" report.out
done
dadrace nothing report sound
truth "report: of no finding it says so" grep -q '^No finding .clean.: no fault in 4 valid trials' nothing.out

# --- the report as a page ---

dadrace page report leaky -o page.html
truth "page: of a leaking run" [ "$code" -eq 0 ]
dadrace cleanpage report sound --output cleanpage.html
truth "page: of a clean run" [ "$code" -eq 0 ]
page_holds() { # FILE PICTURES WORD...
	/usr/bin/python3 "$live/report_page.py" parse "$@" >parse.out 2>&1 || fail "page: $1" "see" parse.out
}
# A ledger with holes draws no repeat.
pictures=1 holders='Who holds: not known'
if grep -q '"path_signature":"' leaky/results.ndjson; then
	pictures=2 holders='never dropped'
fi
page_holds page.html $pictures 'leak/net_device' 'Trial 1' 'window open for' 'the unregister' 'dadrace replay' "$holders"
page_holds cleanpage.html 1 'no fault in 4 valid trials' 'First clean trial' 'references came back'
/usr/bin/python3 - <<-'PYTHON'
	import json, os
	def evil(value):
	    if isinstance(value, dict):
	        return {key: evil(one) for key, one in value.items()}
	    known = {"campaign", "trial", "summary", "leak", "race", "net_device"}
	    return value + "</pre></title><script>alert(1)</script>" \
	        if isinstance(value, str) and value not in known and not value.startswith("0x") else value
	os.mkdir("evil")
	with open("evil/results.ndjson", "w") as out:
	    for line in map(json.loads, open("leaky/results.ndjson")):
	        for key in "reason", "signature", "device", "bringup_said", "hang_stack", "id":
	            if key in line:
	                line[key] = evil(line[key] or "")
	        if line["type"] == "campaign":
	            line["machine"], line["campaign"]["name"] = evil(line["machine"]), evil("name")
	        if line["type"] == "trial":
	            line["klog"]["text"] = evil("WARNING")
	        if line["type"] == "ledger":
	            line["unmatched"] = [evil(one) for one in line["unmatched"]]
	            line["paths"] = [evil(one) for one in line["paths"]]
	        out.write(json.dumps(line) + "\n")
PYTHON
dadrace evilpage report evil -o evilpage.html
truth "page: of hostile results" [ "$code" -eq 0 ]
page_holds evilpage.html $pictures '<script>alert(1)</script>'
if command -v chromium >/dev/null; then
	for page in page cleanpage evilpage; do
		timeout 100 /usr/bin/python3 "$live/report_page.py" look "$PWD/$page.html" "$PWD/$page" >look.out 2>&1
		code=$?
		[ $code -eq 0 ] && ok "page: $page in a browser" || fail "page: $page in a browser" "exit $code" look.out
	done
else
	echo "SKIP: chromium is not installed (package chromium): the report is not looked at"
fi
dadrace both report leaky 1 -o both.html
ends both 64 'leave out 1'
dadrace noplace report leaky -o nowhere/page.html
ends noplace 70 'nowhere/page.html: No such file'

# --- verify ---

dadrace fixed verify --before leaky --after here --set "bringup.command=$harmless" --out fixed
ends fixed 0 '^Fixed: 0 of [0-9]+ valid race trials show leak/net_device on .* 99%'
check "fixed: ln 0.01 / ln(1 - 0.05^(1/4)) trials, and valid ones" fixed/after \
	"summary['ended_by'] == 'valid' and len(valid(trials)) >= 8"
dadrace unfixed verify --before leaky --after here --set ledger=off --out unfixed
ends unfixed 1 '^Not fixed: trial 1 on .* shows leak/net_device again'
groups="[/usr/bin/python3, $live/holder.py, '{dut}', '3', '60', group]"
dadrace changed verify --before leaky --after here --rarer 9 --set ledger=off --set "bringup.command=$groups" --out changed
ends changed 1 '^Changed: leak/net_device did not show .* shows another fault, leak/inet6_dev'
dadrace came verify --before sound --after here --set ledger=off --set bringup.kind=command \
	--set "bringup.command=$leaking" --set watch.deadline_ms=500 --out came
ends came 1 '^Not fixed: trial 1 on .* shows leak/net_device, and none of [0-9]+ valid trials on .* does'
dadrace neither verify --before sound --after here --out neither
ends neither 3 'sound shows no fault .*, and neither does neither/after .*: there is nothing to verify'
dadrace few verify --before leaky --after here --set window.site=off --set "bringup.command=$harmless" \
	--set bringup.deadline_ms=500 --out few
ends few 3 '^Not proved: .* only 0 of the 8 needed trials were valid'
dadrace measured verify --before here --after here quick.yaml --set ledger=off --set stop.trials=4 --set bringup.kind=command \
	--set watch.deadline_ms=500 --set "bringup.command=$leaking" --out measured
ends measured 1 '^Before: 4 of 4 race trials'

dadrace good verify --bisect-step --quiet --before leaky --after here --set "bringup.command=$harmless"
ends good 0
dadrace bad verify --bisect-step --quiet --before leaky --after here --set ledger=off
ends bad 1
dadrace skip verify --bisect-step --quiet --before sound --after here
ends skip 125 'shows no fault'
dadrace wrong verify --bisect-step --before leaky --after here too many words
ends wrong 125

# --- the sequential stop ---

run decided quick --set stop.trials=400 --set 'stop.decided=[rate]' --set lanes=2
ends decided 0 'Decided: the fault rate of the race arm is below 10%'
check "decided: by the first 32 valid trials, in the order of their start" decided "
	summary['ended_by'] == 'decided' and '0 of the first 32 valid' in summary['decided'] and
	summary['decisive'] == len(trials) >= 32"
run caused quick --set stop.trials=400 --set 'stop.decided=[arms]' --set 'arms=[control, race]' \
	--set ledger=off --set watch.deadline_ms=500 --set bringup.kind=command --set "bringup.command=$leaking" --set stop.trials=16
ends caused 1 'is not shown: p = 1 against the control arm'
check "caused: what leaks in every arm decides nothing" caused "summary['ended_by'] == 'trials'"

# --- sentences ---

dadrace nothere replay nowhere 1
ends nothere 78 'nowhere/results.ndjson cannot be read: No such file.* that `dadrace run` has written'
dadrace notrial replay leaky 99
ends notrial 78 'leaky: no trial 99; it has 4$'
dadrace nofinding report leaky 2
ends nofinding 78 'leaky: no finding 2; it has 1$'
mkdir later && sed 's/"schema_version":3/"schema_version":7/' leaky/results.ndjson >later/results.ndjson
dadrace later report later
truth "later: the version is named" grep -q 'later has schema version 7, but this dadrace reads version 3' later.err
# As a crash leaves it: half a line at the end.
mkdir torn && head -c -20 leaky/results.ndjson >torn/results.ndjson
dadrace torn report torn
truth "torn: half a last line is passed over" grep -q 'leak/net_device' torn.out

finish
