/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_SHARD_H
#define DADRACE_COMMAND_SHARD_H

#include "base/why.h"
#include "spec/campaign.h"

/* clang-format off */
#define DOC_SHARD "Take every N-th block of the plan, beginning with block I; a campaign that explores gets a seed of its own and an N-th of stop.trials instead. auto takes I and N from the environment of a Kubernetes, Slurm or GitLab job"
/* clang-format on */

/*
 * Gives the campaign the shard that --shard names; NULL: the whole plan. Only "auto" reads the
 * environment. -EINVAL with the sentence and the exit code.
 */
int command_shard(const char *text, struct campaign *campaign, struct why *why);

/* The same for a campaign that already is that of its shard, as a guest has it. */
int command_shard_dealt(const char *text, struct campaign *campaign, struct why *why);

#endif
