#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package in a new root of this machine's release of Debian, where apt brings what it depends on: the service keeps a
# campaign that has ended and one that is queued; a higher version is installed over it, which goes on with both; a
# removal keeps them; a purge says what it deletes, and deletes it. What is packed is what has been built.
#
# Takes the network of apt, so it runs with MATRIX=full only. live.systemd has the same under systemd, on this machine.
#
# Usage: upgrade.sh SOURCE-FOLDER BUILD-FOLDER
set -uo pipefail

. "$(dirname "$0")/lib.sh"
[ $# -eq 2 ] && [ -x "$2/dadraced" ] || {
	echo "usage: $0 SOURCE-FOLDER BUILD-FOLDER" >&2
	exit 64
}
only_in_its_matrix
source=$(realpath "$1") build=$(realpath "$2")
[ "$(id -u)" -eq 0 ] || skip "needs root"
PATH=$PATH:/usr/sbin:/sbin
for program in debootstrap dpkg-deb dh; do
	command -v $program >/dev/null || skip "needs $program"
done
release=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-}") || skip "this is not Debian"

in_own_namespaces "$source" "$build"
trap 'exit 130' INT TERM
. "$source/tests/check/new_root.sh"
make_base "$release"
work_folder upgrade
trap 'umount --recursive --lazy "$work/merged" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
mount_root "$work" plain
root=$work/merged/root failed=0
mount -t tmpfs -o mode=755 run "$root/run"

inside() { # COMMAND...
	env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		${http_proxy:+http_proxy="$http_proxy"} chroot "$root" "$@"
}

# --- two versions ---

package() {
	mkdir "$work/tree" && tar -C "$source" --exclude ./build --exclude ./.git -c . | tar -C "$work/tree" -x &&
		(cd "$work/tree" && BUILT=$build DEB_BUILD_OPTIONS=noautodbgsym debian/rules binary) &&
		mkdir "$root/packages" && mv "$work"/dadrace_*.deb "$root/packages/1.deb" &&
		dpkg-deb --raw-extract "$root/packages/1.deb" "$work/raw" &&
		sed -i -E 's/^Version: .*/&+higher/' "$work/raw/DEBIAN/control" &&
		dpkg-deb --root-owner-group --build "$work/raw" "$root/packages/2.deb"
}
check "two packages are made" package
[ $failed -eq 0 ] || exit 1
version() { inside dpkg-query -W -f '${db:Status-Status} ${Version}' dadrace; }

# --- installed, with a campaign that has ended and one that is queued ---

state=$root/var/lib/dadrace/campaigns service=
start() { # with the folder that its unit asks systemd for
	mkdir -p "$root/run/dadraced"
	unshare --net "$BASH" -c 'ip link set lo up; exec chroot "$1" dadraced' sh "$root" >>"$work/service.log" 2>&1 &
	service=$!
	for _ in $(seq 300); do
		! inside dadrace ctl version >/dev/null 2>&1 || return 0
		read -r -t 0.1 _ <>"$work/nothing"
	done
	tail -n 20 "$work/service.log"
	return 1
}
stop() { kill -TERM "$service" && wait "$service"; }
campaign() { # NAME TRIALS: its id
	printf 'name: %s\nstop: {trials: %s}\nclean_below_ppm: 1000000\n' "$1" "$2" >"$root/root/$1.yaml"
	inside dadrace ctl submit "/root/$1.yaml"
}
is_in() { inside dadrace ctl show "$1" | grep -q "^$2"; }
sums() { (cd "$state" && find . -type f -path "*$1*" -exec sha256sum {} + | sort -k 2); }

mkfifo "$work/nothing"
inside apt-get update -qq >"$work/log" 2>&1 || skip "apt has no network in the root: $(tail -n 1 "$work/log")"
check "it is installed, with what it depends on" inside apt-get install -y --no-install-recommends /packages/1.deb
check "its group is there" grep -q '^dadrace:' "$root/etc/group"
check "its folder is readable by the group only" [ "$(inside stat -c '%a %G' /var/lib/dadrace)" = '2750 dadrace' ]
check "the service starts" start
ended=$(campaign short 8)
inside dadrace ctl follow "$ended" >"$work/follow.log" 2>&1
long=$(campaign long 1000000) queued=$(campaign waits 8)
check "one has ended" is_in "$ended" '.*: ended'
check "one is queued" is_in "$queued" '.*: queued'
inside dadrace ctl cancel "$long" >/dev/null && inside dadrace ctl pause "$queued" >/dev/null
check "the service stops" stop
echo '# mine' >>"$root/etc/dadrace/dadraced.yaml"
sums '' >"$work/before"

# --- upgraded, removed, purged ---

kept() { sums '' | diff "$work/before" -; }
check "a higher version is installed over it" inside apt-get install -y --no-install-recommends /packages/2.deb
check "it is that one" [ "$(version)" = "installed $(sed -n 's/^Version: //p' "$work/raw/DEBIAN/control")" ]
check "no file of a campaign is touched" kept
check "the configuration is the administrator's" grep -qx '# mine' "$root/etc/dadrace/dadraced.yaml"
check "it starts" start
check "it has the results" inside dadrace report "/var/lib/dadrace/campaigns/$ended"
inside dadrace ctl resume "$queued" >/dev/null 2>&1
check "what was queued runs to its end" inside dadrace ctl follow "$queued"
check "it stops" stop
sums '' >"$work/before"
check "it is removed" inside apt-get remove -y dadrace
check "the programs are gone" eval "! inside sh -c 'command -v dadrace || command -v dadraced'"
check "a removal keeps the results and the queue" kept
check "and the configuration" grep -qx '# mine' "$root/etc/dadrace/dadraced.yaml"
files=$(find "$root/var/lib/dadrace" -type f | wc -l)
inside dpkg --purge dadrace >"$work/purge.log" 2>&1
check "a purge says what it deletes" grep -x "Deleting /var/lib/dadrace ($files files)" "$work/purge.log"
left() { inside find /var/lib/dadrace /var/spool/dadrace /var/cache/dadrace /etc/dadrace /usr/share/dadrace /usr/lib/systemd/system/dadraced.service 2>/dev/null; }
check "purged, nothing is left" [ -z "$(left)" ]
exit $failed
