#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of README.md that need another kernel, as they stand there: the real leak, its report, its replay, and the
# proof of its fix: test_readme.sh DADRACE SOURCE
#
# What README.md shows is true of Debian 13's 6.12.118. Where apt has a later one, the leak may be gone: that is told,
# and nothing else is judged.
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
LEAKING=6.12.118

mapfile -t commands < <(/usr/bin/python3 "$source/tests/check/readme.py" "$source" vm)
cd "$results" || exit 1
cp -r "$source/config" .
nr=0 folder= first=3

check() { # WORDS EXIT-CODE PATTERN
	if [ "$code" -ne "$2" ] || ! says "$nr" "$3"; then
		fail "$nr" "exit $code, wanted $2 and '$3': dadrace $1"
	else
		ok "dadrace $1"
	fi
}

for command in "${commands[@]}"; do
	nr=$((nr + 1))
	words=${command#dadrace }
	words=${words//RESULTS 3/RESULTS $first} # in a guest that is starved, trial 3 may miss
	words=${words//RESULTS/$folder}
	# shellcheck disable=SC2086 # the words of a command
	guest $nr 500 $words || finish
	case $words in
	run*)
		folder=$(echo results/*)
		if [ $code -eq 0 ] && ! grep -qF "$LEAKING" "$folder/results.ndjson"; then
			ok "README.md is of $LEAKING, and this is $(grep -o 'guest 1: .*' $nr.err): clean"
			finish
		fi
		check "$words" 1 '^Verdict: fault'
		first=$(grep -oP '"first_trial": ?\K[0-9]+' "$folder/summary.json" | head -n 1)
		/usr/bin/python3 - "$folder/summary.json" <<-'PYTHON' || fail $nr "another finding than README.md shows" 1
			import json, sys
			summary = json.load(open(sys.argv[1]))
			leaks = {arm["arm"]: arm["verdicts"]["leak"] for arm in summary["arms"]}
			finding = summary["findings"][0]
			print("leaks", leaks, finding["signature"], "pinned" if finding["pinned"] else "came back")
			assert leaks.pop("race") >= 1 and not any(leaks.values()), "which arm"
			assert finding["signature"].startswith("leak/net_device") and finding["pinned"], "what leaks"
			after = finding["ledger"]["post_mortem"] or "nothing"
			assert after.startswith("LOST: fib6_info (IPv6 route entry)") and "a circle" in after, after
		PYTHON
		;;
	report*html) [ $code -eq 0 ] && [ -s report.html ] && ok "dadrace $words" || fail $nr "exit $code, or no page" ;;
	report*xml)
		/usr/bin/python3 - junit.xml <<-'PYTHON' && ok "dadrace $words" || fail $nr "exit $code, or no JUnit results" $nr.err
			import sys, xml.etree.ElementTree as tree
			cases = list(tree.parse(sys.argv[1]).getroot().iter("testcase"))
			assert len(cases) >= 2 and any(case.find("failure") is not None for case in cases), cases
		PYTHON
		;;
	report*) check "$words" 0 'rt6_insert_exception' ;;
	replay*) check "$words" 1 '^Reproduced' ;;
	verify*) check "$words" 0 '^Fixed' ;;
	*) fail $nr "what must come out of it is not known: $command" ;;
	esac
done
finish
