#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs `./rig test -L unit` in a minimal root of the other Debian release that ./rig supports: another compiler, other
# libraries, no package but those that ./rig lists. Warnings are errors.
#
# The root is made once for a release and a list of packages, and kept in the cache folder. The test only reads it: the
# sources are copied into a tmpfs and built there. Everything is mounted in a mount namespace of the test's own and runs
# in its pid namespace, so nothing outlives it, however it ends; a root that is half made is removed by the next run.
#
# Usage: other_release.sh SOURCE-FOLDER
set -euo pipefail

. "$(dirname "$0")/lib.sh"
fail() { # SENTENCE [LOG]
	[ $# -lt 2 ] || tail -n 40 "$2"
	echo "FAIL: $1"
	exit 1
}

[ $# -eq 1 ] && [ -x "$1/rig" ] || {
	echo "usage: $0 SOURCE-FOLDER" >&2
	exit 64
}
source=$(realpath "$1")
only_in_its_matrix
[ "$(id -u)" -eq 0 ] || skip "needs root"
PATH=$PATH:/usr/sbin:/sbin
command -v debootstrap >/dev/null || skip "needs debootstrap (package debootstrap)"

here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
case $here in
bookworm) release=trixie ;;
trixie) release=bookworm ;;
*) skip "this is neither Debian 12 nor 13" ;;
esac

in_own_namespaces "$source"

trap 'exit 130' INT TERM
cache=${XDG_CACHE_HOME:-/var/cache}/dadrace/roots
needs=$("$source/rig" packages -L unit)
all=$("$source/rig" packages)
root=$cache/$release-$(sha256sum <<<"$all" | cut -c 1-16)
log=$cache/$release.log

# The URI from which this machine's apt has its packages.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' \
		"Codename: $here" | head -n 1
}

inside() { # COMMAND...: in the root
	env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true \
		DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} chroot "$root" "$@"
}

# What cannot be had from the mirror skips the test; what the release does not have, or cannot install, fails it.
make_root() {
	local from final=$root
	from=$(mirror)
	[ -n "$from" ] || apt-get update >"$log" 2>&1 || true # what apt knows of Debian comes from its lists
	from=$(mirror)
	[ -n "$from" ] || skip "apt has no mirror of Debian's $here"
	rm -rf "$cache/$release"-*
	root=$final.half
	echo "making a root of $release"
	debootstrap --variant=minbase "$release" "$root" "$from" >"$log" 2>&1 ||
		skip "debootstrap cannot make a root of $release: $(tail -n 1 "$log")"
	mount -t proc proc "$root/proc"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
	inside apt-get update --error-on=any >"$log" 2>&1 || skip "apt-get update in $release: $(tail -n 1 "$log")"
	# shellcheck disable=SC2086 # a list
	set -- install --yes --no-install-recommends $needs
	# shellcheck disable=SC2086
	inside apt-get --simulate install $all >"$log" 2>&1 || fail "$release does not have what ./rig lists" "$log"
	inside apt-get --download-only "$@" >"$log" 2>&1 || skip "apt-get install in $release: $(tail -n 1 "$log")"
	inside apt-get "$@" >"$log" 2>&1 || fail "packages cannot be installed in $release" "$log"
	inside apt-get clean
	umount "$root/proc"
	mv "$root" "$final"
	root=$final
}

mkdir -p "$cache"
chmod 700 "$cache" # there are programs in it that run as root for whoever starts them
exec {lock}>"$cache/$release.lock"
SECONDS=0
# Two clones may be tested at a time: who makes a root waits until nobody uses another one.
flock --shared "$lock"
if [ ! -d "$root" ]; then
	flock "$lock"
	[ -d "$root" ] || make_root
	flock --shared "$lock"
fi
echo "time root: $SECONDS s"

# Read-only, with a home of mode 0700, as root's is.
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0700 tmpfs "$root/root"
mkdir "$root/root/dadrace"
tar -C "$source" --exclude=./build --exclude=./.git -c . | tar -C "$root/root/dadrace" -x --no-same-owner
SECONDS=0
inside /root/dadrace/rig test -L unit || fail "./rig test -L unit in $release"
echo "time build and tests: $SECONDS s"
