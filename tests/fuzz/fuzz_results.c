// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "parse/campaign.h"
#include "report/across_runs.h"
#include "report/html.h"
#include "report/report.h"
#include "results/reader.h"
#include "results/results.h"

/*
 * Any bytes as results.ndjson: refused with a sentence, or read, and then there are reports, in
 * which nothing is obeyed by a terminal, and a campaign of each trial to run again.
 */
static void report(struct past *past, FILE *out)
{
	struct past *const runs[] = { past, past };
	struct merged merged;
	struct why why;

	for (uint32_t i = 1; i <= past_summary(past)->nr_findings; i++)
		report_finding(past, i, out, &why);
	report_html(past, out, &why);
	if (!merged_make(runs, 1, &merged, &why))
		report_runs(runs, 2, &merged, out);
}

static void run_again(const struct past *past)
{
	uint32_t nr;
	const struct past_trial *trials = past_trials(past, &nr);
	struct campaign *campaign;
	struct why why;

	for (uint32_t i = 0; i < nr && i < 2; i++) {
		char *spec = past_spec(past, &trials[i], &why);

		if (spec &&
		    !campaign_load_text("spec", spec, strlen(spec), NULL, 0, &campaign, &why))
			campaign_free(campaign);
		free(spec);
	}
}

/* "VERSION" is the schema's of today, so that the corpus outlives a new one. */
static void put(const uint8_t *data, size_t size)
{
	static const char word[] = "VERSION";
	const uint8_t *at = memmem(data, size, word, strlen(word));
	char *text = NULL;
	size_t length = 0;
	FILE *out = at ? open_memstream(&text, &length) : NULL;

	if (!out) {
		input_file(data, size, "results.ndjson");
		return;
	}
	fwrite(data, 1, (size_t)(at - data), out);
	fprintf(out, "%d", RESULTS_SCHEMA_VERSION);
	at += strlen(word);
	fwrite(at, 1, size - (size_t)(at - data), out);
	fclose(out);
	input_file((const uint8_t *)text, length, "results.ndjson");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct past *past = NULL;
	struct why why = { "" };
	char *text = NULL;
	size_t length = 0;
	FILE *out;

	put(data, size);
	if (past_open(input_folder(), &past, &why)) {
		if (!*why.text)
			abort();
		input_check_shown(why.text);
		return 0;
	}
	out = open_memstream(&text, &length);
	if (!out)
		abort();
	report(past, out);
	if (fclose(out))
		abort();
	input_check_shown(text);
	free(text);
	run_again(past);
	past_close(past);
	return 0;
}
