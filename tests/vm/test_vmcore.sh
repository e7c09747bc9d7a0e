#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Dumps of kernels: test_vmcore.sh DADRACE SOURCE KERNEL [leak]
#
# A guest (vmcore_init.sh) is asked who holds its devices, and is dumped through QEMU's monitor, as ELF and compressed as
# kdump does. From both files an ordinary user gets the same answers here. With `leak` the guest has a device that is stuck by
# a real leak, whose lost objects must be the same ones. Damaged files are refused. A kernel before 6.0 is refused, too.
set -uo pipefail
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" setpriv gzip
kernel=$3 leak=$([ "${4:-}" = leak ] && echo 1 || echo 0)
chmod 755 "$results"

# The image and its modules are fetched by a campaign of one trial.
run fetched "$kernel" "$source/config/campaigns/smoke.yaml" --set 'arms=[control]' --set stop.trials=1 \
	--set clean_below_ppm=1000000 || finish
find_image fetched || { fail fetched "no image" && finish; }

programs=()
for program in bash busybox ip cat grep mount tail sleep sh ifconfig; do programs+=("$(command -v $program)"); done
/usr/bin/python3 "$source/tests/vm/initramfs.py" "$results/initramfs" "$modules" "$source/tests/vm/vmcore_init.sh" \
	"qemu_fw_cfg,overlay,veth" "${programs[@]}" "$dadrace=/usr/bin/dadrace" \
	"$source/config/campaigns/packet-too-big.yaml=/root/leak.yaml" || { fail guest "no initramfs" && finish; }

began=$SECONDS
coproc timeout 900 qemu-system-x86_64 -nodefaults -no-user-config -nographic -no-reboot -M q35 -cpu max,-cx16 -accel tcg \
	-smp 3 -m 768 -kernel "$image" -initrd "$results/initramfs" -serial stdio -serial "file:$results/live" \
	-device vmcoreinfo -qmp "unix:$results/monitor,server=on,wait=off" \
	-append "console=ttyS0 panic=-1 oops=panic quiet loglevel=4 vmcore.leak=$leak" 2>"$results/guest.err"
guest_pid=$COPROC_PID
while read -r line <&"${COPROC[0]}"; do
	echo "$line"
	case $line in *"ready to be dumped"*) break ;; esac
done >"$results/guest.out"
grep -aE '^(FAIL|dadrace who)' "$results/guest.out"
grep -aq '^FAIL' "$results/guest.out" && fail guest "see above"

/usr/bin/python3 - "$results" <<'PYTHON' || fail guest "it cannot be dumped"
import json, os, socket, sys
folder = sys.argv[1]
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(folder + "/monitor")
lines = monitor.makefile("rw")
lines.readline() # its greeting

def ask(command, **arguments):
    lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    lines.flush()
    while "event" in (answer := json.loads(lines.readline())):
        pass
    assert "return" in answer, answer

ask("qmp_capabilities")
for name, form in (("elf", "elf"), ("kdump", "kdump-zlib")):
    ask("dump-guest-memory", paging=False, protocol=f"file:{folder}/{name}", format=form)
    os.chmod(f"{folder}/{name}", 0o644)
ask("quit")
PYTHON
wait "$guest_pid"
echo "time guest: $((SECONDS - began)) s"

as_user() { # NAME ARG...: dadrace who
	local name=$1
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups "$dadrace" who "$@" >"$results/$name.out" 2>"$results/$name.err"
	code=$?
}
[ "$(id -u)" -eq 0 ] || as_user() { "$dadrace" who "${@:2}" >"$results/$1.out" 2>"$results/$1.err"; code=$?; }

# An object that is lost, or an owner, has the same address here as there.
same() { # NAME FILE
	/usr/bin/python3 - "$results/$2" "$results/$1.out" <<-'PYTHON' && ok "$1" || fail "$1" "not what the kernel itself answered"
		import json, sys
		def answers(path):
		    text, found, at = open(path).read().strip(), {}, 0
		    while at < len(text):
		        one, end = json.JSONDecoder().raw_decode(text, at)
		        at = end + len(text[end:]) - len(text[end:].lstrip())
		        found[one["device"], one["ifindex"], one["netns"]] = one
		    return found
		def gist(one):
		    holders = sorted((h["address"], h["type"], h["member"], h["references"], h["refcount"], h["lost"],
		                      tuple((o["pid"], o["fd"]) for o in h["owners"])) for h in one["holders"])
		    return [one[key] for key in ("state", "answer", "usage_count", "initial", "registered", "explained",
		                                 "unexplained", "waiting_pid")], holders
		there, here = map(answers, sys.argv[1:])
		assert here, "no answer"
		for which, one in here.items():
		    assert gist(one) == gist(there[which]), (which, gist(one), gist(there[which]))
		    print(which, one["answer"], one["sentences"][0])
	PYTHON
}
refused() { # NAME WORDS
	[ $code -eq 78 ] && says "$1" "$2" && ok "$1: $2" || fail "$1" "exit $code, or no sentence"
}

if [[ $kernel = bullseye/* ]]; then
	as_user old held0 --from "$results/elf"
	refused old 'since Linux 6.0'
	finish
fi
for form in elf kdump; do
	as_user "held-$form" held0 --from "$results/$form" --json
	[ $code -eq 0 ] || fail "held-$form" "exit $code"
	same "held-$form" live
	[ $leak = 1 ] || continue
	as_user "stuck-$form" --stuck --from "$results/$form" --json
	[ $code -eq 1 ] && says "stuck-$form" 'LOST: fib6_info' || fail "stuck-$form" "exit $code"
	same "stuck-$form" live
done

# What a dump is looked at for can be sent on as a capture.
"$dadrace" who held0 --from "$results/kdump" --capture "$results/captured" >/dev/null && chmod 644 "$results/captured"
as_user captured --from "$results/captured" --json
same captured held-elf.out

head -c $(($(stat -c %s "$results/elf") * 2 / 3)) "$results/elf" >"$results/short"
head -c $(($(stat -c %s "$results/kdump") * 2 / 3)) "$results/kdump" >"$results/short-kdump"
gzip -1 <"$results/kdump" >"$results/packed"
as_user short held0 --from "$results/short"
refused short 'truncated'
as_user short-kdump held0 --from "$results/short-kdump"
refused short-kdump 'damaged'
as_user packed held0 --from "$results/packed"
refused packed 'gunzip'
as_user unknown nothing0 --from "$results/elf"
[ $code -eq 64 ] && says unknown 'no network namespace has this device' && ok unknown || fail unknown "exit $code"
as_user unasked --from "$results/elf"
[ $code -eq 64 ] && says unasked 'name the device to ask about' && ok unasked || fail unasked "exit $code"
finish
