// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/fields.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/shown.h"
#include "io/child.h"
#include "spec/times.h"

int command_complain(const struct why *why, enum exits code)
{
	fprintf(stderr, "dadrace: %s\n", why->text);
	return why_code_or(why, code);
}

void command_note(const struct why *note)
{
	if (note->text[0])
		fprintf(stderr, "dadrace: %s\n", note->text);
}

int command_refuse(const struct command *command, const char *format, ...)
{
	struct why why;
	va_list ap;

	va_start(ap, format);
	vsnprintf(why.text, sizeof(why.text), format, ap); /* NOLINT(clang-analyzer-valist.*) */
	va_end(ap);
	return options_refuse(&command->syntax, &why);
}

int command_read_for(const struct command *command, const char *text, uint32_t *seconds)
{
	if (span_read(text, seconds))
		return 0;
	return command_refuse(command, "--for: \"%s\" is not a time; allowed: 90, 30m, 2h",
			      text);
}

/* --- help --- */

static void list_verbs(const struct command *command, int columns, FILE *out)
{
	int width = 0;

	for (const struct command *const *verb = command->verbs; *verb; verb++)
		if (!(*verb)->internal && (int)strlen((*verb)->name) > width)
			width = (int)strlen((*verb)->name);
	fputs("\nCommands:\n", out);
	for (const struct command *const *verb = command->verbs; *verb; verb++)
		if (!(*verb)->internal)
			options_row((*verb)->name, (*verb)->syntax.doc, width, columns, out);
	fprintf(out, "\n`%s COMMAND --help` describes a command.\n", command->syntax.name);
}

static void help(const struct command *command, FILE *out)
{
	int columns = options_columns(out);

	options_intro(&command->syntax, columns, out);
	if (command->verbs)
		list_verbs(command, columns, out);
	options_rows(&command->syntax, columns, out);
}

static const struct operand_row help_operands[] = {
	{ "COMMAND", OPTION_REST, 0, false, "The command to describe" },
	{ .name = NULL },
};

const struct command command_help = {
	.name = "help",
	.syntax = {
		.name = "dadrace help",
		.doc = "Describe dadrace, or one of its commands",
		.operands = help_operands,
		.size = sizeof(struct option_rest),
	},
};

/* --- verbs --- */

static bool is_named(const struct command *command, const char *word)
{
	return !strcmp(word, command->name) ||
	       (command->alias && !strcmp(word, command->alias));
}

/* NULL after the sentence. */
static const struct command *find_verb(const struct command *command, const char *word)
{
	struct nearest nearest = { .typed = word };

	for (const struct command *const *verb = command->verbs; *verb; verb++) {
		if (is_named(*verb, word))
			return *verb;
		if (!(*verb)->internal)
			nearest_offer(&nearest, (*verb)->name);
	}
	if (nearest.best)
		command_refuse(command, "%s: unknown command; did you mean %s?", word,
			       nearest.best);
	else
		command_refuse(command, "%s: unknown command", word);
	return NULL;
}

/* `dadrace help ctl submit`: `words` are those from "help" on. */
static int help_with(const struct command *command, const struct option_rest *words)
{
	struct option_rest names = { .nr = 0 };
	struct why why;
	int err = options_read(&command_help.syntax, words->nr, words->at, &names, &why);

	if (err < 0)
		return options_refuse(&command_help.syntax, &why);
	if (err == OPTIONS_HELP)
		command = &command_help;
	for (int i = 0; command && i < names.nr; i++) {
		if (!command->verbs)
			return command_refuse(&command_help, "%s: unexpected argument",
					      names.at[i]);
		command = find_verb(command, names.at[i]);
	}
	if (!command)
		return EXIT_USAGE;
	help(command, stdout);
	return EXIT_CLEAN;
}

static int start(const struct command *command, int argc, char **argv, const void *inherited);

static int start_verb(const struct command *command, const struct option_rest *words,
		      const void *options)
{
	const struct command *verb = find_verb(command, words->at[0]);

	if (!verb)
		return EXIT_USAGE;
	if (verb == &command_help)
		return help_with(command, words);
	return start(verb, words->nr, words->at, verb->syntax.parent ? options : NULL);
}

static int start(const struct command *command, int argc, char **argv, const void *inherited)
{
	const struct syntax *syntax = &command->syntax;
	struct why why = { "out of memory" };
	int err, code = EXIT_CLEAN;
	void *options;

	if (command->verbs && argc < 2) {
		help(command, stderr);
		return EXIT_USAGE;
	}
	options = calloc(1, syntax->size ? syntax->size : 1);
	if (!options)
		return command_complain(&why, EXIT_INTERNAL);
	if (inherited)
		memcpy(options, inherited, syntax->size);
	err = options_read(syntax, argc, argv, options, &why);
	if (err == OPTIONS_HELP)
		help(command, stdout);
	else if (err)
		code = options_refuse(syntax, &why);
	else if (command->verbs && ((struct option_rest *)options)->nr)
		code = start_verb(command, options, options);
	else
		code = command->run(options);
	if (command->exit_code)
		code = command->exit_code(options, code);
	free(options);
	return code;
}

/* Clean, but for an answer that is incomplete. */
static int check_answer(void)
{
	int err = fflush(stdout) || ferror(stdout) ? (errno ?: EIO) : 0;
	struct why why;

	if (!err && !memory_was_short())
		return EXIT_CLEAN;
	if (err)
		why_set(&why, err, "standard output: %s", strerror(err));
	else
		why_set(&why, ENOMEM, "out of memory: what was written is incomplete");
	return command_complain(&why, EXIT_INTERNAL);
}

int command_start(const struct command *command, int argc, char **argv)
{
	struct why why;
	int code;

	fields_watch_memory();
	if (shown_streams() || !child_complete_path()) {
		why_memory(&why);
		return command_complain(&why, EXIT_INTERNAL);
	}
	code = start(command, argc, argv, NULL);
	return code == EXIT_CLEAN ? check_answer() : code;
}
