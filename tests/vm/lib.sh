# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests with guests share: guests' runs and their time, checks of their results.
#
#   . lib.sh; begin DADRACE SOURCE TOOL...   programs? part of this matrix? a folder, $results
#   guest NAME SECONDS COMMAND [ARG...]      a dadrace command; exit code in $code
#   run NAME KERNEL CAMPAIGN [ARG...]        a campaign into $results/NAME
#   expect NAME CODE                         what the run before must have come to
#   finish                                   the exit code
#
# guest and run return 1 when the kernel's packages cannot be had, and say so. Several such tests run side by
# side: nothing here may judge how long something took.
set -uo pipefail

failed=0 ran=0 code=0

skip_all() {
	echo "SKIP: $*"
	exit 77
}

begin() { # DADRACE SOURCE TOOL...
	dadrace=$1 source=$2
	shift 2
	# CMakeLists.txt names the matrix that a test belongs to, when it is not run otherwise.
	[ "${ONLY_IN_MATRIX:-}" = "" ] || [ "$ONLY_IN_MATRIX" = "${MATRIX:-}" ] ||
		skip_all "left out; with MATRIX=$ONLY_IN_MATRIX in the environment it runs"
	local tool
	for tool in qemu-system-x86_64 apt-get "$@"; do
		command -v "$tool" >/dev/null || skip_all "needs $tool"
	done
	results=$(mktemp -d -p /var/tmp dadrace-vm-XXXXXX) || exit 1 # a guest has a /tmp of its own
	trap 'rm -rf "$results"' EXIT
}

finish() {
	[ $ran -gt 0 ] || skip_all "no kernel's packages could be had"
	exit $failed
}

ok() { echo "ok $*"; }

fail() { # NAME WHAT [RUN TO SHOW]
	echo "FAIL $1: $2"
	[ ! -e "$results/${3:-$1}.out" ] || cat "$results/${3:-$1}".{out,err} | tail -n 25 | sed 's/^/     | /'
	failed=1
}

is_missing() { # NAME: apt had no packages for it, and that is told
	local said
	said=$(grep -m 1 '^dadrace: .*apt' "$results/$1.err") || return
	echo "skip $1: $said" | sed 's,https\?://[^/]*,MIRROR,'
}

guest() { # NAME SECONDS COMMAND [ARG...]
	local name=$1 limit=$2 began=$SECONDS
	shift 2
	timeout "$limit" "$dadrace" "$@" >"$results/$name.out" 2>"$results/$name.err"
	code=$?
	[ $code -eq 78 ] && is_missing "$name" && return 1
	echo "time $name: $((SECONDS - began)) s"
	ran=$((ran + 1))
}

run() { # NAME KERNEL CAMPAIGN [ARG...]
	local name=$1 kernel=$2 campaign=$3
	shift 3
	guest "$name" 400 run "$campaign" --kernel "$kernel" --out "$results/$name" "$@"
}

tell_suspects() { # FOLDER: the evidence of what is not clean
	/usr/bin/python3 - "$1" <<-'PYTHON'
		import json, sys
		for line in open(sys.argv[1] + "/results.ndjson"):
		    trial = json.loads(line)
		    if trial["type"] == "trial" and trial["verdict"] not in ("clean", "missed"):
		        print("    ", trial["spec"]["trial"], trial["spec"]["arm"], trial["reason"],
		              trial["baseline"], trial["after"], [m["event"] for m in trial["timeline"]])
	PYTHON
}

# Starved by the machine, or the known false leak, or stale code that TCG runs now and then where a kernel patches
# its own: told, and asked once more.
run_twice() { # as run
	run "$@" || return
	[ "$code" -ne 0 ] || return 0
	echo "again $1: exit $code"
	tell_suspects "$results/$1"
	rm -rf "${results:?}/$1"
	run "$@"
}

says() { grep -qE -e "$2" "$results/$1".{out,err}; } # NAME PATTERN

fits() { # NAME FOLDER: the results against the schema, by an independent validator
	/usr/bin/python3 "$source/tests/unit/results/validate_results.py" "$results/$2" \
		"$source/config/schema/result.schema.json" || fail "$1" "the results do not fit the schema"
}

expect() { # NAME CODE
	if [ "$code" -ne "$2" ]; then
		fail "$1" "exit $code, wanted $2"
		return 1
	fi
	fits "$1" "$1" && ok "$1: exit $2"
}

# shellcheck disable=SC2034 # image and modules are for who calls
find_image() { # NAME OF A RUN: the kernel that it had, with its folder of modules
	local release cache
	release=$(sed -n 's/^guest 1: Linux \([^,]*\),.*/\1/p' "$results/$1.err" "$results/$1.out" | head -n 1)
	for cache in "${XDG_CACHE_HOME:-}" "${HOME:-}/.cache" /var/cache; do
		image=$(find "$cache/dadrace/images" -path "*/boot/vmlinuz-$release" -o -path "*/lib/modules/$release/vmlinuz" \
			2>/dev/null | head -n 1)
		[ -z "$image" ] || break
	done
	modules=$(find "$cache/dadrace/images/$(cut -d / -f 1 <<<"${image#"$cache/dadrace/images/"}")" -type d \
		-path "*/lib/modules/$release" 2>/dev/null | head -n 1)
	[ -n "$image" ] && [ -n "$modules" ]
}
