// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/shown.h"
#include "export/cases.h"
#include "export/formats.h"
#include "export/machine.h"
#include "report/report.h"

/*
 * KCIDB's schema 5.3: a checkout and a build that are known by the kernel's release only, and a
 * test for each case. Nothing in it may be null.
 */
#define ORIGIN "dadrace"

static json_t *checkouts_of(const char *kernel, const char *release)
{
	return json_pack("[{s:s, s:s, s:s}]", "id", kernel, "origin", ORIGIN, "comment",
			 release);
}

/* The schema allows lower case, digits and "_" only. */
static const char *architecture_of(const struct past *past)
{
	const char *name =
		json_string_value(json_object_get(past_machine(past), "architecture"));

	return name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] ? name :
										      NULL;
}

static json_t *builds_of(const char *kernel, const char *release, const char *architecture)
{
	return json_pack("[{s:s, s:s, s:s, s:s, s:s*}]", "id", kernel, "origin", ORIGIN,
			 "checkout_id", kernel, "comment", release, "architecture",
			 architecture);
}

/* Each part of a path between its dots has a character. */
static void fill_parts(char *path)
{
	for (char *at = path; *at; at++)
		if (*at == '.' && (at == path || at[-1] == '.' || !at[1]))
			*at = '_';
}

/* The report of a finding, as much of it as the schema allows; NULL with the sentence. */
static json_t *excerpt_of(const struct past *past, uint32_t number, struct why *why)
{
	enum { EXCERPT_MOST = 16384 };
	char *report = report_finding_text(past, number, why);
	char *excerpt = report ? malloc(EXCERPT_MOST) : NULL;
	json_t *json = NULL;

	if (excerpt) {
		shown_copy(report, "\n", excerpt, EXCERPT_MOST);
		json = json_string(excerpt);
	}
	if (report && !json)
		why_memory(why);
	free(excerpt);
	free(report);
	return json;
}

static json_t *test_of(const struct past *past, uint32_t number, const char *build,
		       const char *started)
{
	static const char *const statuses[CAMPAIGN_VERDICTS] = {
		[CAMPAIGN_CLEAN] = "PASS",
		[CAMPAIGN_FAULT] = "FAIL",
		[CAMPAIGN_INCONCLUSIVE] = "ERROR",
		[CAMPAIGN_SKIPPED] = "SKIP",
	};
	const char *run = past_summary(past)->id;
	struct export_case one;
	char id[256], path[192], text[sizeof(one.text.at)];

	export_case(past, number, &one);
	snprintf(id, sizeof(id), ORIGIN ":%.200s/%u", run ? run : "run", number);
	snprintf(path, sizeof(path), ORIGIN ".%s", one.name);
	fill_parts(path);
	shown_copy(one.text.at, "", text, sizeof(text));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "origin", ORIGIN,
			 "build_id", build, "path", path, "status", statuses[one.verdict],
			 "comment", text, "start_time", started);
}

static int add_test(json_t *tests, const struct past *past, uint32_t number, const char *build,
		    const char *started, json_t *machine, struct why *why)
{
	json_auto_t *test = test_of(past, number, build, started);
	json_auto_t *excerpt = number ? excerpt_of(past, number, why) : NULL;

	if (number && !excerpt)
		return -EIO;
	if ((number && json_object_set(test, "log_excerpt", excerpt)) ||
	    json_object_set_new(test, "environment", json_pack("{s:O}", "misc", machine)) ||
	    json_array_append(tests, test))
		return why_memory(why);
	return 0;
}

/* NULL with the sentence. */
static json_t *tests_of(const struct past *past, const char *build, bool with_host,
			struct why *why)
{
	time_t started = (time_t)(past_started_ms(past) / 1000);
	json_auto_t *machine = export_machine(past, with_host);
	json_t *tests = json_array();
	int err = tests ? 0 : why_memory(why);
	struct tm utc;
	char when[64];

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S+00:00", gmtime_r(&started, &utc));
	for (uint32_t i = 0; !err && i < export_nr_cases(past); i++)
		err = add_test(tests, past, i, build, when, machine, why);
	if (!err)
		return tests;
	json_decref(tests);
	return NULL;
}

static int print(const struct past *past, bool with_host, FILE *out, struct why *why)
{
	const char *release = past_release(past);
	char kernel[512];
	json_t *tests, *json;
	int err = 0;

	snprintf(kernel, sizeof(kernel), ORIGIN ":%s", release);
	tests = tests_of(past, kernel, with_host, why);
	if (!tests)
		return -EIO;
	json = json_pack("{s:{s:i, s:i}, s:o, s:o, s:o}", "version", "major", 5, "minor", 3,
			 "checkouts", checkouts_of(kernel, release), "builds",
			 builds_of(kernel, release, architecture_of(past)), "tests", tests);
	if (!json)
		return why_memory(why);
	if (json_dumpf(json, out, JSON_INDENT(2)))
		err = why_set(why, EIO, "the report cannot be written");
	json_decref(json);
	fputc('\n', out);
	return err;
}

int export_kcidb(const struct past *past, FILE *out, struct why *why)
{
	return print(past, false, out, why);
}

int export_kcidb_with_host(const struct past *past, FILE *out, struct why *why)
{
	return print(past, true, out, why);
}
