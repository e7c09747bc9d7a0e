// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "explore/callees.h"
#include "input.h"

#define START 0xffffffff81001000ULL

static struct symbols *symbols;

static bool is_generic(const char *name)
{
	return !strcmp(name, "generic");
}

static struct symbols *some_symbols(void)
{
	static char text[] = "ffffffff81000100 T known\nffffffff81000200 T other\n"
			     "ffffffff81000300 T generic\nffffffff81001000 T self\n"
			     "ffffffff81009000 t self.cold\n";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");

	if (!file || symbols_read(file, &symbols))
		abort();
	fclose(file);
	return symbols;
}

/* Any bytes as a function's machine code. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct callees callees = { .nr = 0 };

	callees_beside(symbols ? symbols : some_symbols(), START, data, size, "known",
		       is_generic, &callees);
	if (callees.nr > CALLEES_MAX)
		abort();
	for (uint32_t i = 0; i < callees.nr; i++)
		if (!strcmp(callees.list[i].name, "generic") || !callees.list[i].distance)
			abort();
	return 0;
}
