// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Man pages are prose in scdoc with lines such as "@campaign-keys@". This program, which is not
 * installed, replaces each line by the table of that name, so that pages follow the code:
 *
 *   tables < dadrace-campaign.5.scd | scdoc > dadrace-campaign.5
 *   tables --names   what the pages must name, a line each: "dadrace-campaign.5<TAB>echo.count"
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/fields.h"
#include "base/options.h"
#include "command/command.h"
#include "command/result_schema.h"
#include "explore/explore.h"
#include "ledger/ledger.h"
#include "loader/probes.h"
#include "parse/campaign.h"
#include "parse/service_config.h"
#include "service/command_line.h"
#include "service/metrics.h"
#include "service/ticket.h"
#include "service/varlink.h"
#include "spec/sites.h"
#include "spec/spec.h"
#include "table/rows.h"
#include "trial/verdict.h"

/* Where a table goes: into a page, or its names alone, each behind that of the page. */
struct page {
	FILE *out;
	const char *name; /* NULL: a page is written */
};

/* --- scdoc --- */

/* Plain text, also where a list or heading could begin; what is in backquotes becomes bold. */
static void put(const struct page *page, const char *text)
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

static void put_bold(const struct page *page, const char *text)
{
	fputc('*', page->out);
	put(page, text);
	fputc('*', page->out);
}

static void put_underlined(const struct page *page, const char *text)
{
	fputc('_', page->out);
	put(page, text);
	fputc('_', page->out);
}

/* With a capital in front, which names of programs do not get, and the full stop. */
static void put_sentence(const struct page *page, const char *sentence)
{
	if (strncmp(sentence, "dadrace", strlen("dadrace")) != 0 && *sentence)
		fputc(toupper((unsigned char)*sentence++), page->out);
	put(page, sentence);
	fputs(*sentence && sentence[strlen(sentence) - 1] == '.' ? "\n" : ".\n", page->out);
}

/* "*-l*, *TERM* _ARGUMENT_", and below it, indented, type and sentence. NULL: there is none. */
struct item {
	char letter;
	const char *term;
	const char *argument;
	const char *type;
	const char *sentence;
};

static void item(const struct page *page, struct item item)
{
	if (page->name) {
		fprintf(page->out, "%s\t%s\n", page->name, item.term);
		return;
	}
	if (item.letter)
		fprintf(page->out, "*-%c*, ", item.letter);
	put_bold(page, item.term);
	if (item.argument) {
		fputc(' ', page->out);
		put_underlined(page, item.argument);
	}
	fputs("\n\t", page->out);
	if (item.type) {
		put(page, item.type);
		fputs(item.sentence ? "++\n" : "\n", page->out);
	}
	if (item.sentence)
		put_sentence(page, item.sentence);
	fputc('\n', page->out);
}

/* As it is: with its own lines and columns. */
static void literal(const struct page *page, const char *text)
{
	if (page->name)
		return;
	fputs("```\n", page->out);
	for (; *text; text++)
		fprintf(page->out, *text == '\\' ? "\\%c" : "%c", *text);
	fputs("```\n", page->out);
}

/* --- fields --- */

static void put_fields(const struct page *page, const struct fields *fields, const char *prefix)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		char path[256], words[1024];

		snprintf(path, sizeof(path), "%s%s", prefix, row->name);
		field_words(row, words, sizeof(words));
		item(page,
		     (struct item){ .term = path,
				    .type = row->type == FIELD_OBJECT && !row->list ? NULL :
										      words,
				    .sentence = row->doc });
		/* A campaign in a line of results has a page of its own. */
		if (row->type != FIELD_OBJECT || row->sub == &campaign_fields)
			continue;
		snprintf(path, sizeof(path), "%s%s%s.", prefix, row->name,
			 row->list ? "[]" : "");
		put_fields(page, row->sub, path);
	}
}

static bool campaign_keys_table(const struct page *page, const char *argument)
{
	(void)argument;
	put_fields(page, &campaign_fields, "");
	return true;
}

static bool service_keys_table(const struct page *page, const char *argument)
{
	(void)argument;
	put_fields(page, &service_config_fields, "");
	return true;
}

static bool service_campaign_table(const struct page *page, const char *argument)
{
	(void)argument;
	put_fields(page, &ticket_fields, "");
	return true;
}

static bool fields_table(const struct page *page, const char *type)
{
	for (const struct result_line *line = result_lines; line->type; line++)
		if (!strcmp(line->type, type)) {
			put_fields(page, line->fields, "");
			return true;
		}
	return false;
}

/* --- places and probes --- */

static void list_functions(const struct hold_site *site, char *words, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < SITE_FUNCTIONS_MAX && site->functions[i] && used < size; i++)
		used += (size_t)snprintf(words + used, size - used, "%s%s", i ? " or " : "",
					 site->functions[i]);
	for (int kind = 0; kind < DEVICE_KINDS && used < size; kind++)
		if (site->by_device[kind])
			used += (size_t)snprintf(words + used, size - used, "%s%s (%s)",
						 used ? ", " : "", site->by_device[kind],
						 device_kind_names[kind]);
}

static bool sites_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (const struct hold_site *site = hold_sites; site->name; site++) {
		char functions[256];

		list_functions(site, functions, sizeof(functions));
		item(page, (struct item){ .term = site->name,
					  .type = functions,
					  .sentence = site->doc });
	}
	return true;
}

static void list_rungs(const struct probe *probe, char *words, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < RUNGS_MAX && probe->rungs[i].tier && used < size; i++) {
		const struct probe_rung *rung = &probe->rungs[i];

		used += (size_t)snprintf(words + used, size - used, "%s%s", i ? ", " : "",
					 tier_names[rung->tier]);
		for (int j = 0; j < RUNG_FUNCTIONS_MAX && rung->functions[j] && used < size;
		     j++)
			used += (size_t)snprintf(words + used, size - used, "%s%s",
						 j ? " or " : " of ", rung->functions[j]);
	}
}

static void put_probe(const struct page *page, const struct probe *probe)
{
	char rungs[512] = "fentry or kprobe, chosen for each function", sentence[512];

	list_rungs(probe, rungs, sizeof(rungs));
	snprintf(sentence, sizeof(sentence), "Sees %s. Without it: %s", probe->doc,
		 probe->without);
	item(page, (struct item){ .term = probe->name,
				  .argument = probe->needed ? "(needed)" : NULL,
				  .type = rungs,
				  .sentence = sentence });
}

static bool tiers_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (const struct probe *const *probe = probe_table; *probe; probe++)
		put_probe(page, *probe);
	put_probe(page, &step_probe);
	return true;
}

/* --- actions --- */

static bool changes_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (int i = 0; i < CHANGES; i++)
		item(page,
		     (struct item){ .term = change_names[i], .sentence = change_words(i) });
	return true;
}

static bool loads_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (int i = 0; i < LOADS; i++)
		item(page, (struct item){ .term = load_names[i], .sentence = load_words(i) });
	return true;
}

static bool messages_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (int i = 0; i < MESSAGES; i++)
		item(page, (struct item){ .term = message_names[i],
					  .sentence = message_words(i, 1) });
	return true;
}

/* --- holes, proposals, helpers --- */

static bool invalid_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (uint32_t i = 0; !page->name && verdict_invalid_sentence(i); i++) {
		fputs("- ", page->out);
		put(page, verdict_invalid_sentence(i));
		fputc('\n', page->out);
	}
	return true;
}

static bool proposals_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (const char *const *place = explore_proposals; !page->name && *place; place++)
		fprintf(page->out, ". %s\n", *place);
	return true;
}

static bool ledger_states_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (int i = 0; i < LEDGER_HOLES; i++)
		item(page, (struct item){ .term = ledger_hole_names[i],
					  .sentence = ledger_hole_sentences[i] });
	return true;
}

static bool helpers_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (const struct probes_helper *helper = probes_helpers; helper->name; helper++) {
		char sentence[512];

		snprintf(sentence, sizeof(sentence), "Since Linux %s. Without it %s",
			 helper->since, helper->costs);
		item(page, (struct item){ .term = helper->name, .sentence = sentence });
	}
	return true;
}

/* --- exit codes --- */

static void put_exits(const struct page *page, const struct exit_row *rows)
{
	for (const struct exit_row *row = rows; row->doc; row++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", row->code);
		item(page, (struct item){
				   .term = code, .argument = row->name, .sentence = row->doc });
	}
}

static bool exit_codes_table(const struct page *page, const char *argument)
{
	(void)argument;
	put_exits(page, exit_rows);
	return true;
}

/* --- command lines --- */

static bool has_page(const struct command *command)
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

static bool commands_table(const struct page *page, const char *argument)
{
	(void)argument;
	for (const struct command *const *command = command_dadrace.verbs; *command; command++)
		if (!(*command)->internal)
			item(page, (struct item){ .term = (*command)->name,
						  .sentence = (*command)->syntax.doc });
	return true;
}

/* "--out" is said as it is, "DIR" is to be replaced. */
static void put_usage_word(const struct page *page, const char *word)
{
	const char *letter = word + strspn(word, "[");

	fputc(' ', page->out);
	if (*word == '-')
		put_bold(page, word);
	else if (isupper((unsigned char)*letter)) {
		size_t length = strcspn(letter, "].");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)length, letter);
		fprintf(page->out, "%.*s", (int)(letter - word), word);
		put_underlined(page, name);
		fputs(letter + length, page->out);
	} else
		put(page, word);
}

/* A line of options_usage(): "Usage: dadrace run [OPTION]... CAMPAIGN". */
static void put_usage_line(const struct page *page, const struct syntax *syntax, char *line)
{
	char *save = NULL;

	line += strlen("Usage: ") + strlen(syntax->name);
	put_bold(page, syntax->name);
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

static bool usage_table(const struct page *page, const char *name)
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
		item(page, (struct item){ .letter = row->letter,
					  .term = term,
					  .argument = row->argument,
					  .sentence = sentence });
	}
}

static void put_operands(const struct page *page, const struct operand_row *row)
{
	for (; row && row->name; row++)
		if (row->doc)
			item(page, (struct item){ .term = row->name, .sentence = row->doc });
}

static bool options_table(const struct page *page, const char *name)
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

static bool verbs_table(const struct page *page, const char *name)
{
	const struct command *const *verb = find_program(name).verbs;

	if (!verb)
		return false;
	for (; *verb; verb++) {
		const struct syntax *syntax = &(*verb)->syntax;

		if (*verb == &command_help)
			continue;
		if (page->name)
			fprintf(page->out, "%s\t%s\n", page->name, (*verb)->name);
		else
			fprintf(page->out, "## %s\n\n", (*verb)->name);
		put_usage(page, syntax);
		if (!page->name)
			fprintf(page->out, "%s.\n\n", syntax->doc);
		put_operands(page, syntax->operands);
		put_options(page, syntax->options);
	}
	return true;
}

static bool exits_table(const struct page *page, const char *name)
{
	const struct syntax *syntax = find_program(name).syntax;

	if (syntax && syntax->exits)
		put_exits(page, syntax->exits);
	else if (syntax && !page->name)
		fputs("The exit codes are those of *dadrace*(1).\n", page->out);
	return syntax;
}

/* --- a file of this folder's parent, as it is --- */

static bool file_table(const struct page *page, const char *name)
{
	char path[512], text[16384];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), CONFIG_FOLDER "/%s", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	literal(page, text);
	return true;
}

/* --- the service's interfaces --- */

/* The exposition's own help: "# HELP NAME SENTENCE." */
static bool metrics_table(const struct page *page, const char *argument)
{
	static const char help[] = "# HELP ";
	const struct metrics metrics = { 0 };
	const struct metrics_gauges gauges = { 0 };
	char *text = NULL, *line, *save = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)argument;
	if (!out)
		return false;
	metrics_print(&metrics, &gauges, false, out);
	fclose(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *sentence = strchr(line + sizeof(help) - 1, ' ');

		if (strncmp(line, help, sizeof(help) - 1) != 0 || !sentence)
			continue;
		*sentence++ = '\0';
		sentence[strlen(sentence) - 1] = '\0'; /* item() sets its own full stop */
		item(page,
		     (struct item){ .term = line + sizeof(help) - 1, .sentence = sentence });
	}
	free(text);
	return true;
}

static bool varlink_table(const struct page *page, const char *argument)
{
	(void)argument;
	literal(page, varlink_description);
	return true;
}

/* --- pages --- */

/* clang-format off */
static const struct table {
	const char *name;
	bool (*put)(const struct page *page, const char *argument); /* false: no such argument */
} tables[] = {
	{ "commands",         commands_table },
	{ "usage",            usage_table },
	{ "options",          options_table },
	{ "verbs",            verbs_table },
	{ "exits",            exits_table },
	{ "campaign-keys",    campaign_keys_table },
	{ "service-keys",     service_keys_table },
	{ "service-campaign", service_campaign_table },
	{ "fields",           fields_table },
	{ "sites",            sites_table },
	{ "tiers",            tiers_table },
	{ "helpers",          helpers_table },
	{ "proposals",        proposals_table },
	{ "invalid",          invalid_table },
	{ "ledger-states",    ledger_states_table },
	{ "changes",          changes_table },
	{ "loads",            loads_table },
	{ "messages",         messages_table },
	{ "exit-codes",       exit_codes_table },
	{ "metrics",          metrics_table },
	{ "varlink",          varlink_table },
	{ "file",             file_table },
};

/* Which page has to have which table. */
static const struct {
	const char *page, *table;
} wanted[] = {
	{ "dadrace.1",          "commands" },
	{ "dadrace.1",          "exit-codes" },
	{ "dadrace-campaign.5", "campaign-keys" },
	{ "dadrace-campaign.5", "changes" },
	{ "dadrace-campaign.5", "loads" },
	{ "dadrace-campaign.5", "messages" },
	{ "dadraced.yaml.5",    "service-keys" },
	{ "dadraced.8",         "options dadraced" },
	{ "dadraced.8",         "exits dadraced" },
	{ "dadraced.8",         "metrics" },
	{ "dadraced.8",         "service-campaign" },
	{ "dadrace-order.7",    "sites" },
	{ "dadrace-tiers.7",    "tiers" },
	{ "dadrace-kernels.7",  "helpers" },
	{ "dadrace-ledger.7",   "ledger-states" },
};

/* Names that pages explain in prose. */
static const struct {
	const char *page;
	const char *const *names;
	int nr;
} told[] = {
	{ "dadrace-campaign.5", arm_names,              ARMS },
	{ "dadrace-results.5",  verdict_names,          VERDICTS },
	{ "dadrace-results.5",  campaign_verdict_names, CAMPAIGN_VERDICTS },
	{ "dadrace-explore.7",  explore_mode_names,     EXPLORE_MODES },
	{ "dadrace-ledger.7",   ledger_use_names,       LEDGER_USES },
};
/* clang-format on */

/* "@fields trial@": false when there is no such table. */
static bool put_table(const struct page *page, const char *words)
{
	size_t length = strcspn(words, " ");
	const char *argument = words[length] ? words + length + 1 : "";

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strlen(tables[i].name) == length && !strncmp(tables[i].name, words, length))
			return tables[i].put(page, argument);
	return false;
}

static int expand(const struct page *page, FILE *in)
{
	char line[4096];
	int number = 0;

	while (fgets(line, sizeof(line), in)) {
		size_t length = strcspn(line, "\n");

		line[length] = '\0';
		if (!number++)
			fprintf(page->out, "%s \"dadrace " DADRACE_VERSION "\"\n", line);
		else if (length < 3 || line[0] != '@' || line[length - 1] != '@')
			fprintf(page->out, "%s\n", line);
		else {
			line[length - 1] = '\0';
			if (!put_table(page, line + 1)) {
				fprintf(stderr, "line %d: there is no table \"%s\"\n", number,
					line + 1);
				return 1;
			}
		}
	}
	return 0;
}

static void list_command(const struct command *command)
{
	char name[64];
	const struct page page = { stdout, name };

	snprintf(name, sizeof(name), "dadrace-%s.1", command->name);
	options_table(&page, command->name);
	exits_table(&page, command->name);
	verbs_table(&page, command->name);
}

static void list_names(void)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		put_table(&(struct page){ stdout, wanted[i].page }, wanted[i].table);
	for (const struct result_line *line = result_lines; line->type; line++)
		put_fields(&(struct page){ stdout, "dadrace-results.5" }, line->fields, "");
	for (const struct command *const *command = command_dadrace.verbs; *command; command++)
		if (has_page(*command))
			list_command(*command);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		for (int j = 0; j < told[i].nr; j++)
			printf("%s\t%s\n", told[i].page, told[i].names[j]);
}

int main(int argc, char **argv)
{
	int err = 0;

	if (argc == 2 && !strcmp(argv[1], "--names"))
		list_names();
	else
		err = expand(&(struct page){ stdout, NULL }, stdin);
	return err || fflush(stdout) == EOF || ferror(stdout);
}
