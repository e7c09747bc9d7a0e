// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Man pages are prose in scdoc with lines such as "@campaign-keys@". This program, which is not
 * installed, replaces each line by the table of that name, so that pages follow the code:
 *
 *   tables < dadrace-campaign.5.scd | scdoc > dadrace-campaign.5
 *   tables --names   what the pages must name, a line each: "dadrace-campaign.5<TAB>echo.count"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "command/result_schema.h"
#include "command_lines.h"
#include "explore/explore.h"
#include "export/export.h"
#include "ledger/ledger.h"
#include "loader/probes.h"
#include "page.h"
#include "parse/campaign.h"
#include "parse/service_config.h"
#include "service/metrics.h"
#include "service/ticket.h"
#include "service/varlink.h"
#include "spec/sites.h"
#include "spec/spec.h"
#include "table/rows.h"
#include "trial/klog_line.h"
#include "trial/verdict.h"

/* --- fields --- */

static void put_fields(const struct page *page, const struct fields *fields, const char *prefix)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		char path[256], words[1024];

		snprintf(path, sizeof(path), "%s%s", prefix, row->name);
		field_words(row, words, sizeof(words));
		page_item(page, (struct item){ .term = path,
					       .type = row->type == FIELD_OBJECT && !row->list ?
							       NULL :
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

static bool put_fields_of(const struct page *page, const char *type)
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
		if (site_of_device(site, kind))
			used += (size_t)snprintf(words + used, size - used, "%s%s (%s)",
						 used ? ", " : "", site_of_device(site, kind),
						 device_kind_names[kind]);
}

static void put_sites(const struct page *page)
{
	for (const struct hold_site *site = hold_sites; site->name; site++) {
		char functions[512];

		list_functions(site, functions, sizeof(functions));
		page_item(page, (struct item){ .term = site->name,
					       .type = functions,
					       .sentence = site->doc });
	}
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
	page_item(page, (struct item){ .term = probe->name,
				       .argument = probe->needed ? "(needed)" : NULL,
				       .type = rungs,
				       .sentence = sentence });
}

static void put_tiers(const struct page *page)
{
	for (const struct probe *const *probe = probe_table; *probe; probe++)
		put_probe(page, *probe);
	put_probe(page, &step_probe);
}

/* --- actions --- */

static void put_changes(const struct page *page)
{
	for (int i = 0; i < CHANGES; i++)
		page_item(page, (struct item){ .term = change_names[i],
					       .sentence = change_words(i) });
}

static void put_loads(const struct page *page)
{
	for (int i = 0; i < LOADS; i++)
		page_item(page,
			  (struct item){ .term = load_names[i], .sentence = load_words(i) });
}

static void put_messages(const struct page *page)
{
	for (int i = 0; i < MESSAGES; i++)
		page_item(page, (struct item){ .term = message_names[i],
					       .sentence = message_words(i, 1) });
}

/* --- formats of reports --- */

static void put_formats(const struct page *page)
{
	for (const struct export_format *at = export_formats; at->name; at++)
		page_item(page, (struct item){ .term = at->name,
					       .argument = at->ending,
					       .sentence = at->words });
}

/* --- network cards --- */

static void put_nics(const struct page *page)
{
	for (int i = 0; i < NIC_MODELS; i++) {
		char sentence[128];

		snprintf(sentence, sizeof(sentence), "Driven by %s", nics[i].module);
		page_item(page, (struct item){ .term = nic_model_names[i],
					       .type = nics[i].device,
					       .sentence = sentence });
	}
}

/* --- holes, proposals, helpers --- */

static void put_sentences(const struct page *page, const char *(*sentence)(uint32_t number))
{
	for (uint32_t i = 0; sentence(i); i++) {
		fputs("- ", page->out);
		page_put(page, sentence(i));
		fputc('\n', page->out);
	}
}

static void put_invalid(const struct page *page)
{
	put_sentences(page, verdict_invalid_sentence);
}

static void put_missed(const struct page *page)
{
	put_sentences(page, verdict_missed_sentence);
}

static void put_klog(const struct page *page)
{
	char words[256];
	const char *says;

	for (uint32_t i = 0; (says = klog_words(i, words, sizeof(words))); i++)
		page_item(page, (struct item){ .term = words, .sentence = says });
}

static void put_proposals(const struct page *page)
{
	for (const char *const *place = explore_proposals; *place; place++)
		fprintf(page->out, ". %s\n", *place);
}

static void put_ledger_states(const struct page *page)
{
	for (int i = 0; i < LEDGER_HOLES; i++)
		page_item(page, (struct item){ .term = ledger_hole_names[i],
					       .sentence = ledger_hole_sentences[i] });
}

static void put_helpers(const struct page *page)
{
	for (const struct probes_helper *helper = probes_helpers; helper->name; helper++) {
		char sentence[512];

		snprintf(sentence, sizeof(sentence), "Since Linux %s. Without it %s",
			 helper->since, helper->costs);
		page_item(page, (struct item){ .term = helper->name, .sentence = sentence });
	}
}

/* --- a file of this folder's parent, as it is --- */

static bool put_file(const struct page *page, const char *name)
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
	page_literal(page, text);
	return true;
}

/* --- the service's interfaces --- */

/* The exposition's own help: "# HELP NAME SENTENCE." */
static void put_metrics(const struct page *page)
{
	static const char help[] = "# HELP ";
	const struct metrics metrics = { 0 };
	const struct metrics_gauges gauges = { 0 };
	char *text = NULL, *line, *save = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	metrics_print(&metrics, &gauges, false, out);
	fclose(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *sentence = strchr(line + sizeof(help) - 1, ' ');

		if (strncmp(line, help, sizeof(help) - 1) != 0 || !sentence)
			continue;
		*sentence++ = '\0';
		sentence[strlen(sentence) - 1] = '\0'; /* item() sets its own full stop */
		page_item(page, (struct item){ .term = line + sizeof(help) - 1,
					       .sentence = sentence });
	}
	free(text);
}

static void put_varlink(const struct page *page)
{
	page_literal(page, varlink_description);
}

/* --- pages --- */

static void put_exit_codes(const struct page *page)
{
	put_exits(page, exit_rows);
}

/* A table by its name: fields, what `put` writes, or what `put_of` writes of the next word. */
/* clang-format off */
static const struct table {
	const char *name;
	const struct fields *fields;
	void (*put)(const struct page *page);
	bool (*put_of)(const struct page *page, const char *what); /* false: of that there is none */
} tables[] = {
	{ "campaign-keys",    .fields = &campaign_fields },
	{ "service-keys",     .fields = &service_config_fields },
	{ "service-campaign", .fields = &ticket_fields },
	{ "fields",           .put_of = put_fields_of },
	{ "commands",         .put = put_commands },
	{ "usage",            .put_of = put_usage_of },
	{ "options",          .put_of = put_options_of },
	{ "verbs",            .put_of = put_verbs_of },
	{ "exits",            .put_of = put_exits_of },
	{ "exit-codes",       .put = put_exit_codes },
	{ "sites",            .put = put_sites },
	{ "tiers",            .put = put_tiers },
	{ "helpers",          .put = put_helpers },
	{ "nics",             .put = put_nics },
	{ "proposals",        .put = put_proposals },
	{ "invalid",          .put = put_invalid },
	{ "missed",           .put = put_missed },
	{ "klog",             .put = put_klog },
	{ "ledger-states",    .put = put_ledger_states },
	{ "changes",          .put = put_changes },
	{ "loads",            .put = put_loads },
	{ "messages",         .put = put_messages },
	{ "formats",          .put = put_formats },
	{ "metrics",          .put = put_metrics },
	{ "varlink",          .put = put_varlink },
	{ "file",             .put_of = put_file },
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
	{ "dadrace-kernels.7",  "nics" },
	{ "dadrace-ledger.7",   "ledger-states" },
	{ "dadrace-report.1",   "formats" },
	{ "dadrace-results.5",  "klog" },
};

/* Names that pages explain in prose. */
static const struct {
	const char *page;
	const char *const *names;
	int nr;
} explained[] = {
	{ "dadrace-campaign.5", arm_names,              ARMS },
	{ "dadrace-results.5",  verdict_names,          VERDICTS },
	{ "dadrace-results.5",  campaign_verdict_names, CAMPAIGN_VERDICTS },
	{ "dadrace-results.5",  klog_tie_names + KLOG_TIE_NONE, KLOG_TIES - KLOG_TIE_NONE },
	{ "dadrace-explore.7",  explore_mode_names,     EXPLORE_MODES },
	{ "dadrace-ledger.7",   ledger_use_names,       LEDGER_USES },
};
/* clang-format on */

/* "fields trial": false when there is no such table. */
static bool put_table(const struct page *page, const char *words)
{
	const struct table *end = tables + sizeof(tables) / sizeof(tables[0]), *table = tables;
	size_t length = strcspn(words, " ");

	while (table < end &&
	       (strlen(table->name) != length || strncmp(table->name, words, length) != 0))
		table++;
	if (table == end)
		return false;
	if (table->put_of)
		return words[length] && table->put_of(page, words + length + 1);
	if (table->put)
		table->put(page);
	else
		put_fields(page, table->fields, "");
	return true;
}

/* The first line is the page's title, which gets the version. */
static bool expand(const struct page *page, char *line, int number)
{
	size_t length = strlen(line);

	if (number == 1) {
		fprintf(page->out, "%s \"dadrace " DADRACE_VERSION "\"\n", line);
		return true;
	}
	if (length < 3 || line[0] != '@' || line[length - 1] != '@') {
		fprintf(page->out, "%s\n", line);
		return true;
	}
	line[length - 1] = '\0';
	if (put_table(page, line + 1))
		return true;
	fprintf(stderr, "line %d: there is no table \"%s\"\n", number, line + 1);
	return false;
}

static bool expand_all(const struct page *page, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	bool good = true;

	for (int number = 1; good && getline(&line, &size, in) >= 0; number++) {
		line[strcspn(line, "\n")] = '\0';
		good = expand(page, line, number);
	}
	free(line);
	return good;
}

static void list_command(const struct command *command)
{
	char name[64];
	const struct page page = { stdout, name };

	snprintf(name, sizeof(name), "dadrace-%s.1", command->name);
	put_options_of(&page, command->name);
	put_exits_of(&page, command->name);
	put_verbs_of(&page, command->name);
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
	for (size_t i = 0; i < sizeof(explained) / sizeof(explained[0]); i++)
		for (int j = 0; j < explained[i].nr; j++)
			printf("%s\t%s\n", explained[i].page, explained[i].names[j]);
}

int main(int argc, char **argv)
{
	bool good = true;

	if (argc == 2 && !strcmp(argv[1], "--names"))
		list_names();
	else
		good = expand_all(&(struct page){ stdout, NULL }, stdin);
	return !good || fflush(stdout) == EOF || ferror(stdout);
}
