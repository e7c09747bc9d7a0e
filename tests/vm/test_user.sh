#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An ordinary user, as a Debian login makes one, without /sbin in PATH: what needs root says so and what does not, and a
# campaign with --kernel fetches its kernel, runs and ends clean: test_user.sh DADRACE SOURCE
#
# The user is made for the test in an /etc and a /home that nobody else sees, and goes with them.
. "$(dirname "$0")/lib.sh"
KERNEL=bookworm/linux-image-cloud-amd64

if [ "${USER_TEST_INSIDE:-}" != yes ]; then
	[ "$(id -u)" -eq 0 ] || skip_all "needs root, to make a user"
	unshare --mount true 2>/dev/null || skip_all "this machine makes no namespaces"
	USER_TEST_INSIDE=yes exec unshare --mount --propagation private "$BASH" "$0" "$(realpath "$1")" "$(realpath "$2")"
fi
begin "$1" "$2" useradd runuser
mount -t tmpfs -o mode=755 none /home && mkdir /home/.etc /home/.work && chmod 755 /home/.etc &&
	mount -t overlay overlay -o lowerdir=/etc,upperdir=/home/.etc,workdir=/home/.work /etc || skip_all "no overlay of /etc"
useradd --create-home --shell /bin/sh --home-dir /home/dadrace-test dadrace-test || exit 1
cp "$dadrace" /home/dadrace-test/dadrace
cp -r "$source/config/campaigns" /home/dadrace-test/
chmod 755 /home/dadrace-test{,/dadrace}

as_user() { # NAME COMMAND...: by the user's login shell
	local name=$1
	shift
	runuser -l dadrace-test -c "$*" >"$results/$name.out" 2>"$results/$name.err"
	code=$?
}
asks() { # NAME CODE PATTERN ARGUMENT...
	local name=$1 want=$2 pattern=$3
	shift 3
	as_user "$name" ./dadrace "$@"
	if [ $code -ne "$want" ] || ! says "$name" "$pattern"; then
		fail "$name" "exit $code, wanted $want and '$pattern': dadrace $*"
	else
		ok "$name: dadrace $*"
	fi
}

as_user path 'case :$PATH: in *sbin*) exit 1 ;; esac; command -v ifconfig' # which Debian has in /sbin
[ $code -ne 0 ] && ! says path sbin && ok "the user's PATH is that of a login" || fail path "/sbin is in it"

asks run 4 'root is needed .*--kernel' run campaigns/smoke.yaml
asks tap 4 '^1\.\.0 # SKIP root is needed' run campaigns/smoke.yaml --tap
asks doctor 4 'Only root .*--kernel IMAGE' doctor
for command in 'who lo' 'watch lo' inspect clean; do
	asks "${command%% *}" 4 '[Rr]un as root|only root|sudo' $command
done
asks plan 0 'race' plan campaigns/smoke.yaml

# ifconfig is in /sbin, and the guest has what the user has.
command -v /sbin/ifconfig >/dev/null && campaign=ifconfig || campaign=smoke
began=$SECONDS
as_user kernel ./dadrace run campaigns/$campaign.yaml --kernel $KERNEL --out results \
	--set "'window.hold_us=[300000]'" --set stop.trials=8 --set clean_below_ppm=1000000 --set "'arms=[control, race]'"
if [ $code -eq 78 ] && is_missing kernel; then finish; fi
echo "time kernel: $((SECONDS - began)) s"
ran=1
[ $code -eq 0 ] && says kernel '^Verdict: clean' && ok "a campaign with --kernel" || fail kernel "exit $code"
[ -n "$(ls /home/dadrace-test/.cache/dadrace/images 2>/dev/null)" ] && ok "the kernel is in the user's cache" ||
	fail kernel "nothing is in ~/.cache/dadrace"
asks report 0 'clean' report results
finish
