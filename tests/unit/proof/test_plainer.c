// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/campaign.h"
#include "proof/reproducer.h"
#include "proof/simplify.h"

/* Everything that can be plainer is not. */
static const char full[] =
	"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"race\"],"
	"\"device\":{\"kind\":\"macvlan\"},"
	"\"sysctl\":{\"dad_transmits\":40,\"enhanced_dad\":0},"
	"\"bringup\":{\"kind\":\"command\",\"command\":[\"ifconfig\",\"{dut}\",\"up\"]},"
	"\"window\":{\"hold_us\":[90000]},"
	"\"order\":[\"I held at stop until II done\",\"II starts when I held\","
	"\"DAD held at dad-work for 600000 us\"],"
	"\"echo\":{\"directions\":[\"outbound\"],\"targets\":[\"nobody\"],\"count\":9,"
	"\"offset_us\":7000,\"payload_bytes\":900},"
	"\"dad\":{\"answer\":[\"na\"],\"offset_us\":300}}";

static struct plainer *open_spec(const char *spec)
{
	struct plainer *plainer = NULL;
	struct why why = { "" };

	if (plainer_new(spec, &plainer, &why))
		fail_msg("%s", why.text);
	return plainer;
}

static struct minimise_point start_of(const struct plainer *plainer)
{
	struct minimise_point point = { 0 };
	const struct minimise_knob *knobs;
	uint32_t nr;

	knobs = plainer_knobs(plainer, &nr);
	for (uint32_t i = 0; i < nr; i++)
		point.at[i] = knobs[i].start;
	return point;
}

/* A search whose every candidate shows the fault ends with nothing left. */
static char *plainest(const char *spec, enum minimise_answer (*judge)(const struct campaign *))
{
	struct plainer *plainer = open_spec(spec);
	const struct minimise_knob *knobs;
	struct plainer_spec made;
	struct minimise m;
	char *text;
	uint32_t nr, steps = 0;

	knobs = plainer_knobs(plainer, &nr);
	minimise_begin(&m, knobs, nr);
	while (minimise_next(&m)) {
		struct plainer_words words;

		assert_in_range(steps++, 0, 200);
		if (m.stage == MINIMISE_SEARCH) {
			words = plainer_say(plainer, m.turned, &m.best, &m.candidate);
			assert_true(strlen(words.text) > 3);
		}
		if (plainer_make(plainer, &m.candidate, &made, NULL)) {
			minimise_tell(&m, MINIMISE_IMPOSSIBLE);
			continue;
		}
		minimise_tell(&m, judge(made.campaign));
		plainer_spec_free(&made);
	}
	assert_int_equal(m.stage, MINIMISE_DONE);
	assert_int_equal(plainer_make(plainer, &m.best, &made, NULL), 0);
	text = strdup(made.text);
	plainer_spec_free(&made);
	plainer_free(plainer);
	return text;
}

static void assert_plainest(const char *spec,
			    enum minimise_answer (*judge)(const struct campaign *),
			    const char *wanted)
{
	char *text = plainest(spec, judge);

	assert_string_equal(text, wanted);
	free(text);
}

static enum minimise_answer always(const struct campaign *campaign)
{
	(void)campaign;
	return MINIMISE_HELD;
}

static enum minimise_answer with_dad_held(const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->nr_order; i++)
		if (!strncmp(campaign->order[i], "DAD", 3))
			return MINIMISE_HELD;
	return MINIMISE_LOST;
}

static enum minimise_answer with_outbound_echoes(const struct campaign *campaign)
{
	return campaign->arms[0] >= ARM_ECHO && campaign->echo.count >= 2 &&
			       campaign->echo.directions[0] == DIRECTION_OUTBOUND ?
		       MINIMISE_HELD :
		       MINIMISE_LOST;
}

static enum minimise_answer with_change_and_ra(const struct campaign *campaign)
{
	return campaign->bringup.change[0] == CHANGE_MTU &&
			       campaign->echo.message[0] == MESSAGE_RA ?
		       MINIMISE_HELD :
		       MINIMISE_LOST;
}

static enum minimise_answer with_command(const struct campaign *campaign)
{
	return campaign->bringup.kind == BRINGUP_COMMAND ? MINIMISE_HELD : MINIMISE_LOST;
}

/* Each key of these is plain by itself, and what belongs together stays together. */
static void test_messages_and_changes_are_plain_in_the_end(void **state)
{
	static const char both[] =
		"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"control\"],"
		"\"load\":[\"cpu\"],\"bringup\":{\"change\":[\"mtu\"],\"deadline_ms\":99},"
		"\"echo\":{\"message\":[\"ra\"],\"count\":1}}";
	static const char command[] =
		"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"control\"],"
		"\"bringup\":{\"kind\":\"command\",\"command\":[\"x\"]}}";

	(void)state;
	assert_plainest(both, with_change_and_ra,
			"{\"spec\":1,\"bringup\":{\"change\":[\"mtu\"]},\"trial_seed\":\"0x7\","
			"\"arms\":[\"control\"],\"window\":{\"hold_us\":[2]},"
			"\"echo\":{\"message\":[\"ra\"],\"count\":1}}");
	assert_plainest(both, always,
			"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"control\"],"
			"\"window\":{\"hold_us\":[2]},\"echo\":{\"count\":1}}");
	assert_plainest(
		command, with_command,
		"{\"spec\":1,\"bringup\":{\"kind\":\"command\",\"command\":[\"x\"]},"
		"\"trial_seed\":\"0x7\",\"arms\":[\"control\"],\"window\":{\"hold_us\":[2]},"
		"\"echo\":{\"count\":1}}");
}

static void test_all_is_plain_in_the_end(void **state)
{
	(void)state;
	assert_plainest(full, always,
			"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"control\"],"
			"\"window\":{\"hold_us\":[1]},\"echo\":{\"count\":1}}");
	assert_plainest(
		full, with_dad_held,
		"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"race\"],"
		"\"window\":{\"hold_us\":[1]},"
		"\"order\":[\"DAD held at dad-work for 2 us\"],\"echo\":{\"count\":1}}");
	/* Targets go first, and what is then unknown to the direction is not tried. */
	assert_plainest(full, with_outbound_echoes,
			"{\"spec\":1,\"trial_seed\":\"0x7\",\"arms\":[\"echo\"],"
			"\"window\":{\"hold_us\":[1]},"
			"\"echo\":{\"directions\":[\"outbound\"],\"count\":2}}");
}

static void test_the_start_is_the_spec(void **state)
{
	struct plainer *plainer = open_spec(full), *again;
	struct minimise_point point = start_of(plainer);
	struct plainer_spec made, other;

	(void)state;
	assert_int_equal(plainer_make(plainer, &point, &made, NULL), 0);
	again = open_spec(made.text);
	point = start_of(again);
	assert_int_equal(plainer_make(again, &point, &other, NULL), 0);
	assert_string_equal(made.text, other.text);
	assert_true(plainer_same(made.campaign, other.campaign));
	assert_int_equal(made.campaign->nr_order, 3);
	assert_int_equal(made.campaign->echo.count, 9);
	plainer_spec_free(&made);
	plainer_spec_free(&other);
	plainer_free(plainer);
	plainer_free(again);
}

static struct campaign *load(const char *spec)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };

	if (campaign_load_text("spec", spec, strlen(spec), NULL, 0, &campaign, &why))
		fail_msg("%s", why.text);
	return campaign;
}

#define SPEC(rest) "{\"spec\":1,\"trial_seed\":\"0x7\"," rest "}"

static void test_the_same_trial_in_other_words(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ SPEC("\"arms\":[\"hold\"],\"echo\":{\"count\":9}"),
		  SPEC("\"arms\":[\"hold\"]"), true },
		{ SPEC("\"arms\":[\"echo\"],\"window\":{\"hold_us\":[9]}"),
		  SPEC("\"arms\":[\"echo\"]"), true },
		{ SPEC("\"arms\":[\"race\"],\"window\":{\"hold_us\":[9]}"),
		  SPEC("\"arms\":[\"race\"]"), false },
		{ SPEC("\"arms\":[\"race\"],\"echo\":{\"count\":1,\"spacing_us\":9}"),
		  SPEC("\"arms\":[\"race\"],\"echo\":{\"count\":1}"), true },
		{ SPEC("\"arms\":[\"race\"],\"echo\":{\"count\":2,\"spacing_us\":9}"),
		  SPEC("\"arms\":[\"race\"],\"echo\":{\"count\":2}"), false },
		{ SPEC("\"arms\":[\"race\"],\"dad\":{\"offset_us\":9}"),
		  SPEC("\"arms\":[\"race\"]"), true },
		{ SPEC("\"arms\":[\"race\"],\"sysctl\":{\"dad_transmits\":9}"),
		  SPEC("\"arms\":[\"race\"]"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct campaign *one = load(rows[i].one), *other = load(rows[i].other);

		if (plainer_same(one, other) != rows[i].same)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
		campaign_free(one);
		campaign_free(other);
	}
}

static void test_what_no_program_can_do(void **state)
{
	static const struct {
		const char *spec, *obstacle; /* a word of it; NULL: none */
	} rows[] = {
		{ SPEC("\"arms\":[\"race\"]"), NULL },
		{ SPEC("\"arms\":[\"race\"],\"order\":[\"I held at stop for 9 us\"]"), NULL },
		{ SPEC("\"arms\":[\"race\"],\"dad\":{\"answer\":[\"na\"]}"), "DAD's probes" },
		{ SPEC("\"arms\":[\"hold\"],\"dad\":{\"answer\":[\"na\"]}"), NULL },
		{ SPEC("\"arms\":[\"race\"],\"device\":{\"kind\":\"macvlan\"}"), "veth" },
		{ SPEC("\"arms\":[\"race\"],\"bringup\":{\"kind\":\"command\",\"command\":["
		       "\"x\"]}"),
		  "command" },
		{ SPEC("\"arms\":[\"race\"],\"sysctl\":{\"addr_gen_mode\":3}"), "MAC" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct campaign *campaign = load(rows[i].spec);
		const char *obstacle = reproducer_obstacle(campaign);

		if (!obstacle != !rows[i].obstacle ||
		    (obstacle && !strstr(obstacle, rows[i].obstacle)))
			fail_msg("%s: %s", rows[i].spec, obstacle ? obstacle : "none");
		campaign_free(campaign);
	}
}

static void test_no_spec(void **state)
{
	struct plainer *plainer = NULL;
	struct why why;

	(void)state;
	assert_int_equal(plainer_new("{\"name\":\"x\"}", &plainer, &why), -EINVAL);
	assert_non_null(strstr(why.text, "not a spec"));
	assert_null(plainer);
}

/* What is quoted in the program's comment must not end it, nor look like another one. */
static void test_comment(void **state)
{
	struct campaign *campaign = load(SPEC("\"arms\":[\"race\"]"));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(reproducer_write(campaign, "a */ b /* c\n\nd\n", out), 0);
	fclose(out);
	assert_non_null(strstr(text, "/*\n * a * / b / * c\n *\n * d\n *\n "));
	assert_non_null(strstr(text, "#define TARGET \"ff02::1\"\n"));
	free(text);
	campaign_free(campaign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_plain_in_the_end),
		cmocka_unit_test(test_messages_and_changes_are_plain_in_the_end),
		cmocka_unit_test(test_the_start_is_the_spec),
		cmocka_unit_test(test_the_same_trial_in_other_words),
		cmocka_unit_test(test_what_no_program_can_do),
		cmocka_unit_test(test_no_spec),
		cmocka_unit_test(test_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
