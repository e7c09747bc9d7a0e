#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The service over an hour of short campaigns, whose pages and reports are asked for: its descriptors and its memory, BPF programs
# and network namespaces of the machine are what they were after the first campaigns.
#
# Usage: [MATRIX=full | DADRACE_SOAK_S=SECONDS] test_soak.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"
[ "${MATRIX:-}" = full ] || [ -n "${DADRACE_SOAK_S:-}" ] || skip "an hour: MATRIX=full in the environment runs it"
soak_s=${DADRACE_SOAK_S:-3600}
dadraced=$(dirname "$dadrace")/dadraced
command -v curl >/dev/null || skip "needs curl"
KEPT=8 # campaigns; beyond them the oldest goes for each that comes

printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" \
	"http: 127.0.0.1:9161" "keep_campaigns: $KEPT" >dadraced.yaml
sed -i 's/trials: 12/trials: 2/; s/40000/5000/' quick.yaml
"$dadraced" --config dadraced.yaml 2>log &
service=$!
ctl() { "$dadrace" ctl --socket "$PWD/control" "$@"; }
answers() { ctl version >/dev/null 2>&1; }
wait_for 30 answers || fail service "it does not answer" log

get() { curl -s -m 60 -o got "http://127.0.0.1:9161$1"; }
campaign() {
	local id
	id=$(ctl submit quick.yaml)
	ctl follow "$id" >followed 2>&1
	get / && get /metrics && get "/api/v1/campaigns/$id/report"
	campaigns=$((campaigns + 1))
}
processes() { grep -ls '^dadrace' /proc/[0-9]*/comm | cut -d / -f 3 | grep -vx $service; }
resident_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$service/status; }
sample() {
	wait_for "$GONE_DEADLINE_S" none_left || fail "after $campaigns campaigns" "$(leftovers | tr '\n' ';')"
	resident=$(resident_kb)
	descriptors=$(find /proc/$service/fd -type l | wc -l)
	unheld=$(programs | comm -23 - <(held_programs) | wc -l)
	namespaces=$(network_namespaces | wc -l)
	printf '%9s %9s %11s %8s %10s %8s\n' $SECONDS $campaigns "$descriptors" "$unheld" "$namespaces" "$resident"
}

campaigns=0
printf '%9s %9s %11s %8s %10s %8s\n' seconds campaigns descriptors programs namespaces kB
while [ $campaigns -lt $((3 * KEPT)) ]; do campaign; done
sample
first_descriptors=$descriptors first_resident=$resident
for i in {1..10}; do
	while [ $SECONDS -lt $((soak_s * i / 10)) ]; do campaign; done
	sample
done
truth "each campaign has ended" [ "$(grep -c ": ended: " log)" -eq $campaigns ]
truth "its descriptors are as many as before" [ "$descriptors" -eq "$first_descriptors" ]
grown=$((100 * (resident - first_resident) / first_resident))
if grep -q __asan_init "$dadraced"; then
	echo "its memory has grown by $grown%, which is not judged: a sanitizer's own is among it"
else
	truth "its memory has grown by $grown%, ten at most" [ $grown -le 10 ]
fi
kill $service
await service $service
truth "it ends well" [ "$code" -eq 0 ]
no_leftovers soak
finish
