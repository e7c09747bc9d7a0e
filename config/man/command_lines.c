// SPDX-License-Identifier: GPL-2.0-or-later
#include "command_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "service/command_line.h"

bool has_page(const struct command *command)
{
	return !command->internal && command != &command_help && command != &command_version;
}

/* A program or a command that has a page. */
struct program {
	const struct syntax *syntax; /* NULL: there is none */
	const struct command *const *verbs;
};

static struct program find_program(const char *name)
{
	if (!strcmp(name, "dadraced"))
		return (struct program){ .syntax = &service_syntax };
	for (const struct command *const *command = command_dadrace.verbs; *command; command++)
		if (has_page(*command) && !strcmp((*command)->name, name))
			return (struct program){ &(*command)->syntax, (*command)->verbs };
	return (struct program){ NULL };
}

void put_commands(const struct page *page)
{
	for (const struct command *const *command = command_dadrace.verbs; *command; command++)
		if (!(*command)->internal)
			page_item(page, (struct item){ .term = (*command)->name,
						       .sentence = (*command)->syntax.doc });
}

/* "--out" is typed as it is, "DIR" is replaced. */
static void put_usage_word(const struct page *page, const char *word)
{
	const char *letter = word + strspn(word, "[");

	fputc(' ', page->out);
	if (*word == '-')
		page_put_bold(page, word);
	else if (isupper((unsigned char)*letter)) {
		size_t length = strcspn(letter, "].");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)length, letter);
		fprintf(page->out, "%.*s", (int)(letter - word), word);
		page_put_underlined(page, name);
		fputs(letter + length, page->out);
	} else
		page_put(page, word);
}

/* A line of options_usage(): "Usage: dadrace run [OPTION]... CAMPAIGN". */
static void put_usage_line(const struct page *page, const struct syntax *syntax, char *line)
{
	char *save = NULL;

	line += strlen("Usage: ") + strlen(syntax->name);
	page_put_bold(page, syntax->name);
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		put_usage_word(page, word);
	fputs("\n\n", page->out);
}

static void put_usage(const struct page *page, const struct syntax *syntax)
{
	char *text = NULL, *save = NULL;
	size_t size;
	FILE *out = page->name ? NULL : open_memstream(&text, &size);

	if (!out)
		return;
	options_usage(syntax, out);
	fclose(out);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		put_usage_line(page, syntax, line);
	free(text);
}

bool put_usage_of(const struct page *page, const char *name)
{
	struct program program = find_program(name);

	if (program.syntax)
		put_usage(page, program.syntax);
	return program.syntax;
}

static void put_options(const struct page *page, const struct option_row *row)
{
	for (; row && row->name; row++) {
		char term[64], sentence[1024];

		if (row->internal)
			continue;
		snprintf(term, sizeof(term), "--%s", row->name);
		snprintf(sentence, sizeof(sentence), "%s%s%s%s", row->doc,
			 row->preset ? " (default: " : "", row->preset ? row->preset : "",
			 row->preset ? ")" : "");
		page_item(page, (struct item){ .letter = row->letter,
					       .term = term,
					       .argument = row->argument,
					       .sentence = sentence });
	}
}

static void put_operands(const struct page *page, const struct operand_row *row)
{
	for (; row && row->name; row++)
		if (row->doc)
			page_item(page,
				  (struct item){ .term = row->name, .sentence = row->doc });
}

bool put_options_of(const struct page *page, const char *name)
{
	struct program program = find_program(name);

	if (!program.syntax)
		return false;
	put_operands(page, program.syntax->operands);
	put_options(page, program.syntax->options);
	put_options(page, (struct option_row[]){
				  { "help", 'h', .doc = "Print a short form of this page" },
				  { NULL } });
	return true;
}

bool put_verbs_of(const struct page *page, const char *name)
{
	const struct command *const *verb = find_program(name).verbs;

	if (!verb)
		return false;
	for (; *verb; verb++) {
		const struct syntax *syntax = &(*verb)->syntax;

		if (*verb == &command_help)
			continue;
		page_heading(page, (*verb)->name);
		put_usage(page, syntax);
		if (!page->name)
			fprintf(page->out, "%s.\n\n", syntax->doc);
		put_operands(page, syntax->operands);
		put_options(page, syntax->options);
	}
	return true;
}

void put_exits(const struct page *page, const struct exit_row *rows)
{
	for (const struct exit_row *row = rows; row->doc; row++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", row->code);
		page_item(page, (struct item){ .term = code,
					       .argument = row->name,
					       .sentence = row->doc });
	}
}

bool put_exits_of(const struct page *page, const char *name)
{
	const struct syntax *syntax = find_program(name).syntax;

	if (syntax && syntax->exits)
		put_exits(page, syntax->exits);
	else if (syntax && !page->name)
		fputs("The exit codes are those of *dadrace*(1).\n", page->out);
	return syntax;
}
