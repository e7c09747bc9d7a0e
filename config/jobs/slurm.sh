#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A campaign as four tasks of a Slurm job array, in virtual machines: no task needs root.
#
#     job=$(sbatch --parsable slurm.sh)
#     sbatch --dependency=afterany:"$job" --wrap 'dadrace report results/shard-*'
#
# The exit code of the second job is the verdict. A shard that is missing is named; `sbatch --array=3 slurm.sh` runs or
# continues the third. Such an array has one task, so the number of shards stands below, where --shard auto would take
# it from the array.
#
# Without --kernel, as root, the tasks race the kernels of their nodes, and a node runs one task at a time (exit code 75
# otherwise): `sbatch --exclusive` gives each task a node of its own, and on a single node `sbatch --array=1-4%1` lets one
# task run after the other.
#SBATCH --job-name=dadrace
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --requeue
#SBATCH --open-mode=append

exec dadrace run /usr/share/dadrace/campaigns/smoke.yaml --set stop.trials=2400 \
	--kernel bookworm/linux-image-cloud-amd64 \
	--shard "$SLURM_ARRAY_TASK_ID/4" --out "results/shard-$SLURM_ARRAY_TASK_ID" --resume
