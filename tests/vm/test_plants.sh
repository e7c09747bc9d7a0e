#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Planted bugs must be found, innocent ones never: test_plants.sh DADRACE SOURCE [KERNEL [BUG...]]
#
# Each bug of daemon/guest/plants is planted in the kernel and looked for until it is found, in at most
# 20 trials (under a minute in the guest); each innocent one is watched for INNOCENT_TRIALS trials. "seed" is the
# seed's campaign as it is, with its bug and without; "deletion" is its bug with a thread I that deletes the device;
# "known" is the warning, when the campaign leaves it out.
# Ends with the table. Without a BUG it is all of them.
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" make gcc ifconfig

kernel=${3:-bookworm/linux-image-cloud-amd64}
campaign=$source/config/campaigns/seed.yaml
trials=${INNOCENT_TRIALS:-60}

updown="bringup.command=[sh, -c, 'ifconfig {dut} up; ifconfig {dut} down']"

# What is expected of each bug (signature of its finding, "" of an innocent one), and what of the
# seed's campaign has to be another for it.
declare -A expected=(
	[idev]=leak/inet6_dev
	[neigh]=leak/net_device
	[dst]=leak/
	[dad-failure-race]=leak/inet6_dev
	[down-race]=leak/net_device
	[packet-race]=leak/net_device
	[second-pass]=leak/net_device
	[late-work]=leak/net_device
	[saddr-fail]=leak/net_device
	[hang]=hang/flags
	[hang-unregister]=leak/net_device
	[warn]=kernel-bug/WARNING
	[oops]=kernel-bug/BUG:_kernel_NULL_pointer
	[late]='' [rcu]='' [timer]='' [socket-route]=''
)
# Who holds, by the ledger, first of all: the function that loses the reference, or the one that made what it
# keeps alive.
declare -A holders=(
	[idev]=planted_lose_idev
	[neigh]=planted_echo_seen
	[dst]=planted_route_back
	[dad-failure-race]=planted_lose_address
	[down-race]=planted_lose_device
	[saddr-fail]=planted_lose_device
)
# What is left of it, by the post-mortem of the finding. An address is seen in a kretprobe of the plant itself, whose
# instances keep old words: they hold nothing.
declare -A left=(
	[idev]='LOST: inet6_dev (IPv6 part of the device), refcount'
	[neigh]='LOST: neighbour (neighbour entry)'
	[dst]='LOST: rt6_info (IPv6 route)'
	[dad-failure-race]='LOST: inet6_ifaddr (IPv6 address), refcount'
	[saddr-fail]=' belong to no object: '
)
# On 7.2 some data of the kernel still lead to the address; whose they are is not known.
[[ $kernel != sid/* ]] || unset 'left[dad-failure-race]'
bugs=("${@:4}")
[ ${#bugs[@]} -gt 0 ] || bugs=(idev neigh dst dad-failure-race down-race packet-race second-pass late-work hang hang-unregister warn
	oops late rcu timer socket-route seed deletion known)

change_during() { # THREAD PLACE MESSAGE: thread I takes IPv6 from the device while that thread is there
	printf -- '--set\n%s\n' bringup.kind=do_dad 'bringup.command=[]' 'bringup.change=[disable-ipv6]' \
		'echo.directions=[inbound]' "echo.message=[$3]" echo.count=1 \
		"order=['$1 held at $2 until I has done \"disable-ipv6\"', 'I does \"disable-ipv6\" when $1 held']"
}
settings() { # BUG: arguments of dadrace run, one a line
	case $1 in
	hang) printf -- '--set\n%s\n' "$updown" ;;
	dad-failure-race) # the peer claims the address while DAD's work is held
		printf -- '--set\n%s\n' "order=['DAD held at addrconf_dad_work for 600000 us']" \
			'window.hold_us=[500000]' 'dad.answer=[na]' dad.at=open dad.offset_us=300000 echo.count=0
		;;
	down-race) # some trials show it without a hold, too: a control arm proves nothing
		printf -- '--set\n%s\n' "$updown" 'arms=[race]' "order=['DAD held at addrconf_dad_work until I done']"
		;;
	packet-race) change_during II icmpv6_rcv echo ;;
	late-work) printf -- '--set\n%s\n' "$updown" "order=['I held at stop for 600000 us']" ;;
	second-pass) change_during II 'the 2nd pass of rt6_get_dflt_router' ra ;;
	warn) # of the trials in progress it is put down to one race, and those after it run alone
		printf -- '--set\n%s\n' lanes=4 stop.trials=16 ledger=off
		return
		;;
	late | rcu | timer | socket-route) printf -- '--set\n%s\n' "stop.trials=$trials" lanes=4 ;;
	esac
	[ -z "${expected[$1]}" ] || printf -- '--set\n%s\n' lanes=1 stop.trials=20 stop.findings=1 \
		watch.deadline_ms=1000 watch.unregister_ms=1000
	[ -n "${holders[$1]:-}" ] || printf -- '--set\n%s\n' ledger=off
}

judge() { # NAME BUG SIGNATURE: adds a line to the table
	/usr/bin/python3 - "$results/$1" "$2" "$kernel" "$3" "$code" "${holders[$2]:-}" "${left[$2]:-}" >>"$results/table" <<-'PYTHON' || fail "$1" "see the table"
		import json, os, re, sys
		folder, bug, kernel, signature, code, holder, left = sys.argv[1:]
		code, wrong = int(code), []
		if not os.path.exists(folder + "/summary.json"):
		    print(f"{bug:16} {kernel:28} no summary, exit {code}")
		    sys.exit(1)
		lines = [json.loads(line) for line in open(folder + "/results.ndjson")]
		summary = json.load(open(folder + "/summary.json"))
		trials = [line for line in lines if line["type"] == "trial"]
		if not trials:
		    print(f"{bug:16} {kernel:28} no trial, exit {code}")
		    sys.exit(1)
		release = lines[0]["machine"]["release"]
		began = trials[0]["started_unix_ms"]
		seconds = max(t["started_unix_ms"] - began + (t["elapsed_ns"] or 0) / 1e6 for t in trials) / 1000
		faulty = [n for n, t in enumerate(trials, 1) if t["verdict"] in ("leak", "hang", "kernel-bug")]
		def rate(name):
		    arm = next((arm for arm in summary["arms"] if arm["arm"] == name), None)
		    if not arm:
		        return "-"
		    faults = sum(arm["verdicts"][v] for v in ("leak", "hang", "kernel-bug"))
		    return f"{faults}/{arm['valid']}"
		if lines[0]["machine"]["planted"] != bug:
		    wrong.append("not planted")
		names = ["planted"] if holder else ["planted", "in a kernel with a planted bug"]
		def unseen(paths):
		    return release.startswith("5.10.") and paths[:1] in ([["___neigh_create", "[unknown]"]], [["dst_alloc", "[unknown]"]])
		if any(unseen([u["stack"].split(" < ") for u in f["ledger"]["unmatched"]]) for f in summary["findings"]):
		    names.append("in a kernel with a planted bug")
		if any(not f["reason"].endswith(tuple(f"({name}: {bug})" for name in names)) for f in summary["findings"]):
		    wrong.append("a finding does not say that it was planted")
		if code != (1 if signature else 0):
		    wrong.append(f"exit {code}")
		if any(not f["signature"].startswith(signature or "none at all") for f in summary["findings"]):
		    wrong.append("found " + ", ".join(f["signature"] for f in summary["findings"]))
		if not rate("control").startswith(("0/", "-")):
		    wrong.append("fault in the control arm")
		if bug == "warn" and [t["klog"]["shared"] > 1 for t in trials if t["verdict"] == "kernel-bug"].count(True) != 1:
		    wrong.append("not one trial of those that the first warning may be of has it")
		if bug == "oops" and not any("NULL pointer" in f["reason"] for f in summary["findings"]):
		    wrong.append("no Oops text")
		for f in summary["findings"]:
		    holds = f["ledger"]["unmatched"]
		    paths = [u["stack"].split(" < ") for u in holds]
		    # Of holds that are inferred, each may be the one. Linux 5.10 unwinds no stack past a function whose
		    # return a kretprobe waits for, as the ledger's on what makes an object: who called it is not seen.
		    first = [p for u, p in zip(holds, paths) if not u["exact"]] if holds and not holds[0]["exact"] else paths[:1]
		    seen = any(holder in path for path in first) or unseen(paths)
		    if holder and not (seen and f["path_signature"]):
		        wrong.append(f"who holds: {paths[:1] or f['ledger']['reason']}")
		    after = f["ledger"]["post_mortem"] or "nothing"
		    if left not in after:
		        wrong.append(f"what is left: {after}")
		    bare = re.search(r"^(\d+) references? of \S+ belongs? to no object", after, re.MULTILINE)
		    older = re.search(r"at least (\d+) (?:was|were) taken before the trial", after)
		    lost = int(bare[1]) - int(older[1] if older else 0) if bare else 0
		    if bare and paths and lost != sum(u["unmatched"] for u in f["ledger"]["unmatched"]):
		        wrong.append(f"the ledger has another number than what is left: {after}")
		    if not signature and f["path_signature"]:
		        wrong.append("an innocent one is accused")
		found = summary["findings"][0]["signature"][:34] if faulty else "none"
		print(f"{bug:16} {release:28} {faulty[0] if faulty else '-':>6} {len(trials):>6} "
		      f"{rate('control'):>8} {rate('race'):>8} {seconds:>6.0f}  "
		      f"{found:34}  {'; '.join(wrong) or 'ok'}")
		sys.exit(bool(wrong))
	PYTHON
	tail -n 1 "$results/table"
	fits "$1" "$1"
}

printf '%-16s %-28s %6s %6s %8s %8s %6s  %-34s  %s\n' planted kernel found trials control race seconds \
	verdict '' >"$results/table"
cat "$results/table"

# The module is built once, and not asked for again by each run. A finding whose ledger has holes, as on a machine so
# busy that the kernel throttles watchpoints, says so and names nobody: asked once more.
plant() { # NAME BUG [ARG...]
	local name=$1 bug=$2
	shift 2
	local run=(run "$name" "$kernel" "$campaign" --plant "$bug" --plant-module "$module" "$@")
	"${run[@]}" || return
	[ -n "${holders[$bug]:-}" ] && has_holes "$name" || return 0
	echo "again $name: its ledger has holes"
	rm -rf "${results:?}/$name"
	"${run[@]}"
}
has_holes() { # NAME
	/usr/bin/python3 - "$results/$1/summary.json" <<-'PYTHON'
		import json, sys
		findings = json.load(open(sys.argv[1]))["findings"]
		sys.exit(all(f["ledger"]["state"] in ("whole", None) for f in findings))
	PYTHON
}

# The seed's campaign as it is: all its trials with the bug, and some without.
seed() {
	run_twice seed-clean "$kernel" "$campaign" --set stop.trials=8 --set clean_below_ppm=1000000 || return
	expect seed-clean 0
	plant seed saddr-fail || return
	judge seed saddr-fail leak/net_device
	/usr/bin/python3 - "$results/seed" <<-'PYTHON' || fail seed "see above"
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1] + "/results.ndjson")]
		race = next(arm for arm in lines[-1]["arms"] if arm["arm"] == "race")
		leaks = [line for line in lines if line["type"] == "trial" and line["verdict"] == "leak"]
		assert race["verdicts"]["leak"] >= 0.9 * race["valid"] > 0, "too rare"
		assert any(t["delta"] == 4 and t["object"] == "net_device" for t in leaks), "not +4"
		assert any("unregister_netdevice: waiting for" in (t["klog"]["text"] or "") for t in leaks), \
		    "the kernel did not complain"
	PYTHON
}

# A deletion in the window waits for ever, with what was lost and no more; one without the race returns. Nothing
# else confirms it, and there is no ledger.
deletion() {
	run deletion "$kernel" "$campaign" --plant saddr-fail --plant-module "$module" --set bringup.kind=do_dad --set 'bringup.command=[]' --set 'bringup.change=[link-delete]' \
		--set stop.trials=8 --set lanes=2 || return
	expect deletion 1 || return
	/usr/bin/python3 - "$results/deletion" <<-'PYTHON' || fail deletion "see above"
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1] + "/results.ndjson")]
		trials = [line for line in lines if line["type"] == "trial"]
		leaks = [t for t in trials if t["verdict"] == "leak"]
		others = [t for t in trials if t["spec"]["arm"] == "control"]
		assert leaks and all(t["spec"]["arm"] == "race" for t in leaks), "not found, or without the race"
		for t in leaks:
		    assert (t["signature"], t["delta"], t["pinned"]) == ("leak/net_device", 4, True), t["reason"]
		    assert t["unregister"] == "stuck" and "netdev_run_todo" in t["hang_stack"], t["hang_stack"]
		    assert t["after"]["net_device"] - t["baseline"]["net_device"] == 4, t["after"]
		assert others and all((t["verdict"], t["unregister"]) == ("clean", "returned") for t in others), "control"
	PYTHON
}

# A warning that the campaign knows is no finding, and is not told.
known() {
	plant known warn --set 'watch.ignore_log=["warn+0x", "[dadrace_plant]"]' --set stop.trials=12 --set lanes=1 || return
	expect known 0 || return
	/usr/bin/python3 - "$results/known" <<-'PYTHON' || fail known "see above"
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1] + "/results.ndjson")]
		trials = [line for line in lines if line["type"] == "trial"]
		assert any(t["spec"]["arm"] == "race" and t["verdict"] == "clean" for t in trials), "no race"
		assert all(t["klog"]["text"] is None for t in trials), "told"
	PYTHON
}

if ! module=$(DADRACE=$dadrace "$source/daemon/guest/plants/build" "$kernel" 2>"$results/build.err"); then
	is_missing build && finish
	fail build "no module for $kernel: $(cat "$results/build.err")"
	exit 1
fi
for bug in "${bugs[@]}"; do
	if [ "$bug" = seed ] || [ "$bug" = deletion ] || [ "$bug" = known ]; then
		"$bug"
	else
		mapfile -t arguments < <(settings "$bug")
		plant "$bug" "$bug" "${arguments[@]}" && judge "$bug" "$bug" "${expected[$bug]}"
	fi
done
echo
cat "$results/table"
finish
