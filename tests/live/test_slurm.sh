#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# config/jobs/slurm.sh as four tasks of a Slurm of one node, on this kernel: a task that is killed is named and submitted
# again, the job that depends on the array has the verdict, and the four shards have the tally and the verdict of one run.
#
# munged, slurmctld and slurmd are the test's own: with keys, configuration and folders in its /run/test, on the loopback
# of its network namespace. They are ended by their ids, and die with the test's pid namespace if it is killed.
#
# Usage: test_slurm.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

# What ./rig has unpacked is seen as if it were installed.
tools=$source/build/tools/usr
[ ! -x "$tools/sbin/munged" ] || mount -t overlay overlay -o "ro,lowerdir=$tools:/usr" /usr || exit 1
PATH=$(dirname "$dadrace"):/usr/sbin:$PATH
for program in munged mungekey slurmctld-wlm slurmd-wlm slurmstepd-wlm sbatch; do
	command -v $program >/dev/null ||
		skip "needs $program, which MATRIX=full ./rig test and ./rig test -R live.slurm fetch (munge, slurmctld, slurmd, slurm-client)"
done

# --- a Slurm of one node ---

mkdir -m 700 munge spool state results
node=$(uname -n)
node=${node%%.*}
echo "127.0.0.1 localhost $node" >hosts
mount --bind hosts /etc/hosts || exit 1
ip address add 192.0.2.1/32 dev lo # Slurm asks for names with AI_ADDRCONFIG: nothing resolves where there is only 127.0.0.1
cat >slurm.conf <<-END
	ClusterName=test
	SlurmctldHost=$node(127.0.0.1)
	NodeName=$node NodeAddr=127.0.0.1 CPUs=8 RealMemory=8192
	PartitionName=all Nodes=$node Default=YES
	SlurmUser=root
	SlurmdUser=root
	SlurmctldPort=6817
	SlurmdPort=6818
	SlurmctldPidFile=$PWD/slurmctld.pid
	SlurmdPidFile=$PWD/slurmd.pid
	StateSaveLocation=$PWD/state
	SlurmdSpoolDir=$PWD/spool
	AuthType=auth/munge
	AuthInfo=socket=$PWD/munge/socket
	MpiDefault=none
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_CPU
	SlurmdParameters=config_overrides
	ReturnToService=2
	CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
END
echo CgroupPlugin=cgroup/v1 >cgroup.conf # which asks nothing of the machine unless a plugin uses it
export SLURM_CONF=$PWD/slurm.conf

daemons=()
daemon() { # NAME COMMAND...: in the foreground, as a child of ours
	"${@:2}" >"$1.log" 2>&1 &
	daemons=($! "${daemons[@]}")
}
end_daemons() { # the last that was started first
	local pid
	for pid in "${daemons[@]}"; do
		kill "$pid" 2>/dev/null
		wait_for 30 eval "! kill -0 $pid 2>/dev/null" || kill -KILL "$pid"
		wait "$pid" 2>/dev/null
	done
}
is_idle() { [ "$(sinfo --noheader --format %T 2>/dev/null)" = idle ]; }
over() { [ -z "$(squeue --noheader --jobs "$1" 2>/dev/null)" ]; } # JOB

mungekey --create --keyfile "$PWD/munge/key"
daemon munged munged --foreground --force --key-file "$PWD/munge/key" --socket "$PWD/munge/socket" \
	--pid-file "$PWD/munge/pid" --seed-file "$PWD/munge/seed" --log-file "$PWD/munge/log"
wait_for 30 test -S munge/socket || fail "munged starts" "it has no socket" munged.log
daemon slurmctld slurmctld-wlm -D
daemon slurmd slurmd-wlm -D -N "$node" -d "$(command -v slurmstepd-wlm)"
if ! wait_for 60 is_idle; then
	fail "the node is idle" "sinfo says: $(sinfo 2>&1 | tail -n 1)" slurmctld.log slurmd.log
	end_daemons
	finish
fi

# --- the jobs ---

# 12 trials of each arm: 7 valid races are below the limit, the 3 of a shard are not.
cat >plan.yaml <<-'YAML'
	name: plan
	stop: {trials: 48}
	lanes: 1
	clean_below_ppm: 350000
	arms: [control, hold, echo, race]
	window: {hold_us: [50000]}
YAML
# The job that is installed, with this plan and on this kernel.
sed -e 's|run /usr/share/.* \\$|run plan.yaml \\|' -e '/^\t--kernel/d' "$source/config/jobs/slurm.sh" >job.sh
truth "the job has this plan" grep -q 'run plan.yaml' job.sh
truth "and runs on this kernel" eval '! grep -v "^#" job.sh | grep -q -e "--kernel"'

submit() { sbatch --parsable "$@" job.sh; } # OPTION...: the job's id
reported() { # NAME OPTION...: the exit code of a job that reports, in $code
	sbatch --quiet --wait --output "$1.out" "${@:2}" --wrap 'dadrace report results/shard-*'
	code=$?
}
has_trial() { grep -q '^{"type":"trial"' "$1/results.ndjson" 2>/dev/null; }

array=$(submit --array=1-4%1)
wait_for 60 has_trial results/shard-2 || fail "the second task has a trial" "it has none" slurmd.log slurm-*.out
scancel --signal=KILL --batch "${array}_2"
wait_for 120 over "$array" || fail "the array ends" "$(squeue --noheader)" slurmctld.log
reported killed
truth "a killed shard keeps the plan from being clean" [ "$code" -eq 3 ]
truth "and is named" grep -q '^Unfinished: results/shard-2, killed or still running after' killed.out
dadrace three report results/shard-[134]
truth "a shard that was never run is named, too" grep -q 'shard 2 of 4 is missing' three.out

again=$(submit --array=2)
reported verdict --dependency="afterany:$again"
truth "submitted again, the job that depends on it exits as a clean run" [ "$code" -eq 0 ]
truth "a task of the array says what it continues" grep -q ' trials of plan in ' "slurm-${again}_2.out"
for shard in 1 2 3 4; do
	fits results/shard-$shard
done

# --- and one run ---

dadrace whole run plan.yaml --out whole
ends whole 0 '^Verdict: clean'
tally() { # DIR...: each trial, what it was and how it ended; then, of each arm, how many opened, had a packet inside, ...
	/usr/bin/python3 - "$@" <<-'PYTHON'
		import collections, json, sys
		trials, arms = [], collections.defaultdict(collections.Counter)
		for folder in sys.argv[1:]:
		    with open(folder + "/results.ndjson", encoding="utf-8") as file:
		        trials += [line for line in map(json.loads, file) if line["type"] == "trial"]
		    with open(folder + "/summary.json", encoding="utf-8") as file:
		        for arm in json.load(file)["arms"]:
		            sums = arm["verdicts"] | {key: arm[key] for key in ("trials", "valid", "opened", "inside", "faults")}
		            arms[arm["arm"]].update(sums)
		for trial in sorted(trials, key=lambda trial: trial["spec"]["trial"]):
		    print(json.dumps(trial["spec"]), trial["verdict"])
		print(json.dumps(arms, sort_keys=True))
	PYTHON
}
tally whole >whole.tally
tally results/shard-{1,2,3,4} >shards.tally
truth "each trial is in the tally" [ "$(wc -l <whole.tally)" -eq 49 ]
truth "the shards have the tally of one run, byte for byte" cmp whole.tally shards.tally
sentence() { sed -n "s/^Verdict$1: //p" "$2"; }
truth "and its verdict" [ "$(sentence '' whole.out)" = "$(sentence ' of all 4 runs' verdict.out)" ]
end_daemons
no_leftovers slurm
finish
