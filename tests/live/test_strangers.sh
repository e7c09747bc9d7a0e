#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Users without a right to anything, against a service and a run: what they can open, connect to, put in the way, pose as and
# flood. Nothing of it stops or confuses them, and nothing is read. Text of strangers: live.foreign.
#
# Usage: test_strangers.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
dadraced=$(dirname "$dadrace")/dadraced
printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" "http: 127.0.0.1:9161" >dadraced.yaml
(umask 0000 && exec "$dadraced" --config dadraced.yaml 2>log) &
service=$!
ctl() { "$dadrace" ctl --socket "$PWD/control" "$@"; }
answers() { ctl version >/dev/null 2>&1; }
wait_for 30 answers || fail service "it does not answer" log
service=$(pgrep -x dadraced)
id=$(ctl submit quick.yaml --set stop.trials=2)
ctl submit quick.yaml --not-before +1h >later
ended() { [ -e "state/campaigns/$id/summary.json" ]; }
wait_for 90 ended || fail service "its campaign does not end" log

as() { # USER COMMAND...
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}
refused() { ! as "$@" >refused.out 2>&1; }
processes() { pgrep -u 0 '^dadrace' | grep -vx "$service"; }

# --- what can be opened, and asked for ---

cp "$dadrace" dadrace # where another user can run it

truth "there is a lock" [ -e /run/dadrace/lock ]
for user in 65534 1234; do
	for path in state/campaigns/"$id"/* /run/dadrace/lock; do
		truth "$user: $path is not read" refused $user cat "$path"
		truth "$user: $path is not written" refused $user sh -c "echo >>$path"
	done
	for folder in state state/campaigns spool /run/dadrace; do
		truth "$user: nothing is put into $folder" refused $user touch "$folder/x.yaml"
	done
	truth "$user: the lock is not taken" refused $user flock -n /run/dadrace/lock true
	for command in list "show $id" "submit quick.yaml" "cancel $(cat later)" reload; do
		truth "$user: ctl ${command%% *} is refused" refused $user ./dadrace ctl --socket "$PWD/control" $command
		truth "$user: for want of permission" grep -q 'permission denied' refused.out
	done
	truth "$user: no signal arrives" refused $user kill -TERM "$service"
done

# --- what is dropped into the spool, by someone who may ---

ln -s /etc/shadow spool/link.yaml
mkfifo spool/fifo.yaml
truncate -s 1T spool/huge.yaml
as 1234 cat quick.yaml >foreign.yaml
chown 1234 foreign.yaml && mv foreign.yaml spool/
cp quick.yaml spool/open.yaml.new && chmod 666 spool/open.yaml.new && mv spool/open.yaml.new spool/open.yaml
: >spool/empty.yaml
are_rejected() { [ "$(find spool/rejected -name '*.why' | wc -l)" -eq 6 ] && [ -z "$(find spool -maxdepth 1 -name '*.yaml')" ]; }
wait_for 30 are_rejected && ok "none of it is taken" || fail "none of it is taken" "$(ls spool spool/rejected)" log
truth "none of it is queued" [ "$(ctl list --json | grep -c '"id"')" -eq 2 ]
truth "nothing of a linked file is told" eval "! grep -rqF 'root:' log spool/rejected/*.why"

# --- processes that pose as ours, and a flood ---

cp "$live/stranger.py" stranger.py && mkdir -m 777 told
mkfifo alive
exec 8<>alive
as 65534 /usr/bin/python3 stranger.py 9161 told/them <alive >stranger.out 2>&1 8>&- &
stranger=$!
wait_for 60 test -e told/them || fail strangers "they do not begin" stranger.out
read -ra theirs <told/them
sent=${theirs[-1]}
unset 'theirs[-1]'
echo "$sent half requests"
dadrace clean clean
truth "clean leaves them alone" kill -0 "${theirs[@]}"
stop_of() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"; }
truth "and stopped" [ "$(for pid in "${theirs[@]}"; do stop_of "$pid"; done | sort -u)" = T ]
truth "root is answered meanwhile" answers
run beside quick --set stop.trials=4 "${few[@]}"
truth "a run goes on beside them" grep -q '"verdict": "clean"' beside/summary.json
descriptors=$(find /proc/"$service"/fd -type l | wc -l)
truth "connections are bounded: $descriptors descriptors" [ "$descriptors" -lt 250 ]
exec 8>&-
await stranger $stranger
served() { [ "$(curl -s -m 5 -o page.got -w '%{http_code}' http://127.0.0.1:9161/)" = 200 ]; }
wait_for 60 served || fail "the page is back when they have gone" "it is not" log

kill "$service"
wait_for 60 is_gone "$service" || fail service "it does not end" log
no_leftovers strangers
finish
