// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads campaigns from standard input, one a line, and prints for each whether its keys and
 * values are accepted, whether it is accepted as a whole, and the sentence:
 * "accepted\trefused\tbad.yaml:1:1: ...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign_parts.h"

static const char *const words[] = { "accepted", "refused" };

static bool keys_refused(const char *text, struct why *why)
{
	struct load load = { .keys = campaign_keys(), .name = "bad.yaml", .why = why };
	int err = read_layer(&load, LAYER_FILE, ROOT, text, strlen(text));

	load_drop(&load);
	return err;
}

static bool whole_refused(const char *text, struct why *why)
{
	struct campaign *campaign = NULL;
	int err = campaign_load_text("bad.yaml", text, strlen(text), NULL, 0, &campaign, why);

	campaign_free(campaign);
	return err;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		struct why why = { "" };
		bool keys = keys_refused(line, &why), whole = keys || whole_refused(line, &why);

		printf("%s\t%s\t%s\n", words[keys], words[whole], why.text);
	}
	free(line);
	return 0;
}
