#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An arm64 guest on this machine: test_arm64.sh DADRACE SOURCE
#
# dadrace is cross-built with the preset arm64, in a root of Debian that has the foreign architecture; the guest's
# programs are in another, which is only unpacked. Both are kept (arm64-build, arm64-root): the recipe of
# CONTRIBUTING.md, by root because of the chroot. Then a clean campaign, a real leak, and the doctor.
. "$(dirname "$0")/lib.sh"

begin "$1" "$2" qemu-system-aarch64 mmdebstrap python3
[ "$(id -u)" -eq 0 ] || skip_all "needs root for the chroot in which it builds"

kernel=trixie/linux-image-cloud-arm64
roots=${XDG_CACHE_HOME:-/var/cache}/dadrace/roots
# shellcheck disable=SC2016 # apt's own words
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' | head -n 1)
tools=(bpftool ca-certificates clang cmake gcc gcc-aarch64-linux-gnu libc6-dev ninja-build pkg-config qemu-user scdoc)
headers=(libarchive-dev libbpf-dev libc6-dev libcyaml-dev libelf-dev libevent-dev libjansson-dev libkdumpfile-dev libnl-3-dev
	libnl-route-3-dev libyaml-dev zlib1g-dev)
programs=(libarchive13 libbpf1 libcyaml1 libevent-2.1-7 libjansson4 libkdumpfile10 libnl-3-200 libnl-route-3-200 libyaml-0-2 zlib1g
	coreutils dash iproute2 net-tools)

joined() { local IFS=,; echo "$*"; }

make_root() { # NAME OPTION...: in the folder of that name, made once
	local name=$1
	shift
	[ ! -d "$roots/$name" ] || return 0
	mkdir -p "$roots" && chmod 700 "$roots"
	rm -rf "$roots/$name.half"
	mmdebstrap "$@" bookworm "$roots/$name.half" "$mirror" >"$roots/$name.log" 2>&1 ||
		skip_all "mmdebstrap cannot make a root: $(tail -n 1 "$roots/$name.log")"
	mv "$roots/$name.half" "$roots/$name"
}

cross_build() {
	mkdir -p "$roots/arm64-build/src" "$roots/arm64-build/build"
	unshare --mount sh -c '
		mount --bind "$1" "$2/src" && mount -t proc proc "$2/proc" && mount --rbind /dev "$2/dev" &&
		exec env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot "$2" sh -c "
			cd /src && cmake --preset arm64 -B /build -D BUILD_TESTING=OFF && cmake --build /build --target dadrace"
		' sh "$source" "$roots/arm64-build" >"$results/build.out" 2>"$results/build.err"
}

[ -n "$mirror" ] || skip_all "apt has no mirror of Debian"
make_root arm64-build --variant=apt --architectures=amd64,arm64 \
	--include="$(joined "${tools[@]}" "${headers[@]/%/:arm64}")"
make_root arm64-root --variant=extract --architectures=arm64 --include="$(joined "${programs[@]}")"
if ! cross_build; then
	fail build "the preset arm64 does not build"
	exit 1
fi
ok "time build: $SECONDS s"
cp "$roots/arm64-build/build/dadrace" "$roots/arm64-root/usr/bin/dadrace" || exit 1

arm64() { # NAME CAMPAIGN [ARG...]
	guest "$1" 1200 run "$2" --kernel $kernel --root "$roots/arm64-root" --out "$results/$1" "${@:3}"
}

# A bound that few trials show: what counts here is that each arm opens and is judged.
if arm64 smoke "$source/config/campaigns/smoke.yaml" --set stop.trials=40 --set clean_below_ppm=1000000; then
	expect smoke 0
	says smoke 'Linux [0-9.]+.*-arm64, by TCG' || fail smoke "the guest does not say its kernel"
fi
# A leak of Linux 6.12, with a bring-up that needs a shell and two programs of the root.
if arm64 leak "$source/config/campaigns/packet-too-big.yaml" --set 'arms=[control, race]' --set stop.trials=8; then
	expect leak 1
	says leak '^Finding 1: The race leaks [0-9]+ net_device' || fail leak "another finding"
fi
if guest doctor 1200 doctor --kernel $kernel --root "$roots/arm64-root"; then
	says doctor 'This machine can run campaigns' || fail doctor "it cannot run campaigns"
fi
finish
