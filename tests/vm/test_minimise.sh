#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From planted bugs to the plainest trials that show them, and to a C program: test_minimise.sh DADRACE SOURCE
#
# The seed's bug needs no hold inside the kernel: its C program must show the leak in a guest that has the bug,
# and none in a guest that has not. With MINIMISE_WHOLE=1 that program comes out of the search itself (eight
# minutes and more), and the race of DAD's work with the link going down comes down to one hold, in at
# most 60 trials, and no C program can tell it. MINIMISE_KERNEL chooses the kernel.
set -uo pipefail

dadrace=$1 campaign=$2/config/campaigns/seed.yaml
kernel=${MINIMISE_KERNEL:-bookworm/linux-image-cloud-amd64}
results=$(mktemp -d -p /var/tmp dadrace-minimise-XXXXXX) || exit 1 # a guest has a /tmp of its own
trap 'rm -rf "$results"' EXIT
failed=0

skip_all() {
	echo "SKIP: $*"
	exit 77
}
for tool in qemu-system-x86_64 apt-get make cc ifconfig; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done

fail() { # NAME WHAT
	echo "FAIL $1: $2"
	[ ! -e "$results/$1.out" ] || sed 's/^/     | /' "$results/$1.out" | tail -n 25
	failed=1
}

expect() { # NAME CODE COMMAND...
	local name=$1 want=$2
	shift 2
	timeout 1500 "$@" >"$results/$name.out" 2>&1
	local code=$?
	if [ $code -eq 78 ] && grep -q '^dadrace: .*apt' "$results/$name.out"; then
		skip_all "the kernel's packages cannot be had"
	fi
	if [ $code -eq "$want" ]; then echo "ok $name: exit $want"; else fail "$name" "exit $code"; fi
}

quickly=(--set watch.deadline_ms=1000 --set watch.unregister_ms=1000)
plain() { # NAME BUG EXPRESSION [ARG...]: the plainest spec fulfils a Python expression
	local name=$1 bug=$2 expression=$3
	shift 3
	expect "$name-found" 1 "$dadrace" run "$campaign" --kernel "$kernel" --plant "$bug" --out "$results/found-$name" \
		--set lanes=1 --set stop.trials=20 --set stop.findings=1 --set ledger=off "${quickly[@]}" "$@"
	expect "$name-minimal" 0 "$dadrace" minimise "$results/found-$name" 1 --out "$results/$name" "${quickly[@]}"
	sed 's/^/     | /' "$results/$name-minimal.out"
	/usr/bin/python3 - "$results/$name" "$results/$name-minimal.out" "$expression" <<-'PYTHON' || fail "$name" "not minimal"
		import json, os, re, sys
		folder, expression = sys.argv[1], sys.argv[3]
		spec = json.load(open(folder + "/spec.json"))
		trials = int(re.search(r"\((\d+) trials in", open(sys.argv[2]).read())[1])
		program = os.path.exists(folder + "/reproducer.c")
		sys.exit(not eval("(" + expression + ")"))
	PYTHON
}

# The C program as a bring-up in a guest. What it says goes to the kernel's log, and so to the console: where the
# leak shows, its lane cannot end any more.
says() { # NAME SENTENCE [ARG...]
	local name=$1 sentence=$2
	shift 2
	cat >"$results/program.yaml" <<-YAML
		name: program
		stop: {trials: 1}
		arms: [control]
		ledger: off
		window: {site: off}
		vm: {deadline_ms: 60000}
		bringup:
		  kind: command
		  command: [sh, -c, "$results/program 2>/tmp/said; code=\$?; read -r said </tmp/said; echo \"<0>ended with \$code, \$said\" >/dev/kmsg"]
		  deadline_ms: 40000
	YAML
	timeout 400 "$dadrace" run "$results/program.yaml" --kernel "$kernel" --out "$results/$name" "$@" >"$results/$name.out" 2>&1
	if grep -q "ended with $sentence" "$results/$name/guest-console.log"; then
		echo "ok $name: $sentence"
	else
		fail "$name" "it does not say \"$sentence\": $(tail -n 3 "$results/$name/guest-console.log")"
	fi
}
complaints() { grep -c 'unregister_netdevice: waiting for dut to become free' "$results/$1/guest-console.log"; }

program=$results/plain.c
if [ -n "${MINIMISE_WHOLE:-}" ]; then
	plain saddr-fail saddr-fail "program and 'order' not in spec and 'bringup' not in spec and
		spec.get('echo', {}).get('count', 4) == 1 and trials <= 100"
	program=$results/saddr-fail/reproducer.c
	plain down-race down-race "not program and trials <= 60 and spec['echo'] == {'count': 1} and
		spec['order'] == ['DAD held at addrconf_dad_work until I done'] and spec['window']['hold_us'] == [1]" \
		--set "bringup.command=[sh, -c, 'ifconfig {dut} up; ifconfig {dut} down']" \
		--set "order=['DAD held at addrconf_dad_work until I done', 'I held at stop for 1000 us']"
else
	echo "skip: the searches; MINIMISE_WHOLE=1 runs them"
	printf 'name: plain\narms: [echo]\nstop: {trials: 1}\necho: {count: 1}\n' >"$results/plain.yaml"
	"$dadrace" plan "$results/plain.yaml" --program >"$program" || fail plain "no program"
fi
if cc -Wall -Werror -O2 "$program" -o "$results/program"; then
	says with-the-bug '1, leak shown: ' --plant saddr-fail
	[ "$(complaints with-the-bug)" -gt 0 ] || fail with-the-bug "the kernel does not say so"
	says without-it '0, no leak shown: '
	[ "$(complaints without-it)" -eq 0 ] || fail without-it "the kernel says otherwise"
else
	fail program "it does not build"
fi
exit $failed
