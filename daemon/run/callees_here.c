// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/callees_here.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/abilities.h"
#include "io/loop.h"
#include "machine/kallsyms.h"

struct search {
	struct probes *probes;
	struct proposals *proposals;
	struct symbols *symbols;
	struct proposals_call *sorted[PROPOSALS_CALLS]; /* by caller */
	uint64_t until_ns;
	uint8_t code[CODE_BYTES];
};

static int by_caller(const void *a, const void *b)
{
	const struct proposals_call *const *x = a, *const *y = b;

	return strcmp((*x)->caller, (*y)->caller);
}

/* The first call of a caller, or where it would be. */
static uint32_t first_of(const struct search *search, const char *caller)
{
	uint32_t low = 0, high = search->proposals->nr_calls;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(search->sorted[middle]->caller, caller) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(const struct search *search, uint32_t i, const char *caller)
{
	return i < search->proposals->nr_calls && !strcmp(search->sorted[i]->caller, caller);
}

static int look_through(struct search *search, const struct symbol *symbol, uint64_t size,
			struct why *why)
{
	char caller[ORDER_PLACE];
	uint32_t i;
	int err;

	symbols_plain_name(symbol->name, caller, sizeof(caller));
	i = first_of(search, caller);
	if (!is_of(search, i, caller))
		return 0;
	if (loop_now() > search->until_ns)
		return why_set(
			why, ETIME,
			"explore: the search of the kernel's code has ended at %s, after %d s",
			caller, KERNEL_CALLS_MOST_MS / 1000);
	if (size > CODE_BYTES)
		size = CODE_BYTES;
	err = probes_code(search->probes, symbol->start, search->code, (uint32_t)size, why);
	if (err)
		return err == -EFAULT ? 0 : err;
	for (; is_of(search, i, caller); i++) {
		struct callees callees;

		callees_beside(search->symbols, symbol->start, search->code, size,
			       search->sorted[i]->callee, proposals_is_generic, &callees);
		for (uint32_t j = 0; j < callees.nr; j++)
			proposals_add_beside(search->proposals, search->sorted[i],
					     &callees.list[j]);
	}
	return 0;
}

int kernel_calls_find(struct probes *probes, struct proposals *proposals, struct why *why)
{
	struct search *search;
	int err;

	if (!abilities()->finds_calls)
		return why_set(
			why, ENOTSUP,
			"explore: calls next to references are found only in x86_64 code");
	search = calloc(1, sizeof(*search));
	if (!search)
		return why_memory(why);
	search->probes = probes;
	search->proposals = proposals;
	search->until_ns = loop_now() + KERNEL_CALLS_MOST_MS * 1000000ULL;
	for (uint32_t i = 0; i < proposals->nr_calls; i++)
		search->sorted[i] = &proposals->calls[i];
	qsort((void *)search->sorted, proposals->nr_calls, sizeof(void *), by_caller);
	err = kallsyms_load(&search->symbols, why);
	for (size_t i = 0; !err && i < symbols_nr(search->symbols); i++) {
		uint64_t size;
		const struct symbol *symbol = symbols_get(search->symbols, i, &size);

		err = look_through(search, symbol, size, why);
	}
	symbols_free(search->symbols);
	free(search);
	return err;
}
