#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the guest of test_vmcore.sh: with vmcore.leak=1 a campaign of root's leaves a device that is stuck. `dadrace who`
# is asked about it and about one that a process holds, on this kernel, and its answers go to the second serial port. Then
# the guest waits to be dumped.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc none /proc && mount -t sysfs none /sys && mount -t devtmpfs none /dev
mount -t tmpfs none /run && mount -t tmpfs none /results
ulimit -c 0
for word in $(</proc/cmdline); do case $word in vmcore.*) declare "${word#vmcore.}" ;; esac; done # leak
for module in /modules/*; do busybox insmod "$module" || echo "FAIL $module does not load"; done
cd /results || exit 1
ip link set lo up
ip link add held0 type veth peer name held1
ip link set held0 up && ip link set held1 up && ip addr add 2001:db8::1/64 dev held0 nodad
exec 3<>/dev/udp/2001:db8::2/9 || echo "FAIL no socket"

ask() { # ARG...
	dadrace who "$@" --json >&4 2>err 3>&- # the socket has one holder
	echo "dadrace who $*: exit $?"
	grep -v reading err
}
exec 4>/dev/ttyS1
if [ "${leak:-0}" = 1 ]; then
	dadrace run /root/leak.yaml --set 'arms=[race]' --set stop.trials=1 --set lanes=1 --out leak >out 2>&1
	[ $? -eq 1 ] || { echo "FAIL the campaign found no fault" && tail -n 20 out; }
	ask --stuck
fi
ask held0
echo "ready to be dumped"
read -r _
busybox poweroff -f
