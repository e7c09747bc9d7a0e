#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The two commands of README.md in new roots of Debian 12 and 13, with nothing but what debootstrap makes: they install
# what is missing, build, and end well. Each root is entered in three ways: as a mount point, as a plain folder (chroot:
# its / is no mount point), and with the capabilities that a container has by default and those that `dadrace doctor` names.
#
# Takes the network of apt and an hour, so it runs with MATRIX=full only. A root is made once for each release and kept in
# the cache folder; what is installed and built goes into a folder of its own, which is removed. All mounts are in a
# namespace of the test's own.
#
# Usage: fresh_roots.sh SOURCE-FOLDER [RELEASE...]; in the environment, TEST_ARGUMENTS are those of `./rig test`, and
# FRESH_WAYS are some of: mounted plain container
set -euo pipefail

. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] && [ -x "$1/rig" ] || {
	echo "usage: $0 SOURCE-FOLDER [RELEASE...]" >&2
	exit 64
}
only_in_its_matrix
source=$(realpath "$1")
shift
releases=("$@")
[ $# -gt 0 ] || releases=(bookworm trixie)
[ "$(id -u)" -eq 0 ] || skip "needs root"
PATH=$PATH:/usr/sbin:/sbin
for program in debootstrap apt-get setpriv; do
	command -v $program >/dev/null || skip "needs $program"
done

in_own_namespaces "$source" "${releases[@]}"
trap 'exit 130' INT TERM
. "$source/tests/check/new_root.sh"
work_folder run
failed=0

# What docker leaves a container, and what the doctor names.
by_default=chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap,net_bind_service,sys_chroot,kill,audit_write
for_dadrace=$(sed -n 's/^\t{ "CAP_\([A-Z_]*\)", .*/\1/p' "$source/daemon/command/doctor.c" | tr 'A-Z\n' 'a-z,')
[ -n "$for_dadrace" ] || {
	echo "FAIL: daemon/command/doctor.c names no capabilities"
	exit 1
}
bounding=-all,+$(tr ',' '\n' <<<"$by_default,${for_dadrace%,}" | sort -u | paste -s -d , | sed 's/,/,+/g')

enter() { # RELEASE WAY COMMAND...: in a root of its own
	local base=$1 way=$2 over=$work/$2 root as=()
	shift 2
	mountpoint -q "$over/merged" || {
		mount_root "$over" "$way"
		root=$over/merged/root
		mkdir "$root/root/dadrace"
		tar -C "$source" --exclude=./build --exclude=./.git -c . | tar -C "$root/root/dadrace" -x --no-same-owner
	}
	[ "$way" != container ] || as=(setpriv --inh-caps -all --bounding-set "$bounding")
	env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		${http_proxy:+http_proxy="$http_proxy"} "${as[@]}" chroot "$over/merged/root" sh -c 'cd /root/dadrace && exec "$@"' sh "$@"
}

ends_well() { # NAME COMMAND...
	local name=$1 code=0
	shift
	SECONDS=0
	"$@" >"$work/log" 2>&1 || code=$?
	if [ $code -eq 0 ]; then
		echo "ok $name: $SECONDS s"
		return
	fi
	echo "FAIL $name: exit $code"
	tail -n 40 "$work/log" | sed 's/^/     | /'
	failed=1
}

for release in "${releases[@]}"; do
	make_base "$release"
	for way in ${FRESH_WAYS:-mounted plain container}; do
		ends_well "$release, $way: ./rig run" enter "$base" $way ./rig run
		# shellcheck disable=SC2086 # a list of arguments
		ends_well "$release, $way: ./rig test" enter "$base" $way ./rig test ${TEST_ARGUMENTS:-}
		umount --recursive --lazy "$work/$way/merged"
		rm -rf "${work:?}/$way"
	done
done
rm -rf "$work"
exit $failed
