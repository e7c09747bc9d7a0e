// SPDX-License-Identifier: GPL-2.0-or-later
#include "page.h"

#include <ctype.h>
#include <string.h>

void page_put(const struct page *page, const char *text)
{
	if (*text && strchr("-.#[|]", *text))
		fputc('\\', page->out);
	for (; *text; text++) {
		if (*text == '`') {
			fputc('*', page->out);
			continue;
		}
		if (strchr("\\*_", *text))
			fputc('\\', page->out);
		fputc(*text, page->out);
	}
}

void page_put_bold(const struct page *page, const char *text)
{
	fputc('*', page->out);
	page_put(page, text);
	fputc('*', page->out);
}

void page_put_underlined(const struct page *page, const char *text)
{
	fputc('_', page->out);
	page_put(page, text);
	fputc('_', page->out);
}

/* With a capital in front, which names of programs do not get, and the full stop. */
static void put_sentence(const struct page *page, const char *sentence)
{
	if (strncmp(sentence, "dadrace", strlen("dadrace")) != 0 && *sentence)
		fputc(toupper((unsigned char)*sentence++), page->out);
	page_put(page, sentence);
	fputs(*sentence && sentence[strlen(sentence) - 1] == '.' ? "\n" : ".\n", page->out);
}

void page_item(const struct page *page, struct item item)
{
	if (page->name) {
		fprintf(page->out, "%s\t%s\n", page->name, item.term);
		return;
	}
	if (item.letter)
		fprintf(page->out, "*-%c*, ", item.letter);
	page_put_bold(page, item.term);
	if (item.argument) {
		fputc(' ', page->out);
		page_put_underlined(page, item.argument);
	}
	fputs("\n\t", page->out);
	if (item.type) {
		page_put(page, item.type);
		fputs(item.sentence ? "++\n" : "\n", page->out);
	}
	if (item.sentence)
		put_sentence(page, item.sentence);
	fputc('\n', page->out);
}

void page_heading(const struct page *page, const char *heading)
{
	if (page->name)
		fprintf(page->out, "%s\t%s\n", page->name, heading);
	else
		fprintf(page->out, "## %s\n\n", heading);
}

void page_literal(const struct page *page, const char *text)
{
	if (page->name)
		return;
	fputs("```\n", page->out);
	for (; *text; text++)
		fprintf(page->out, *text == '\\' ? "\\%c" : "%c", *text);
	fputs("```\n", page->out);
}
