#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# config/kselftest, and what a reader of TAP makes of runs that do not begin: test_kselftest.sh DADRACE SOURCE
#
# As nobody: nothing is run, but what is said, and the exit code, are those of a test of the kernel.
set -uo pipefail

if [ "$(id -u)" -eq 0 ]; then
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	cp "$1" "$scratch/dadrace"
	cp -r "$2/config" "${BASH_SOURCE[0]}" "$scratch"
	chown -R 65534:65534 "$scratch"
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$scratch" TMPDIR="$scratch" \
		bash "$scratch/${BASH_SOURCE[0]##*/}" "$scratch/dadrace" "$scratch"
	exit
fi
command -v prove >/dev/null || { echo "SKIP: needs prove (package perl)"; exit 77; }
dadrace=$(realpath "$1") source=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
cp -r "$source/config/kselftest" dadrace
mkdir bin
ln -s "$dadrace" bin/dadrace
failures=0

check() { # NAME COMMAND...
	if "${@:2}" >check.log 2>&1; then echo "ok $1"; else
		echo "FAIL $1"
		head -q -n 5 check.log tap err 2>/dev/null | sed 's/^/     | /'
		failures=$((failures + 1))
	fi
}
test_sh() { # [VARIABLE=VALUE...] -- [ARGUMENT...]: as the kernel's runner starts it
	local -a told=()
	while [ "$1" != -- ]; do
		told+=("$1")
		shift
	done
	shift
	env "PATH=$scratch/bin:/usr/bin:/bin" "${told[@]}" dadrace/dadrace.sh "$@" >tap 2>err
	code=$?
}
proves() { # PATTERN: of what prove says
	prove --exec cat tap >proved 2>&1
	grep -E "$1" proved
}
comes_to() { # NAME CODE LINE PROVE: of the run before
	check "$1: exit $2" [ $code -eq "$2" ]
	check "$1: $3" grep -qE -e "$3" tap
	check "$1: a version, and one line that decides" \
		[ "$(sed -n 1p tap) $(grep -cE '^(1\.\.|Bail out!)' tap)" = "TAP version 13 1" ]
	check "$1: prove says $4" proves "$4"
}

without_guest() { awk -v RS= -v ORS='\n\n' 'NR > 2' "$1"; }
check "config is guest.config without the guest" \
	diff <(without_guest "$source/config/guest.config" | grep ^CONFIG) <(grep ^CONFIG dadrace/config)
check "the campaign can be planned" "$dadrace" plan dadrace/dadrace.yaml

test_sh --
comes_to "no root" 4 '^1\.\.0 # SKIP root is needed' 'skipped: root is needed'
test_sh -- --set lanes=none
comes_to "a wrong value" 78 '^Bail out! .*lanes' 'Bailout called'
test_sh -- --bogus
comes_to "a wrong option" 64 '^Bail out! ' 'Bailout called'
test_sh -- --out /dev/null/nowhere --kernel no/such/kernel
comes_to "no folder for results" 78 '^Bail out! .*nowhere' 'Bailout called'

asks() { # NAME PATTERN VARIABLE=VALUE...: a line of the campaign, and nothing else than --dump-config is run
	test_sh "${@:3}" -- --dump-config
	check "$1: $2" grep -qE "^ *$2\$" tap
}
here=(NETIF=eth7 LOCAL_V6=2001:db8::7 REMOTE_V4=127.0.0.1)
asks "NETIF" 'kind: existing' "${here[@]}"
asks "NETIF" 'dut: "eth7"' "${here[@]}"
asks "its peer is here" 'peer: "lo"' "${here[@]}"
asks "addresses that do not hinder" 'addresses: .*"?2001:db8::7"?, "?127.0.0.1"?]' "${here[@]}"
for elsewhere in REMOTE_TYPE=ssh REMOTE_TYPE=netns REMOTE_V4=192.0.2.7 REMOTE_V4=; do
	asks "its peer is elsewhere, $elsewhere" 'directions: \[outbound\]' "${here[@]}" $elsewhere REMOTE_ARGS=red
done
asks "without NETIF" 'kind: veth' REMOTE_V4=127.0.0.1 REMOTE_TYPE=netns REMOTE_ARGS=red
asks "a slow machine" 'unregister_ms: 30000' KSFT_MACHINE_SLOW=yes
printf 'NETIF="eth8"\nREMOTE_TYPE=netns # of the driver tests\nREMOTE_ARGS=red\n' >dadrace/net.config
asks "net.config" 'dut: "eth8"'
rm dadrace/net.config bin/dadrace
if ! PATH=/usr/bin:/bin:/usr/local/bin command -v dadrace >/dev/null; then
	test_sh --
	comes_to "not installed" 4 '^1\.\.0 # SKIP dadrace is not installed' skipped
fi
[ $failures -eq 0 ]
