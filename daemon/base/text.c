// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool is_c1(const unsigned char *text)
{
	return text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f;
}

void text_plain(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if (is_c1(at))
			*at++ = ' ';
		else if (*at >= ' ' && *at != 0x7f)
			continue;
		*at = ' ';
	}
}

void text_add(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}
