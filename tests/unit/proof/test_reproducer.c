// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "parse/campaign.h"
#include "proof/reproducer.h"

/* The text of the campaign's first trial. malloc'd. */
static char *written(const char *yaml)
{
	struct campaign *campaign;
	struct why why = { "" };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (campaign_load_text("test", yaml, strlen(yaml), NULL, 0, &campaign, &why))
		fail_msg("%s", why.text);
	assert_null(reproducer_obstacle(campaign));
	assert_int_equal(reproducer_write(campaign, "A test.\n", out), 0);
	fclose(out);
	campaign_free(campaign);
	return text;
}

/* As a person would, but without linking. */
static void compiles(const char *yaml)
{
	char path[] = "/tmp/dadrace-reproducer-XXXXXX.c", command[256], *text = written(yaml);
	int fd = mkstemps(path, 2), failed;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "cc -Wall -Wextra -Werror -fsyntax-only %s", path);
	failed = system(command);
	unlink(path);
	free(text);
	if (failed)
		fail_msg("does not compile: %s", yaml);
}

static void every_change_is_written_and_compiles(void **state)
{
	char yaml[256];

	(void)state;
	for (int change = 0; change < CHANGES; change++) {
		snprintf(yaml, sizeof(yaml), "arms: [race]\nbringup: {change: [%s]}\n",
			 change_names[change]);
		compiles(yaml);
	}
}

static void every_message_compiles(void **state)
{
	char yaml[256];

	(void)state;
	for (int direction = 0; direction < DIRECTIONS; direction++)
		for (int message = 0; message < MESSAGES; message++) {
			if (!message_fits(direction, message))
				continue;
			snprintf(
				yaml, sizeof(yaml),
				"arms: [race]\n"
				"echo: {directions: [%s], targets: [%s], message: [%s], count: 2}\n",
				direction_names[direction],
				direction == DIRECTION_INBOUND ? "all-nodes" : "nobody",
				message_names[message]);
			compiles(yaml);
		}
}

static const char deletion[] =
	"arms: [race]\n"
	"bringup: {change: [route-delete]}\n"
	"echo: {directions: [inbound], targets: [all-nodes], message: [packet-too-big], count: 1}\n"
	"order:\n"
	"  - II held at the 2nd pass of rt6_insert_exception until I has done \"route-delete\"\n"
	"  - I does \"route-delete\" when II held\n"
	"  - I held at return of stop for 70 us\n"
	"  - DAD held at dad-work until II done\n";

static void an_order_is_a_table_of_the_module(void **state)
{
	char *text = written(deletion);

	(void)state;
	assert_non_null(strstr(
		text,
		"static struct hold holds[] = {\n"
		"\t/* II held at the 2nd pass of rt6_insert_exception until I has done \"route-delete\" */\n"
		"\t{ .functions = { \"rt6_insert_exception\" },\n"
		"\t  .thread = II, .held = &held_II, .pass = 2,\n"
		"\t  .until = &changed, .for_us = MOST_US },\n"
		"\t/* I held at return of stop for 70 us */\n"
		"\t{ .functions = { \"veth_close\" },\n"
		"\t  .thread = I, .held = &held_I, .at_return = true, .pass = 1,\n"
		"\t  .for_us = 70 },\n"
		"\t/* DAD held at dad-work until II done */\n"
		"\t{ .functions = { \"addrconf_dad_work\" },\n"
		"\t  .thread = DAD, .held = &held_DAD, .pass = 1,\n"
		"\t  .until = &done_II, .for_us = MOST_US },\n"
		"};\n"));
	assert_non_null(strstr(text, "#define CHANGE_WHEN \"held_II\"\n"));
	assert_non_null(strstr(text, "{ \"held_I\", \"held_II\", \"held_DAD\", 0 };\n"));
	assert_non_null(strstr(text, "sudo insmod reproducer.ko && sudo ./reproducer\n"));
	free(text);
	compiles(deletion);
}

static void who_waits_for_dad_gets_to_know_that_it_is_done(void **state)
{
	char *text = written(
		"arms: [race]\n"
		"order: [DAD held at dad-work for 9 us, I held at stop until DAD done]\n");

	(void)state;
	assert_non_null(strstr(
		text, "\t{ .functions = { \"addrconf_dad_work\" },\n"
		      "\t  .thread = DAD, .held = &done_DAD, .at_return = true, .pass = 1 },\n"
		      "};\n"));
	free(text);
}

static void without_an_order_there_is_no_module(void **state)
{
	char *text = written("arms: [race]\n");

	(void)state;
	assert_null(strstr(text, "__KERNEL__"));
	assert_null(strstr(text, "insmod reproducer.ko &&"));
	assert_non_null(strstr(text, "#define ORDERED 0\n"));
	free(text);
}

/* RFC 4443 3.2, from the peer to all nodes. */
static void packets_are_bytes(void **state)
{
	char *text = written(deletion);

	(void)state;
	assert_non_null(strstr(text, "/* 1 Packet Too Big, inbound */\n"));
	assert_non_null(strstr(text, "\t    0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x02, 0xda, "
				     "0xd0, 0x00, 0x01, 0x01, 0x86, 0xdd, 0x6"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_written_and_compiles),
		cmocka_unit_test(every_message_compiles),
		cmocka_unit_test(an_order_is_a_table_of_the_module),
		cmocka_unit_test(who_waits_for_dad_gets_to_know_that_it_is_done),
		cmocka_unit_test(without_an_order_there_is_no_module),
		cmocka_unit_test(packets_are_bytes),
	};

	if (system("cc --version >/dev/null 2>&1"))
		return 77; /* no compiler */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
