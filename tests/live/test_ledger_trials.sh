#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A leak is repeated with the ledger, and its finding names who holds: a packet socket, bound by a child
# of the bring-up. Repeats are in no sum; without a leak, or with the ledger off, there are none.
#
# Usage: test_ledger_trials.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
keep_awake


holder() { # NAME NUMBER KIND [ARG...]
	local name=$1 number=$2 kind=$3
	shift 3
	run "$name" quick --set stop.trials=3 --set watch.deadline_ms=1500 --set bringup.kind=command \
		--set "bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '$number', '60', $kind]" "$@"
}

until_whole() { # NAME COMMAND...: COMMAND makes the results NAME
	local whole=$1
	shift
	again_until some_whole anew "$@"
}
some_whole() { grep -q '"type": *"ledger".*"state": *"whole"' "$whole/results.ndjson"; }
anew() {
	rm -rf "$whole"
	"$@"
}

until_whole packet holder packet 2 packet
ends packet 1 'Who holds, by the ledger of repeat [0-9] of trial [0-9]'
check "packet: the finding names the packet socket's bind" packet "len(findings) == 1 and
	re.search(r'^leak/net_device/packet_socket/packet_(do_bind|create)', findings[0]['signature']) and
	findings[0]['ledger']['unmatched'][0]['unmatched'] == 2 and
	findings[0]['ledger']['unmatched'][0]['task'].startswith('python3/') and
	findings[0]['ledger']['state'] == 'whole' and findings[0]['ledger']['leaked']"
check "packet: the same leak shows without any echo" packet "findings[0]['without_echo']"
truth "packet: and the finding says so" grep -q 'the same leak shows' packet.out
check "packet: folded, from the system call on" packet \
	"re.fullmatch(r'\[syscall\];.*packet_(do_bind|create) 2', findings[0]['stack'])"
# Where all repeats of one trial had holes, the next trial is repeated.
check "packet: repeats have lines of their own, the last one of a trial is final" packet "all(
	[l['attempt'] for l in of] == list(range(1, len(of) + 1)) and len(of) <= 5 and
	[l['final'] for l in of] == [False] * (len(of) - 1) + [True]
	for of in ([l for l in ledgers if l['trial'] == n] for n in (1, 2, 3)) if of) and
	sum(u['unmatched'] for u in ledgers[-1]['unmatched']) == 2 and ledgers[-1]['leaked'] and ledgers[-1]['unseen'] == 0"
check "packet: and are in no sum" packet "len(trials) == 3 == summary['trials'] and
	findings[0]['count'] == 3 and summary['arms'][0]['trials'] == 3"
truth "packet: the report says so" grep -q 'packet_do_bind\|packet_create' packet/findings/1.txt

# The campaign is over at its first finding; the repeat comes all the same.
until_whole first holder first 1 packet --set stop.findings=1 --set stop.trials=50 --set lanes=1
ends first 1
check "first: one trial, and its ledger" first "len(trials) == 1 and ledgers[-1]['final'] and
	'packet_' in (findings[0]['path_signature'] or '')"

# The same bug in two runs is one finding.
dadrace both report packet first
truth "both: one finding of two runs" [ "$(grep -c '^Finding' both.out)" -eq 1 ]
truth "both: it says how often" grep -q '^Finding 1: leak/net_device in 2 of 2 runs, 4 trials' both.out
truth "both: and who holds" grep -qE 'Who holds: packet_(do_bind|create) < ' both.out

holder off 2 packet --set ledger=off
ends off 1 'Verdict: fault'
check "off: no ledger" off "not ledgers and findings[0]['path_signature'] is None and
	findings[0]['ledger']['state'] is None and findings[0]['ledger']['trial'] is None"

holder clean 0 packet --set "window.hold_us=[60000]" # a busy machine delivers inside, too
ends clean 0 'Verdict: clean'
check "clean: nothing to repeat" clean "not ledgers"

# Each trial with the ledger: what it counts is what the snapshots count.
until_whole always run always quick --set ledger=always --set stop.trials=20
ends always 0 'Verdict: clean'
check "always: a line for each trial, armed once" always "[l['trial'] for l in ledgers] ==
	list(range(1, 21)) and sum(l['arm_ns'] is not None for l in ledgers) == 1"
# Whoever else on the machine is inside bpf(2) hides writes, and such a ledger has to say so.
check "always: some are whole, the others say that writes were hidden" always "
	any(l['state'] == 'whole' for l in ledgers) and
	all(l['state'] in ('whole', 'missed') and l['counted'] > 0 and not l['leaked'] for l in ledgers)"
check "always: entries add up" always "all(l['count'] - l['baseline'] == l['surplus'] ==
	sum(p['balance'] for p in l['paths']) for l in ledgers if l['state'] == 'whole' and
	l['all_paths'] == len(l['paths']))"

# A change that gives the device another inet6_dev leaves its counter unwatched until the next trial arms anew.
until_whole renewed run renewed quick --set ledger=always --set stop.trials=20 --set 'bringup.change=[none, mtu-68]'
ends renewed 0 'Verdict: clean'
check "renewed: armed at first, and after each such change" renewed "
	[l['arm_ns'] is not None for l in ledgers] ==
	[True] + [t['spec']['change'] == 'mtu-68' for t in trials][:-1]"

until_whole watched holder watched 1 packet --set ledger=always
ends watched 1 'Who holds, by the ledger of trial'
check "watched: no repeat is needed" watched "len(ledgers) == len(trials) == 3 and
	'packet_' in (findings[0]['path_signature'] or 'packet_') and
	findings[0]['ledger']['attempt'] is None"

dadrace lanes run quick.yaml --out lanes --set ledger=always --set lanes=2
ends lanes 78 'ledger: always needs one lane'

finish
