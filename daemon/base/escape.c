// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/escape.h"
#include "base/shown.h"

static const char *const escapes[256] = {
	['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static bool is_no_character(const char *text)
{
	return !strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3);
}

void markup_text(FILE *out, const char *text)
{
	size_t left = text ? strlen(text) : 0;

	for (size_t nr; left; text += nr, left -= nr) {
		char shown[SHOWN_ESCAPE];

		nr = shown_character(text, left, shown);
		if (escapes[(unsigned char)*text])
			fputs(escapes[(unsigned char)*text], out);
		else if (is_no_character(text)) /* U+FFFE, U+FFFF */
			fputc('?', out);
		else if (*shown && *text != '\n' && *text != '\t')
			fputs(shown, out);
		else
			fwrite(text, 1, nr, out);
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
