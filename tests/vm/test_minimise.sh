#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From planted bugs to the plainest trials that show them, and to a C program: test_minimise.sh DADRACE SOURCE [whole]
#
# The seed's bug needs no hold inside the kernel: its C program must show the leak in a guest that has the bug,
# and none in a guest that has not. The whole of it is that this program comes out of the search itself (eight
# minutes and more), that the race of DAD's work with the link going down comes down to one hold, in at most 60
# trials, and that the module of an order holds its threads: a race of stock kernels (a packet-too-big against the
# deletion of its route) leaks without dadrace. MINIMISE_KERNEL chooses the kernel.
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" make cc ifconfig ip mount

campaign=$source/config/campaigns/seed.yaml
kernel=${MINIMISE_KERNEL:-bookworm/linux-image-cloud-amd64}

quickly=(--set watch.deadline_ms=1000 --set watch.unregister_ms=1000)
plain() { # NAME BUG EXPRESSION [ARG...]: the plainest spec fulfils a Python expression
	local name=$1 bug=$2 expression=$3
	shift 3
	run "$name-found" "$kernel" "$campaign" --plant "$bug" --set lanes=1 --set stop.trials=20 \
		--set stop.findings=1 --set ledger=off "${quickly[@]}" "$@" || return
	expect "$name-found" 1
	guest "$name-minimal" 1500 minimise "$results/$name-found" 1 --out "$results/$name" "${quickly[@]}" || return
	[ $code -eq 0 ] || fail "$name-minimal" "exit $code, wanted 0"
	cat "$results/$name-minimal".{out,err} >"$results/$name-minimal.told"
	sed 's/^/     | /' "$results/$name-minimal.told"
	/usr/bin/python3 - "$results/$name" "$results/$name-minimal.told" "$expression" <<-'PYTHON' || fail "$name" "not minimal"
		import json, os, re, sys
		folder, expression = sys.argv[1], sys.argv[3]
		spec = json.load(open(folder + "/spec.json"))
		trials = int(re.search(r"\((\d+) trials in", open(sys.argv[2]).read())[1])
		program = os.path.exists(folder + "/reproducer.c")
		sys.exit(not eval("(" + expression + ")"))
	PYTHON
}

# The C program as a bring-up in a guest: its last words are in the trial's line. The task that hung outlives it, so the
# trial waits for the deadline: a short one, which is long enough for one round and the 10 s of a hang.
hung_ms=60000
tells() { # NAME STATUS SENTENCE DEADLINE_MS [ARG...]
	local name=$1 status=$2 sentence=$3 deadline_ms=$4
	shift 4
	cat >"$results/program.yaml" <<-YAML
		name: program
		stop: {trials: 1}
		arms: [control]
		ledger: off
		window: {site: off}
		vm: {deadline_ms: 240000}
		bringup:
		  kind: command
		  command: [sh, -c, "mount -o remount,rw,bind /sys; $results/program; echo \"ended with \$?\" >&2", ip, mount]
		  deadline_ms: $deadline_ms
	YAML
	run "$name" "$kernel" "$results/program.yaml" "$@" || return
	if grep -q "\"bringup_said\":\"$sentence.*ended with $status" "$results/$name/results.ndjson"; then
		ok "$name: $sentence"
	else
		fail "$name" "it does not say \"$sentence\": $(tail -n 1 "$results/$name/results.ndjson")"
	fi
}
complaints() { grep -c 'unregister_netdevice: waiting for dut to become free' "$results/$1/guest-console.log"; }

program=$results/plain.c
if [ "${3:-}" = whole ]; then
	plain saddr-fail saddr-fail "program and 'order' not in spec and 'bringup' not in spec and
		spec.get('echo', {}).get('count', 4) == 1 and trials <= 100"
	program=$results/saddr-fail/reproducer.c
	plain down-race down-race "program and trials <= 60 and spec['echo'] == {'count': 1} and
		spec['order'] == ['DAD held at addrconf_dad_work until I done'] and spec['window']['hold_us'] == [1]" \
		--set "bringup.command=[sh, -c, 'ifconfig {dut} up; ifconfig {dut} down']" \
		--set "order=['DAD held at addrconf_dad_work until I done', 'I held at stop for 1000 us']"
	cat >"$results/ordered.yaml" <<-YAML
		arms: [race]
		sysctl: {dad_transmits: 100}
		bringup: {change: [route-delete]}
		echo: {directions: [inbound], targets: [all-nodes], message: [packet-too-big], count: 1, offset_us: 100000}
		order:
		  - II held at rt6_insert_exception until I has done "route-delete"
		  - I does "route-delete" when II held
	YAML
	mkdir "$results/ordered"
	echo 'obj-m := reproducer.o' >"$results/ordered/Kbuild"
	"$dadrace" plan "$results/ordered.yaml" --program >"$results/ordered/reproducer.c"
	leaks=trixie/linux-image-cloud-amd64
	if cc -Wall -Werror -O2 "$results/ordered/reproducer.c" -o "$results/program" &&
		DADRACE=$dadrace MODULE=$results/ordered "$source/daemon/guest/plants/build" $leaks "$results/reproducer.ko"; then
		kernel=$leaks tells ordered 1 'leak shown: ' 180000 --module "$results/reproducer.ko"
	else
		fail ordered "it does not build"
	fi
else
	printf 'name: plain\narms: [echo]\nstop: {trials: 1}\necho: {count: 1}\n' >"$results/plain.yaml"
	"$dadrace" plan "$results/plain.yaml" --program >"$program" || fail plain "no program"
fi
if cc -Wall -Werror -O2 "$program" -o "$results/program"; then
	tells with-the-bug 1 'leak shown: ' $hung_ms --plant saddr-fail && [ "$(complaints with-the-bug)" -eq 0 ] &&
		fail with-the-bug "the kernel does not say so"
	tells without-it 0 'no leak shown: ' 180000 && [ "$(complaints without-it)" -gt 0 ] &&
		fail without-it "the kernel says otherwise"
else
	fail program "it does not build"
fi
finish
