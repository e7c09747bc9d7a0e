// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "report/moment_words.h"

void moment_print_value(const struct moment_told *moment, FILE *out)
{
	int64_t value = moment->value;
	const char *name =
		value < 0 && value >= -INT32_MAX ? strerrorname_np((int)-value) : NULL;

	switch (moment_table[moment->event].value) {
	case VALUE_NONE: break;
	case VALUE_FLAGS:
		fprintf(out, " (flags 0x%" PRIx64 "%s)", (uint64_t)value,
			value & 1 ? ", up" : "");
		break;
	case VALUE_RESULT:
		if (value < 0)
			fprintf(out, ": fails, %s", name ? name : "unknown error");
		break;
	case VALUE_OVER: fprintf(out, " (%+" PRId64 ")", value); break;
	case VALUE_TABLE: fprintf(out, " (table %" PRId64 ")", value); break;
	case VALUE_STATUS:
		if (value)
			fprintf(out, " (wait status 0x%" PRIx64 ")", (uint64_t)value);
		break;
	}
}
