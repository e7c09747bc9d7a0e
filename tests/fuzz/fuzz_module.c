// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "guest/modules.h"
#include "input.h"

/* Any bytes as a kernel module: each word that it says of itself lies within it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "depends", "vermagic", "name", "" };
	struct module module = { .data = NULL };
	struct why why = { "" };

	if (module_read(input_file(data, size, "fuzz.ko"), &module, &why)) {
		if (!*why.text)
			abort();
		return 0;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (const char *at = NULL; (at = module_info(&module, keys[i], at));)
			if (at < (const char *)module.data ||
			    at >= (const char *)module.data + module.size)
				abort();
	free(module.data);
	return 0;
}
