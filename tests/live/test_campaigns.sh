#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Campaigns on this kernel, as an operator runs them: those that come with dadrace, unmodified
# programs as bring-up, each kind of device, all directions and targets, and the outputs of a run.
#
# Usage: test_campaigns.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

# Clean, and the window was opened, held and hit in the race arm.
proves() { # NAME TRIALS
	ends "$1" 0 'Verdict: clean'
	check "$1: clean" "$1" "summary['verdict'] == 'clean' and summary['trials'] == $2
		and len(trials) == $2 and not findings"
	check "$1: >= 90% of races are valid" "$1" \
		"len(valid(arm('race'))) >= 0.9 * len(arm('race')) > 0"
	hits "$1"
}
hits() { # NAME
	check "$1: an echo inside the window in >= 99% of races" "$1" "inside(arm('race')) >= 0.99"
	check "$1: held for >= 95% of what was asked" "$1" "held_enough(valid(trials))"
}
# Told, and not judged: how late a hold ends is the machine's affair.
holds_well() { # NAME
	echo "holds of $1 that ended within 110% and 1 ms: $(/usr/bin/python3 "$live/facts.py" "$1" \
		"print(round(held_well(valid(trials)), 3)) or True")"
}

# --- the campaigns that come with it ---

run smoke smoke
proves smoke 240
holds_well smoke
check "smoke: four arms, 60 trials each" smoke \
	"[(a['arm'], a['trials']) for a in summary['arms']] ==
	 [(a, 60) for a in ('control', 'hold', 'echo', 'race')]"
check "smoke: no echo in control and hold, none held in control and echo" smoke \
	"not any(t['echoes_sent'] for t in arm('control') + arm('hold')) and
	 not any(t['held_ns'] for t in arm('control') + arm('echo'))"
check "smoke: addresses were tentative while echoes came" smoke \
	"any(t['tentative_inside'] for t in arm('race'))"

run mixed mixed --set stop.trials=400 --set lanes=4
proves mixed 400
check "mixed: every direction and target" mixed "
	{(t['spec']['direction'], t['spec']['target']) for t in arm('race')} >=
	{('inbound', 'all-nodes'), ('inbound', 'solicited-node'), ('inbound', 'tentative'),
	 ('outbound', 'peer'), ('outbound', 'nobody'), ('outbound', 'all-nodes'),
	 ('outbound-raw', 'peer'), ('outbound-raw', 'nobody'), ('outbound-raw', 'all-nodes')}"
check "mixed: sends without a source address are refused, and that is recorded" mixed "
	sum(t['refused_errno'] == 'EADDRNOTAVAIL' or t['refused_errno'] == 99 for t in trials
	    if t['spec']['direction'] == 'outbound' and t['echoes_refused']) > 0"
check "mixed: holds of 1 to 20 ms were drawn" mixed "
	all(1000 <= t['spec']['hold_us'] <= 20000 for t in arm('race')) and
	len({t['spec']['hold_us'] for t in arm('race')}) > 10"

# --- unmodified programs ---

if command -v ifconfig >/dev/null; then
	run ifconfig ifconfig --set stop.trials=120 "${few[@]}"
	proves ifconfig 120
	holds_well ifconfig
	check "ifconfig: two flag sets" ifconfig "all(t['flag_sets'] == 2 for t in valid(trials))"
	run two quick --set bringup.kind=command --set \
		"bringup.command=[sh, -c, 'ifconfig {dut} up; ifconfig {dut} -allmulti down']"
	proves two 12
else
	echo "SKIP ifconfig: net-tools is not installed"
fi

# Flags set by netlink instead of ioctl, by two processes under a shell.
run netlink quick --set bringup.kind=command \
	--set "bringup.command=[sh, -c, 'ip link set {dut} up; ip link set {dut} down']"
proves netlink 12

if command -v busybox >/dev/null && busybox --list | grep -qx ifconfig; then
	run busybox quick --set bringup.kind=command \
		--set "bringup.command=[sh, -c, 'busybox ifconfig {dut} up; busybox ifconfig {dut} down']"
	proves busybox 12
else
	echo "SKIP busybox: it is not installed, or without ifconfig"
fi

# --- every message ---

types='echo:128 ns:135 na:136 ra:134 redirect:137 unreachable:1 packet-too-big:2 time-exceeded:3
	parameter-problem:4 mld-query:130 mld-report:131 rs:133 ns-elsewhere:135 ra-withdraw:134 ra-managed:134
	ra-mtu:134 unreachable-udp:1 packet-too-big-udp:2 packet-too-big-68:2
	fragments:128 fragments:Ip6ReasmOKs fragment-first:Ip6ReasmReqds udp-closed:Udp6IgnoredMulti udp-closed:Udp6NoPorts
	tcp-closed:TcpInSegs tcp-closed:TcpOutRsts'
# shellcheck disable=SC2086 # words of the list
all_messages=$(printf '%s\n' $types | sed 's/:.*//' | uniq | paste -sd , | sed 's/,/, /g')
run messages quick --set stop.trials=300 --set lanes=4 --set "echo.message=[$all_messages]" \
	--set 'echo.targets=[all-nodes, solicited-node, tentative]' --set 'arms=[control, race]'
proves messages 300
# tcp-closed goes to one target of the three, so that it may not be drawn: it has runs of its own below.
check "messages: each was sent, and all came in" messages "
	{t['spec']['message'] for t in arm('race')} | {'tcp-closed'} == set('$all_messages'.split(', ')) and
	all(t['echoes_delivered'] == t['echoes_sent'] == 4 for t in valid(arm('race')))"

# What the kernel has counted of each type, of good checksums; of the others, by a counter's name.
counted() { # TYPE|COUNTER
	ip netns exec dadrace-1 awk -v name="$1" '
		$1 == name || $1 == "Icmp6InType" name { print $2 }
		$1 == "Tcp:" && !column { for (i = 2; i <= NF; i++) if ("Tcp" $i == name) column = i; next }
		$1 == "Tcp:" { print $column }' /proc/net/snmp6 /proc/net/snmp
}
no_errors() { ip netns exec dadrace-1 grep -qE '^Icmp6In(Csum)?Errors[[:space:]]+0$' /proc/net/snmp6; }
for message in $types; do
	to=(--set 'echo.targets=[all-nodes]')
	case $message in # those to a port go to an address that is not tentative for long
	*:Udp6NoPorts | tcp-*) to=(--set 'echo.targets=[tentative]' --set sysctl.dad_transmits=0) ;;
	esac
	run one quick --keep --set stop.trials=2 --set "window.hold_us=[50000]" --set "echo.message=[${message%:*}]" \
		"${to[@]}" --force
	# Not all of them: what comes before the device has joined its groups is dropped earlier.
	truth "${message%:*}: the kernel has taken some of type ${message#*:}" \
		[ "$(counted "${message#*:}")" -ge 1 ]
	truth "${message%:*}: and none was bad" no_errors
	case $message in # ra-managed's prefix is for no address, and ra-withdraw's has no lifetime
	ra:* | ra-mtu:*) check "${message%:*}: there are two addresses" one \
		"any(sum(m['event'] == 'permanent' for m in t['timeline']) == 2 for t in trials)" ;;
	ra-*) check "${message%:*}: there is one address" one \
		"not any(sum(m['event'] == 'permanent' for m in t['timeline']) > 1 for t in trials)" ;;
	esac
	dadrace clean clean
	rm -rf one
done

# --- every change that thread I makes ---

has_kind() { # KIND: this kernel makes such a device
	case $1 in
	macvlan | vlan) ip link add probe0 type veth peer name probe1 &&
		ip link add probe2 link probe0 type "$1" $([ "$1" != vlan ] || echo id 2) ;;
	vrf) ip link add probe0 type vrf table 2 ;;
	*) ip link add probe0 type "$1" ;;
	esac 2>/dev/null
	local had=$?
	ip link del probe0 2>/dev/null
	return $had
}
changes=$("$dadrace" schema --campaign | python3 -c '
import json, sys
print(", ".join(json.load(sys.stdin)["properties"]["bringup"]["properties"]["change"]["items"]["enum"]))')
for needs in vlan-add:vlan macvlan-add:macvlan bridge-port:bridge vrf-port:vrf; do
	has_kind "${needs#*:}" && continue
	run "no-${needs#*:}" quick --set "bringup.change=[none, ${needs%:*}]"
	ends "no-${needs#*:}" 4 "bringup.change ${needs%:*}: this kernel has no such devices"
	changes=${changes/, ${needs%:*}/}
done
run changes quick --set stop.trials=320 --set lanes=6 --set 'arms=[control, race]' --set "bringup.change=[$changes]" \
	--set 'watch.objects=[net_device, inet6_dev, dst]'
proves changes 320
check "changes: each was made where it was asked for, between the flag sets" changes "
	{t['spec']['change'] for t in trials} == set('$changes'.split(', ')) and
	all(t['changed'] == (t['spec']['change'] != 'none') for t in valid(trials)) and
	all([m['event'] for m in t['timeline'] if m['event'] in ('opened', 'change', 'changed', 'closed')]
	    == {'link-delete': ['opened', 'closed', 'change', 'changed'],
	        'visit': ['opened', 'change', 'closed', 'changed']}.get(t['spec']['change'],
	            ['opened', 'change', 'changed', 'closed']) for t in valid(trials) if t['changed'])"
check "changes: no setting is left for the next trial to put right" changes "not any(t['put_right'] for t in trials)"
# Notifications are stamped when they are read, which may be later.
check "changes: an address more, an address less" changes "
	any(sum(m['event'] == 'address-gone' for m in t['timeline']) == 2
	    for t in valid(trials) if t['spec']['change'] == 'address-add') and
	any([m['event'] for m in t['timeline'] if m['event'] in ('address-gone', 'closed')]
	    == ['address-gone', 'closed'] for t in valid(trials) if t['spec']['change'] == 'address-delete')"

ended_after_change() {
	[ "$(grep -h '"bringup_end": *"overtime"' ended-*/results.ndjson | grep -c '"changed": *true')" -gt 0 ]
}
# One that is ended before the flags are restored: the lane deletes what it made on the device, and nothing is blamed.
# How long it takes is the machine's affair, so the deadlines are several.
for deadline_ms in 4 3 5 2 6 8 7 10 9 12 14 11 13 16 20 24 32 1; do
	run ended-$deadline_ms quick --set stop.trials=16 --set 'arms=[control, race]' --set 'window.hold_us=[1000]' --set "bringup={change: [macvlan-add], deadline_ms: $deadline_ms}"
	check "ended-$deadline_ms: no trial is a leak" ended-$deadline_ms \
		"len(trials) == 16 and set(verdicts) <= {'clean', 'invalid', 'missed'}"
	! ended_after_change || break
done
truth "ended: some after the change" ended_after_change

# A deletion is its trial's proof, is made in every arm, and is the end of the lane. No hold: few echoes are inside.
run deletions quick --set stop.trials=24 --set lanes=2 --set 'arms=[control, hold, echo, race]' \
	--set 'bringup.change=[link-delete]' --set 'dad={answer: [none, na], at: open, offset_us: 8000}' \
	--set 'watch.objects=[net_device, inet6_dev, dst]'
ends deletions 0 'Verdict: clean'
check "deletions: clean, or nothing was inside" deletions "
	len(trials) == 24 and set(verdicts) <= {'clean', 'missed'} and
	all(t['verdict'] == 'clean' or t['spec']['arm'] == 'echo' for t in trials) and
	{t['spec']['arm'] for t in trials} == {'control', 'hold', 'echo', 'race'}"
check "deletions: each has returned, and the device is gone" deletions "
	all(t['changed'] and t['unregister'] == 'returned' and t['unregister_ns'] > 0 and t['device_gone'] and
	    t['baseline']['found'] and not t['after']['found'] and t['bringup_status'] == 0 for t in trials)"
check "deletions: each in a lane of its own" deletions "len({t['lane'] for t in trials}) == 24"

# Objects of new lanes come to lie where those of lanes that are gone have been watched.
run deletion quick --set stop.trials=16 --set ledger=always --set 'bringup.change=[none, link-delete]'
check "deletion: has no ledger, and says why" deletion "
	all('the trial deletes the device' in l['reason'] for l in ledgers if l['state'] == 'unarmed') and
	{l['trial'] for l in ledgers if l['state'] == 'unarmed'} ==
	{t['spec']['trial'] for t in trials if t['spec']['change'] == 'link-delete'} and len(ledgers) == 16"

# --- every load ---

run loads quick --set stop.trials=80 --set lanes=2 --set 'arms=[control, race]' \
	--set 'load=[none, cpu, packets, rtnl]' --set 'window.hold_us=[20000]'
ends loads 0 'Verdict: clean'
# A busy machine may have no CPU for a load in a short window: that trial is missed, and says so.
check "loads: clean, or the load got no CPU; a busy machine misses two more at most" loads "
	len(trials) == 80 and set(verdicts) <= {'clean', 'missed'} and
	sum('did no work' not in t['reason'] or t['spec']['load'] == 'none' for t in trials
	    if t['verdict'] == 'missed') <= 2"
hits loads
check "loads: each has worked where it was asked for, and its cost is told" loads "
	len({t['spec']['load'] for t in valid(trials)}) == 4 and
	all((t['load_turns'] > 0) == (t['spec']['load'] != 'none') for t in valid(trials)) and
	sum(t['load_cpu_ns'] > 0 for t in valid(trials)) > 0"
check "loads: no echo is counted of a flood" loads "
	all(t['echoes_delivered'] == t['echoes_sent'] for t in valid(trials)
	    if t['spec']['load'] == 'packets')"

# --- devices ---

for kind in veth macvlan bridge dummy; do
	directions='[inbound]'
	trials=12 hold='[50000]'
	[ $kind != dummy ] || directions='[outbound]' # it has no peer
	set --
	# Nothing is routed to it before the kernel looks at its carrier, which takes up to a second.
	[ $kind != bridge ] || trials=4 hold='[1300000]'
	[ $kind != bridge ] || set -- --set echo.offset_us=1200000 --set "window.hold_us=$hold"
	run $kind quick --set device.kind=$kind --set "echo.directions=$directions" --set stop.trials=$trials "$@"
	if ! has_kind $kind; then
		ends $kind 4 "$kind"
	else
		proves $kind $trials
		# Few: some kinds take seconds for a new one. Held so long that what a busy machine delivers late is inside.
		run $kind-deletion quick --set device.kind=$kind --set "echo.directions=$directions" "$@" \
			--set 'bringup.change=[link-delete]' --set "window.hold_us=$hold" --set stop.trials=4
		proves $kind-deletion 4
	fi
done
# Unicast frames of a macvlan enter the receive path at the device below only.
if has_kind macvlan; then
	run unicast quick --set device.kind=macvlan --set 'echo.directions=[inbound]' --set 'echo.targets=[tentative]' --set stop.trials=12
	check "unicast: most races of a macvlan see the echo inside" unicast \
		"2 * sum(t['verdict'] == 'clean' and t['echoes_inside'] > 0 for t in arm('race')) > len(arm('race')) > 0"
fi

# --- the plan ---

for plan in 7a 7b 8; do
	dadrace plan$plan plan "$source/config/campaigns/mixed.yaml" --json --set seed=${plan%[ab]}
	truth "plan$plan: exit 0" [ $code -eq 0 ]
done
truth "plan: same seed, byte-identical" cmp plan7a.out plan7b.out
truth "plan: another seed, another plan" eval '! cmp -s plan7a.out plan8.out'
for i in 1 2; do
	run seed$i mixed --set seed=7 --set stop.trials=40 "${few[@]}"
	ends seed$i 0
	specs='[t["spec"] for t in sorted(trials, key=lambda t: t["spec"]["trial"])]'
	check "seed$i: every trial once" seed$i "[s['trial'] for s in $specs] == list(range(1, 41))"
	/usr/bin/python3 "$live/facts.py" seed$i "print(*$specs, sep='\n') or True" >seed$i.specs
done
truth "same seed, same trials in the results" cmp seed1.specs seed2.specs
head -n 40 plan7a.out >plan.lines
check "the results follow the plan" seed1 "
	[{k: v for k, v in json.loads(line).items() if k != 'type'} for line in open('plan.lines')]
	== $specs"

# --- outputs ---

run json quick --json
ends json 0
truth "--json: the stream equals results.ndjson" cmp json.out json/results.ndjson
check "--json: and its last line is summary.json" json "{**json.load(open('json/summary.json'))} == summary"

run tap quick --set 'arms=[control, race]' --tap
ends tap 0
truth "--tap: the version line" [ "$(head -n 1 tap.out)" = "TAP version 13" ]
truth "--tap: a plan line" grep -qE '^1\.\.[0-9]+$' tap.out
truth "--tap: names, none fails" eval "grep -qE '^ok [0-9]+ quick.race' tap.out && ! grep -q '^not ok' tap.out"
dadrace told report tap --output - --format tap
truth "--tap: report says the same of the results" eval "diff <(grep -v '^# results: ' tap.out) told.out"
# What is inconclusive is a failure.
run few quick --set stop.trials=2 --set clean_below_ppm=50000 --tap
ends few 1 '^not ok 1 quick.race'

# As the kernel's driver tests name them: two devices with addresses, which are put back.
ip link add ksft0 type veth peer name ksft1 && ip link set ksft1 up && ip link set ksft0 up
for end in 0 1; do ip address add 2001:db8:77::$end/64 dev ksft$end nodad; done
ip address add 192.0.2.1/24 dev ksft0
remember
addresses() { ip -br address show dev ksft0 && ip -br address show dev ksft1; }
all_there() { [ "$(addresses | grep -o fe80:: | wc -l)" -eq 2 ] && ! ip address | grep -q tentative; }
wait_for 10 all_there
addresses >addresses.before
NETIF=ksft0 LOCAL_V4=192.0.2.1 LOCAL_V6=2001:db8:77::0 REMOTE_V6=2001:db8:77::1 KSFT_MACHINE_SLOW=yes \
	PATH=$(dirname "$dadrace"):$PATH timeout 120 "$source/config/kselftest/dadrace.sh" --set stop.trials=8 \
	"${few[@]}" >ksft.out 2>ksft.err
code=$?
ends ksft 0 '^ok 4 dadrace.race'
wait_for 10 all_there
truth "NETIF and its peer have their addresses" diff addresses.before <(addresses)
ip link delete ksft0
remember

dadrace dump run quick.yaml --dump-config --set window.hold_us='[1000, 2000]' --set lanes=3
cp dump.out dumped.yaml
dadrace dump run dumped.yaml --dump-config
truth "--dump-config reads back to the same" cmp dump.out dumped.yaml
truth "--set is in it" eval "grep -q '^lanes: 3' dump.out && [ $code -eq 0 ]"
dadrace stdin run - --dump-config <dumped.yaml
truth "a campaign from standard input" cmp stdin.out dumped.yaml

# --- lanes ---

run kept quick --keep --set stop.trials=2 --set lanes=2
truth "--keep: exit 0" [ $code -eq 0 ]
for lane in 1 2; do
	truth "--keep: lane $lane can be entered" eval \
		"ip -n dadrace-$lane link show dut$lane >/dev/null && ip -n dadrace-$lane-peer link >/dev/null"
done
ip netns delete dadrace-2
ip netns add dadrace-2
dadrace clean clean
truth "clean: kept lanes are gone" eval '[ ! -e /run/netns/dadrace-1 ] && [ ! -e /run/netns/dadrace-2-peer ]'
truth "clean: another that took the name stays" [ -e /run/netns/dadrace-2 ]
ip netns delete dadrace-2
ends clean 0 'dadrace-1 with .*dut1'

run eight quick --set lanes=8 --set stop.trials=160
proves eight 160
check "eight: lanes worked side by side, none was replaced" eight \
	"len({t['lane'] for t in trials}) > 3 and {t['lane'] for t in trials} <= set(range(1, 9))"

finish
