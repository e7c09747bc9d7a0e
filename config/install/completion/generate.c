// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints the tables of the bash completion: commands, options, kinds of values, campaign keys.
 */
#include <stdio.h>

#include "command/command.h"
#include "parse/campaign.h"
#include "service/command_line.h"

/* Calls `print` for each command that people may give, with the words that lead to it. */
static void each(const struct command *command, const char *words,
		 void (*print)(const struct command *command, const char *words))
{
	print(command, words);
	for (const struct command *const *verb = command->verbs; verb && *verb; verb++) {
		const char *const names[] = { (*verb)->name, (*verb)->alias };
		char path[256];

		for (int i = 0; i < 2 && names[i] && !(*verb)->internal; i++) {
			snprintf(path, sizeof(path), "%s %s", words, names[i]);
			each(*verb, path, print);
		}
	}
}

static void print_options_of(const struct syntax *syntax, const char *words)
{
	const struct option_row *rows[OPTIONS_MAX];
	int nr = options_list(syntax, rows);

	printf("\t['%s']='", words);
	for (int i = 0; i < nr; i++)
		if (!rows[i]->internal)
			printf("%s--%s", i ? " " : "", rows[i]->name);
	puts("'");
}

/* What an option's value is: its argument, or what it is chosen from. */
static void print_value(const char *words, const char *dashes, const char *name,
			const struct option_row *row)
{
	printf("\t['%s %s%s']='", words, dashes, name);
	for (int i = 0; i < row->nr_choices; i++)
		printf("%s%s", i ? " " : "{", row->choices[i]);
	printf("%s'\n", row->nr_choices ? "}" : row->argument);
}

static void print_values_of(const struct syntax *syntax, const char *words)
{
	const struct option_row *rows[OPTIONS_MAX];
	int nr = options_list(syntax, rows);

	for (int i = 0; i < nr; i++) {
		const char letter[2] = { rows[i]->letter };

		if (rows[i]->internal || !rows[i]->argument)
			continue;
		print_value(words, "--", rows[i]->name, rows[i]);
		if (letter[0])
			print_value(words, "-", letter, rows[i]);
	}
}

static void print_options(const struct command *command, const char *words)
{
	print_options_of(&command->syntax, words);
}

static void print_values(const struct command *command, const char *words)
{
	print_values_of(&command->syntax, words);
}

static void print_verbs(const struct command *command, const char *words)
{
	if (!command->verbs)
		return;
	printf("\t['%s']='", words);
	for (const struct command *const *verb = command->verbs; *verb; verb++)
		if (!(*verb)->internal)
			printf("%s%s", verb == command->verbs ? "" : " ", (*verb)->name);
	puts("'");
}

static void print_operands(const struct command *command, const char *words)
{
	const struct operand_row *row = command->syntax.operands;

	if (!row || command->verbs)
		return;
	printf("\t['%s']='", words);
	for (; row->name; row++)
		printf("%s%s", row == command->syntax.operands ? "" : " ", row->name);
	puts("'");
}

/* " window= window.hold_us=": the keys of a campaign, with those that hold others. */
static void print_keys(const struct fields *fields, const char *prefix)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		char name[256];

		printf(" %s%s=", prefix, row->name);
		snprintf(name, sizeof(name), "%s%s.", prefix, row->name);
		if (row->sub)
			print_keys(row->sub, name);
	}
}

int main(void)
{
	puts("# shellcheck shell=bash\n"
	     "# SPDX-License-Identifier: GPL-2.0-or-later\n"
	     "# Completion of dadrace and dadraced for bash, generated from their tables of options.\n"
	     "declare -gA _dadrace_options=(");
	each(&command_dadrace, "dadrace", print_options);
	print_options_of(&service_syntax, "dadraced");
	puts(")\ndeclare -gA _dadrace_values=(");
	each(&command_dadrace, "dadrace", print_values);
	print_values_of(&service_syntax, "dadraced");
	puts(")\ndeclare -gA _dadrace_commands=(");
	each(&command_dadrace, "dadrace", print_verbs);
	puts(")\ndeclare -gA _dadrace_operands=(");
	each(&command_dadrace, "dadrace", print_operands);
	printf(")\n_dadrace_keys='");
	print_keys(&campaign_fields, "");
	puts("'\n");
	return fflush(stdout) || ferror(stdout);
}
