// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmcore/parts.h"

enum {
	NAME_SIZE = 128,
	SYMBOLS_MAX = 1 << 22,	 /* of all modules */
	ALL_TYPES_MAX = 1 << 28, /* bytes, of all modules */
};

/* Where a list's elements have what is needed of them. */
struct element {
	uint32_t list, name;
};

/* A list_head and its elements, each of which is seen once. */
struct walk {
	const struct image *image;
	uint64_t list, seen[MODULES_MAX];
	uint32_t nr;
	bool is_broken; /* it does not come back to its head */
};

/* Where the next element has its list_head; 0: the list ends. */
static uint64_t next_in(struct walk *walk)
{
	uint64_t at = image_u64(walk->image, walk->nr ? walk->seen[walk->nr - 1] : walk->list);

	if (at == walk->list)
		return 0;
	walk->is_broken = walk->nr == MODULES_MAX || !image_is_pointer(walk->image, at);
	for (uint32_t i = 0; i < walk->nr; i++)
		walk->is_broken |= walk->seen[i] == at;
	if (walk->is_broken)
		return 0;
	walk->seen[walk->nr++] = at;
	return at;
}

/* --- functions --- */

struct module_symbols {
	uint32_t kallsyms, symbols, nr, names; /* include/linux/module.h: struct mod_kallsyms */
};

static bool find_members(const struct types *types, struct element *element,
			 struct module_symbols *of)
{
	return types_member(types, "module", "list", &element->list) &&
	       types_member(types, "module", "name", &element->name) &&
	       types_member(types, "module", "kallsyms", &of->kallsyms) &&
	       types_member(types, "mod_kallsyms", "symtab", &of->symbols) &&
	       types_member(types, "mod_kallsyms", "num_symtab", &of->nr) &&
	       types_member(types, "mod_kallsyms", "strtab", &of->names);
}

/* Symbols without a section are those of others, which the module uses. */
static void list_module(const struct image *image, uint64_t module,
			const struct element *element, const struct module_symbols *of,
			uint32_t *budget, FILE *out)
{
	uint64_t table = image_u64(image, module + of->kallsyms);
	uint64_t symbols = image_u64(image, table + of->symbols);
	uint64_t names = image_u64(image, table + of->names);
	uint32_t nr = image_is_pointer(image, table) ? image_u32(image, table + of->nr) : 0;
	char module_name[NAME_SIZE];

	image_text(image, module + element->name, module_name, sizeof(module_name));
	for (uint32_t i = 1; i < nr && *budget; i++, --*budget) {
		char name[NAME_SIZE];
		Elf64_Sym symbol;

		if (image_read(image, symbols + i * sizeof(symbol), &symbol, sizeof(symbol)))
			return;
		if (symbol.st_shndx == SHN_UNDEF || !image_is_pointer(image, symbol.st_value) ||
		    (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC))
			continue;
		image_text(image, names + symbol.st_name, name, sizeof(name));
		fprintf(out, "%016" PRIx64 " t %s\t[%s]\n", symbol.st_value, name, module_name);
	}
}

void modules_list(const struct image *image, uint64_t list, FILE *out)
{
	struct walk walk = { .image = image, .list = list };
	uint32_t budget = SYMBOLS_MAX;
	struct module_symbols of;
	struct element element;
	uint64_t at;

	if (!list || !find_members(image->types, &element, &of))
		return;
	while ((at = next_in(&walk)))
		list_module(image, at - element.list, &element, &of, &budget, out);
}

/* --- types --- */

static bool take_types(const struct image *image, uint64_t at, uint32_t size, uint32_t *budget,
		       struct types_raw *raw)
{
	void *data = size && size <= TYPES_MAX && size <= *budget ? malloc(size) : NULL;

	if (data && !image_read(image, at, data, size)) {
		*raw = (struct types_raw){ data, size };
		*budget -= size;
		return true;
	}
	free(data);
	return false;
}

/* kernel/bpf/btf.c: struct btf_module has a copy of what the module's file had. */
uint32_t modules_types(const struct image *image, uint64_t list, struct types_raw *raw,
		       uint32_t *missing)
{
	struct walk walk = { .image = image, .list = list };
	uint32_t of_list, of_btf, of_data, of_size, nr = 0, budget = ALL_TYPES_MAX;
	uint64_t at;

	*missing = 0;
	if (!list || !types_member(image->types, "btf_module", "list", &of_list) ||
	    !types_member(image->types, "btf_module", "btf", &of_btf) ||
	    !types_member(image->types, "btf", "data", &of_data) ||
	    !types_member(image->types, "btf", "data_size", &of_size))
		return 0;
	while ((at = next_in(&walk))) {
		uint64_t btf = image_u64(image, at - of_list + of_btf);

		nr += take_types(image, image_u64(image, btf + of_data),
				 image_u32(image, btf + of_size), &budget, &raw[nr]);
	}
	*missing = walk.nr - nr + walk.is_broken;
	return nr;
}
