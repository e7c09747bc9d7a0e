// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/options.h"

enum form { FORM_TEXT, FORM_JSON, FORM_YAML };
enum tier { AUTO, KPROBE, FENTRY, TIERS };
static const char *const tier_names[TIERS] = { "auto", "kprobe", "fentry" };

struct span {
	unsigned long ms;
};

struct options {
	bool quiet;
	enum form form;
	const char *out;
	const char *spec;
	struct option_texts sets;
	uint32_t times, hits;
	enum tier tier;
	struct span span;
	const char *campaign;
	uint32_t number;
	struct option_rest rest;
};

static bool read_span(const char *text, void *target)
{
	char *end;

	((struct span *)target)->ms = strtoul(text, &end, 10);
	return end != text && !strcmp(end, "ms");
}

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "out",    'o', OPTION_TEXT,   AT(out), .argument = "DIR", .doc = "where results go" },
	{ "output-format", 0, OPTION_CHOICE, AT(tier), .argument = "FORMAT", .choices = tier_names, .nr_choices = TIERS, .doc = "x" },
	{ "set",    0,   OPTION_TEXTS,  AT(sets), .argument = "KEY=VALUE", .max = 2, .doc = "sets a key" },
	{ "times",  0,   OPTION_NUMBER, AT(times), .argument = "N", .min = 1, .preset = "10", .doc = "how often" },
	{ "hits",   0,   OPTION_NUMBER, AT(hits), .argument = "N", .min = 2, .max = 9, .doc = "hits" },
	{ "tier",   0,   OPTION_CHOICE, AT(tier), .argument = "TIER", .choices = tier_names, .nr_choices = TIERS, .doc = "which tier" },
	{ "for",    0,   OPTION_READ,   AT(span), .argument = "TIME", .read = read_span, .allowed = "a time such as 500ms", .doc = "how long" },
	{ "json",   0,   OPTION_FORM,   AT(form), .value = FORM_JSON, .doc = "as JSON" },
	{ "yaml",   'y', OPTION_FORM,   AT(form), .value = FORM_YAML, .doc = "as YAML" },
	{ "spec",   0,   OPTION_TEXT,   AT(spec), .argument = "FILE", .instead = true, .doc = "a spec" },
	{ "learned", 0,  OPTION_TEXT,   AT(out), .argument = "FILE", .internal = true, .doc = "hidden" },
	{ .name = NULL },
};
static const struct option_row common[] = {
	{ "quiet",  'q', OPTION_FLAG,   AT(quiet), .doc = "no progress" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "CAMPAIGN", OPTION_TEXT, AT(campaign), true, "the campaign file" },
	{ "NUMBER", OPTION_NUMBER, AT(number), false, "of a trial" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN, .doc = "all is well" },
	{ EXIT_CONFIG, .doc = "the file is wrong" },
	{ .doc = NULL },
};
static const struct option_row needing_rows[] = {
	{ "before", 0, OPTION_TEXT, AT(out), .argument = "WHERE", .needed = true, .doc = "before" },
	{ .name = NULL },
};
static const struct operand_row rest_operands[] = {
	{ "FIRST", OPTION_TEXT, AT(campaign), true, "the first" },
	{ "MORE", OPTION_REST, AT(rest), false, "the others" },
	{ .name = NULL },
};
static const struct operand_row list_operands[] = {
	{ "COMMAND", OPTION_REST, AT(rest), true, "a command" },
	{ .name = NULL },
};
/* clang-format on */

static const struct syntax parent = { .name = "all", .options = common };
static const struct syntax syntax = {
	.name = "race run",
	.doc = "Runs a campaign",
	.about = "The first paragraph has two sentences. Here is\nthe second, with `a long "
		 "quoted "
		 "text` in it.\n\nAnd another paragraph.",
	.options = rows,
	.operands = operands,
	.exits = exits,
	.parent = &parent,
	.size = sizeof(struct options),
};
static const struct syntax verb = { .name = "race run verb",
				    .doc = "A verb",
				    .parent = &syntax };
static const struct syntax needing = { .name = "verify", .options = needing_rows };
static const struct syntax gathering = { .name = "report",
					 .options = common,
					 .operands = rest_operands };
static const struct syntax passing = {
	.name = "guest",
	.options = common,
	.operands = list_operands,
	.passes_on = true,
};

/* What a test gives on a command line, ended by NULL. */
enum { WORDS_MAX = 80 };

static int read_words(const struct syntax *as, const char *const *words,
		      struct options *options, struct why *why)
{
	static char *argv[WORDS_MAX + 2]; /* options point into it */
	int argc = 0;

	argv[argc++] = (char *)"program";
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	argv[argc] = NULL;
	*options = (struct options){ 0 };
	why->text[0] = '\0';
	return options_read(as, argc, argv, options, why);
}

#define READ(as, ...) read_words(as, (const char *const[]){ __VA_ARGS__, NULL }, &options, &why)

static void test_each_kind(void **state)
{
	struct options options;
	struct why why;

	(void)state;
	assert_int_equal(READ(&syntax, "a.yaml", "--out", "dir", "7", "--set=a=1", "--set",
			      "b=2", "-q", "--tier", "fentry", "--for=20ms", "--json", "-y",
			      "--hits", "9"),
			 0);
	assert_string_equal(options.campaign, "a.yaml");
	assert_int_equal(options.number, 7);
	assert_string_equal(options.out, "dir");
	assert_int_equal(options.sets.nr, 2);
	assert_string_equal(options.sets.at[0], "a=1");
	assert_string_equal(options.sets.at[1], "b=2");
	assert_null(options.sets.at[2]);
	assert_true(options.quiet);
	assert_int_equal(options.tier, FENTRY);
	assert_int_equal(options.span.ms, 20);
	assert_int_equal(options.form, FORM_YAML);
	assert_int_equal(options.hits, 9);
	assert_int_equal(options.times, 10); /* its preset */
}

static void test_getopts_habits(void **state)
{
	struct options options;
	struct why why;

	(void)state;
	assert_int_equal(READ(&syntax, "-odir", "--times", "3", "--", "-file"), 0);
	assert_string_equal(options.out, "dir");
	assert_string_equal(options.campaign, "-file");
	assert_int_equal(options.times, 3);
	assert_int_equal(READ(&syntax, "--qui", "--ti", "4", "-"), -EINVAL);
	assert_string_equal(why.text, "--ti: ambiguous; give --times or --tier");
	assert_int_equal(READ(&syntax, "--qui", "--tim", "4", "-"), 0);
	assert_true(options.quiet);
	assert_int_equal(options.times, 4);
	assert_string_equal(options.campaign, "-");
	assert_int_equal(READ(&syntax, "--out", "--", "x"), 0); /* a value all the same */
	assert_string_equal(options.out, "--");
}

static void test_help(void **state)
{
	struct options options;
	struct why why;

	(void)state;
	assert_int_equal(READ(&syntax, "--help"), OPTIONS_HELP);
	assert_int_equal(READ(&syntax, "a", "-h", "b", "--nonsense"), OPTIONS_HELP);
	assert_int_equal(READ(&needing, "--he"), OPTIONS_HELP);
	assert_int_equal(READ(&syntax, "--nonsense", "--help"), -EINVAL);
}

static void test_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *words[5];
		const char *sentence;
	} cases[] = {
		{ { "--otu", "x" },	   "--otu: unknown option; did you mean --out?" },
		{ { "--Tier=x" },	   "--Tier: unknown option; did you mean --tier?" },
		{ { "--nonsense" },	   "--nonsense: unknown option" },
		{ { "--learnde", "x" },	   "--learnde: unknown option" }, /* not for people */
		{ { "-x" },		   "-x: unknown option" },
		{ { "-qx" },		   "-x: unknown option" },
		{ { "--out" },		   "--out needs a value: DIR" },
		{ { "x", "-o" },	   "--out needs a value: DIR" },
		{ { "--json=3" },	   "--json takes no value" },
		{ { "--times", "0" },	   "--times 0: not a number of 1 or more" },
		{ { "--times", "4294967296" }, "--times 4294967296: not a number of 1 or more" },
		{ { "--times", "99999999999999999999" }, "--times 99999999999999999999: not a number of 1 or more" },
		{ { "--times", "+1" },	   "--times +1: not a number of 1 or more" },
		{ { "--times", "1x" },	   "--times 1x: not a number of 1 or more" },
		{ { "--times", "" },	   "--times : not a number of 1 or more" },
		{ { "--hits", "1" },	   "--hits 1: not a number from 2 to 9" },
		{ { "--hits", "10" },	   "--hits 10: not a number from 2 to 9" },
		{ { "--tier", "fast" },	   "--tier fast: unknown TIER; give auto, kprobe or fentry" },
		{ { "--tier", "kporbe" },  "--tier kporbe: unknown TIER; give auto, kprobe or fentry (did you mean kprobe?)" },
		{ { "--for", "20" },	   "--for 20: not a valid TIME; give a time such as 500ms" },
		{ { "--set=a=1", "--set=b=2", "--set=c=3", "x" }, "--set c=3: given more than 2 times" },
		{ { NULL },		   "CAMPAIGN is missing" },
		{ { "a", "0" },		   "NUMBER 0: not a number of 1 or more" },
		{ { "a", "7", "b" },	   "b: unexpected argument" },
		{ { "--spec", "s", "a" },  "a: --spec takes the place of CAMPAIGN" },
	};
	/* clang-format on */
	struct options options;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_words(&syntax, cases[i].words, &options, &why), -EINVAL);
		assert_string_equal(why.text, cases[i].sentence);
	}
	assert_int_equal(READ(&syntax, "--spec", "s"), 0);
	assert_int_equal(READ(&needing, "--"), -EINVAL);
	assert_string_equal(why.text, "--before WHERE is missing");
	assert_int_equal(READ(&needing, "--before", "x"), 0);
}

static void test_the_rest(void **state)
{
	const char *many[WORDS_MAX + 1] = { NULL };
	struct options options;
	struct why why;

	(void)state;
	assert_int_equal(READ(&passing, "-q", "run", "--json", "-q"), 0);
	assert_int_equal(options.rest.nr, 3);
	assert_string_equal(options.rest.at[0], "run");
	assert_string_equal(options.rest.at[2], "-q");
	assert_null(options.rest.at[3]);
	assert_int_equal(READ(&passing, "-q"), -EINVAL);
	assert_string_equal(why.text, "COMMAND is missing");
	assert_int_equal(READ(&gathering, "a", "b", "-q", "c"), 0);
	assert_string_equal(options.campaign, "a");
	assert_true(options.quiet);
	assert_int_equal(options.rest.nr, 2);
	assert_string_equal(options.rest.at[1], "c");
	assert_int_equal(READ(&gathering, "a"), 0);
	assert_int_equal(options.rest.nr, 0);
	for (int i = 0; i < WORDS_MAX; i++)
		many[i] = "word";
	assert_int_equal(read_words(&gathering, many, &options, &why), 0);
	assert_int_equal(options.rest.nr, WORDS_MAX - 1);
}

static char *help_of(const struct syntax *as, int columns)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	options_help(as, columns, out);
	fclose(out);
	return text;
}

static void test_help_is_made_of_the_rows(void **state)
{
	char *text = help_of(&syntax, 60);

	(void)state;
	assert_string_equal(text, "Usage: race run [OPTION]... CAMPAIGN [NUMBER]\n"
				  "       race run [OPTION]... --spec FILE\n"
				  "\n"
				  "Runs a campaign.\n"
				  "\n"
				  "The first paragraph has two sentences. Here is the second,\n"
				  "with `a long quoted text` in it.\n"
				  "\n"
				  "And another paragraph.\n"
				  "\n"
				  "Arguments:\n"
				  "  CAMPAIGN  the campaign file\n"
				  "  NUMBER    of a trial\n"
				  "\n"
				  "Options:\n"
				  "  -o, --out DIR        where results go\n"
				  "      --output-format FORMAT\n"
				  "                       x\n"
				  "      --set KEY=VALUE  sets a key\n"
				  "      --times N        how often (default: 10)\n"
				  "      --hits N         hits\n"
				  "      --tier TIER      which tier\n"
				  "      --for TIME       how long\n"
				  "      --json           as JSON\n"
				  "  -y, --yaml           as YAML\n"
				  "      --spec FILE      a spec\n"
				  "  -q, --quiet          no progress\n"
				  "  -h, --help           Show this help\n"
				  "\n"
				  "Exit codes:\n"
				  "    0  all is well\n"
				  "   78  the file is wrong\n");
	free(text);
	text = help_of(&verb, 60);
	assert_non_null(strstr(text, "Usage: race run verb [OPTION]...\n"));
	assert_non_null(strstr(text, "\nExit codes:\n    0  all is well\n"));
	free(text);
	text = help_of(&needing, 60);
	assert_non_null(strstr(text, "Usage: verify --before WHERE [OPTION]...\n"));
	free(text);
	text = help_of(&passing, 60);
	assert_non_null(strstr(text, "Usage: guest [OPTION]... COMMAND [ARGUMENT]...\n"));
	free(text);
	text = help_of(&gathering, 60);
	assert_non_null(strstr(text, "Usage: report [OPTION]... FIRST [MORE]...\n"));
	free(text);
}

static void test_no_line_is_too_long(void **state)
{
	(void)state;
	for (int columns = 40; columns <= 100; columns += 5) {
		char *text = help_of(&syntax, columns), *next = NULL;

		for (char *line = strtok_r(text, "\n", &next); line;
		     line = strtok_r(NULL, "\n", &next)) {
			if (!strstr(line, "race run"))
				assert_true(strlen(line) <= (size_t)columns);
			assert_true(line[strlen(line) - 1] != ' ');
		}
		free(text);
	}
}

static void test_exit_codes_ascend(void **state)
{
	(void)state;
	for (const struct exit_row *row = exit_rows; row->doc; row++) {
		assert_non_null(row->name);
		assert_true(row == exit_rows || row[-1].code < row->code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_getopts_habits),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_the_rest),
		cmocka_unit_test(test_help_is_made_of_the_rows),
		cmocka_unit_test(test_no_line_is_too_long),
		cmocka_unit_test(test_exit_codes_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
