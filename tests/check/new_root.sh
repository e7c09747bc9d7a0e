# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests of root's that need a new root of Debian: what debootstrap makes, once for each release, kept in the
# cache folder and never changed. The caller is in a mount namespace of its own, and lays an overlay over it.
#
# $cache is the folder of all roots, $base/root the one that make_base made, $work a folder for overlays. Wants lib.sh.
cache=${XDG_CACHE_HOME:-/var/cache}/dadrace/roots
mkdir -p "$cache" && chmod 700 "$cache"

base=
make_base() { # RELEASE: its root in a folder, $base, made once
	local from
	base=$cache/fresh-$1
	exec 8>"$cache/lock" # two clones may be tested at a time
	flock 8
	if [ ! -d "$base" ]; then
		from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' | head -n 1)
		[ -n "$from" ] || skip "apt has no mirror of Debian"
		rm -rf "$base.half" && mkdir -p "$base.half"
		debootstrap --variant=minbase "$1" "$base.half/root" "$from" >"$cache/fresh-$1.log" 2>&1 ||
			skip "debootstrap cannot make a root of $1: $(tail -n 1 "$cache/fresh-$1.log")"
		rm -rf "$base" && mv "$base.half" "$base"
	fi
	exec 8>&-
}

work_folder() { # NAME: a new $work; those of tests that were killed are removed
	local left
	exec 8>"$cache/lock"
	flock 8
	for left in "$cache/$1".*/; do
		[ ! -d "$left" ] || flock --nonblock "$left" rm -rf --one-file-system "$left" || true
	done
	work=$(mktemp -d -p "$cache" "$1.XXXXXX")
	exec 7<"$work" 8>&-
	flock 7
}

# An overlay of $base/root in FOLDER/merged/root, with what programs expect of a machine.
mount_root() { # FOLDER WAY: `mounted`: the root is a mount point
	local root=$1/merged/root
	mkdir -p "$1/upper" "$1/work" "$1/merged"
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$1/upper,workdir=$1/work" "$1/merged"
	[ "$2" != mounted ] || mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount --rbind /dev "$root/dev"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
}
