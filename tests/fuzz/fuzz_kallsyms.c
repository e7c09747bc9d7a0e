// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "ledger/symbols.h"

/* Any bytes as /proc/kallsyms: each function is found again by its address. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = input_stream(data, size);
	struct symbols *symbols = NULL;

	if (file && !symbols_read(file, &symbols))
		for (size_t i = 0; i < symbols_nr(symbols); i++) {
			uint64_t bytes, offset = 0;
			const struct symbol *one = symbols_get(symbols, i, &bytes);
			char plain[64];

			if (!symbols_find(symbols, one->start, &offset) || offset)
				abort();
			symbols_plain_name(one->name, plain, sizeof(plain));
		}
	symbols_free(symbols);
	if (file)
		fclose(file);
	return 0;
}
