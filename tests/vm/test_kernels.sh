#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other kernels, in throw-away machines: test_kernels.sh DADRACE SOURCE [PART...]
#
# Each kernel boots, its doctor finds the sites and tiers that expected/ lists, the smoke campaign is clean,
# by several tiers alike. Holds at sites come about in their order, and one that cannot says why. Then the pair of kernels
# with and without a real leak, and a guest that panics. A part is a function part_NAME below; a kernel whose package
# cannot be had is skipped by name. See README.md beside this file.
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
campaigns=$source/config/campaigns

smoke() { # NAME KERNEL TIER...
	local name=$1 kernel=$2 tier
	shift 2
	for tier in "$@"; do
		run_twice "$name-$tier" "$kernel" "$campaigns/smoke.yaml" --set stop.trials=24 --set clean_below_ppm=1000000 \
			--set 'window.hold_us=[40000]' --set "tier=$tier" || return
		expect "$name-$tier" 0
		/usr/bin/python3 - "$results/$name-$tier" "$tier" <<-'PYTHON' || fail "$name-$tier" "see above"
			import json, sys
			folder, tier = sys.argv[1:]
			lines = [json.loads(line) for line in open(folder + "/results.ndjson")]
			trials = [line for line in lines if line["type"] == "trial"]
			for trial in (t for t in trials if t["verdict"] == "clean"):
			    spec = trial["spec"]
			    assert trial["opened"] and trial["closed"], "a window did not open and close"
			    assert tier == "auto" or trial["tier"] == tier, trial["tier"]
			    assert not spec["hold_us"] or trial["held_ns"] >= spec["hold_us"] * 950, "a short hold"
			raced = [t for t in trials if t["spec"]["arm"] == "race"]
			inside = [t for t in raced if t["echoes_inside"]]
			assert len(inside) >= 0.8 * len(raced), "too few echoes inside"
			assert [t["spec"]["trial"] for t in sorted(trials, key=lambda t: t["spec"]["trial"])] \
			    == list(range(1, 25)), "not the plan's trials"
		PYTHON
	done
}

doctor() { # NAME KERNEL: sites, tiers and lacks are those of expected/NAME
	guest "$1-doctor" 650 doctor --json --kernel "$2" || return
	/usr/bin/python3 - "$results/$1-doctor.out" >"$results/$1.found" <<-'PYTHON'
		import json, sys
		doctor = json.load(open(sys.argv[1]))
		for site in doctor["hold_sites"]:
		    tiers = [tier for tier in ("kprobe", "fentry") if site[tier]]
		    print("site", site["site"], site["device"] or "any", site["function"] or "-", *tiers)
		for probe in doctor["sites"]:
		    print("probe", probe["probe"], *[rung["tier"] for rung in probe["rungs"] if rung["works"]])
		for check in doctor["checks"]:
		    if check["section"] == "kernel" and not check["works"]:
		        print("lacks", check["name"])
	PYTHON
	if [ "$code" -ne 0 ]; then
		fail "$1-doctor" "exit $code, wanted 0"
	elif ! diff "$source/tests/vm/expected/$1" "$results/$1.found"; then
		fail "$1-doctor" "it does not find what expected/$1 lists"
	else
		ok "$1-doctor"
	fi
}

# The same plan by several tiers: windows, holds and echoes must be the same; medians within a factor of
# four, as a guest on a busy machine is late by milliseconds. How many echoes are inside a window that
# nobody holds is chance, by any tier: that is told, not judged.
tiers_agree() { # NAME TIER...
	local name=$1
	shift
	for tier in "$@"; do
		[ -f "$results/$name-$tier/summary.json" ] || return
	done
	/usr/bin/python3 - "$results/$name" "$@" <<-'PYTHON' || { fail "$name-tiers" "they disagree" "$name-$1"; return; }
		import json, statistics, sys
		name, tiers = sys.argv[1], sys.argv[2:]
		runs = {}
		for tier in tiers:
		    lines = [json.loads(line) for line in open(f"{name}-{tier}/results.ndjson")]
		    runs[tier] = {t["spec"]["trial"]: t for t in lines if t["type"] == "trial"}
		first = runs[tiers[0]]
		for tier in tiers[1:]:
		    other = runs[tier]
		    assert first.keys() == other.keys(), "not the same trials"
		    assert all(first[n]["spec"] == other[n]["spec"] for n in first), "not the same plan"
		    for what in ("opened", "closed"):
		        differ = [n for n in first if first[n][what] != other[n][what]]
		        assert not differ, (tier, what, differ)
		    alike = judged = 0
		    for arm in ("control", "hold", "echo", "race"):
		        of_arm = [n for n in first if first[n]["spec"]["arm"] == arm]
		        equal = sum(bool(first[n]["echoes_inside"]) == bool(other[n]["echoes_inside"]) for n in of_arm)
		        print(f"{tier} as {tiers[0]}: {arm}: an echo is inside, alike in {equal} of {len(of_arm)}")
		        if arm != "echo":
		            alike += equal
		            judged += len(of_arm)
		    assert alike >= 0.9 * judged, (tier, "echoes inside", alike, judged)
		    held = [statistics.median(t["held_ns"] for t in run.values() if t["held_ns"])
		            for run in (first, other)]
		    print(f"{tier} as {tiers[0]}: held, medians: {held} ns")
		    assert max(held) <= 4 * min(held), (tier, held)
	PYTHON
	ok "$name-tiers"
}

# An order that holds DAD's worker before its work, in it and at its end, each in its turn; and thread II for so long
# that it is still held when thread I's hold in the window is over.
cat >"$results/dad.yaml" <<'YAML'
name: dad
stop: {trials: 3}
clean_below_ppm: 1000000
arms: [race]
bringup:
  kind: command
  command: [sh, -c, "ifconfig {dut} up; sleep 1; ifconfig {dut} down"]
echo: {directions: [outbound-raw], targets: [nobody], count: 1}
window: {hold_us: [30000]}
order:
  - DAD held at dad-work until II done
  - II starts when DAD held
  - DAD held at return of dad-work for 2000 us
  - I held at stop until DAD done
  - DAD held at dad-kick for 300 us
  - II held at source for 400000 us
YAML

order() { # NAME KERNEL TIER
	local name=$1-order-$3
	run_twice "$name" "$2" "$results/dad.yaml" --set "tier=$3" || return
	expect "$name" 0
	/usr/bin/python3 - "$results/$name" "$3" <<-'PYTHON' || fail "$name" "see above"
		import json, sys
		folder, tier = sys.argv[1:]
		lines = [json.loads(line) for line in open(folder + "/results.ndjson")]
		trials = [t for t in lines if t["type"] == "trial"]
		# A machine that stalls holds thread I longer in one trial, not in all.
		assert min(t["held_ns"] for t in trials) < 350000000, "thread I is held as long as thread II"
		for trial in trials:
		    assert trial["order_kept"] and trial["steps_held"] == 5, trial["reason"]
		    for step in trial["steps"]:
		        assert step["outcome"] == "kept" and step["passes"], step
		        assert tier == "auto" or step["tier"] == tier, step
		        assert not step["asked_us"] or step["held_ns"] >= step["asked_us"] * 950, step
		    seen = [(m["event"], m["sequence"]) for m in sorted(trial["timeline"], key=lambda m: m["at_ns"])
		            if m["event"] in ("step-held", "step-released", "echo-answered")]
		    at = [seen.index(moment) for moment in (
		        ("step-held", 1), ("echo-answered", 1), ("step-released", 1), ("step-held", 4),
		        ("step-released", 4), ("step-held", 2), ("step-released", 2), ("step-held", 3),
		        ("step-released", 3))]
		    assert at == sorted(at), seen
		for step in lines[-1]["steps"]:
		    print("  ", step["thread"], step["place"], step["function"], step["tier"], step["asked_us"],
		          step["held_p50_ns"], step["held_p99_ns"], step["missed"])
	PYTHON
}

# A change that is passing is made and undone while thread II is held: neither waits for RCU.
passing() { # NAME KERNEL
	cat >"$results/passing.yaml" <<-'YAML'
		stop: {trials: 6}
		clean_below_ppm: 1000000
		arms: [race]
		echo: {directions: [outbound-raw], targets: [nobody], count: 1}
	YAML
	for change in promisc allmulti; do
		run_twice "$1-$change" "$2" "$results/passing.yaml" --set "bringup.change=[$change]" \
			--set "order=['II held at source until I has done \"$change\"', 'I does \"$change\" when II held']" || return
		expect "$1-$change" 0
		grep -q '"order_kept":true' "$results/$1-$change/results.ndjson" || fail "$1-$change" "no order was kept"
	done
}

# An order that cannot come about: every trial is missed, and says why.
broken() { # NAME KERNEL SENTENCE CAMPAIGN [ARGUMENT...]
	local name=$1 kernel=$2 sentence=$3
	shift 3
	run "$name" "$kernel" "$@" || return
	expect "$name" 3
	grep -q "$sentence" "$results/$name/summary.json" || fail "$name" "no \"$sentence\""
}

# The proof of the fix, and that it is one: the kernel with the fault does not pass.
verify() { # NAME KERNEL EXIT-CODE PATTERN
	local name=$1
	guest "$name" 500 verify --before "$results/leaking" --after "$2" --out "$results/$name" || return
	mv "$results/$name/after" "$results/$name-after" 2>/dev/null
	if [ $code -ne "$3" ] || ! says "$name" "$4"; then
		fail "$name" "exit $code, wanted $3 and '$4'"
	elif fits "$name" "$name-after"; then
		ok "$name"
		tail -n 1 "$results/$name.out"
	fi
}

part_6.1() {
	local kernel=bookworm/linux-image-cloud-amd64
	smoke linux-6.1 $kernel kprobe fentry tracepoint
	tiers_agree linux-6.1 kprobe fentry tracepoint
	doctor linux-6.1 $kernel
	order linux-6.1 $kernel kprobe
}

# What an order cannot do, and what a panic is: as they are on any kernel.
part_ends() {
	local kernel=bookworm/linux-image-cloud-amd64
	# rt6_uncached_list_add is there on 6.1, and its one busy caller has it inlined.
	broken inlined $kernel "hook its caller (ip6_pol_route)" \
		"$campaigns/uncached-route.yaml" --set 'arms=[race]' --set stop.trials=2
	broken rtnl $kernel "DAD's worker has the RTNL there" "$results/rtnl.yaml" --set stop.trials=2
	# The trial is judged by the console, and a fresh guest goes on.
	run panic $kernel "$results/panic.yaml" || return
	expect panic 1
	says panic 'guest 2: Linux 6.1' || fail panic "no second guest"
	grep -q '"signature": "kernel-bug/Kernel_panic' "$results/panic/summary.json" || fail panic "not named"
}

part_6.12() {
	local kernel=trixie/linux-image-cloud-amd64
	smoke linux-6.12 $kernel auto
	doctor linux-6.12 $kernel
	order linux-6.12 $kernel fentry
}

part_5.10() {
	local kernel=bullseye/linux-image-cloud-amd64
	smoke linux-5.10 $kernel auto
	doctor linux-5.10 $kernel
	order linux-5.10 $kernel auto
}

part_7.2() {
	local kernel=sid/linux-image-cloud-amd64
	smoke linux-7.2 $kernel auto
	doctor linux-7.2 $kernel
	order linux-7.2 $kernel auto
}

# What the parts above leave to MATRIX=full.
part_tiers() {
	smoke linux-6.12 trixie/linux-image-cloud-amd64 kprobe fentry tracepoint
	tiers_agree linux-6.12 kprobe fentry tracepoint
	order linux-6.1 bookworm/linux-image-cloud-amd64 fentry
	passing linux-6.12 trixie/linux-image-cloud-amd64
}

# A guest that has no place left for a lane ends, and the next one goes on.
part_stuck() {
	run stuck bookworm/linux-image-cloud-amd64 "$campaigns/smoke.yaml" --plant saddr-fail --set 'arms=[race]' \
		--set stop.trials=40 --set ledger=off --set vm.fresh_after_fault=false \
		--set watch.deadline_ms=500 --set watch.unregister_ms=500 || return
	expect stuck 1
	/usr/bin/python3 - "$results/stuck" <<-'PYTHON' || fail stuck "see above"
		import json, sys
		summary = json.load(open(sys.argv[1] + "/summary.json"))
		leaks = summary["arms"][0]["verdicts"]["leak"]
		print("stuck:", leaks, "leaks of", summary["trials"], "ended by", summary["ended_by"])
		assert summary["ended_by"] == "trials" and summary["trials"] == 40 and leaks > 32
	PYTHON
}

# A kernel without IPv6 has no DAD: the sentence says what it was booted with.
part_off() {
	run off bookworm/linux-image-cloud-amd64 "$campaigns/smoke.yaml" --set vm.append=ipv6.disable=1 || return
	expect off 4
	says off 'booted with ipv6\.disable=1; boot it without' || fail off "not said"
}

part_leak() {
	local leaking=${LEAKING_KERNEL:-trixie/linux-image-6.12.107+deb13-cloud-amd64}
	local fixed=${FIXED_KERNEL:-trixie/linux-image-6.12.117+deb13-cloud-amd64}

	run leaking "$leaking" "$campaigns/uncached-route.yaml" --set stop.trials=8 || return
	expect leaking 1
	/usr/bin/python3 - "$results/leaking" <<-'PYTHON' || fail leaking "see above"
		import json, sys
		summary = json.load(open(sys.argv[1] + "/summary.json"))
		arms = {arm["arm"]: arm for arm in summary["arms"]}
		race = arms.pop("race")
		print("leaking: race", race["verdicts"], "the others", [a["verdicts"]["leak"] for a in arms.values()])
		assert race["valid"] and race["verdicts"]["leak"] >= 0.9 * race["valid"], "too rare"
		assert not any(arm["verdicts"]["leak"] for arm in arms.values()), "without the race, too"
		assert all(f["object"] == "net_device" and f["pinned"] for f in summary["findings"]), "which"
		holder = summary["findings"][0]["ledger"]["unmatched"][0]
		print("leaking: held by", holder["kind"], holder["stack"])
		assert holder["exact"] and holder["unmatched"] == 1, "who holds"
		path = holder["stack"].split(" < ")
		assert path.index("ip6_route_output_flags") < path.index("rawv6_sendmsg"), "who holds"
		after = summary["findings"][0]["ledger"]["post_mortem"]
		print("leaking: afterwards:", after)
		assert after.startswith("LOST: rt6_info (IPv6 route)") and "holds fib6_info" in after, "what is left"
	PYTHON
	[ -s "$results/leaking/summary.json" ] || return
	grep -qF -- "--kernel '$leaking'" "$results/leaking/findings/1.txt" ||
		fail leaking "the report does not name the kernel"
	verify fixed "$fixed" 0 '^Fixed: 0 of [0-9]+ valid race trials show leak/net_device on 6.12.117'
	verify unfixed "$leaking" 1 '^Not fixed: trial [0-9]+ on 6.12.107.* shows leak/net_device again'
}

sed '/^order:/,$d' "$results/dad.yaml" >"$results/rtnl.yaml"
echo 'order: ["DAD held at dad-completed until I done"]' >>"$results/rtnl.yaml"
cat >"$results/panic.yaml" <<'YAML'
name: panic
stop: {trials: 4}
bringup:
  kind: command
  command:
    - sh
    - -c
    - ifconfig {dut} up; ifconfig {dut} down;
      [ $(cat /sys/class/net/{dut}/carrier_changes) -lt 13 ] || echo c > /proc/sysrq-trigger
YAML

parts=("${@:3}")
[ ${#parts[@]} -gt 0 ] || parts=(6.1 6.12 5.10 7.2 tiers stuck off leak ends)
for part in "${parts[@]}"; do "part_$part"; done
finish
