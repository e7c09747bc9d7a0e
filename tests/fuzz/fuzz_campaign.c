// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as a campaign file: refused with a sentence, or loaded, and then what is dumped
 * loads again and dumps as the same.
 */
static void dump(const struct campaign *campaign, char **text, size_t *length)
{
	FILE *out = open_memstream(text, length);

	if (!out || campaign_dump(campaign, out) || fclose(out))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct campaign *first = NULL, *second = NULL;
	char *before = NULL, *after = NULL;
	size_t nr_before = 0, nr_after = 0;
	struct why why = { "" };
	int err;

	err = campaign_load_text("fuzz", (const char *)data, size, NULL, 0, &first, &why);
	if (err) {
		/* EPROTO: libcyaml has refused what our own reader let pass. */
		if (first || err == -EPROTO || !*why.text || strchr(why.text, '\n'))
			abort();
		return 0;
	}
	dump(first, &before, &nr_before);
	if (campaign_load_text("dump", before, nr_before, NULL, 0, &second, &why))
		abort();
	dump(second, &after, &nr_after);
	if (nr_before != nr_after || memcmp(before, after, nr_before) != 0)
		abort();
	free(before);
	free(after);
	campaign_free(first);
	campaign_free(second);
	return 0;
}
