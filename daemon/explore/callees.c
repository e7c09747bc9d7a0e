// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/callees.h"

#include <string.h>

enum {
	CALL = 0xe8,
	JUMP = 0xe9,
	RETURN = 0xc3,
	TRAP = 0xcc, /* after a return, so that nothing behind it is speculated */
	LENGTH = 5,
	REACH = 128, /* bytes: code farther away is mostly in another branch */
	CALLS_MAX = 1024,
};

struct call {
	size_t at;	  /* in the code */
	const char *name; /* NULL: a jump inside the function, or a return */
	bool is_last;	  /* the code behind it does not run next */
};

struct calls {
	struct call list[CALLS_MAX];
	uint32_t nr;
};

static uint64_t target_of(uint64_t at, const uint8_t *code)
{
	uint32_t distance = (uint32_t)code[1] | (uint32_t)code[2] << 8 |
			    (uint32_t)code[3] << 16 | (uint32_t)code[4] << 24;

	return at + LENGTH + (uint64_t)(int64_t)(int32_t)distance;
}

/* Whether the byte at `at` is a call, a jump or a return; `call` says which. */
static bool read_call(const struct symbols *symbols, uint64_t start, const uint8_t *code,
		      size_t size, size_t at, struct call *call)
{
	uint64_t target = target_of(start + at, code + at), offset;
	const struct symbol *symbol;

	*call = (struct call){ .at = at, .is_last = code[at] != CALL };
	if (code[at] == RETURN)
		return code[at + 1] == TRAP;
	if (code[at] != CALL && code[at] != JUMP)
		return false;
	symbol = symbols_find(symbols, target, &offset);
	if (symbol && !offset)
		call->name = symbol->name;
	return call->name || (call->is_last && target > start && target < start + size);
}

static void read_calls(const struct symbols *symbols, uint64_t start, const uint8_t *code,
		       size_t size, struct calls *calls)
{
	size_t at = 0;

	calls->nr = 0;
	while (at + LENGTH <= size && calls->nr < CALLS_MAX) {
		bool found = read_call(symbols, start, code, size, at, &calls->list[calls->nr]);

		calls->nr += found;
		at += !found ? 1 : code[at] == RETURN ? 2 : LENGTH;
	}
}

static bool is_named(const char *name, const char *plain)
{
	size_t length = strcspn(name, ".");

	return !strncmp(name, plain, length) && !plain[length];
}

static bool is_split_off(const char *name)
{
	return strstr(name, ".cold") || strstr(name, ".part");
}

/* A callee beside several known calls counts where it is nearest. */
static void note(struct callees *callees, const char *name, const struct callee *found)
{
	struct callee *callee = callees->list;

	while (callee < callees->list + callees->nr &&
	       (callee->behind != found->behind || !is_named(name, callee->name)))
		callee++;
	if (callee == callees->list + CALLEES_MAX)
		return;
	if (callee == callees->list + callees->nr)
		callees->nr++;
	else if (callee->apart <= found->apart)
		return;
	*callee = *found;
	symbols_plain_name(name, callee->name, sizeof(callee->name));
}

static void look(const struct calls *calls, uint32_t from, bool behind, const char *self,
		 const char *known, bool (*is_generic)(const char *name), struct callees *out)
{
	struct callee found = { .behind = behind };
	uint32_t at = from;

	while (found.distance < CALLEES_DISTANCE && (behind ? at + 1 < calls->nr : at > 0)) {
		const struct call *call = &calls->list[behind ? ++at : --at];

		found.apart = (uint32_t)(behind ? call->at - calls->list[from].at :
						  calls->list[from].at - call->at);
		if (found.apart > REACH || !call->name || (call->is_last && !behind) ||
		    is_named(call->name, known))
			return; /* the turn of the known one comes */
		if (!is_generic(call->name) && !is_split_off(call->name) &&
		    strcmp(call->name, self) != 0) {
			found.distance++;
			note(out, call->name, &found);
		}
		if (call->is_last)
			return;
	}
}

void callees_beside(const struct symbols *symbols, uint64_t start, const uint8_t *code,
		    size_t size, const char *known, bool (*is_generic)(const char *name),
		    struct callees *out)
{
	uint64_t offset = 0;
	const struct symbol *self = symbols_find(symbols, start, &offset);
	struct calls calls;

	out->nr = 0;
	read_calls(symbols, start, code, size, &calls);
	for (uint32_t i = 0; i < calls.nr; i++) {
		/* A function that jumps to another is not on the other's stack. */
		if (calls.list[i].is_last || !is_named(calls.list[i].name, known))
			continue;
		look(&calls, i, false, self ? self->name : "", known, is_generic, out);
		look(&calls, i, true, self ? self->name : "", known, is_generic, out);
	}
}
