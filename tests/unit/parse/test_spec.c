// SPDX-License-Identifier: GPL-2.0-or-later
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "results/results.h"
#include "trial/plan.h"

/*
 * From plan to spec to campaign to plan: the same trial, but for its number. What is compared
 * is every field that a spec has in the results, so one that is added is compared, too.
 */
enum { TRIALS = 60 };

static struct campaign *load(const char *text, const char *const *sets, size_t nr_sets)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };

	if (campaign_load_text("spec", text, strlen(text), sets, nr_sets, &campaign, &why))
		fail_msg("%s: %s", text, why.text);
	return campaign;
}

static json_t *trial_json(const struct campaign *campaign, uint32_t number)
{
	struct trial_spec trial;

	plan_trial(campaign, number, &trial);
	return fields_to_json(&spec_fields, &trial);
}

static char *spec_of(const struct campaign *campaign, uint32_t number)
{
	json_t *whole = fields_to_json(&campaign_fields, campaign);
	json_t *trial = trial_json(campaign, number);
	char *text = campaign_spec(whole, trial);

	assert_non_null(text);
	json_decref(whole);
	json_decref(trial);
	return text;
}

static void assert_same_trial(const struct campaign *campaign, uint32_t number,
			      const struct campaign *pinned, uint32_t as, const char *text)
{
	json_t *wanted = trial_json(campaign, number), *got = trial_json(pinned, as);

	json_object_del(wanted, "trial");
	json_object_del(got, "trial");
	if (!json_equal(wanted, got))
		fail_msg("trial %u: %s\n%s\n%s", number, text, json_dumps(wanted, JSON_COMPACT),
			 json_dumps(got, JSON_COMPACT));
	json_decref(wanted);
	json_decref(got);
}

/* What the trial does not name must be as it was, too: circumstances. */
static void assert_same_circumstances(const struct campaign *campaign,
				      const struct campaign *pinned)
{
	static const char *const groups[] = { "device", "sysctl", "bringup", "vm",
					      "order",	"watch",  "tier" };
	json_t *wanted = fields_to_json(&campaign_fields, campaign);
	json_t *got = fields_to_json(&campaign_fields, pinned);

	/* Which of several changes is made, the trial names. */
	json_object_del(json_object_get(wanted, "bringup"), "change");
	json_object_del(json_object_get(got, "bringup"), "change");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!json_equal(json_object_get(wanted, groups[i]),
				json_object_get(got, groups[i])))
			fail_msg("%s: %s\n%s", groups[i],
				 json_dumps(json_object_get(wanted, groups[i]), JSON_COMPACT),
				 json_dumps(json_object_get(got, groups[i]), JSON_COMPACT));
	json_decref(wanted);
	json_decref(got);
}

static void assert_round_trips(const struct campaign *campaign)
{
	for (uint32_t number = 1; number <= TRIALS; number++) {
		char *text = spec_of(campaign, number), *again;
		struct campaign *pinned = load(text, NULL, 0);

		assert_int_equal(pinned->spec, 1);
		assert_same_trial(campaign, number, pinned, 1, text);
		assert_same_trial(campaign, number, pinned, 17, text);
		assert_same_circumstances(campaign, pinned);
		/* A spec of a spec is that spec. */
		again = spec_of(pinned, 3);
		assert_string_equal(text, again);
		campaign_free(pinned);
		free(again);
		free(text);
	}
}

static void test_shipped_campaigns(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(CAMPAIGNS_FOLDER "/*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 5);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct campaign *campaign = NULL;
		struct why why = { "" };

		if (campaign_load(found.gl_pathv[i], NULL, 0, &campaign, &why))
			fail_msg("%s", why.text);
		assert_round_trips(campaign);
		campaign_free(campaign);
	}
	globfree(&found);
}

/* Words that YAML and JSON write differently, and longer than a YAML key may be. */
static void test_awkward_texts(void **state)
{
	char text[4096], filling[2001];
	struct campaign *campaign;

	(void)state;
	memset(filling, 'x', sizeof(filling) - 1);
	filling[sizeof(filling) - 1] = '\0';
	snprintf(text, sizeof(text),
		 "window: {hold_range: {min_us: 10, max_us: 99}}\n"
		 "bringup: {kind: command, command: [sh, \"-c: #\", \"%s\", "
		 "\"a\\n\\\"b'/\\t\\x01\\u20ac\","
		 " \"5\", \"null\", \"\"]}\n"
		 "device: {kind: bridge}\ntier: fentry\nwatch: {objects: [inet6_dev]}\n",
		 filling);
	campaign = load(text, NULL, 0);
	assert_round_trips(campaign);
	campaign_free(campaign);
}

/* The very text: it is pasted into mails, and must stay what it is. */
static void test_text_is_stable(void **state)
{
	struct campaign *campaign = load("arms: [race]\nlanes: 3\nname: x\nkernel: y\n"
					 "seed: 7\necho: {count: 2}\nstop: {trials: 5}\n"
					 "window: {hold_us: [1000]}\n",
					 NULL, 0);
	char *text = spec_of(campaign, 2);
	char *expected = NULL;
	struct trial_spec trial;

	(void)state;
	plan_trial(campaign, 2, &trial);
	assert_true(
		asprintf(
			&expected,
			"{\"spec\":1,\"trial_seed\":\"0x%016llx\",\"arms\":[\"race\"],\"window\":{\"hold_us\":[1000]},\"echo\":{\"count\":2}}",
			(unsigned long long)trial.seed) > 0);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
	campaign_free(campaign);
}

/* Limits and the like are the caller's, on top of the spec. */
static void test_a_spec_takes_limits(void **state)
{
	static const char *const sets[] = { "stop.trials=5", "lanes=2", "kernel=k" };
	struct campaign *campaign = load("arms: [race]", NULL, 0), *pinned;
	char *text = spec_of(campaign, 1);

	(void)state;
	pinned = load(text, sets, 3);
	assert_int_equal(pinned->stop.trials, 5);
	assert_int_equal(pinned->lanes, 2);
	assert_string_equal(pinned->kernel, "k");
	campaign_free(pinned);
	campaign_free(campaign);
	free(text);
}

static void test_whole_campaign(void **state)
{
	static const char *const texts[] = {
		"",
		"name: x\nstop: {trials: 7, decided: [rate, arms]}\nlanes: 2\nkernel: k\n",
		"window: {hold_range: {min_us: 5, max_us: 6}}\narms: [race, echo]\n",
		"window: {hold_us: [5, 6, 7]}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct campaign *first = load(texts[i], NULL, 0), *second;
		json_t *wanted = fields_to_json(&campaign_fields, first), *got;
		char *text = campaign_text(wanted);

		assert_non_null(text);
		second = load(text, NULL, 0);
		got = fields_to_json(&campaign_fields, second);
		assert_true(json_equal(wanted, got));
		json_decref(wanted);
		json_decref(got);
		campaign_free(first);
		campaign_free(second);
		free(text);
	}
}

static void test_what_is_no_spec(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "spec: 2", "x:1:7: spec: found 2; allowed: whole numbers from 0 to 1" },
		{ "{spec: 1}", "x:1:2: spec: a spec is one trial and needs trial_seed" },
		{ "{spec: 1, trial_seed: 0x1}",
		  "x: arms: a spec is one trial: exactly one element is allowed here" },
		{ "{spec: 1, trial_seed: 0x1, arms: [race], window: {hold_us: [1, 2]}}",
		  "x:1:51: window.hold_us: a spec is one trial: exactly one element is allowed here" },
		{ "trial_seed: 12",
		  "x:1:1: trial_seed: found \"12\"; allowed: 0x and 1 to 16 hexadecimal digits" },
		{ "trial_seed: 0xg",
		  "x:1:1: trial_seed: found \"0xg\"; allowed: 0x and 1 to 16 hexadecimal digits" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct campaign *campaign = NULL;
		struct why why = { "" };

		assert_true(campaign_load_text("x", rows[i].text, strlen(rows[i].text), NULL, 0,
					       &campaign, &why) < 0);
		assert_string_equal(why.text, rows[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_campaigns),
		cmocka_unit_test(test_awkward_texts),
		cmocka_unit_test(test_text_is_stable),
		cmocka_unit_test(test_a_spec_takes_limits),
		cmocka_unit_test(test_whole_campaign),
		cmocka_unit_test(test_what_is_no_spec),
	};

	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
