// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>

#include "base/escape.h"
#include "export/cases.h"
#include "export/formats.h"
#include "export/machine.h"

/* The element that says why a case did not pass; "": it passed. */
static const char *const elements[CAMPAIGN_VERDICTS] = {
	[CAMPAIGN_CLEAN] = "",
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

static void print_case(const struct export_case *one, FILE *out)
{
	const char *element = elements[one->verdict];

	fprintf(out, "<testcase classname=\"dadrace\" name=\"%s\">", one->name);
	fputs(*element ? "" : "<system-out>", out);
	if (*element)
		fprintf(out, "<%s message=\"", element);
	markup_text(out, one->text.at);
	fputs(*element ? "\"/>" : "</system-out>", out);
	fputs("</testcase>\n", out);
}

static int print(const struct past *past, bool with_host, FILE *out, struct why *why)
{
	struct export_case one;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	print_suite(past, out);
	if (print_properties(past, with_host, out))
		return why_memory(why);
	for (uint32_t i = 0; i < export_nr_cases(past); i++) {
		export_case(past, i, &one);
		print_case(&one, out);
	}
	fputs("</testsuite>\n</testsuites>\n", out);
	return 0;
}

int export_junit(const struct past *past, FILE *out, struct why *why)
{
	return print(past, false, out, why);
}

int export_junit_with_host(const struct past *past, FILE *out, struct why *why)
{
	return print(past, true, out, why);
}
