// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "service/metrics_last.h"
#include "service/named.h"

/* Text format 0.0.4 and OpenMetrics 1.0, label values. They are shown as base/shown.h says. */
static void print_label(FILE *out, const char *name, const char *value)
{
	char escape[SHOWN_ESCAPE];

	fprintf(out, "%s=\"", name);
	for (size_t left = strlen(value), nr; left; value += nr, left -= nr) {
		nr = shown_character(value, left, escape);
		if (*value == '"' || *value == '\\' || *escape)
			fputc('\\', out);
		if (*value == '\n')
			fputc('n', out);
		else if (*escape)
			fputs(escape, out);
		else
			fwrite(value, 1, nr, out);
	}
	fputc('"', out);
}

/* --- values: false when the run has none --- */

static bool verdict(const struct ticket *last, double *value)
{
	*value = (double)last->exit_code;
	return last->exit_code != INT64_MIN;
}

static bool ended_at(const struct ticket *last, double *value)
{
	*value = (double)last->ended_unix_ms / 1e3;
	return true;
}

static bool took(const struct ticket *last, double *value)
{
	*value = ((double)last->ended_unix_ms - (double)last->started_unix_ms) / 1e3;
	return last->started_unix_ms;
}

static bool bound(const struct ticket *last, double *value)
{
	*value = (double)last->bound_ppm / 1e6;
	return last->bound_ppm;
}

static bool finding(const struct ticket *last, double *value)
{
	*value = 1;
	return last->finding;
}

/* clang-format off */
static const struct {
	const char *name, *help;
	bool (*value)(const struct ticket *last, double *value);
	bool names_finding;
} families[] = {
	{ "dadrace_last_verdict",
	  "Exit code of the last run of a campaign: 0 clean, 1 fault, 3 inconclusive, others as of dadrace run.", verdict },
	{ "dadrace_last_run_timestamp_seconds", "When the last run of a campaign ended.", ended_at },
	{ "dadrace_last_run_duration_seconds", "From the start of the last run of a campaign to its end.", took },
	{ "dadrace_last_bound_ratio", "The fault rate of the last run of a campaign, if clean, is below this, at 95%.", bound },
	{ "dadrace_last_finding", "The first finding of the last run of a campaign.", finding, true },
};
/* clang-format on */
enum { NR_FAMILIES = sizeof(families) / sizeof(families[0]) };

static void print_family(const struct named *names, uint32_t nr, int family, FILE *out)
{
	const char *name = families[family].name;
	double value;

	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, families[family].help, name);
	for (uint32_t i = 0; i < nr; i++) {
		const struct ticket *last = named_last(&names[i]);

		if (!families[family].value(last, &value))
			continue;
		fprintf(out, "%s{", name);
		print_label(out, "campaign", last->name);
		fputc(',', out);
		print_label(out, "kernel", last->kernel ? last->kernel : "");
		if (families[family].names_finding) {
			fputc(',', out);
			print_label(out, "finding", last->finding);
		}
		fprintf(out, "} %.14g\n", value);
	}
}

bool metrics_print_last(const struct ticket *const *tickets, uint32_t nr, FILE *out)
{
	uint32_t nr_names;
	struct named *names = named_of(tickets, nr, &nr_names);

	if (!names)
		return false;
	for (int family = 0; family < NR_FAMILIES; family++)
		print_family(names, nr_names, family, out);
	free(names);
	return true;
}
