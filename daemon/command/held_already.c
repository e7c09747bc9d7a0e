// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/held_already.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "command/who_look.h"
#include "machine/netns.h"
#include "who/answer.h"

static char *tell(const struct look *look)
{
	struct answer answer;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (answer_make(look, 0, &answer))
		return NULL;
	out = open_memstream(&text, &size);
	if (out) {
		for (uint32_t i = 0; i < answer.nr_sentences; i++)
			fprintf(out, "%s\n", answer.sentences[i]);
		answer_print_sum(&answer, out);
	}
	memstream_close(out, &text);
	answer_clear(&answer);
	return text;
}

char *held_already(const char *device, struct why *why)
{
	const struct look_ask ask = { .name = device, .netns = (uint32_t)visited_netns() };
	struct memory *memory = NULL;
	struct look look;
	char *text = NULL;
	int err = memory_open(&memory, why);

	if (!err)
		err = who_look(memory_image(memory), &ask, NULL, &look, why);
	if (!err) {
		text = tell(&look);
		look_clear(&look);
		if (!text)
			why_memory(why);
	}
	memory_close(memory);
	return text;
}
