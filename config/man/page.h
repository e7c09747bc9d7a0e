/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MAN_PAGE_H
#define DADRACE_MAN_PAGE_H

#include <stdio.h>

/* Where a table goes: into a page, as scdoc; or its names, a line each, behind the page's. */
struct page {
	FILE *out;
	const char *name; /* NULL: a page is written */
};

/* Plain text, also where a list or heading could begin; what is in backquotes becomes bold. */
void page_put(const struct page *page, const char *text);
void page_put_bold(const struct page *page, const char *text);
void page_put_underlined(const struct page *page, const char *text);

/* "*-l*, *TERM* _ARGUMENT_", and below it, indented, type and sentence. NULL: there is none. */
struct item {
	char letter;
	const char *term;
	const char *argument;
	const char *type;
	const char *sentence; /* gets its capital and its full stop */
};
void page_item(const struct page *page, struct item item);

/* "## HEADING" */
void page_heading(const struct page *page, const char *heading);

/* With its own lines and columns. */
void page_literal(const struct page *page, const char *text);

#endif
