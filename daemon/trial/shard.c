// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/shard.h"

static bool is_whole(const struct deal *deal)
{
	return deal->shard.of <= 1 || !deal->block;
}

struct deal shard_deal(const struct campaign *campaign)
{
	struct deal deal = { .shard = campaign->shard,
			     .block = campaign->explore.mode ? 0 : campaign->nr_arms };

	if (deal.shard.of <= 1)
		deal.shard = (struct shard){ 1, 1 };
	return deal;
}

void shard_explorer(struct campaign *campaign)
{
	const struct shard *shard = &campaign->shard;

	if (!campaign->explore.mode || shard->of <= 1)
		return;
	campaign->seed = (campaign->seed + shard->index - 1) & INT64_MAX; /* of its range */
	campaign->stop.trials =
		campaign->stop.trials / shard->of + (campaign->stop.trials % shard->of > 0);
}

bool shard_has(const struct deal *deal, uint32_t trial)
{
	return is_whole(deal) ||
	       (trial - 1) / deal->block % deal->shard.of == deal->shard.index - 1;
}

uint32_t shard_next(const struct deal *deal, uint32_t trial)
{
	uint32_t round = deal->block * deal->shard.of, first;

	if (shard_has(deal, trial + 1))
		return trial + 1;
	first = trial / round * round + (deal->shard.index - 1) * deal->block + 1;
	return first > trial ? first : first + round;
}

uint32_t shard_place(const struct deal *deal, uint32_t trial)
{
	uint32_t round = deal->block * deal->shard.of, before, rest;

	if (is_whole(deal))
		return trial;
	before = (deal->shard.index - 1) * deal->block;
	rest = trial % round > before ? trial % round - before : 0;
	return trial / round * deal->block + (rest < deal->block ? rest : deal->block);
}
