#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lanes are jails: what a bring-up writes into /etc, /run, /var and /tmp goes with the lane, /sys is read-only; what is
# there can be read and run. In a root of its own that is no mount point (a chroot), too.
#
# Usage: test_jail.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

# Names, modes, sizes, owners, times and contents; without what programs of the machine write meanwhile.
state() { # FOLDER...
	find "$@" -xdev \( -path /run/test -o -path /run/dadrace -o -path /var/log -o -path /var/tmp -o -path /var/lib/apt \
		-o -path /var/cache \) -prune -o -printf '%p %M %s %U:%G %T@ %l\n' | sort
	find /etc -xdev -type f -exec cksum {} + | sort
}
as_before() { # NAME
	if state /etc /run /var >"$1.after"; cmp -s "$1.before" "$1.after"; then ok "$1: nothing of the machine has changed"
	else
		diff "$1.before" "$1.after" >"$1.diff"
		fail "$1: nothing of the machine has changed" "this differs" "$1.diff"
	fi
}

cat >bringup.sh <<'SH'
#!/bin/sh
# What network managers do, and worse.
ip link set "$1" up || exit 1
echo nameserver 192.0.2.1 >/etc/resolv.conf || exit 2
echo lease >"/var/lib/lease-$1" || exit 3
mkdir -p /run/manager && echo $$ >/run/manager/pid || exit 4
mktemp -p /tmp >/dev/null || exit 5
rm -rf /etc/hosts /run/outside/goes || exit 6
! { echo 1 >/sys/class/net/lo/mtu; } 2>/dev/null || exit 7
[ -n "$(getent passwd root)" ] || exit 8
[ "$(cat /run/outside/reads)" = told ] || exit 10
ls /sys/class/net | grep -qx "$1" || exit 11
[ -c /dev/null ] && echo >/dev/null && [ -c /dev/urandom ] && [ ! -e /dev/kmsg ] && [ ! -e /dev/log ] || exit 12
SH
chmod 755 bringup.sh
mkdir -p /run/outside /run/dadrace
echo told | tee /run/outside/reads >/run/outside/goes

jailed() { # NAME COMMAND [ARG...]
	local name=$1 command=$2
	shift 2
	state /etc /run /var >"$name.before"
	run "$name" quick --set stop.trials=3 --set bringup.kind=command --set "bringup.command=$command" "$@"
	as_before "$name"
	ends "$name" 0 'Verdict: clean'
	check "$name: it could do all that" "$name" "trials and all(t['bringup_status'] == 0 for t in trials)"
}
cp bringup.sh /tmp/dadrace-test-bringup.sh
jailed script "[/tmp/dadrace-test-bringup.sh, '{dut}']"
rm /tmp/dadrace-test-bringup.sh
jailed here "[./bringup.sh, '{dut}']" --set lanes=2

# As in a container that lies on overlays already: no further one can be mounted.
mkdir -p layers && mount -t tmpfs none layers && mkdir layers/{first,upper1,work1,upper2,work2}
mount -t overlay none -o lowerdir=/etc,upperdir=layers/upper1,workdir=layers/work1 layers/first &&
	mount -t overlay none -o lowerdir=layers/first,upperdir=layers/upper2,workdir=layers/work2 /etc
run layers quick --set stop.trials=3 --set bringup.kind=command \
	--set 'bringup.command=ip link set {dut} up; echo x >/run/x && echo x >/tmp/x && ! echo x >/etc/x'
ends layers 0 'Note: no overlay can be mounted here'
truth "layers: nothing of the machine has changed" [ ! -e /run/x -a ! -e /tmp/x -a ! -e /etc/x ]
umount /etc layers/first layers

# A root that is no mount point. The programs of the machine are bound into it.
root=/run/test/root
mkdir -p $root/{proc,sys,dev,etc,run,var/lib,tmp,clone}
for folder in usr bin sbin lib lib64; do
	[ -L /$folder ] && cp -P /$folder $root/ || { mkdir -p $root/$folder && mount --bind /$folder $root/$folder; }
done
mount --bind /dev $root/dev && mount -t proc none $root/proc && mount -t sysfs none $root/sys
cp /etc/passwd /etc/group /etc/nsswitch.conf $root/etc/
mkdir -p "$root$(dirname "$dadrace")" && cp "$dadrace" "$root/clone/dadrace"
cp quick.yaml $root/clone/
chroot $root /clone/dadrace run /clone/quick.yaml --out /clone/chroot --set stop.trials=3 --set bringup.kind=command \
	--set "bringup.command=ip link set {dut} up; echo x >/etc/resolv.conf; echo x >/run/x" >chroot.out 2>chroot.err
code=$?
cp -r $root/clone/chroot . 2>/dev/null
ends chroot 0 'Verdict: clean'
truth "chroot: nothing of it has changed" [ ! -e $root/etc/resolv.conf -a ! -e $root/run/x ]
umount -R $root/{usr,bin,sbin,lib,lib64,dev,proc,sys} 2>/dev/null

finish
