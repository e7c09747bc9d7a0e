// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec/change.h"

#include <string.h>

const char *const change_names[] = {
#define CHANGE(kind, row, name, words, traits) name,
#include "spec/changes.def"
};

const char *change_words(enum change_kind change)
{
	static const char *const all[] = {
#define CHANGE(kind, row, name, words, traits) words,
#include "spec/changes.def"
	};

	return all[change];
}

bool change_has(enum change_kind change, enum change_trait trait)
{
	static const unsigned int all[] = {
#define CHANGE(kind, row, name, words, traits) traits,
#include "spec/changes.def"
	};

	return all[change] & trait;
}

bool change_find(const char *name, enum change_kind *change)
{
	for (int i = CHANGE_NONE + 1; i < CHANGES; i++)
		if (!strcmp(name, change_names[i])) {
			*change = i;
			return true;
		}
	return false;
}
