#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The stimulus is what was asked: how the bring-up ends, what it says, what it finds in PATH, the
# settings that it finds, and the changes that it makes.
#
# Usage: test_stimulus.sh DADRACE SOURCE-FOLDER
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$@"

# A campaign with a shell as its bring-up; its script, without quotes, follows, and --set as needed.
script() { # NAME SCRIPT [ARG...]
	local name=$1 text=$2
	shift 2
	run "$name" quick --set stop.trials=4 --set "window.hold_us=[50000]" --set echo.offset_us=30000 \
		--set bringup.kind=command --set "bringup.command=[sh, -c, '$text']" "$@"
}
up='ip link set {dut} up; ip link set {dut} arp off'
good() { # NAME
	ends "$1" 0
	check "$1: clean" "$1" "set(verdicts) == {'clean'} and len(trials) == 4"
}
bad() { # NAME VERDICT PART-OF-REASON
	ends "$1" 3
	check "$1: $2, and it says why" "$1" "set(verdicts) == {'$2'} and all('$3' in t['reason'] for t in trials)"
}

# --- how it ends, and what it says ---

script fails "$up; printf \"\\\\033[31mfirst\\\\n\" >&2; echo insmod: no such module >&2; exit 7"
bad fails invalid 'another status than it should: 7, and bringup.status is 0; the bring-up wrote: insmod: no such module'
check "fails: each trial has what it wrote, and no terminal obeys it" fails "
	all(t['bringup_status'] == 7 and t['bringup_said'].split('\n') == [r'\u001b[31mfirst', 'insmod: no such module'] for t in trials)"
script allowed "$up; echo first >&2; exit 7" --set bringup.status=7
good allowed
check "allowed: what it wrote is told all the same" allowed "all(t['bringup_said'] == 'first' for t in trials)"
script any "$up; kill -9 \$\$" --set bringup.status=any
good any
script missing "no-such-program x; $up; exit 0"
bad missing invalid 'shell did not find a program: sh: 1: no-such-program: not found'

# --- what it leaves to the next one ---

# Below 1280 the device loses its inet6_dev, and the new one has the settings of conf/default.
script mtu "$up; ip link set {dut} mtu 1200; ip link set {dut} mtu 1500" --set sysctl.dad_transmits=3
good mtu
check "mtu: its settings are put right, and that is said" mtu "
	all('dad_transmits 1 instead of 3' in t['put_right'] and t['put_right'] in t['reason'] for t in trials[1:])"
proc=/proc/sys/net/ipv6/conf
script left "$up; ip link set {dut} mtu 1200; echo 1 >$proc/all/accept_dad"
check "left: and the lane's, and the MTU" left "
	all('accept_dad 1 instead of 0' in t['put_right'] and 'MTU 1200 instead of 1500' in t['put_right'] for t in trials[1:])"

# --- what it finds ---

# As a login shell of Debian has PATH for everybody but root. More than a pipe holds is written.
PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games \
	script path "case :\$PATH: in *:/usr/sbin:/sbin:) ;; *) exit 1 ;; esac; head -c 300000 /dev/zero | tr \"\\\\0\" x >&2; $up"
good path
check "path: it was not hindered, and the end of what it wrote is kept" path "all(t['bringup_said'] == 511 * 'x' for t in trials)"

finish
