// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "parse/campaign_parts.h"

/*
 * A trial mostly waits: for DAD, for its hold, for grace periods. 16 lanes keep a CPU busy;
 * with 32 the p99 of holds grows up to a millisecond (tests/bench/FIGURES.md). A lane that is
 * made for fewer than four trials costs more time than it saves.
 */
enum { LANES_A_CPU = 16, MEGABYTES_A_LANE = 16, SHARE_OF_MEMORY = 8, TRIALS_A_LANE = 4 };

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint32_t campaign_lanes_here(void)
{
	const struct field *row = campaign_keys()->list[key_find("lanes")].row;
	uint64_t most = smaller((uint64_t)share_cpus() * LANES_A_CPU,
				share_megabytes() / SHARE_OF_MEMORY / MEGABYTES_A_LANE);

	return (uint32_t)smaller(most ? most : 1, (uint64_t)row->max);
}

/*
 * What allows one lane only, or is disturbed by others: no grace period ends while an order
 * holds thread II. NULL: any value.
 */
static const struct {
	const char *key, *value;
	bool but; /* any value but this */
} alone[] = {
	{ "spec", "0", true },		 { "device.kind", "existing", false },
	{ "device.kind", "nic", false }, { "ledger", "always", false },
	{ "explore.mode", "off", true }, { "order", NULL, false },
	{ "kernel", NULL, false },
};

static bool is_given(const struct given *given, const char *value, bool but)
{
	for (uint32_t i = 0; i < given->nr_words; i++)
		if (!value || !strcmp(given->words[i], value) != but)
			return true;
	return false;
}

static uint32_t lanes_of(const struct load *load)
{
	uint64_t trials = strtoull(load->given[key_find("stop.trials")].words[0], NULL, 10);

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (is_given(&load->given[key_find(alone[i].key)], alone[i].value,
			     alone[i].but))
			return 1;
	return (uint32_t)smaller(campaign_lanes_here(),
				 trials ? (trials + TRIALS_A_LANE - 1) / TRIALS_A_LANE :
					  UINT64_MAX);
}

int resolve_lanes(struct load *load)
{
	struct given *lanes = &load->given[key_find("lanes")];
	char number[16];

	if (strcmp(lanes->words[0], lanes_names[0]) != 0)
		return 0;
	snprintf(number, sizeof(number), "%u", lanes_of(load));
	free(lanes->words[0]);
	lanes->words[0] = strdup(number);
	return lanes->words[0] ? 0 : complain_memory(load);
}
