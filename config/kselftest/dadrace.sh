#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reference leaks in the race windows of IPv6 DAD, on the kernel that runs. With NETIF, on that device and the one with
# REMOTE_V6 that it is cabled to (drivers/net/README.rst). Arguments are those of `dadrace run`.

here=$(dirname "$0")
if [ -r "$here/net.config" ]; then
	set -a
	. "$here/net.config"
fi
PATH=$PATH:/usr/local/bin
if ! command -v dadrace >/dev/null; then
	printf 'TAP version 13\n1..0 # SKIP dadrace is not installed\n'
	exit 4
fi
exec dadrace run "$here/dadrace.yaml" --tap --out "$(mktemp -d)" "$@"
