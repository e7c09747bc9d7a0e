// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <time.h>

#include "base/shown.h"
#include "export/cases.h"
#include "export/formats.h"

/*
 * KCIDB's schema 5.3: a checkout and a build that are known by the kernel's release only, and a
 * test for each case. Nothing in it may be null.
 */
#define ORIGIN "dadrace"

static json_t *objects_of(const char *kind, const char *id, const char *of, const char *release)
{
	json_t *object = json_pack("{s:s+, s:s, s:s*, s:s}", "id", ORIGIN ":", id, "origin",
				   ORIGIN, kind, of, "comment", release);

	return json_pack("[o]", object);
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
	shown_copy(one.text.at, "", text, sizeof(text));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "origin", ORIGIN,
			 "build_id", build, "path", path, "status", statuses[one.verdict],
			 "comment", text, "start_time", started);
}

static json_t *tests_of(const struct past *past, const char *build)
{
	time_t started = (time_t)(past_started_ms(past) / 1000);
	json_t *tests = json_array();
	struct tm utc;
	char when[64];

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S+00:00", gmtime_r(&started, &utc));
	for (uint32_t i = 0; tests && i < export_nr_cases(past); i++)
		if (json_array_append_new(tests, test_of(past, i, build, when))) {
			json_decref(tests);
			return NULL;
		}
	return tests;
}

int export_kcidb(const struct past *past, FILE *out, struct why *why)
{
	const char *told = json_string_value(json_object_get(past_machine(past), "release"));
	const char *release = told ? told : "unknown";
	char kernel[512];
	json_t *json;
	int err = 0;

	snprintf(kernel, sizeof(kernel), ORIGIN ":%s", release);
	json = json_pack("{s:{s:i, s:i}, s:o, s:o, s:o}", "version", "major", 5, "minor", 3,
			 "checkouts", objects_of("tree_name", release, NULL, release), "builds",
			 objects_of("checkout_id", release, kernel, release), "tests",
			 tests_of(past, kernel));
	if (!json)
		return why_set(why, ENOMEM, "out of memory");
	if (json_dumpf(json, out, JSON_INDENT(2)))
		err = why_set(why, EIO, "the report cannot be written");
	json_decref(json);
	fputc('\n', out);
	return err;
}
