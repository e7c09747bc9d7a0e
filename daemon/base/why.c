// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "base/why.h"

static void write_sentence(struct why *why, enum exits code, const char *fmt, va_list ap)
{
	if (!why)
		return;
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
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

enum exits why_code(const struct why *why)
{
	return why->code ? why->code : EXIT_INTERNAL;
}
