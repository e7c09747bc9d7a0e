#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What ./rig starts: the preset that is built, and the packages that are asked for. All programs that it starts are
# replaced by ones that only write down how they were called.
#
# Usage: rig.sh SOURCE-FOLDER
set -uo pipefail

source=${1:?the source folder}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

mkdir "$work/bin"
cp "$source/rig" "$work/"
for program in cmake ctest apt-get dpkg-deb; do
	printf '#!/bin/sh\necho "${0##*/} $*" >>"%s/calls"\n' "$work" >"$work/bin/$program"
done
echo 'echo 0' >"$work/bin/id"
echo 'shift 3; printf "installed %s\n" "$@"' >"$work/bin/dpkg-query"
chmod +x "$work"/bin/*

expect() { # NAME CALLS-PATTERN|!PATTERN COMMAND...: what must, or must not, be among the calls and the output
	local name=$1 pattern=$2
	shift 2
	: >"$work/calls"
	env PATH="$work/bin:/usr/bin:/bin" "$@" >"$work/out" 2>&1
	if [[ $pattern == !* ]]; then
		! grep -qE -e "${pattern#!}" "$work/calls" "$work/out"
	else
		grep -qE -e "$pattern" "$work/calls" "$work/out"
	fi && echo "ok $name" && return
	echo "FAIL $name: wanted $pattern"
	sed 's/^/     | /' "$work/calls" "$work/out"
	failed=1
}

expect "a user's warnings are no errors" 'cmake --build --preset test$' env -u CI "$work/rig" test
expect "and those tests run" 'ctest --test-dir [^ ]*/build/test ' env -u CI "$work/rig" test
expect "CI's warnings are errors" 'cmake --build --preset dev$' CI=true "$work/rig" test
expect "and those tests run in CI" 'ctest --test-dir [^ ]*/build/dev ' CI=true "$work/rig" test
expect "arguments are ctest's" ' -R live.watch$' "$work/rig" test -R live.watch

fails() { # NAME PATTERN TEST...: as expect, of a ./rig test in which those fail
	local name=$1 pattern=$2 folder=$work/build/dev/Testing/Temporary
	shift 2
	cat >"$work/bin/ctest" <<-SH
		#!/bin/sh
		echo "ctest \$*" >>"$work/calls"
		case "\$*" in *--rerun-failed*) echo the second answer; exit 3 ;; esac
		mkdir -p "$folder" && printf '7:%s\n' $* >"$folder/LastTestsFailed.log"
		exit 8
	SH
	expect "$name" "$pattern" sh -c "CI=true $work/rig test; echo exit \$?"
}
fails "guests and live tests that failed run again, alone" '^ctest --test-dir [^ ]* --output-on-failure --rerun-failed$' live.watch vm.nic
fails "and are named" 'at a time: live.watch vm.nic$' live.watch vm.nic
fails "what they say then counts" '^exit 3$' live.watch
fails "others do not run again" '!--rerun-failed' live.watch unit.tally
fails "they fail" '^exit 8$' unit.tally
fails "many do not, either" '!--rerun-failed' live.a live.b live.c live.d vm.e

for tool in prometheus promtool; do
	command -v $tool >/dev/null ||
		expect "$tool is fetched for the tests that need it" "apt-get download $tool" "$work/rig" test -R live.service
done
command -v NetworkManager >/dev/null ||
	expect "so is NetworkManager, with what it needs" 'apt-get install --simulate .*network-manager' "$work/rig" test
command -v slurmctld-wlm >/dev/null || {
	expect "Slurm is fetched for its test" 'apt-get install --simulate .* slurmctld$' "$work/rig" test -R live.slurm
	expect "and for MATRIX=full" 'apt-get install --simulate .* munge$' env MATRIX=full "$work/rig" test
	expect "but not for the others" '!slurm' env -u MATRIX "$work/rig" test -R live.shards
}
expect "nothing is fetched for unit tests" '!apt-get download' "$work/rig" test -L unit
expect "unit tests need no browser, and no guest" '!chromium|qemu' "$work/rig" packages -L unit
expect "but a compiler" '^gcc$' "$work/rig" packages -L unit
expect "all tests need a browser" '^chromium$' "$work/rig" packages

elsewhere() { # LINES-OF-OS-RELEASE PATTERN: what is to be installed
	printf "$1" >"$work/os-release"
	expect "on ${1%%\\\\n*}: $2" "$2" env OS_RELEASE="$work/os-release" "$work/rig" test
	expect "on ${1%%\\\\n*}: nothing is installed" '!apt-get (update|install -y)' env OS_RELEASE="$work/os-release" "$work/rig" test
}
elsewhere 'ID=fedora\nVERSION_ID=42\n' 'sudo dnf install .* elfutils-libelf-devel .* libnl3-devel libyaml-devel .* iproute '
elsewhere 'ID="rocky"\nID_LIKE="rhel centos fedora"\n' 'sudo dnf install .* glibc-devel '
elsewhere 'ID=arch\n' 'sudo pacman -S --needed bpf clang .* libnl libyaml ninja '
elsewhere 'ID=manjaro\nID_LIKE=arch\n' 'sudo pacman -S --needed bpf '
elsewhere 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n' 'sudo apt-get install linux-tools-generic clang .* libelf-dev '
elsewhere 'ID=debian\nVERSION_ID="11"\n' 'sudo apt-get install bpftool '
elsewhere '' 'sudo apt-get install bpftool '
expect "an unknown command" 'no command frobnicate' "$work/rig" frobnicate

python3 - "$source/CMakePresets.json" <<-'PY' || failed=1
	import json, sys
	presets = {preset["name"]: preset.get("cacheVariables", {}) for preset in json.load(open(sys.argv[1]))["configurePresets"]}
	strict = {name for name, variables in presets.items() if variables.get("DADRACE_WERROR") == "ON"}
	assert strict == {"dev"}, f"warnings are errors in {strict}"
PY
exit $failed
