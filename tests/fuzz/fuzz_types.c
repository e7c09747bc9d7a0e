// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "who/kernel.h"
#include "who/members.h"

/* Any bytes as a kernel's types (BTF): refused in a sentence, or they can be walked through. */

#define DIRECT_MAP   0xffff888000000000
#define PAGE_STRUCTS 0xffffea0000000000

static void walk(struct type type, void *context)
{
	const char *names[8];

	(void)context;
	type_beginnings(type, names, 8);
}

static void see_member(const struct types *types)
{
	static const char *const names[] = { "net_device", "sock", "" };
	struct members members;
	char path[TYPE_PATH];

	if (members_find(types, names, 3, &members))
		return;
	for (uint32_t i = 0; i < members.nr && i < 64; i++)
		member_path(&members.list[i], path);
	members_clear(&members);
}

/* Memory in which each word leads to another one. */
static int read_words(void *from, uint64_t address, void *to, size_t size)
{
	uint8_t *bytes = to;

	(void)from;
	for (size_t i = 0; i < size; i++) {
		uint64_t place = address + i, word = place / 8 * 0x9e3779b97f4a7c15;

		word = word >> 63 ? DIRECT_MAP + word % (1 << 20) : word >> 40;
		bytes[i] = (uint8_t)(word >> 8 * (place % 8));
	}
	return 0;
}

static void read_kernel(struct types *types)
{
	static const struct span ram = { 0, 256 };
	struct image image = { .read = read_words,
			       .types = types,
			       .direct_map = DIRECT_MAP,
			       .page_structs = PAGE_STRUCTS,
			       .task = DIRECT_MAP + IMAGE_PAGE,
			       .nr_cpus = 1,
			       .ram = &ram,
			       .nr_ram = 1 };
	struct why why = { "" };
	struct layout layout;
	struct pages *pages;

	if (layout_find(types, &layout, &why)) {
		if (!*why.text)
			abort();
		return;
	}
	if (!pages_open(&image, &layout, &pages, &why))
		pages_close(pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *paths[] = { input_file(data, size, "fuzz.btf"), NULL };
	struct types *types;
	struct why why = { "" };

	if (types_open(paths, &types, &why)) {
		if (!*why.text)
			abort();
		return 0;
	}
	types_each_struct(types, walk, NULL);
	see_member(types);
	read_kernel(types);
	types_close(types);
	return 0;
}
