// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <string.h>

#include "base/escape.h"

static const char *const escapes[256] = {
	['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static int is_allowed(unsigned char c)
{
	return c >= ' ' ? c != 0x7f : c == '\t' || c == '\n';
}

void markup_text(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (escapes[c])
			fputs(escapes[c], out);
		else if (!strncmp(text, "\xef\xbf\xbe", 3) ||
			 !strncmp(text, "\xef\xbf\xbf", 3)) {
			fputc('?', out); /* U+FFFE, U+FFFF */
			text += 2;
		} else
			fputc(is_allowed(c) ? c : '?', out);
	}
}

void markup_format(FILE *out, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	markup_text(out, text);
}
