// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/cpu_variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Variables, and what else the first chunk of per-CPU memory has behind them. */
enum { SECTION_MAX = 1 << 20 };

#define IMAGE_FROM 0xffffffff80000000 /* the kernel's own code and data */

struct cpu_variables {
	const struct image *image;
	uint64_t section;
	struct cpu_variable *list;
	uint32_t nr, room;
	bool out_of_memory;
};

static void add(const char *name, uint32_t offset, uint32_t size, void *context)
{
	struct cpu_variables *variables = context;

	if (variables->nr == variables->room) {
		uint32_t room = variables->room ? 2 * variables->room : 512;
		struct cpu_variable *list = realloc(variables->list, room * sizeof(*list));

		if (!list) {
			variables->out_of_memory = true;
			return;
		}
		variables->list = list;
		variables->room = room;
	}
	variables->list[variables->nr++] = (struct cpu_variable){ name, offset, size };
}

static int compare_variables(const void *a, const void *b)
{
	const struct cpu_variable *one = a, *other = b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

static void find_variables(struct cpu_variables *variables)
{
	const struct image *image = variables->image;

	if (!image->nr_cpu_symbols)
		types_each_cpu_variable(image->types, add, variables);
	for (uint32_t i = 0; i < image->nr_cpu_symbols; i++)
		add(image->cpu_symbols[i].name, image->cpu_symbols[i].offset,
		    image->cpu_symbols[i].size, variables);
	if (variables->nr)
		qsort(variables->list, variables->nr, sizeof(*variables->list),
		      compare_variables);
}

/* --- where the section is --- */

/* The offset of a CPU that cannot be there stays as at boot: __per_cpu_load, 0 since 6.15. */
static bool is_possible(uint64_t offset)
{
	return offset && offset < IMAGE_FROM;
}

/* Each CPU keeps its own offset in this_cpu_off. */
static bool is_section(const struct cpu_variables *variables, const struct cpu_variable *own,
		       uint64_t section)
{
	const struct image *image = variables->image;
	uint32_t fitting = 0;

	for (uint32_t cpu = 0; cpu < image->nr_cpus; cpu++) {
		uint64_t offset = image->cpu_offsets[cpu], word;

		if (!is_possible(offset))
			continue;
		word = image_u64(image, section + own->offset + offset);
		if (word && word != offset)
			return false;
		fitting += word == offset; /* 0 of a CPU that was never there */
	}
	return fitting;
}

/* The caches of the slab allocator that are made first have theirs behind the variables. */
static uint64_t lowest_behind(const struct pages *pages)
{
	enum { POINTERS = 1024 };
	uint64_t list[POINTERS], lowest = UINT64_MAX;
	uint32_t nr = pages_cpu_pointers(pages, list, POINTERS);

	for (uint32_t i = 0; i < nr; i++)
		if (list[i] >= IMAGE_FROM && list[i] < lowest)
			lowest = list[i];
	return lowest;
}

static uint64_t find_section(const struct cpu_variables *variables, const struct pages *pages)
{
	const struct cpu_variable *own = NULL;
	uint64_t behind;

	for (uint32_t i = 0; i < variables->nr; i++)
		if (!strcmp(variables->list[i].name, "this_cpu_off"))
			own = &variables->list[i];
	if (!own || is_section(variables, own, 0))
		return 0;
	behind = lowest_behind(pages) & ~(uint64_t)(IMAGE_PAGE - 1);
	for (uint64_t back = 0; behind >= IMAGE_FROM && back < SECTION_MAX; back += IMAGE_PAGE)
		if (is_section(variables, own, behind - back))
			return behind - back;
	return 0; /* what lies there is of no variable then */
}

int cpu_variables_open(const struct image *image, const struct pages *pages,
		       struct cpu_variables **out)
{
	struct cpu_variables *variables = calloc(1, sizeof(*variables));

	if (!variables)
		return -ENOMEM;
	variables->image = image;
	find_variables(variables);
	if (variables->out_of_memory) {
		cpu_variables_close(variables);
		return -ENOMEM;
	}
	variables->section = find_section(variables, pages);
	*out = variables;
	return 0;
}

void cpu_variables_close(struct cpu_variables *variables)
{
	if (!variables)
		return;
	free(variables->list);
	free(variables);
}

/* --- answers --- */

const struct cpu_variable *cpu_variables_list(const struct cpu_variables *variables,
					      uint32_t *nr)
{
	*nr = variables->nr;
	return variables->list;
}

uint64_t cpu_variables_at(const struct cpu_variables *variables,
			  const struct cpu_variable *variable, uint32_t cpu)
{
	return variables->section + variable->offset + variables->image->cpu_offsets[cpu];
}

/* Some have no size of their own and lie at the start of others: the last one counts. */
static const struct cpu_variable *variable_at(const struct cpu_variables *variables,
					      uint64_t offset)
{
	uint32_t low = 0, high = variables->nr;

	while (low < high) { /* the first that begins behind it */
		uint32_t middle = low + (high - low) / 2;

		if (variables->list[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low && offset - variables->list[low - 1].offset < variables->list[low - 1].size ?
		       &variables->list[low - 1] :
		       NULL;
}

const char *cpu_variables_name(const struct cpu_variables *variables, uint64_t address)
{
	const struct image *image = variables->image;

	for (uint32_t cpu = 0; cpu < image->nr_cpus; cpu++) {
		const struct cpu_variable *variable = variable_at(
			variables, address - image->cpu_offsets[cpu] - variables->section);

		if (variable)
			return variable->name;
	}
	return "";
}
