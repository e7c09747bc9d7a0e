#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Command lines as people mistype them: an exit code, one sentence that names the mistake, and where the help is.
#
# Usage: test_command_line.sh FOLDER-OF-THE-PROGRAMS
# shellcheck disable=SC2016 # patterns
set -u
PATH=$(realpath "$1"):$PATH
cd "$(mktemp -d)" || exit 1
trap 'rm -rf "$PWD"' EXIT
failed=0

expect() { # CODE PATTERN COMMAND...: the pattern is in a line of what the command prints
	local want=$1 pattern=$2 code
	shift 2
	"$@" >out 2>&1 </dev/null
	code=$?
	if [ "$code" -eq "$want" ] && grep -qE -e "$pattern" out; then
		echo "ok   $*"
	else
		echo "FAIL $* (exit code $code)"
		sed 's/^/     | /' out
		failed=1
	fi
}

expect 64 '^Usage: dadrace ' dadrace
expect 64 '^Usage: dadrace ctl ' dadrace ctl
expect 64 '^dadrace: rnu: unknown command; did you mean run\?$' dadrace rnu
expect 64 '^See `dadrace --help`\.$' dadrace rnu
expect 64 '^dadrace: frobnicate: unknown command$' dadrace frobnicate
expect 64 '^dadrace: gues: unknown command$' dadrace gues
expect 64 '^dadrace: --versoin: unknown option; did you mean --version\?$' dadrace --versoin
expect 0 '^dadrace [0-9]+\.[0-9]' dadrace -V
expect 0 '^dadrace [0-9]+\.[0-9]' dadrace --version
expect 0 '^dadrace [0-9]+\.[0-9]' dadrace version
expect 0 '^Usage: dadrace ' dadrace help
expect 0 '^Usage: dadrace minimise ' dadrace help minimize
expect 0 '^Usage: dadrace minimise ' dadrace minimize --help
expect 0 '^Usage: dadrace ctl submit ' dadrace help ctl submit
expect 0 '^Usage: dadrace ctl submit ' dadrace ctl help submit
expect 0 '^Usage: dadrace ctl submit ' dadrace ctl submit -h
expect 0 '^Usage: dadrace help ' dadrace help --help
expect 64 '^dadrace: rnu: unknown command; did you mean run\?$' dadrace help rnu
expect 64 '^dadrace help: spec: unexpected argument$' dadrace help run spec

expect 64 '^dadrace run: --otu: unknown option; did you mean --out\?$' dadrace run --otu x
expect 64 '^See `dadrace run --help`\.$' dadrace run --otu x
expect 64 '^dadrace run: --out needs a value: DIR$' dadrace run --out
expect 64 '^dadrace run: --tier fast: unknown TIER; give auto, kprobe, fentry or tracepoint$' dadrace run --tier fast x
expect 64 '^dadrace run: --times 0: not a number of 1 or more$' dadrace run --times 0 x
expect 64 '^dadrace run: CAMPAIGN is missing$' dadrace run
expect 64 '^dadrace run: b: unexpected argument$' dadrace run a b
expect 64 '^dadrace run: a: --spec takes the place of CAMPAIGN$' dadrace run --spec s a
expect 64 '^dadrace run: --tap: --json also writes to standard output' dadrace run --json --tap a
expect 64 '^dadrace run: --resume: name the results to continue with --out DIR$' dadrace run --resume a
expect 64 '^dadrace run: --daemon: .*only --set and --json' dadrace run --daemon --out d a
expect 64 '^dadrace run: --daemon: .*only --set and --json' dadrace run --daemon --shard 1/2 a
expect 78 '-file: cannot be opened' dadrace run -- -file

# Shards: only --shard auto reads the environment.
echo '{name: shared, arms: [hold, race], stop: {trials: 12}}' >shared.yaml
plan() { # SHARD [VARIABLE=VALUE...]: the trials of the shard, on a line
	local shard=$1
	shift
	env "$@" dadrace plan shared.yaml --shard "$shard" 2>&1 | awk '/^ / { printf " %s", $1; next } { print }'
}
export -f plan
expect 0 '^ 1 2 7 8$' plan 1/3
expect 0 '^ 5 6 11 12$' plan 3/3
expect 0 '^ 1 2 3 4 5 6 7 8 9 10 11 12$' plan 1/1
expect 0 '^ 3 4 9 10$' plan auto JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=3
expect 0 '^ 3 4 9 10$' plan auto CI_NODE_INDEX=2 CI_NODE_TOTAL=3
expect 0 '^ 5 6 11 12$' plan auto SLURM_ARRAY_TASK_ID=14 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=3
expect 0 'JOB_COMPLETION_INDEX=3 and JOB_COMPLETIONS \(not set\) name no shard' plan auto JOB_COMPLETION_INDEX=3
expect 0 'SLURM_ARRAY_TASK_ID=9 .*name no shard' plan auto SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3
expect 0 'CI_NODE_INDEX=2x ' plan auto CI_NODE_INDEX=2x CI_NODE_TOTAL=3
expect 0 'both JOB_COMPLETION_INDEX and CI_NODE_INDEX' plan auto JOB_COMPLETION_INDEX=1 CI_NODE_INDEX=2
expect 0 'stop.trials 12 is 6 blocks of 2 arms.* at most 6 shards$' plan 1/7
expect 78 'neither JOB_COMPLETION_INDEX nor' env -u JOB_COMPLETION_INDEX -u SLURM_ARRAY_TASK_ID -u CI_NODE_INDEX dadrace plan shared.yaml --shard auto
for shard in 0/3 4/3 3 1/ /3 1/x 1/10001 1/-3; do
	expect 64 "^dadrace: --shard $shard: not a shard; give I/N" dadrace run shared.yaml --dump-config --shard "$shard"
done
expect 0 '^  trials: 12$' env CI_NODE_INDEX=2 CI_NODE_TOTAL=3 dadrace run shared.yaml --dump-config
# An explorer's shard has a seed of its own, and its share of the trials.
explores=(--set explore.mode=random --set 'arms=[race]' --set seed=7 --set stop.trials=11)
expect 0 '^seed: 8$' dadrace run shared.yaml --dump-config --shard 2/3 "${explores[@]}"
expect 0 '^  trials: 4$' dadrace run shared.yaml --dump-config --shard 2/3 "${explores[@]}"
expect 0 '^  trials: 240$' dadrace run --help-config
mkdir lonely
printf '%s\n' '{"type":"campaign","schema_version":3,"id":"a","shard":{"index":2,"of":3},"campaign":{"name":"n","arms":["race"],"clean_below_ppm":999999}}' \
	'{"type":"trial","verdict":"clean","reason":"r","spec":{"trial":2,"arm":"race"}}' \
	'{"type":"summary","ended_by":"trials","control":true}' >lonely/results.ndjson
expect 3 '^No finding in shard 2 of 3 \(clean\)' dadrace report lonely
expect 3 '^Verdict of the plan: inconclusive - shards 1, 3 of 3 are missing: no fault' dadrace report lonely
expect 78 'the same run as lonely' dadrace report lonely lonely

expect 64 '^dadrace verify: --after KERNEL\|here is missing$' dadrace verify --before x
expect 64 '^dadrace verify: --before x: not a results folder' dadrace verify --before x --after here
expect 125 '^dadrace verify: --after KERNEL\|here is missing$' dadrace verify --bisect-step --before x
expect 125 '^dadrace verify: b: unexpected argument$' dadrace verify --bisect-step --before x --after here a b
expect 64 '^dadrace replay: TRIAL is missing$' dadrace replay results
expect 64 '^dadrace replay: TRIAL 0: not a number of 1 or more$' dadrace replay results 0
expect 64 '^dadrace minimise: --hits 11: not a number from 1 to 10$' dadrace minimise --hits 11 results 1
expect 64 '^dadrace minimise: --trials 19: not a number of 20 or more$' dadrace minimise --trials 19 results 1
expect 64 '^dadrace report: --output: a file is of the whole run' dadrace report a 1 -o page.html
expect 64 '^dadrace report: --with-host: .* junit or kcidb' dadrace report a --with-host
expect 64 '^dadrace report: --with-host: .* junit or kcidb' dadrace report a -o a.tap --with-host
expect 78 '^dadrace: a/results.ndjson cannot be read' dadrace report a -o a.xml --with-host
expect 64 '^dadrace doctor: --modules: name the kernel' dadrace doctor --modules d
expect 64 '^dadrace watch: --for ever: not a valid TIME; give a time such as 10s' dadrace watch lo --for ever
expect 64 '^dadrace watch: --object all: not a valid OBJECT; give netdev' dadrace watch lo --object all
# shellcheck disable=SC2046
expect 64 '^dadrace watch: --object idev: given more than [0-9] times$' \
	dadrace watch lo $(printf -- '--object idev %.0s' {1..70})
expect 64 '^dadrace ctl: lst: unknown command; did you mean list\?$' dadrace ctl lst
expect 64 '^dadrace ctl submit: FILE is missing$' dadrace ctl submit
expect 64 '^dadrace ctl submit: --priority 101: not a valid N; give a number from -100 to 100$' dadrace ctl submit --priority 101 a
expect 64 '^dadrace ctl list: --follow: unknown option$' dadrace ctl list --follow
expect 4 '/nosuch' dadrace ctl --socket /nosuch list
expect 4 '/nosuch' dadrace ctl list --socket /nosuch

expect 0 '^Usage: dadraced ' dadraced --help
expect 0 '^dadraced [0-9]+\.[0-9]' dadraced -V
expect 64 '^dadraced: --confgi: unknown option; did you mean --config\?$' dadraced --confgi x
expect 64 '^See `dadraced --help`\.$' dadraced --confgi x
expect 64 '^dadraced: --config needs a value: FILE$' dadraced --config
expect 64 '^dadraced: x: unexpected argument$' dadraced x
expect 78 'nosuch\.yaml' dadraced --check-config --config nosuch.yaml
exit $failed
