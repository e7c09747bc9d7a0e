// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/options.h"

/* getopt knows row i as OPT_ROW + i, and by its letter. */
enum { OPT_ROW = 256 };

struct parser {
	const struct syntax *syntax;
	const struct option_row *rows[OPTIONS_MAX];
	int nr_rows;
	struct option table[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	bool given[OPTIONS_MAX];
	void *target;
	struct why *why;
};

static const struct option_row help_row = {
	"help",
	'h',
	OPTION_FLAG,
	.doc = "Show this help",
};

int options_list(const struct syntax *syntax, const struct option_row **rows)
{
	int nr = 0;

	for (; syntax; syntax = syntax->parent)
		for (const struct option_row *row = syntax->options; row && row->name; row++) {
			assert(nr < OPTIONS_MAX - 1);
			rows[nr++] = row;
		}
	rows[nr++] = &help_row;
	return nr;
}

/* getopt's own tables. ':' has it tell a missing value from an unknown option. */
static void make_tables(struct parser *parser)
{
	char *letter = parser->letters;

	parser->nr_rows = options_list(parser->syntax, parser->rows);
	if (parser->syntax->passes_on)
		*letter++ = '+';
	*letter++ = ':';
	for (int i = 0; i < parser->nr_rows; i++) {
		const struct option_row *row = parser->rows[i];

		parser->table[i] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = OPT_ROW + i,
		};
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->argument)
			*letter++ = ':';
	}
}

/* Which row getopt means by an option's value or letter; -1: none. */
static int row_of(const struct parser *parser, int opt)
{
	if (opt >= OPT_ROW)
		return opt - OPT_ROW;
	for (int i = 0; opt && i < parser->nr_rows; i++)
		if (parser->rows[i]->letter == opt)
			return i;
	return -1;
}

/* --- values --- */

bool options_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < min ||
	    value > (max ? max : UINT32_MAX))
		return false;
	*number = (uint32_t)value;
	return true;
}

static int refuse_number(const char *what, const char *text, uint32_t min, uint32_t max,
			 struct why *why)
{
	if (max)
		return why_set(why, EINVAL, "%s %s: not a number from %u to %u", what, text,
			       min, max);
	return why_set(why, EINVAL, "%s %s: not a number of %u or more", what, text, min);
}

static int read_choice(const struct option_row *row, const char *text, int *choice,
		       struct why *why)
{
	struct nearest nearest = { .typed = text };
	char all[256] = "";
	size_t used = 0;

	for (int i = 0; i < row->nr_choices; i++) {
		if (!strcmp(row->choices[i], text)) {
			*choice = i;
			return 0;
		}
		nearest_offer(&nearest, row->choices[i]);
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 !i			 ? "" :
						 i + 1 < row->nr_choices ? ", " :
									   " or ",
						 row->choices[i]);
	}
	return why_set(why, EINVAL, "--%s %s: unknown %s; give %s%s%s%s", row->name, text,
		       row->argument, all, nearest.best ? " (did you mean " : "",
		       nearest.best ? nearest.best : "", nearest.best ? "?)" : "");
}

static int add_text(const struct option_row *row, const char *text, struct option_texts *texts,
		    struct why *why)
{
	uint32_t max = row->max ? row->max : OPTION_TEXTS_MAX;

	if (texts->nr == max)
		return why_set(why, EINVAL, "--%s %s: given more than %u times", row->name,
			       text, max);
	texts->at[texts->nr++] = text;
	return 0;
}

static int take_value(const struct option_row *row, const char *text, void *target,
		      struct why *why)
{
	void *at = (char *)target + row->offset;
	char name[64];

	switch (row->kind) {
	case OPTION_FLAG: *(bool *)at = true; return 0;
	case OPTION_FORM: *(int *)at = row->value; return 0;
	case OPTION_TEXT: *(const char **)at = text; return 0;
	case OPTION_TEXTS: return add_text(row, text, at, why);
	case OPTION_NUMBER:
		if (options_number(text, row->min, row->max, at))
			return 0;
		snprintf(name, sizeof(name), "--%s", row->name);
		return refuse_number(name, text, row->min, row->max, why);
	case OPTION_CHOICE: return read_choice(row, text, at, why);
	case OPTION_READ:
		if (row->read(text, at))
			return 0;
		return why_set(why, EINVAL, "--%s %s: not a valid %s; give %s", row->name, text,
			       row->argument, row->allowed);
	case OPTION_REST: break; /* of operands only */
	}
	return -EINVAL;
}

/* Those of a parent were taken when its own words were read. */
static int take_presets(const struct parser *parser)
{
	int err = 0;

	for (const struct option_row *row = parser->syntax->options; !err && row && row->name;
	     row++)
		if (row->preset)
			err = take_value(row, row->preset, parser->target, parser->why);
	return err;
}

/* --- what getopt does not know --- */

static int refuse_unknown(const struct parser *parser, const char *word)
{
	char name[64], meant[256] = "";
	struct nearest nearest = { .typed = name };
	size_t used = 0;
	int nr = 0;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (int i = 0; i < parser->nr_rows; i++) {
		const struct option_row *row = parser->rows[i];

		if (row->internal)
			continue;
		nearest_offer(&nearest, row->name);
		if (!strncmp(row->name, name, strlen(name)) && used < sizeof(meant))
			used += (size_t)snprintf(meant + used, sizeof(meant) - used, "%s--%s",
						 nr++ ? " or " : "", row->name);
	}
	if (nr > 1)
		return why_set(parser->why, EINVAL, "--%s: ambiguous; give %s", name, meant);
	if (nearest.best)
		return why_set(parser->why, EINVAL, "--%s: unknown option; did you mean --%s?",
			       name, nearest.best);
	return why_set(parser->why, EINVAL, "--%s: unknown option", name);
}

/* `optopt` is the row whose option was given a value that it does not take, a letter, or 0. */
static int refuse_option(const struct parser *parser, const char *word)
{
	int row = optopt >= OPT_ROW ? row_of(parser, optopt) : -1;

	if (row >= 0)
		return why_set(parser->why, EINVAL, "--%s takes no value",
			       parser->rows[row]->name);
	if (optopt)
		return why_set(parser->why, EINVAL, "-%c: unknown option", optopt);
	return refuse_unknown(parser, word);
}

static int read_option(struct parser *parser, int opt, const char *word)
{
	const struct option_row *row;
	int at;

	if (opt == '?')
		return refuse_option(parser, word);
	at = row_of(parser, opt == ':' ? optopt : opt);
	row = parser->rows[at];
	if (opt == ':')
		return why_set(parser->why, EINVAL, "--%s needs a value: %s", row->name,
			       row->argument);
	if (row == &help_row)
		return OPTIONS_HELP;
	parser->given[at] = true;
	return take_value(row, optarg, parser->target, parser->why);
}

/* --- operands --- */

/* The option that takes the place of operands, if one was given. */
static const struct option_row *given_instead(const struct parser *parser)
{
	for (int i = 0; i < parser->nr_rows; i++)
		if (parser->rows[i]->instead && parser->given[i])
			return parser->rows[i];
	return NULL;
}

/* Whether an option was given with which the operands may be left out. */
static bool is_spared(const struct parser *parser)
{
	for (int i = 0; i < parser->nr_rows; i++)
		if (parser->rows[i]->spares && parser->given[i])
			return true;
	return false;
}

/* Returns how many of the words were taken, or -EINVAL with the sentence. */
static int take_operand(const struct operand_row *row, char **words, void *target,
			struct why *why)
{
	void *at = (char *)target + row->offset;
	int nr = 0;

	if (!*words && row->needed)
		return why_set(why, EINVAL, "%s is missing", row->name);
	if (row->kind == OPTION_REST) {
		while (words[nr])
			nr++;
		*(struct option_rest *)at = (struct option_rest){ words, nr };
		return nr;
	}
	if (!*words)
		return 0;
	if (row->kind == OPTION_TEXT)
		*(const char **)at = *words;
	else if (!options_number(*words, 1, 0, at))
		return refuse_number(row->name, *words, 1, 0, why);
	return 1;
}

static int read_operands(const struct parser *parser, char **words)
{
	const struct option_row *instead = given_instead(parser);
	const struct operand_row *row = parser->syntax->operands;

	if (instead && *words)
		return why_set(parser->why, EINVAL, "%s: --%s takes the place of %s", *words,
			       instead->name, row ? row->name : "it");
	if (!*words && is_spared(parser))
		return 0;
	for (; !instead && row && row->name; row++) {
		int nr = take_operand(row, words, parser->target, parser->why);

		if (nr < 0)
			return nr;
		words += nr;
	}
	return *words ? why_set(parser->why, EINVAL, "%s: unexpected argument", *words) : 0;
}

static int check_needed(const struct parser *parser)
{
	for (int i = 0; i < parser->nr_rows; i++) {
		const struct option_row *row = parser->rows[i];

		if (row->needed && !parser->given[i])
			return why_set(parser->why, EINVAL, "--%s %s is missing", row->name,
				       row->argument);
	}
	return 0;
}

int options_read(const struct syntax *syntax, int argc, char **argv, void *target,
		 struct why *why)
{
	struct parser parser = { .syntax = syntax, .target = target, .why = why };
	struct why ignored;
	int opt, err;

	make_tables(&parser);
	err = take_presets(&parser);
	optind = 0; /* glibc: as if for the first time */
	opterr = 0;
	/* The others are read all the same: one of them may say how errors are to be told. */
	while ((opt = getopt_long(argc, argv, parser.letters, parser.table, NULL)) != -1) {
		int of_this = read_option(&parser, opt, argv[optind - 1]);

		if (err)
			continue;
		err = of_this;
		parser.why = err ? &ignored : why;
	}
	parser.why = why;
	if (!err)
		err = check_needed(&parser);
	return err ? err : read_operands(&parser, argv + optind);
}
