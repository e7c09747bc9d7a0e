// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "explore/errands.h"
#include "parse/campaign.h"

/* What scouts send, where some packets leak by themselves: the leaking ones are a test's. */

static const char keys[] =
	"name: scouts\narms: [race]\n"
	"bringup: {change: [none, mtu, route-delete]}\n"
	"echo: {directions: [inbound, outbound], targets: [all-nodes, peer],\n"
	"       message: [echo, ns]}\n";

static struct campaign *campaign;
static struct errands errands;

static int enter(void **state)
{
	struct why why;

	(void)state;
	if (campaign_load_text("scouts", keys, strlen(keys), NULL, 0, &campaign, &why))
		return -1;
	errands_list(campaign, &errands);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	campaign_free(campaign);
	return 0;
}

struct walk {
	uint32_t late, changes, early, leaks;
	char first_leak[ERRAND_WORDS];
};

/* Each errand whose words have `leaking` in them shows a leak. */
static struct walk walk(const char *leaking)
{
	struct walk walk = { 0 };
	const struct errand *errand;

	while ((errand = errands_next(&errands))) {
		char words[ERRAND_WORDS];

		errand_say(errand, words);
		if (errand->change)
			walk.changes++;
		else if (errand->early)
			walk.early++;
		else
			walk.late++;
		if (!leaking || !strstr(words, leaking))
			continue;
		errands_leaked(&errands, errand);
		if (!walk.leaks++)
			memcpy(walk.first_leak, words, sizeof(words));
	}
	assert_false(errands_left(&errands));
	return walk;
}

static void test_each_packet_twice_and_each_change_once(void **state)
{
	const struct walk all = walk(NULL);

	(void)state;
	assert_true(all.late >= 4);
	assert_int_equal(all.early, all.late);
	assert_int_equal(all.changes, 2);
}

/* The first packet would be every change's, too, and end the scouts with its leaks. */
static void test_a_packet_leaks_once(void **state)
{
	const struct walk all = walk("inbound echo");

	(void)state;
	assert_int_equal(all.leaks, 1);
	assert_string_equal(all.first_leak, "inbound echo to all-nodes");
	assert_int_equal(all.changes, 2);
	assert_true(all.early);
}

static void test_changes_have_the_first_packet_that_does_not_leak(void **state)
{
	const struct errand *errand;
	char words[ERRAND_WORDS];

	(void)state;
	do {
		errand = errands_next(&errands);
		assert_non_null(errand);
		if (!errand->change && errand->message == MESSAGE_ECHO)
			errands_leaked(&errands, errand);
	} while (!errand->change);
	errand_say(errand, words);
	assert_string_equal(words, "mtu, inbound ns to all-nodes");
}

static void test_where_all_packets_leak_a_change_goes_alone(void **state)
{
	const struct errand *errand;
	char words[ERRAND_WORDS];

	(void)state;
	while ((errand = errands_next(&errands)) && !errand->change)
		errands_leaked(&errands, errand);
	assert_non_null(errand);
	assert_false(errand->sends);
	errand_say(errand, words);
	assert_string_equal(words, "mtu");
	errand = errands_next(&errands);
	assert_int_equal(errand->change, CHANGE_ROUTE_DELETE);
	assert_null(errands_next(&errands)); /* and nothing is sent early */
}

/* What leaks with a change is no leak of its packet. */
static void test_a_change_that_leaks_takes_no_packet_away(void **state)
{
	const struct walk all = walk("mtu");

	(void)state;
	assert_int_equal(all.leaks, 1);
	assert_int_equal(all.early, all.late);
}

int main(void)
{
#define ERRANDS_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		ERRANDS_TEST(test_each_packet_twice_and_each_change_once),
		ERRANDS_TEST(test_a_packet_leaks_once),
		ERRANDS_TEST(test_changes_have_the_first_packet_that_does_not_leak),
		ERRANDS_TEST(test_where_all_packets_leak_a_change_goes_alone),
		ERRANDS_TEST(test_a_change_that_leaks_takes_no_packet_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
