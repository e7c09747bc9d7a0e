// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/export.h"
#include "past_of.h"
#include "trial/crafted.h"

/*
 * The packets of a run, made again. What a consumer makes of the file is seen by
 * check.consumers.
 */
#define MACS                                                                       \
	"\"device_mac\":\"02:da:d0:00:07:01\",\"peer_mac\":\"02:da:d0:00:07:02\"," \
	"\"device_address\":\"fe80::da:d0ff:fe00:701\","                           \
	"\"peer_address\":\"fe80::da:d0ff:fe00:702\","

struct run {
	const char *macs, *direction, *target, *source, *message;
	uint32_t payload_bytes;
	const char *timeline;
};

#define INBOUND "[{\"at_ns\":5,\"event\":\"echo-in\",\"sequence\":2,\"value\":0}]"

static int exported(const struct run *run, char **bytes, size_t *size, struct why *why)
{
	char lines[2048];
	struct past *past;
	FILE *out = open_memstream(bytes, size);
	int err;

	assert_non_null(out);
	snprintf(
		lines, sizeof(lines),
		"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"i\",\"machine\":{\"release\":\"6.1\"},\"campaign\":{\"name\":\"n\",\"arms\":[\"race\"]}}\n"
		"{\"type\":\"trial\",\"verdict\":\"clean\",\"reason\":\"r\",\"lane\":7,\"echoes_delivered\":1,%s"
		"\"spec\":{\"trial\":9,\"arm\":\"race\",\"direction\":\"%s\",\"target\":\"%s\",\"source\":\"%s\","
		"\"message\":\"%s\",\"echoes\":3,\"payload_bytes\":%u,\"hop_limit\":64,\"seed\":\"0x0123456789abcdef\"},"
		"\"timeline\":%s}\n",
		run->macs, run->direction, run->target, run->source, run->message,
		run->payload_bytes, run->timeline);
	past = past_of(lines);
	err = export_by_name("pcapng")->write(past, out, why);
	assert_int_equal(fclose(out), 0);
	past_close(past);
	return err;
}

/* Echo 2 of the trial, as its lane makes it; `ahead` has FRAME_AHEAD bytes. */
static size_t sent(enum direction direction, enum target target, enum source source,
		   enum message_kind message, uint8_t *ahead, size_t *ahead_length,
		   uint8_t *bytes)
{
	const struct trial_spec spec = { .trial = 9,
					 .direction = direction,
					 .target = target,
					 .source = source,
					 .message = message,
					 .echoes = 3,
					 .payload_bytes = 56,
					 .hop_limit = 64,
					 .seed = 0x0123456789abcdef };
	const struct ends ends = {
		.device = end_read("02:da:d0:00:07:01", "fe80::da:d0ff:fe00:701"),
		.peer = end_read("02:da:d0:00:07:02", "fe80::da:d0ff:fe00:702"),
	};
	struct crafting crafting;

	crafting_begin(&crafting, &spec, &ends, 7);
	crafting_next(&crafting);
	crafting_next(&crafting);
	*ahead_length = crafting_ahead(&crafting, ahead);
	return crafting_bytes(&crafting, bytes);
}

static void test_bytes_are_those_that_were_sent(void **state)
{
	static const struct {
		struct run run;
		enum direction direction;
		enum target target;
		enum source source;
		enum message_kind message;
	} cases[] = {
		{ { MACS, "inbound", "tentative", "spoofed", "echo", 56, INBOUND },
		  DIRECTION_INBOUND,
		  TARGET_TENTATIVE,
		  SOURCE_SPOOFED,
		  MESSAGE_ECHO },
		{ { MACS, "inbound", "all-nodes", "peer", "ra", 56, INBOUND },
		  DIRECTION_INBOUND,
		  TARGET_ALL_NODES,
		  SOURCE_PEER,
		  MESSAGE_RA },
		{ { MACS, "inbound", "solicited-node", "spoofed", "redirect", 56, INBOUND },
		  DIRECTION_INBOUND,
		  TARGET_SOLICITED_NODE,
		  SOURCE_SPOOFED,
		  MESSAGE_REDIRECT },
		{ { MACS, "inbound", "tentative", "peer", "fragments", 56, INBOUND },
		  DIRECTION_INBOUND,
		  TARGET_TENTATIVE,
		  SOURCE_PEER,
		  MESSAGE_FRAGMENTS },
		{ { MACS, "outbound-raw", "nobody", "peer", "echo", 56,
		    "[{\"at_ns\":5,\"event\":\"echo-out\",\"sequence\":2,\"value\":0}]" },
		  DIRECTION_OUTBOUND_RAW,
		  TARGET_NOBODY,
		  SOURCE_PEER,
		  MESSAGE_ECHO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct why why = { "" };
		uint8_t ahead[FRAME_AHEAD], bytes[FRAME_MAX];
		size_t size, ahead_length, length;
		char *file = NULL, *at;

		length = sent(cases[i].direction, cases[i].target, cases[i].source,
			      cases[i].message, ahead, &ahead_length, bytes);
		if (exported(&cases[i].run, &file, &size, &why))
			fail_msg("%s", why.text);
		at = memmem(file, size, ahead, ahead_length);
		assert_non_null(at);
		assert_non_null(memmem(at, size - (size_t)(at - file), bytes, length));
		free(file);
	}
}

static void refuses(const struct run *run, const char *because)
{
	struct why why = { "" };
	char *file = NULL;
	size_t size;

	assert_true(exported(run, &file, &size, &why) < 0);
	if (!strstr(why.text, because))
		fail_msg("%s", why.text);
	free(file);
}

static void test_results_that_cannot_be_made_again_are_refused(void **state)
{
	(void)state;
	refuses(&(struct run){ "", "inbound", "all-nodes", "peer", "echo", 56, INBOUND },
		"trial 9: these results do not keep the addresses");
	refuses(&(struct run){ MACS, "inbound", "all-nodes", "peer", "echo", 2, INBOUND },
		"trial 9: its packets are not known");
}

static void test_a_send_that_failed_says_so(void **state)
{
	const struct run run = {
		MACS,
		"outbound",
		"nobody",
		"peer",
		"echo",
		56,
		"[{\"at_ns\":4,\"event\":\"held\",\"sequence\":null,\"value\":0},"
		"{\"at_ns\":5,\"event\":\"echo-out\",\"sequence\":1,\"value\":0},"
		"{\"at_ns\":6,\"event\":\"echo-answered\",\"sequence\":1,\"value\":-99}]"
	};
	static const char said[] =
		"Held: I in the window.\nThe send failed (EADDRNOTAVAIL): no packet left.";
	struct why why = { "" };
	char *file = NULL;
	size_t size;

	(void)state;
	if (exported(&run, &file, &size, &why))
		fail_msg("%s", why.text);
	assert_non_null(memmem(file, size, said, strlen(said)));
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_those_that_were_sent),
		cmocka_unit_test(test_results_that_cannot_be_made_again_are_refused),
		cmocka_unit_test(test_a_send_that_failed_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
