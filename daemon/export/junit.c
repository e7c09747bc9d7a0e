// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/escape.h"
#include "export/cases.h"
#include "export/formats.h"
#include "export/machine.h"
#include "report/report.h"

/* The element that says why a case did not pass. */
static const char *const elements[CAMPAIGN_VERDICTS] = {
	[CAMPAIGN_CLEAN] = NULL,
	[CAMPAIGN_FAULT] = "failure",
	[CAMPAIGN_INCONCLUSIVE] = "error",
	[CAMPAIGN_SKIPPED] = "skipped",
};

static uint32_t count(const struct past *past, enum campaign_verdict verdict)
{
	struct export_case one;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < export_nr_cases(past); i++) {
		export_case(past, i, &one);
		nr += one.verdict == verdict;
	}
	return nr;
}

static int print_properties(const struct past *past, bool with_host, FILE *out)
{
	json_auto_t *machine = export_machine(past, with_host);
	const char *name;
	json_t *value;

	fputs("<properties>", out);
	json_object_foreach(machine, name, value)
	{
		fprintf(out, "<property name=\"%s\" value=\"", name);
		if (json_is_integer(value))
			fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		else
			markup_text(out, json_string_value(value));
		fputs("\"/>", out);
	}
	fputs("</properties>\n", out);
	return machine ? 0 : -ENOMEM;
}

static void print_suite(const struct past *past, FILE *out)
{
	fprintf(out, "<testsuite name=\"");
	markup_text(out, past_name(past));
	fprintf(out, "\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
		export_nr_cases(past), count(past, CAMPAIGN_FAULT),
		count(past, CAMPAIGN_INCONCLUSIVE), count(past, CAMPAIGN_SKIPPED));
}

/* In full, where GitLab and Jenkins show it: the report of a finding. */
static int print_body(const struct past *past, uint32_t number, const struct export_case *one,
		      FILE *out, struct why *why)
{
	char *report = number ? report_finding_text(past, number, why) : NULL;

	if (number && !report)
		return -EIO;
	markup_text(out, number ? report : one->text.at);
	free(report);
	return 0;
}

static int print_case(const struct past *past, uint32_t number, FILE *out, struct why *why)
{
	struct export_case one;
	const char *element;
	int err;

	export_case(past, number, &one);
	element = elements[one.verdict];
	fprintf(out, "<testcase classname=\"dadrace\" name=\"%s\">", one.name);
	fprintf(out, "<%s", element ? element : "system-out");
	if (element) {
		fputs(" message=\"", out);
		markup_text(out, one.text.at);
		fputc('"', out);
	}
	fputc('>', out);
	err = print_body(past, number, &one, out, why);
	fprintf(out, "</%s></testcase>\n", element ? element : "system-out");
	return err;
}

static int print(const struct past *past, bool with_host, FILE *out, struct why *why)
{
	int err = 0;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	print_suite(past, out);
	if (print_properties(past, with_host, out))
		return why_memory(why);
	for (uint32_t i = 0; !err && i < export_nr_cases(past); i++)
		err = print_case(past, i, out, why);
	fputs("</testsuite>\n</testsuites>\n", out);
	return err;
}

int export_junit(const struct past *past, FILE *out, struct why *why)
{
	return print(past, false, out, why);
}

int export_junit_with_host(const struct past *past, FILE *out, struct why *why)
{
	return print(past, true, out, why);
}
