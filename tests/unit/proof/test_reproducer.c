// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* --- does it compile? --- */

static bool have_compiler;

/* As a person would, but without linking. */
static void compiles(const char *text)
{
	FILE *compiler;

	if (!have_compiler)
		skip();
	compiler = popen("cc -Wall -Wextra -Werror -fsyntax-only -x c -", "w");
	assert_non_null(compiler);
	fputs(text, compiler);
	assert_int_equal(pclose(compiler), 0);
}

/*
 * Programs that differ in one definition, as one: the first of them, and that definition of
 * each under a name of its own. To start a compiler takes longer than what it does here.
 */
struct bundle {
	const char *type, *name, *begin, *end; /* of the definition */
	char *text;
	size_t size;
	FILE *out;
};

static void bundle_add(struct bundle *bundle, int nr, const char *yaml)
{
	char *text = written(yaml), begin[64];
	const char *from, *to;

	if (!bundle->out) {
		bundle->out = open_memstream(&bundle->text, &bundle->size);
		assert_non_null(bundle->out);
		fputs(text, bundle->out);
	}
	snprintf(begin, sizeof(begin), "%s%s", bundle->name, bundle->begin);
	from = strstr(text, begin);
	assert_non_null(from);
	from += strlen(begin);
	to = strstr(from, bundle->end);
	assert_non_null(to);
	fprintf(bundle->out, "__attribute__((unused)) static %s %s_%d%s%.*s%s", bundle->type,
		bundle->name, nr, bundle->begin, (int)(to - from), from, bundle->end);
	free(text);
}

static void bundle_compiles(struct bundle *bundle)
{
	fclose(bundle->out);
	compiles(bundle->text);
	free(bundle->text);
}

static void changes_compile(const char *function)
{
	struct bundle bundle = { "void", function, "(void)\n{", "\n}\n" };
	char yaml[256];

	for (int change = 0; change < CHANGES; change++) {
		snprintf(yaml, sizeof(yaml), "arms: [race]\nbringup: {change: [%s]}\n",
			 change_names[change]);
		bundle_add(&bundle, change, yaml);
	}
	bundle_compiles(&bundle);
}

static void every_change_is_written_and_compiles(void **state)
{
	(void)state;
	changes_compile("change");
	changes_compile("undo");
}

/* What is put back when the flags have been restored is so in C, too. */
static void what_stays_is_put_back(void **state)
{
	char *text = written("arms: [race]\nbringup: {change: [macvlan-add]}\n");
	const char *undo = strstr(text, "static void undo(void)\n{\n");

	(void)state;
	assert_non_null(undo);
	assert_non_null(strstr(undo, "ip link delete upper"));
	free(text);
}

static void messages_compile(int direction)
{
	struct bundle bundle = { "const struct packet", "packets", "[PACKETS + 1] = {",
				 "\n};\n" };
	char yaml[256];

	for (int message = 0; message < MESSAGES; message++) {
		if (!message_fits(direction, TARGET_TENTATIVE, message))
			continue;
		snprintf(yaml, sizeof(yaml),
			 "arms: [race]\n"
			 "echo: {directions: [%s], targets: [%s], message: [%s], count: %d}\n",
			 direction_names[direction],
			 direction == DIRECTION_INBOUND ? "tentative" : "nobody",
			 message_names[message],
			 message_has(message, MESSAGE_IN_TWO) ? 1 : 2); /* PACKETS is 2 */
		bundle_add(&bundle, message, yaml);
	}
	bundle_compiles(&bundle);
}

static void every_message_compiles(void **state)
{
	(void)state;
	for (int direction = 0; direction < DIRECTIONS; direction++)
		messages_compile(direction);
}

/* The second fragment of each follows the first at once. */
static void both_fragments_are_due_with_their_echo(void **state)
{
	char *text = written(
		"arms: [race]\n"
		"echo: {directions: [inbound], targets: [all-nodes], message: [fragments], count: 2}\n");
	const char *at = strstr(text, "packets[PACKETS + 1]");

	(void)state;
	assert_non_null(strstr(text, "#define PACKETS 4\n"));
	for (int i = 0; i < 4; i++) {
		assert_non_null(at);
		at = strstr(at, "\t{ ");
		assert_non_null(at);
		at += strlen("\t{ ");
		assert_int_equal(atoi(at), i / 2);
	}
	free(text);
}

static void what_deletes_the_device_compiles(void **state)
{
	char *text = written("arms: [race]\nbringup: {change: [link-delete]}\n");

	(void)state;
	assert_non_null(strstr(text, "#define RESTORES_FLAGS 0\n"));
	compiles(text);
	free(text);
}

/* --- orders --- */

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
}

static void a_program_with_a_module_compiles(void **state)
{
	char *text = written(deletion);

	(void)state;
	compiles(text);
	free(text);
}

static bool has_dad(const char *order)
{
	char yaml[256], *text;
	bool has;

	snprintf(yaml, sizeof(yaml), "arms: [race]\norder: [%s]\n", order);
	text = written(yaml);
	has = strstr(text, "#define HAS_DAD 1\n");
	assert_true(has || strstr(text, "#define HAS_DAD 0\n"));
	free(text);
	return has;
}

/* Whoever is held or waits inside the kernel would keep DAD's work from its CPU. */
static void dad_has_a_cpu_where_a_step_names_it(void **state)
{
	(void)state;
	assert_true(has_dad("DAD held at dad-work until I done"));
	assert_true(has_dad("I held at stop until DAD done"));
	assert_false(has_dad("I held at stop until II done"));
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
		cmocka_unit_test(what_stays_is_put_back),
		cmocka_unit_test(every_message_compiles),
		cmocka_unit_test(both_fragments_are_due_with_their_echo),
		cmocka_unit_test(what_deletes_the_device_compiles),
		cmocka_unit_test(a_program_with_a_module_compiles),
		cmocka_unit_test(an_order_is_a_table_of_the_module),
		cmocka_unit_test(dad_has_a_cpu_where_a_step_names_it),
		cmocka_unit_test(without_an_order_there_is_no_module),
		cmocka_unit_test(packets_are_bytes),
	};
	int failed;

	have_compiler = !system("cc --version >/dev/null 2>&1");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	/* What has been skipped has not passed. */
	return failed || have_compiler ? failed : 77;
}
