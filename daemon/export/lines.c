// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/shown.h"
#include "export/cases.h"
#include "export/formats.h"

/* Formats in which a case is a line or a few. */
static int print_cases(const struct past *past, FILE *out, struct why *why,
		       int (*print)(const struct export_case *one, uint32_t number, FILE *out))
{
	struct export_case one;
	int err = 0;

	for (uint32_t i = 0; !err && i < export_nr_cases(past); i++) {
		export_case(past, i, &one);
		err = print(&one, i + 1, out);
	}
	return err ? why_memory(why) : 0;
}

/* --- signals of LAVA --- */

static int print_lava(const struct export_case *one, uint32_t number, FILE *out)
{
	static const char *const results[CAMPAIGN_VERDICTS] = {
		[CAMPAIGN_CLEAN] = "pass",
		[CAMPAIGN_FAULT] = "fail",
		[CAMPAIGN_INCONCLUSIVE] = "unknown",
		[CAMPAIGN_SKIPPED] = "skip",
	};

	(void)number;
	fprintf(out, "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=%s RESULT=%s>\n", one->name,
		results[one->verdict]);
	return 0;
}

int export_lava(const struct past *past, FILE *out, struct why *why)
{
	return print_cases(past, out, why, print_lava);
}

/* --- results.yaml of tmt --- */

/* A string of JSON is one of YAML, in double quotes. */
static int print_tmt(const struct export_case *one, uint32_t number, FILE *out)
{
	static const char *const results[CAMPAIGN_VERDICTS] = {
		[CAMPAIGN_CLEAN] = "pass",
		[CAMPAIGN_FAULT] = "fail",
		[CAMPAIGN_INCONCLUSIVE] = "error",
		[CAMPAIGN_SKIPPED] = "skip",
	};
	char *shown = shown_text(one->text.at, "");
	json_auto_t *note = shown ? json_string(shown) : NULL;
	char *text = note ? json_dumps(note, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	(void)number;
	if (text)
		fprintf(out, "- name: \"/%s\"\n  result: %s\n  note:\n    - %s\n", one->name,
			results[one->verdict], text);
	free(shown);
	free(text);
	return text ? 0 : -ENOMEM;
}

int export_tmt(const struct past *past, FILE *out, struct why *why)
{
	return print_cases(past, out, why, print_tmt);
}
