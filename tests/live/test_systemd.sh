#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package under a real systemd: this machine's own, booted once more as the first process of
# new namespaces, over an overlay of this machine's files. Installed, started, killed, restarted, bitten
# by the watchdog, upgraded, removed.
#
# systemd makes cgroups and attaches BPF programs to them, which last as long as they do: it has a cgroup of its own.
# What this test makes is removed by a process that waits for its end, also when it is killed.
#
# Usage: test_systemd.sh DADRACE SOURCE-FOLDER
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../unit/guest/image.sh"
dadrace=${1:?} source=${2:?}
build=$(dirname "$(realpath "$dadrace")")
BOOT_S=60

[ "$(id -u)" -eq 0 ] || skip "needs root"
for program in dh dpkg-scanpackages dpkg-shlibdeps unshare nsenter chroot setsid; do
	command -v $program >/dev/null || skip "needs $program"
done
[ -x /lib/systemd/systemd ] || skip "needs systemd"

place=$(mktemp -d /var/tmp/dadrace-systemd.XXXXXX)
cgroups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
cgroup=$cgroups$(sed -n 's/^0:://p' /proc/self/cgroup)/${place##*/}
removed() { find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || [ ! -e "$cgroup" ]; }
sweep() {
	echo 1 >"$cgroup/cgroup.kill"
	wait_for "$GONE_DEADLINE_S" removed
	rm -rf "$place"
}
swept() { [ ! -e "$cgroup" ] && [ ! -e "$place" ]; }
end() {
	exec 9>&-
	wait_for "$GONE_DEADLINE_S" swept || { echo "left: $cgroup or $place"; exit 1; }
}
[ -n "$cgroups" ] && mkdir "$cgroup" 2>/dev/null || { rmdir "$place"; skip "needs cgroup2, writable"; }
mkfifo "$place/alive"
export cgroup place GONE_DEADLINE_S
export -f sweep removed wait_for
setsid --fork bash -c 'read -r _ <"$place/alive"; sweep' >/dev/null 2>&1
exec 9>"$place/alive" # held by this test only
trap end EXIT
trap 'exit 130' INT TERM
cd "$place" || exit 1
mkdir up work root
mkdir tree
tar --create --directory "$source" --exclude ./build --exclude ./.git . | tar --extract --directory tree
# What is built already is packed.
(cd tree && BUILT=$build DEB_BUILD_OPTIONS=noautodbgsym debian/rules binary) >package.log 2>&1 ||
	{ fail "the package is made" "debian/rules failed" package.log; finish; }
package=$(echo dadrace_*.deb)
code=0
ok "the package is made"

# What would change the kernel that we share.
masked=(systemd-sysctl systemd-modules-load systemd-binfmt systemd-udevd systemd-udev-trigger
	systemd-random-seed systemd-timesyncd systemd-remount-fs kmod-static-nodes systemd-tmpfiles-setup-dev
	systemd-networkd systemd-resolved systemd-logind systemd-hwdb-update)

cat >boot.sh <<'SH'
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/up,workdir=$PWD/work" root
mount -t proc proc root/proc
mount --rbind /sys root/sys
umount -l root/sys/fs/cgroup
mount -t cgroup2 cgroup2 root/sys/fs/cgroup
mount -t tmpfs -o mode=755 run root/run
mount -t tmpfs tmp root/tmp
mount --rbind /dev root/dev
: >root/etc/machine-id
rm -rf root/etc/dadrace root/var/lib/dadrace root/var/spool/dadrace # what this machine has of an installation
rm -f root/usr/sbin/policy-rc.d # of a container: it would keep an upgrade from restarting the service
for unit; do ln -sf /dev/null "root/etc/systemd/system/$unit.service"; done
ln -sf /dev/null root/etc/systemd/system/systemd-udevd-control.socket
ln -sf /dev/null root/etc/systemd/system/systemd-udevd-kernel.socket
mkdir -p root/run/test root/var/log/journal
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot root \
	/lib/systemd/systemd --unit=basic.target --log-target=journal
SH
mkdir -p up/usr/lib/modules/5.0-installed
{
	echo "$BASHPID" >"$cgroup/cgroup.procs"
	exec unshare --fork --pid --mount --uts --net --cgroup --propagation private --kill-child \
		bash boot.sh "${masked[@]}"
} >boot.log 2>&1 9>&- &
unshare=$!
disown # its end is no news
booted() { init=$(pgrep -P $unshare) && inside systemctl is-active basic.target >/dev/null 2>&1; }
inside() { nsenter -t "$init" -m -p -n -u -C -r -w timeout "$RUN_DEADLINE_S" "$@" 9>&-; }
if ! wait_for $BOOT_S booted; then
	skip "this machine lets no second systemd boot: $(tail -n 1 boot.log)"
fi
inner=/proc/$init/root
echo "systemd $(inside systemctl --version | head -1 | cut -d ' ' -f 2), booted over an overlay"

ctl() { # NAME ARG...
	local name=$1
	shift
	inside dadrace ctl "$@" >"$name.out" 2>"$name.err"
	code=$?
}
says() { [ "$code" -eq "$1" ] && grep -qE -e "$2" "$3.out" "$3.err"; }
show() { inside systemctl show -P "$1" dadraced; }
is_active() { [ "$(show ActiveState)" = active ]; }
journal() { inside journalctl -u dadraced -o cat "$@"; }

# --- installed and started ---

cp "$package" "$inner/run/test/dadrace.deb"
inside dpkg -i /run/test/dadrace.deb >install.out 2>&1 ||
	{ fail "it installs" "dpkg failed" install.out; finish; }
ok "it installs"
truth "with a group of its own" grep -q '^dadrace:' "$inner/etc/group"
inside ip link set lo up
inside systemctl start dadraced >start.out 2>&1
is_active || { journal | tail -n 20 >>start.out; fail "it starts" "$(show Result)" start.out; finish; }
ok "it starts"
exposure=$(inside systemd-analyze security dadraced --no-pager | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
truth "its exposure is $exposure, 4.0 at most" awk "BEGIN { exit !($exposure <= 4.0) }"
within() { inside nsenter -t "$(show MainPID)" -m -r sh -c "cd /; $1"; }
truth "it reads the modules of installed kernels, where nothing loads them from" \
	[ "$(within 'ls /usr/lib/modules; ls /run/dadraced/modules')" = 5.0-installed ]
truth "it has the kernel log, and no disk" within '[ -c /dev/kmsg ] && [ -z "$(find /dev -type b)" ]'
ctl list list
truth "it answers" says 0 CAMPAIGN list

# --- three campaigns, killed in the second ---

cat >"$inner/run/test/c.yaml" <<-'YAML'
	name: rig
	stop: {trials: 60}
	clean_below_ppm: 1000000
	lanes: 2
YAML
ids=()
for _ in 1 2 3; do
	ctl submit submit /run/test/c.yaml
	ids+=("$(cat submit.out)")
done
state() { inside dadrace ctl show "${ids[$1]}" 2>/dev/null | sed -n '1s/^[^ ]*: \([a-z]*\).*/\1/p'; }
lines() { cat "$inner/var/lib/dadrace/campaigns/${ids[$1]}/results.ndjson" 2>/dev/null | wc -l; }
in_second() { [ "$(lines 1)" -gt 10 ]; }
wait_for 60 in_second || fail "the second runs" "$(state 1)"
status=$(show StatusText)
truth "STATUS names it" [ "${status#Running rig}" != "$status" ]
main=$(show MainPID)
inside kill -9 "$main"
restarted() { is_active && [ "$(show MainPID)" != "$main" ]; }
wait_for 60 restarted || fail "it is restarted" "$(show ActiveState)"
for i in 0 1 2; do
	ended() { [ "$(state $i)" = ended ]; }
	wait_for 90 ended || fail "campaign $i ends" "$(state $i)"
	trials=$(grep '^{"type":"trial"' "$inner/var/lib/dadrace/campaigns/${ids[i]}/results.ndjson" |
		grep -o '"spec":{"trial":[0-9]*' | cut -d : -f 3 | sort -n | tr '\n' ' ')
	truth "campaign $i: each trial once" [ "$trials" = "$(seq -s ' ' 60) " ]
done
truth "the journal knows campaigns" [ "$(journal DADRACE_EVENT=ended | grep -c clean)" -eq 3 ]
truth "and what became of each" [ "$(journal "DADRACE_CAMPAIGN=${ids[1]}" | grep -c started)" -eq 2 ]

group=$(sed -n 's/^dadrace:[^:]*:\([0-9]*\):.*/\1/p' "$inner/etc/group")
reads() { # GROUP: a user with this group reads the report of a campaign
	inside setpriv --reuid 65534 --regid 65534 --groups "$1" \
		dadrace report "/var/lib/dadrace/campaigns/${ids[0]}" >report.out 2>&1
}
truth "a member of the group reads reports" reads "$group"
truth "and nobody else" eval "! reads 65534"

# --- real devices, of the machine's own namespace ---

inside sh -e <<-'SH'
	ip link add real0 type veth peer name real1
	ip link set real0 up && ip link set real1 up mtu 1400
	echo 3 >/proc/sys/net/ipv6/conf/real0/dad_transmits
	echo 1 >/proc/sys/net/ipv6/conf/real1/addr_gen_mode # as network managers do: the address is theirs
	ip addr add fe80::7/64 dev real1 nodad
SH
ports() {
	inside sh -c 'ip -o link show; ip -o addr show; grep -rs . /proc/sys/net/ipv6/conf/real[01]' |
		sed -E '/real[01]/!d; s/state [A-Z]+ //; s/<[^>]*([<,]UP)?[^>]*>/\1/; s/tentative//; s/ +/ /g' | sort
}
ports >ports.before
printf 'device: {kind: existing, dut: real0, peer: real1}\n' | cat "$inner/run/test/c.yaml" - |
	sed '/^lanes/d; s/60/20/' >"$inner/run/test/real.yaml"
ctl submit submit /run/test/real.yaml
ids[0]=$(cat submit.out)
at_work() { [ "$(lines 0)" -gt 4 ]; }
wait_for 60 at_work || fail "a campaign on real devices runs" "$(state 0)" submit.err
main=$(show MainPID)
inside kill -9 "$main"
wait_for 60 restarted || fail "it is restarted" "$(show ActiveState)"
over() { [ "$(state 0)" = ended ]; }
wait_for 90 over || fail "the campaign on real devices ends" "$(state 0)"
truth "real devices: each trial once, and clean" [ "$(journal "DADRACE_CAMPAIGN=${ids[0]}" | grep -c 'ended: clean')" -eq 1 ]
truth "they are as they were" diff ports.before <(ports)
truth "and no journal is left" eval '! ls "$inner"/run/dadrace/*.journal 2>/dev/null'
inside ip link del real0

# --- reload, the watchdog, clean afterwards ---

inside systemctl reload dadraced
truth "it reloads" is_active
echo 'keep_day: 3' >>"$inner/etc/dadrace/dadraced.yaml"
truth "a reload fails when the configuration is wrong" eval "! inside systemctl reload dadraced"
truth "the journal says what is wrong" [ "$(journal -p err | grep -c 'keep_day: unknown key')" -eq 1 ]
truth "the service goes on" is_active
sed -i '/^keep_day: /d' "$inner/etc/dadrace/dadraced.yaml"
mkdir -p "$inner/run/systemd/system/dadraced.service.d"
printf '[Service]\nWatchdogSec=2\n' >"$inner/run/systemd/system/dadraced.service.d/test.conf"
inside systemctl daemon-reload
inside systemctl restart dadraced
ctl submit submit /run/test/c.yaml
main=$(show MainPID)
inside kill -STOP "$main"
wait_for 60 restarted || fail "the watchdog bites" "$(show ActiveState)"
truth "by the watchdog" grep -qi "watchdog timeout" <(inside journalctl -u dadraced -o cat)
ids[0]=$(cat submit.out)
again() { [ "$(state 0)" = ended ]; }
wait_for 180 again || fail "it goes on after the watchdog" "$(state 0)"
inside dadrace clean >clean.out 2>&1
truth "the rig is clean" grep -q 'Nothing to clean' clean.out

# --- upgraded in the middle of a campaign ---

ctl submit submit /run/test/c.yaml
ids[0]=$(cat submit.out)
wait_for 60 at_work || fail "a campaign runs before the upgrade" "$(state 0)"
main=$(show MainPID)
echo '# mine' >>"$inner/etc/dadrace/dadraced.yaml"
inside dpkg -i /run/test/dadrace.deb >upgrade.out 2>&1 || fail "it is upgraded" "dpkg failed" upgrade.out
wait_for 60 restarted || fail "an upgrade restarts the service" "$(show ActiveState)" upgrade.out
wait_for 90 over || fail "the campaign goes on after the upgrade" "$(state 0)"
truth "its trials are those before and after" [ "$(grep -c '^{"type":"trial"' "$inner/var/lib/dadrace/campaigns/${ids[0]}/results.ndjson")" -eq 60 ]
truth "older results are kept" [ -s "$inner/var/lib/dadrace/campaigns/${ids[1]}/results.ndjson" ]
truth "and the configuration" grep -qx '# mine' "$inner/etc/dadrace/dadraced.yaml"

# --- real-time scheduling, which a drop-in opens ---

realtime() { grep -c "\"realtime\":$1" "$inner/var/lib/dadrace/campaigns/${ids[$2]}/results.ndjson"; }
truth "lanes have no real-time scheduling" [ "$(realtime true 0)" -eq 0 ]
printf '[Service]\nRestrictRealtime=no\nCapabilityBoundingSet=CAP_SYS_NICE\n' >"$inner/run/systemd/system/dadraced.service.d/test.conf"
inside systemctl daemon-reload
inside systemctl restart dadraced
ctl submit submit /run/test/c.yaml
ids[0]=$(cat submit.out)
wait_for 90 over || fail "a campaign with real-time scheduling ends" "$(state 0)"
truth "a drop-in gives it to them" [ "$(realtime true 0)" -gt 30 ]

# --- a filter of systemd's that drops what is sent ---

printf '[Service]\nIPAddressDeny=any\n' >"$inner/run/systemd/system/dadraced.service.d/test.conf"
inside systemctl daemon-reload
inside systemctl restart dadraced
ctl submit submit /run/test/c.yaml
ids[0]=$(cat submit.out)
filtered() { journal "DADRACE_CAMPAIGN=${ids[0]}" | grep -q 'queued after 0 trials: positive control: .*a packet filter drops it'; }
wait_for 90 filtered || fail "a run whose packets are dropped says so" "$(state 0)"
ctl cancel cancel "${ids[0]}"

# --- a kernel that the service fetches, from a repository of one package ---

rm "$inner/run/systemd/system/dadraced.service.d/test.conf"
inside systemctl daemon-reload
inside systemctl restart dadraced
image vmlinuz 6.6.6
mkdir -p kernel/boot kernel/DEBIAN mirror/pool mirror/dists/rig/main/binary-amd64
cp vmlinuz kernel/boot/vmlinuz-6.6.6
printf '%s\n' "Package: linux-image-rig" "Version: 1" "Architecture: amd64" "Maintainer: nobody <nobody@rig.invalid>" \
	"Description: a kernel that does not boot" >kernel/DEBIAN/control
(
	dpkg-deb --build --root-owner-group kernel mirror/pool/linux-image-rig.deb
	cd mirror && dpkg-scanpackages pool >dists/rig/main/binary-amd64/Packages
) >package.out 2>&1
(
	cd mirror/dists/rig || exit
	printf '%s\n' "Suite: rig" "Codename: rig" "Architectures: amd64" "Components: main" "Date: $(LC_ALL=C date -Ru)" SHA256:
	sha256sum main/binary-amd64/Packages | sed "s/  / $(wc -c <main/binary-amd64/Packages) /; s/^/ /"
) >release.out
cp release.out mirror/dists/rig/Release
cp -r mirror "$inner/run/test/"
rm -rf "$inner"/etc/apt/sources.list* "$inner"/usr/share/keyrings/debian-archive-keyring.*
echo 'deb file:/run/test/mirror rig main' >"$inner/etc/apt/sources.list"
printf '%s "true";\n' Acquire::AllowInsecureRepositories APT::Get::AllowUnauthenticated >"$inner/etc/apt/apt.conf.d/rig"
rm -rf "$inner"/var/lib/apt/lists/*
inside apt-get update >update.out 2>&1 || fail "the repository" "apt-get update failed" update.out
sed '$a kernel: rig/linux-image-rig' "$inner/run/test/c.yaml" >"$inner/run/test/fetch.yaml"
ctl fetch submit /run/test/fetch.yaml
ids[0]=$(cat fetch.out)
fetched() { [ -e "$inner/var/cache/dadrace/packages/linux-image-rig_1_amd64.deb" ]; }
wait_for 90 fetched || { journal | tail -n 5 >>fetch.err; fail "a kernel is fetched under the unit" "it is not" fetch.err; }
truth "and unpacked" wait_for 30 eval 'ls "$inner"/var/cache/dadrace/images/linux-image-rig_1_amd64.deb-*/boot/vmlinuz-6.6.6 >/dev/null 2>&1'
ctl cancel cancel "${ids[0]}"

# --- stopped and removed ---

inside systemctl stop dadraced
truth "it stops by itself" [ "$(show Result)" = success ]
truth "and leaves no process" [ -z "$(inside pgrep dadrace)" ]
inside dpkg --purge dadrace >purge.out 2>&1
left() { inside sh -c 'ls -d /usr/bin/dadrace* /usr/sbin/dadrace* /var/lib/dadrace /var/spool/dadrace /etc/dadrace /usr/lib/systemd/system/dadraced* /usr/share/dadrace' 2>/dev/null; }
truth "a purge says what it deletes" grep -q '^Deleting /var/lib/dadrace ([1-9][0-9]* files)' purge.out
truth "purged, nothing is left" [ -z "$(left)" ]
finish
