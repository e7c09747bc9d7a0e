// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/symbols.h"

#define FUNCTION_MAX (512 * 1024) /* nothing says where the last function before a gap ends */

struct symbols {
	struct symbol *list;
	size_t nr, room;
};

static int by_start(const void *a, const void *b)
{
	const struct symbol *first = a, *second = b;

	return (first->start > second->start) - (first->start < second->start);
}

static int append(struct symbols *symbols, uint64_t start, const char *name, const char *module)
{
	size_t name_size = strlen(name) + 1, module_size = module ? strlen(module) + 1 : 0;
	char *text;

	if (symbols->nr == symbols->room) {
		size_t room = symbols->room ? 2 * symbols->room : 4096;
		struct symbol *list = realloc(symbols->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		symbols->list = list;
		symbols->room = room;
	}
	text = malloc(name_size + module_size);
	if (!text)
		return -ENOMEM;
	memcpy(text, name, name_size);
	if (module)
		memcpy(text + name_size, module, module_size);
	symbols->list[symbols->nr++] = (struct symbol){
		.start = start, .name = text, .module = module ? text + name_size : NULL
	};
	return 0;
}

/* "ffffffff81e68eb0 T name\t[module]" */
static bool is_function(const char *line, uint64_t *start, char **name)
{
	*start = strtoull(line, name, 16);
	if (*name == line || (*name)[0] != ' ' || !strchr("tTwW", (*name)[1]) ||
	    (*name)[2] != ' ')
		return false;
	*name += 3;
	return true;
}

/* 1: a function that the kernel shows without its address. */
static int read_line(struct symbols *symbols, const char *line)
{
	char *name, *module, *rest;
	uint64_t start;

	if (!is_function(line, &start, &name))
		return 0;
	if (!start)
		return 1;
	name = strtok_r(name, " \t\n", &rest);
	module = strtok_r(NULL, " \t\n[]", &rest);
	return name ? append(symbols, start, name, module) : 0;
}

int symbols_check(FILE *file)
{
	int err = -ENOENT;
	char line[1024], *name;
	uint64_t start;

	while (fgets(line, sizeof(line), file)) {
		if (!is_function(line, &start, &name))
			continue;
		if (start)
			return 0;
		err = -EPERM;
	}
	return err;
}

int symbols_read(FILE *file, struct symbols **out)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	bool hidden = false;
	char line[1024];
	int err = symbols ? 0 : -ENOMEM;

	while (!err && fgets(line, sizeof(line), file)) {
		int got = read_line(symbols, line);

		hidden |= got > 0;
		err = got < 0 ? got : 0;
	}
	if (!err && !symbols->nr)
		err = hidden ? -EPERM : -ENOENT;
	if (err) {
		symbols_free(symbols);
		return err;
	}
	qsort(symbols->list, symbols->nr, sizeof(symbols->list[0]), by_start);
	*out = symbols;
	return 0;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->nr; i++)
		free((char *)symbols->list[i].name);
	free(symbols->list);
	free(symbols);
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address,
				  uint64_t *offset)
{
	size_t low = 0, high = symbols->nr;

	while (low < high) { /* the first that starts behind the address */
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - symbols->list[low - 1].start >= FUNCTION_MAX)
		return NULL;
	*offset = address - symbols->list[low - 1].start;
	return &symbols->list[low - 1];
}

size_t symbols_nr(const struct symbols *symbols)
{
	return symbols->nr;
}

const struct symbol *symbols_get(const struct symbols *symbols, size_t index, uint64_t *size)
{
	const struct symbol *symbol = &symbols->list[index], *next = symbol + 1;

	while (next < symbols->list + symbols->nr && next->start == symbol->start)
		next++;
	*size = next < symbols->list + symbols->nr &&
				next->start - symbol->start < FUNCTION_MAX ?
			next->start - symbol->start :
			FUNCTION_MAX;
	return symbol;
}

void symbols_plain_name(const char *name, char *plain, size_t size)
{
	snprintf(plain, size, "%.*s", (int)strcspn(name, "."), name);
}
