// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ledger/functions.h"
#include "ledger/signature.h"

static const char separator[] = " < ";

/* The next function of a path, and what is behind it; NULL: "[syscall]" comes. */
static const char *next_function(const char *path, char name[128])
{
	const char *end = strstr(path, separator);

	if (*path == '[' || !end)
		return NULL;
	snprintf(name, 128, "%.*s", (int)(end - path), path);
	return end + strlen(separator);
}

/* "queueing discipline" -> "queueing_discipline" */
static void put_kind(enum holder_kind kind, char *out, size_t size)
{
	snprintf(out, size, "%s", kind ? holder_kind_words(kind) : "other");
	for (char *space = out; (space = strchr(space, ' '));)
		*space = '_';
}

void signature_write(const char *fault, const struct digest_suspect *holder, char *out,
		     size_t size)
{
	const char *path = holder->stack, *behind;
	char kind[DIGEST_WORD], name[128], after[128];
	size_t used;
	int nr = 0;

	put_kind(holder->holder, kind, sizeof(kind));
	used = (size_t)snprintf(out, size, "%s/%s/", fault, kind);
	while ((behind = next_function(path, name)) && function_is_maker(name) &&
	       next_function(behind, after))
		path = behind;
	while ((behind = next_function(path, name)) && used < size &&
	       !(nr && function_is_door(name))) {
		used += (size_t)snprintf(out + used, size - used, "%s%s", nr++ ? "<" : "",
					 name);
		path = behind;
	}
	if (!nr && used < size)
		snprintf(out + used, size - used, "%s", path);
}
