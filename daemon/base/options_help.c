// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/options.h"
#include "base/shown.h"

enum { COLUMNS = 80, COLUMNS_MIN = 40, COLUMNS_MAX = 100, HEAD_MAX = 22, GAP = 2 };

int options_columns(FILE *out)
{
	struct winsize size = { .ws_col = COLUMNS };

	if (!isatty(shown_fd(out)) || ioctl(shown_fd(out), TIOCGWINSZ, &size) || !size.ws_col)
		return COLUMNS;
	return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN :
	       size.ws_col > COLUMNS_MAX ? COLUMNS_MAX :
					   size.ws_col;
}

/* Columns, not bytes: a byte that continues a character of UTF-8 takes none. */
static int width_of(const char *text, size_t length)
{
	int width = 0;

	for (size_t i = 0; i < length; i++)
		width += (text[i] & 0xc0) != 0x80;
	return width;
}

/* A word ends at a blank, but what stands in `...` stays together. */
static size_t word_length(const char *text)
{
	size_t length = 0;
	bool quoted = false;

	for (; text[length] && (quoted || !strchr(" \n", text[length])); length++)
		if (text[length] == '`')
			quoted = !quoted;
	return length;
}

void options_wrap(const char *text, int indent, int columns, FILE *out)
{
	int column = indent;

	while (*text) {
		size_t length = word_length(text);
		int width = width_of(text, length);

		if (column > indent && column + 1 + width > columns) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += width;
		text += length;
		text += strspn(text, " ");
		if (text[0] == '\n' && text[1] == '\n') {
			fprintf(out, "\n\n%*s", indent, "");
			column = indent;
		}
		text += strspn(text, "\n ");
	}
	fputc('\n', out);
}

/* --- usage --- */

static void say_operands(const struct operand_row *row, bool are_spared, FILE *out)
{
	for (; row && row->name; row++)
		fprintf(out, row->needed && !are_spared ? " %s%s" : " [%s]%s", row->name,
			row->kind != OPTION_REST ? "" :
			row->needed		 ? " [ARGUMENT]..." :
						   "...");
}

static void say_form(const struct syntax *syntax, const char *start,
		     const struct option_row *instead, FILE *out)
{
	const struct option_row *rows[OPTIONS_MAX];
	int nr = options_list(syntax, rows);

	fprintf(out, "%s%s", start, syntax->name);
	for (int i = 0; i < nr; i++)
		if (rows[i]->needed)
			fprintf(out, " --%s %s", rows[i]->name, rows[i]->argument);
	fputs(" [OPTION]...", out);
	if (instead)
		fprintf(out, " --%s%s%s", instead->name, instead->argument ? " " : "",
			instead->argument ? instead->argument : "");
	if (!instead || instead->spares)
		say_operands(syntax->operands, instead, out);
	fputc('\n', out);
}

void options_usage(const struct syntax *syntax, FILE *out)
{
	say_form(syntax, "Usage: ", NULL, out);
	for (const struct option_row *row = syntax->options; row && row->name; row++)
		if ((row->instead || row->spares) && !row->internal)
			say_form(syntax, "       ", row, out);
}

/* --- rows --- */

struct head {
	char text[64];
};

static struct head head_of(const struct option_row *row)
{
	struct head head;
	char letter[8] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(head.text, sizeof(head.text), "%s--%s%s%s", letter, row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	return head;
}

void options_row(const char *head, const char *sentence, int width, int columns, FILE *out)
{
	int wide = (int)strlen(head) > width;

	fprintf(out, "  %-*s%*s", wide ? 0 : width, head, wide ? 0 : GAP, "");
	if (wide)
		fprintf(out, "\n%*s", 2 + width + GAP, "");
	options_wrap(sentence, 2 + width + GAP, columns, out);
}

static void say_option(const struct option_row *row, int width, int columns, FILE *out)
{
	char sentence[1024];

	snprintf(sentence, sizeof(sentence), "%s%s%s%s", row->doc,
		 row->preset ? " (default: " : "", row->preset ? row->preset : "",
		 row->preset ? ")" : "");
	options_row(head_of(row).text, sentence, width, columns, out);
}

static void say_options(const struct syntax *syntax, int columns, FILE *out)
{
	const struct option_row *rows[OPTIONS_MAX];
	int nr = options_list(syntax, rows), width = 0;

	for (int i = 0; i < nr; i++) {
		int length = (int)strlen(head_of(rows[i]).text);

		if (!rows[i]->internal && length <= HEAD_MAX && length > width)
			width = length;
	}
	fputs("\nOptions:\n", out);
	for (int i = 0; i < nr; i++)
		if (!rows[i]->internal)
			say_option(rows[i], width, columns, out);
}

static void say_operand_rows(const struct operand_row *rows, int columns, FILE *out)
{
	int width = 0;

	for (const struct operand_row *row = rows; row && row->name; row++)
		width = (int)strlen(row->name) > width ? (int)strlen(row->name) : width;
	fputs("\nArguments:\n", out);
	for (const struct operand_row *row = rows; row && row->name; row++)
		options_row(row->name, row->doc, width, columns, out);
}

/* A verb has those of its command, unless it has its own. */
static void say_exits(const struct syntax *syntax, int columns, FILE *out)
{
	char code[16];

	while (syntax->parent && !syntax->exits)
		syntax = syntax->parent;
	if (!syntax->exits)
		return;
	fputs("\nExit codes:\n", out);
	for (const struct exit_row *rows = syntax->exits; rows->doc; rows++) {
		snprintf(code, sizeof(code), "%3d", rows->code);
		options_row(code, rows->doc, 3, columns, out);
	}
}

void options_intro(const struct syntax *syntax, int columns, FILE *out)
{
	char sentence[512];

	options_usage(syntax, out);
	fputc('\n', out);
	snprintf(sentence, sizeof(sentence), "%s.", syntax->doc);
	options_wrap(sentence, 0, columns, out);
	if (syntax->about) {
		fputc('\n', out);
		options_wrap(syntax->about, 0, columns, out);
	}
}

void options_rows(const struct syntax *syntax, int columns, FILE *out)
{
	if (syntax->operands && syntax->operands->doc)
		say_operand_rows(syntax->operands, columns, out);
	say_options(syntax, columns, out);
	say_exits(syntax, columns, out);
}

void options_help(const struct syntax *syntax, int columns, FILE *out)
{
	options_intro(syntax, columns, out);
	options_rows(syntax, columns, out);
}

int options_refuse(const struct syntax *syntax, const struct why *why)
{
	fprintf(stderr, "%s: %s\nSee `%s --help`.\n", syntax->name, why->text, syntax->name);
	return EXIT_USAGE;
}
