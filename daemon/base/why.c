// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/shown.h"
#include "base/why.h"

__attribute__((format(printf, 3, 0))) static void
write_sentence(struct why *why, enum exits code, const char *fmt, va_list ap)
{
	if (!why)
		return;
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	shown_in_place(why->text, sizeof(why->text));
	why->code = code;
}

int why_set(struct why *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_sentence(why, 0, fmt, ap);
	va_end(ap);
	return -err;
}

int why_exit(struct why *why, enum exits code, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_sentence(why, code, fmt, ap);
	va_end(ap);
	return -err;
}

int why_memory(struct why *why)
{
	memory_note_short();
	return why_exit(why, EXIT_INTERNAL, ENOMEM, "out of memory");
}

const char *why_short_of(int err)
{
	switch (err) {
	case EMFILE: return "this process has no file descriptor left; raise `ulimit -n`";
	case ENFILE: return "this machine has no open file left; raise fs.file-max";
	case ENOMEM: return "out of memory";
	case EAGAIN:
		return "no process or locked memory is left; raise `ulimit -u` and `ulimit -l`";
	default: return NULL;
	}
}

enum exits why_code_or(const struct why *why, enum exits otherwise)
{
	return why->code ? why->code : otherwise;
}

enum exits why_code(const struct why *why)
{
	return why_code_or(why, EXIT_INTERNAL);
}
