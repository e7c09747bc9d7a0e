#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An artefact of emulation costs a guest and no trial: test_emulation.sh DADRACE
#
# QEMU is a script that plays the guests of a table, one a boot: what is on their console, whether they have begun the
# campaign, what they send. Nothing is ever run.
set -uo pipefail
. "$(dirname "$0")/../guest/image.sh"

dadrace=$(realpath "$1")
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache

int3='[    9.100000] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI'
int3_old='[    9.100000] int3: 0000 [#1] PREEMPT SMP NOPTI'
null='[    9.100000] BUG: kernel NULL pointer dereference, address: 0000000000000008'
begins='{"type":"campaign","schema":3,"machine":{"release":"6.6.6"},"campaign":{"explore":{}},"hooks":[]}'

cat >campaign.yaml <<'YAML'
name: emulated
stop: {trials: 1}
arms: [race]
YAML
image vmlinuz 6.6.6
mkdir qemu
cat >qemu/qemu-system-x86_64 <<'SCRIPT'
#!/usr/bin/env bash
for word; do
    case $word in kvm) exit 1 ;; *id=console,*) console=${word##*path=} ;; *id=results,*) port=${word##*fd=} ;; esac
done
guest=$(ls -d guest.* | sort -V | head -n 1)
[ ! -s "$guest/port" ] || cat "$guest/port" >&"$port"
sleep 0.2 # what is said after the first line is of a trial
cat "$guest/console" >>"$console"
mv "$guest" "was.$guest"
SCRIPT
chmod +x qemu/qemu-system-x86_64

nr=0
guest() { # CONSOLE [LINE...]
	nr=$((nr + 1))
	mkdir guest.$nr
	echo "$1" >guest.$nr/console
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >guest.$nr/port
}

run() { # NAME
	PATH=$scratch/qemu:$PATH "$dadrace" run campaign.yaml --kernel vmlinuz --out "$1" >"$1.out" 2>"$1.err"
	code=$?
	rm -rf guest.* was.*
	nr=0
}

shows() { # NAME CODE TRIALS TEXT...: of the run before
	local name=$1 trials text
	trials=$(grep -c '"type":"trial"' "$name/results.ndjson")
	[ $code -eq "$2" ] && [ "$trials" -eq "$3" ] || text="exit $code and $trials trials"
	for word in "${@:4}"; do
		grep -qF "$word" "$name.out" "$name.err" || text="no \"$word\""
	done
	[ -n "${text:-}" ] || { echo "ok $name" && return; }
	echo "FAIL $name: $text"
	sed 's/^/     | /' "$name.out" "$name.err"
	failures=$((failures + 1))
}

guest "$int3"
guest "$int3_old"
guest "dadrace: no kprobes here" '{"type":"exit","code":4}'
run boots
shows boots 4 0 'guest 1: lost to an artefact of emulation' 'guest 2: lost to an artefact of emulation' \
	'Oops: int3: 0000 [#1]' 'another one is booted' 'no kprobes here'

guest "$int3" "$begins"
guest "dadrace: no kprobes here" "$begins" '{"type":"exit","code":4}'
run trial
shows trial 4 0 'guest 1: lost to an artefact of emulation' 'its trials in progress are run again' 'no kprobes here'

guest "$null" "$begins"
run kernel
shows kernel 1 1 'BUG: kernel NULL pointer dereference'

for _ in 1 2 3; do guest "$int3" "$begins"; done
run always
shows always 70 0 'guest 2: lost to an artefact of emulation' 'guest 3: Oops: int3'

[ $failures -eq 0 ]
