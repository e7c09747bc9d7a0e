#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dadraced on a full disk: what it says, that it keeps what it has accepted, and that it looks again. A file that was cut off while
# it was copied. `ctl` and a service that does not answer.
#
# Usage: test_shortages.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
dadraced=$(dirname "$dadrace")/dadraced

printf '%s\n' "state_folder: $PWD/disk/state" "spool_folder: $PWD/spool" "socket: $PWD/control" >dadraced.yaml
mkdir disk && mount -t tmpfs -o size=2m none disk || exit 1
sed -i 's/trials: 12/trials: 2/' quick.yaml
answers() { "$dadrace" ctl --socket "$PWD/control" version >/dev/null 2>&1; }
"$dadraced" --config dadraced.yaml 2>log &
service=$!
wait_for 30 answers || fail service "it does not answer" log
ctl() { # NAME ARG...
	local name=$1
	shift
	dadrace "$name" ctl --socket "$PWD/control" "$@"
}
exits() { # NAME CODE PATTERN FILE
	if [ "$code" -eq "$2" ] && grep -qE -e "$3" "$4"; then ok "$1"; else fail "$1" "exit $code, or it does not say '$3'" "$4"; fi
}

# --- a full disk ---

dd if=/dev/zero of=disk/fill bs=4k 2>dd.err # until it is full
ctl submit submit quick.yaml
exits "a full disk is not a full queue" 70 'No space left on device' submit.err
truth "one sentence" [ "$(wc -l <submit.err)" -eq 1 ]
cp quick.yaml spool/waits.yaml
said() { grep -q 'waits.yaml: waits: .*No space left on device' log; }
wait_for 30 said || fail "a file waits for room on the disk" "it is not said" log
truth "it stays in the spool" [ -e spool/waits.yaml ]
rm disk/fill
is_taken() { [ ! -e spool/waits.yaml ] && [ -n "$(ls disk/state/campaigns)" ]; }
wait_for 60 is_taken && ok "it is looked at again" || fail "it is looked at again" "$(ls spool)" log
has_ended() { [ -n "$(find disk/state -name summary.json)" ]; }
wait_for 60 has_ended || fail "it runs then" "it does not" log
truth "the wait is said once" [ "$(grep -c 'waits.yaml: waits' log)" -eq 1 ]

# --- what was cut off ---

: >spool/empty.yaml
printf '\n \n' >spool/blank.yaml
are_rejected() { [ -e spool/rejected/empty.yaml ] && [ -e spool/rejected/blank.yaml ]; }
wait_for 30 are_rejected || fail "an empty file is refused" "$(ls spool)" log
truth "and it is said why" grep -q 'the file is empty; was it read before it was copied' spool/rejected/empty.yaml.why
ctl empty submit spool/rejected/blank.yaml
exits "ctl refuses it, too" 78 'the file is empty' empty.err

# --- the list is ordered by time, also after a restart ---

for name in zeta alpha mid; do
	sed "s/^name: .*/name: $name/" quick.yaml >"$name.yaml"
	ctl "$name" submit "$name.yaml" --not-before +1h
done
kill $service
await service $service
"$dadraced" --config dadraced.yaml 2>>log &
service=$!
wait_for 30 answers || fail service "it does not answer" log
ctl list list
truth "in the order of submission" [ "$(grep -oE '^(zeta|alpha|mid)' list.out | tr '\n' ' ')" = "zeta alpha mid " ]

# --- a service that does not answer ---

kill -STOP $service
ctl late --timeout 1 list
exits "ctl has a deadline" 70 'did not answer within 1 s' late.err
kill -CONT $service
kill $service
await service $service
truth "the service ends well" [ "$code" -eq 0 ]
ctl gone list
exits "no service" 4 'cannot connect: .*is dadraced running' gone.err
umount disk
no_leftovers shortages
finish
