// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/finding_words.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/tally.h"
#include "run/repeats.h"

/* From a leak to the repeat, its digests, and what the finding says: all by hand. */

#define PATH "packet_do_bind < __sys_bind < [syscall]"

static struct judgement leak(const char *object)
{
	struct judgement judgement = { .verdict = VERDICT_LEAK, .delta = 2 };

	snprintf(judgement.object, sizeof(judgement.object), "%s", object);
	snprintf(judgement.signature, sizeof(judgement.signature), "leak/%s", object);
	snprintf(judgement.reason, sizeof(judgement.reason), "+2 %s", object);
	return judgement;
}

static const struct trial_spec race = {
	.trial = 7,
	.arm = ARM_RACE,
	.hold_us = 3000,
	.echoes = 4,
	.steps = 1,
	.dad_answer = DAD_ANSWER_NS,
	.seed = 99,
};

static bool add(struct suspects *suspects, const struct trial_spec *spec, uint64_t held_ns,
		const struct judgement *judgement, uint32_t objects)
{
	static struct evidence e;

	e = (struct evidence){ .spec = *spec, .held_ns = held_ns };
	e.baseline.found = e.after.found = true;
	e.after.net_device = objects >> OBJECT_NET_DEVICE & 1;
	e.after.inet6_dev = objects >> OBJECT_INET6_DEV & 1;
	e.after.dst = objects >> OBJECT_DST & 1;
	return suspects_add(suspects, &e, judgement);
}

/* --- which trials are repeated, and how often --- */

static void test_first_of_its_signature(void **state)
{
	const struct judgement device = leak("net_device"), idev = leak("inet6_dev"),
			       dst = leak("dst"), sock = leak("sock"),
			       hang = { .verdict = VERDICT_HANG };
	const struct trial_spec deletion = { .change = CHANGE_LINK_DELETE };
	struct suspects suspects = { 0 };

	(void)state;
	assert_null(suspects_next(&suspects));
	assert_false(add(&suspects, &race, 0, &hang, 1));
	assert_false(add(&suspects, &race, 0, &sock, 1)); /* nobody watches those */
	assert_true(add(&suspects, &race, 0, &device, 1));
	assert_false(add(&suspects, &race, 0, &device, 1));
	assert_true(add(&suspects, &race, 0, &idev, 1));
	assert_false(add(&suspects, &deletion, 0, &dst, 1)); /* it has no ledger */
	assert_true(add(&suspects, &race, 0, &dst, 1));
	assert_int_equal(suspects_next(&suspects)->object, DIGEST_NET_DEVICE);
	suspects_drop(&suspects);
	assert_null(suspects_next(&suspects));
	assert_false(add(&suspects, &race, 0, &idev, 1));
}

static void test_number_of_signatures(void **state)
{
	struct judgement judgement = leak("net_device");
	struct suspects suspects = { 0 };

	(void)state;
	suspects_known(&suspects, "leak/net_device,x", strlen("leak/net_device"));
	assert_null(suspects_next(&suspects));
	assert_false(add(&suspects, &race, 0, &judgement, 1));
	for (int i = 0; i < SUSPECTS_MAX; i++) {
		snprintf(judgement.signature, sizeof(judgement.signature), "leak/%d", i);
		assert_int_equal(add(&suspects, &race, 0, &judgement, 1), i < SUSPECTS_MAX - 1);
	}
}

static void test_known_is_served(void **state)
{
	const struct judgement device = leak("net_device"), idev = leak("inet6_dev");
	struct suspects suspects = { 0 };

	(void)state;
	add(&suspects, &race, 0, &device, 1);
	add(&suspects, &race, 0, &idev, 1);
	suspects_known(&suspects, "leak/inet6_dev", strlen("leak/inet6_dev"));
	suspects_known(&suspects, "leak/inet6_dev", strlen("leak/inet6_dev"));
	assert_string_equal(suspects_next(&suspects)->signature, "leak/net_device");
	suspects_known(&suspects, "leak/net_device", strlen("leak/net_device"));
	assert_null(suspects_next(&suspects));
}

/* What leaves other objects may be another bug, though the signature is the same. */
static void test_leaks_of_another_like_are_repeated(void **state)
{
	const struct judgement judgement = leak("net_device");
	struct suspects suspects = { 0 };

	(void)state;
	assert_true(add(&suspects, &race, 0, &judgement, 1));
	assert_false(add(&suspects, &race, 0, &judgement, 1));
	assert_true(add(&suspects, &race, 0, &judgement, 5));
	assert_false(add(&suspects, &race, 0, &judgement, 5));
	assert_int_equal(suspects.nr, 2);

	suspects = (struct suspects){ 0 };
	suspects_known(&suspects, judgement.signature, strlen(judgement.signature));
	assert_false(add(&suspects, &race, 0, &judgement, 1));
}

/* A leak of 1 in 30 need not show in five repeats: the next one is repeated, too. */
static void test_a_rare_leak_is_repeated_again(void **state)
{
	const struct judgement judgement = leak("net_device"),
			       clean = { .verdict = VERDICT_CLEAN };
	struct suspects suspects = { 0 };

	(void)state;
	assert_true(add(&suspects, &race, 0, &judgement, 1));
	for (int i = 1; i <= SUSPECTS_REPEATS; i++) {
		assert_false(add(&suspects, &race, 0, &judgement, 1));
		assert_int_equal(suspects_tried(&suspects, &clean, LEDGER_WHOLE),
				 i == SUSPECTS_REPEATS);
	}
	assert_true(add(&suspects, &race, 0, &judgement, 1));
	assert_true(suspects_tried(&suspects, &judgement, LEDGER_WHOLE));
	assert_false(add(&suspects, &race, 0, &judgement, 1));
	assert_null(suspects_next(&suspects));
}

static void test_specs(void **state)
{
	const struct judgement judgement = leak("net_device");
	struct suspects suspects = { 0 };
	struct trial_spec spec;

	(void)state;
	add(&suspects, &race, 0, &judgement, 1);
	spec = suspects_spec(suspects_next(&suspects), SUSPECTS_LEARN);
	assert_memory_equal(&spec, &race, sizeof(spec));
	spec = suspects_spec(suspects_next(&suspects), SUSPECTS_LEARN - 1);
	assert_int_equal(spec.arm, ARM_HOLD);
	assert_int_equal(spec.hold_us, race.hold_us);
	assert_int_equal(spec.echoes + spec.steps, 0);
	assert_int_equal(spec.dad_answer, DAD_ANSWER_NONE);
	assert_int_equal(spec.seed, race.seed);
}

/* Every other repeat of a leak whose order left it to chance waits for thread I to be done. */
static void test_every_other_repeat_is_followed(void **state)
{
	const struct judgement judgement = leak("net_device"),
			       clean = { .verdict = VERDICT_CLEAN };
	static struct evidence e;
	struct suspects suspects = { 0 };

	(void)state;
	e.spec = race;
	e.spec.holds[0] = (struct order_hold){ .thread = ORDER_THREAD_II,
					       .place = "addrconf_prefix_rcv",
					       .time_us = 300 };
	e.steps[0].outcome = STEP_KEPT;
	assert_true(suspects_add(&suspects, &e, &judgement));
	for (int i = 1; i <= SUSPECTS_REPEATS; i++) {
		const struct suspect *suspect = suspects_next(&suspects);
		struct trial_spec spec = suspects_spec(suspect, SUSPECTS_LEARN);

		assert_int_equal(spec.choice.followed, i % 2 == 0);
		assert_int_equal(spec.holds[0].until,
				 i % 2 ? ORDER_UNTIL_TIME : ORDER_UNTIL_DONE);
		suspects_tried(&suspects, &clean, LEDGER_WHOLE);
	}
}

/* So that what a long hold leaks by itself is not taken for the race. */
static void test_without_the_race_it_is_held_for_as_long(void **state)
{
	const struct judgement judgement = leak("net_device");
	struct suspects suspects = { 0 };
	const uint64_t held_ns = (race.hold_us + 100000) * 1000;

	(void)state;
	add(&suspects, &race, held_ns, &judgement, 1);
	assert_int_equal(suspects_spec(suspects_next(&suspects), 0).hold_us,
			 race.hold_us + 100000);
	assert_int_equal(suspects_spec(suspects_next(&suspects), SUSPECTS_LEARN).hold_us,
			 race.hold_us);
}

static void test_until_whole_or_spent(void **state)
{
	const struct judgement judgement = leak("net_device"), other = leak("inet6_dev"),
			       clean = { .verdict = VERDICT_CLEAN };
	struct suspects suspects = { 0 };

	(void)state;
	add(&suspects, &race, 0, &judgement, 1);
	add(&suspects, &race, 0, &other, 1);
	assert_false(suspects_tried(&suspects, &clean, LEDGER_WHOLE));
	assert_false(suspects_tried(&suspects, &judgement, LEDGER_MISSED));
	assert_false(suspects_tried(&suspects, &other, LEDGER_WHOLE));
	assert_true(suspects_tried(&suspects, &judgement, LEDGER_WHOLE));
	assert_string_equal(suspects_next(&suspects)->signature, "leak/inet6_dev");
	for (int i = 1; i < SUSPECTS_REPEATS; i++)
		assert_false(suspects_tried(&suspects, &other, LEDGER_LOST));
	assert_true(suspects_tried(&suspects, &other, LEDGER_LOST));
	assert_null(suspects_next(&suspects));
}

static void test_no_watchpoint_no_repeat(void **state)
{
	const struct judgement judgement = leak("net_device");
	struct suspects suspects = { 0 };

	(void)state;
	add(&suspects, &race, 0, &judgement, 1);
	assert_true(suspects_tried(&suspects, &judgement, LEDGER_UNARMED));
	assert_null(suspects_next(&suspects));
}

/* --- digests --- */

static void test_fold(void **state)
{
	char text[128];

	(void)state;
	digest_fold(PATH, 4, text, sizeof(text));
	assert_string_equal(text, "[syscall];__sys_bind;packet_do_bind 4");
	digest_fold("[unknown]", 1, text, sizeof(text));
	assert_string_equal(text, "[unknown] 1");
}

static struct symbols *kernel(void)
{
	char text[] = "1000 t packet_do_bind\n2000 t __sys_bind\n3000 t do_syscall_64\n";
	FILE *file = fmemopen(text, strlen(text), "r");
	struct symbols *symbols = NULL;

	assert_int_equal(symbols_read(file, &symbols), 0);
	fclose(file);
	return symbols;
}

struct kept {
	struct digest_entry entries[200];
	uint32_t nr;
};

static void keep(const struct ledger_entry *entry, void *arg)
{
	struct kept *kept = arg;

	kept->entries[kept->nr++] =
		(struct digest_entry){ entry->at_ns, entry->delta, entry->count, entry->path };
}

/* A hold at each of the times, and then `puts` puts. */
static struct digest *write_digest(const uint64_t *at_ns, int holds, int puts)
{
	struct symbols *symbols = kernel();
	struct kept kept = { .nr = 0 };
	struct ledger *ledger = ledger_new(symbols, WATCHPOINT_ATOMIC, keep, &kept);
	struct digest *digest = calloc(1, sizeof(*digest));
	struct evidence *e = calloc(1, sizeof(*e));
	struct watchpoint_mark mark = { .type = WATCHPOINT_MARK, .value = 5 };
	struct ledger_match match;

	e->started_ns = 1000;
	e->nr_moments = 3;
	e->moments[0] = (struct moment){ .at_ns = 1000, .kind = MOMENT_START };
	e->moments[1] = (struct moment){ .at_ns = 2000, .kind = MOMENT_ECHO_IN, .sequence = 1 };
	e->moments[2] = (struct moment){ .at_ns = 3000, .kind = MOMENT_ECHO_IN, .sequence = 2 };
	ledger_add(ledger, &mark);
	for (int i = 0; i < holds + puts; i++) {
		struct watchpoint_write write = {
			.mark = { .type = WATCHPOINT_WRITE,
				  .at_ns = i < holds ? at_ns[i] : 4000,
				  .value = i < holds ? 6 + i : 5 + 2 * holds - i - 1 },
			.pid = 17,
			.comm = "holder",
			.nr_frames = 3,
			.frames = { i < holds ? 0x1010 : 0x1020, 0x2010, 0x3010 },
		};

		ledger_add(ledger, &write.mark);
	}
	match = ledger_match(ledger, NULL);
	digest_write(ledger, &match, kept.entries, kept.nr, e, digest);
	ledger_free(ledger);
	symbols_free(symbols);
	free(e);
	return digest;
}

static void test_which_hold_is_left(void **state)
{
	const uint64_t at_ns[] = { 1500, 2500, 3500 };
	struct digest *digest = write_digest(at_ns, 3, 1);

	(void)state;
	assert_int_equal(digest->surplus, 2);
	assert_true(digest->exact);
	assert_int_equal(digest->nr_paths, 1);
	assert_string_equal(digest->paths[0].stack, PATH);
	assert_int_equal(digest->paths[0].holds, 3);
	assert_int_equal(digest->paths[0].puts, 1);
	assert_int_equal(digest->nr_suspects, 1);
	assert_string_equal(digest->suspects[0].task, "holder/17");
	assert_int_equal(digest->suspects[0].unmatched, 2);
	/* The last two of three: after echo 1, and after echo 2. */
	assert_int_equal(digest->suspects[0].nr_holds, 2);
	assert_int_equal(digest->suspects[0].holds[0].at_ns, 1500);
	assert_int_equal(digest->suspects[0].holds[0].after, MOMENT_ECHO_IN);
	assert_int_equal(digest->suspects[0].holds[0].echo, 1);
	assert_int_equal(digest->suspects[0].holds[1].echo, 2);
	assert_int_equal(digest->nr_points, 4);
	assert_int_equal(digest->points[3].count, 7);
	assert_int_equal(digest->points[3].delta, -1);
	assert_int_equal(digest->points[3].path, 1);
	free(digest);
}

static void test_points_are_bounded(void **state)
{
	enum { ENTRIES = DIGEST_POINTS + 22 };
	uint64_t at_ns[ENTRIES];
	struct digest *digest;
	int64_t sum = 0;

	(void)state;
	for (uint64_t i = 0; i < ENTRIES; i++)
		at_ns[i] = 1000 + i;
	digest = write_digest(at_ns, ENTRIES, 0);
	assert_in_range(digest->nr_points, 2, DIGEST_POINTS);
	for (uint32_t i = 0; i < digest->nr_points; i++)
		sum += digest->points[i].delta;
	assert_int_equal(sum, ENTRIES);
	assert_int_equal(digest->points[0].path, 0); /* of several entries */
	assert_int_equal(digest->points[digest->nr_points - 1].count, 5 + ENTRIES);
	assert_int_equal(digest->suspects[0].nr_holds, DIGEST_HOLDS);
	free(digest);
}

/* --- the finding --- */

static struct tally *leaky_tally(const struct judgement *judgement)
{
	static enum arm arms[] = { ARM_RACE };
	const struct campaign campaign = { .name = "x", .arms = arms, .nr_arms = 1 };
	struct evidence *e = calloc(1, sizeof(*e));
	struct tally *tally;

	assert_int_equal(tally_new(&campaign, &tally), 0);
	e->spec = race;
	assert_int_equal(tally_add(tally, e, judgement, NULL), 1);
	e->spec.trial = 3;
	e->spec.steps = 0;
	assert_int_equal(tally_add(tally, e, judgement, NULL), 0);
	free(e);
	return tally;
}

static char *said(const struct tally_finding *finding)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	finding_print_ledger(out, finding, 1000);
	fclose(out);
	return text;
}

/* Through a line of the results and back, as it comes from a guest and from the past. */
static int add_line(struct tally *tally, const struct ledger_of *of)
{
	static struct ledger_told told, again;
	struct ledger_line line = ledger_line(of, &told);
	struct ledger_line back = ledger_line_empty(&again);
	char *text = fields_to_line(&ledger_fields, "ledger", &line);
	json_t *json = fields_parse(text);
	int err = fields_from_json(&ledger_fields, json, &back);

	assert_int_equal(err, 0);
	err = tally_add_ledger(tally, &back);
	json_decref(json);
	free(text);
	return err;
}

static void test_finding_is_told(void **state)
{
	const uint64_t at_ns[] = { 2500, 3500 };
	const struct judgement judgement = leak("net_device");
	struct digest *digest = write_digest(at_ns, 2, 0);
	struct tally *tally = leaky_tally(&judgement);
	struct ledger_of of = { .trial = 7,
				.attempt = 1,
				.signature = judgement.signature,
				.object = "net_device",
				.evidence = calloc(1, sizeof(*of.evidence)),
				.judgement = &judgement,
				.digest = digest };
	struct summary summary = { 0 };
	char *text;

	(void)state;
	tally_summary(tally, &summary);
	assert_int_equal(summary.findings[0].ledger.state, LEDGER_HOLES);
	text = said(&summary.findings[0]);
	assert_string_equal(text, "");
	free(text);

	digest->state = LEDGER_MISSED; /* accuses nobody */
	assert_int_equal(add_line(tally, &of), 0);
	tally_summary(tally, &summary);
	assert_null(summary.findings[0].path_signature);
	assert_int_equal(summary.findings[0].ledger.nr_unmatched, 0);
	text = said(&summary.findings[0]);
	assert_non_null(strstr(text, "Who holds: not known; repeat 1 of trial 7"));
	assert_null(strstr(text, "packet"));
	free(text);

	digest->state = LEDGER_WHOLE;
	of.attempt = 2;
	assert_int_equal(add_line(tally, &of), 0);
	memset(digest, 0, sizeof(*digest)); /* nothing points there any more */
	tally_summary(tally, &summary);
	assert_string_equal(summary.findings[0].signature,
			    "leak/net_device/packet_socket/packet_do_bind");
	assert_string_equal(summary.findings[0].path_signature, summary.findings[0].signature);
	assert_string_equal(summary.findings[0].trial_signature, "leak/net_device");
	assert_string_equal(summary.findings[0].stack, "[syscall];__sys_bind;packet_do_bind 2");
	text = said(&summary.findings[0]);
	assert_non_null(strstr(text, "by the ledger of repeat 2 of trial 7"));
	assert_non_null(strstr(text, "+2 by packet socket of holder/17, exact: " PATH));
	assert_non_null(strstr(text, "right after echo 2 reached the receive path"));
	free(text);
	tally_free(tally);
	free(digest);
	free((void *)of.evidence);
}

/* What was pending when the trial began goes meanwhile: the sum is zero beside a leak. */
static void test_the_put_of_an_older_hold_hides_no_leak(void **state)
{
	const uint64_t at_ns[] = { 2500 };
	const struct judgement judgement = leak("net_device"),
			       clean = { .verdict = VERDICT_CLEAN };
	struct digest *digest = write_digest(at_ns, 1, 0);
	static struct ledger_told told;
	struct ledger_of of = { .trial = 7,
				.signature = judgement.signature,
				.object = "net_device",
				.evidence = calloc(1, sizeof(*of.evidence)),
				.judgement = &judgement,
				.digest = digest };

	(void)state;
	digest->surplus = 0;
	assert_int_equal(ledger_line(&of, &told).nr_unmatched, 1);
	of.judgement = &clean;
	assert_int_equal(ledger_line(&of, &told).nr_unmatched, 0);
	free(digest);
	free((void *)of.evidence);
}

static void test_other_verdict_accuses_nobody(void **state)
{
	const uint64_t at_ns[] = { 2500 };
	const struct judgement sought = leak("net_device"),
			       clean = { .verdict = VERDICT_CLEAN };
	struct digest *digest = write_digest(at_ns, 1, 0);
	struct tally *tally = leaky_tally(&sought);
	const struct ledger_of of = { .trial = 7,
				      .attempt = 1,
				      .signature = sought.signature,
				      .object = "net_device",
				      .evidence = calloc(1, sizeof(*of.evidence)),
				      .judgement = &clean,
				      .digest = digest };
	struct summary summary = { 0 };

	(void)state;
	assert_int_equal(add_line(tally, &of), 0);
	tally_summary(tally, &summary);
	assert_null(summary.findings[0].path_signature);
	assert_int_equal(summary.findings[0].ledger.state, LEDGER_WHOLE);
	assert_false(summary.findings[0].ledger.leaked);
	tally_free(tally);
	free(digest);
	free((void *)of.evidence);
}

/* A repeat that was to teach, in the hold arm, leaks by itself. */
static void test_a_leak_without_echoes_is_not_caused_by_them(void **state)
{
	const uint64_t at_ns[] = { 2500 };
	const struct judgement judgement = leak("net_device");
	struct digest *digest = write_digest(at_ns, 1, 0);
	struct tally *tally = leaky_tally(&judgement);
	struct evidence *e = calloc(1, sizeof(*e));
	struct ledger_of of = { .trial = 7,
				.attempt = 1,
				.final = true,
				.signature = judgement.signature,
				.object = "net_device",
				.evidence = e,
				.judgement = &judgement,
				.digest = digest };
	struct summary summary = { 0 };

	(void)state;
	e->spec.arm = ARM_RACE;
	assert_int_equal(add_line(tally, &of), 0);
	tally_summary(tally, &summary);
	assert_false(summary.findings[0].without_echo);
	e->spec.arm = ARM_HOLD;
	of.attempt = 2;
	assert_int_equal(add_line(tally, &of), 0);
	tally_summary(tally, &summary);
	assert_true(summary.findings[0].without_echo);
	tally_free(tally);
	free(digest);
	free(e);
}

/* Two bugs, one signature, until the ledgers of their trials. */
static void test_other_paths_are_other_findings(void **state)
{
	const uint64_t at_ns[] = { 2500 };
	const struct judgement judgement = leak("net_device");
	struct digest *digest = write_digest(at_ns, 1, 0);
	struct tally *tally = leaky_tally(&judgement); /* trials 7 and 3 */
	struct ledger_of of = { .trial = 7,
				.attempt = 1,
				.final = true,
				.signature = judgement.signature,
				.object = "net_device",
				.evidence = calloc(1, sizeof(*of.evidence)),
				.judgement = &judgement,
				.digest = digest };
	struct summary summary = { 0 };

	(void)state;
	assert_int_equal(add_line(tally, &of), 0);
	of.trial = 3;
	snprintf(digest->suspects[0].stack, sizeof(digest->suspects[0].stack),
		 "dst_alloc < icmp6_dst_alloc < ndisc_send_skb < [workqueue]");
	digest->suspects[0].holder = HOLDER_ROUTE;
	digest->exact = false; /* a guess splits nothing */
	assert_int_equal(add_line(tally, &of), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.nr_findings, 1);
	assert_int_equal(summary.findings[0].count, 2);
	tally_free(tally);

	tally = leaky_tally(&judgement);
	of.trial = 7;
	digest->exact = true;
	assert_int_equal(add_line(tally, &of), 0);
	of.trial = 3;
	snprintf(digest->suspects[0].stack, sizeof(digest->suspects[0].stack),
		 "packet_do_bind < __sys_bind < [syscall]");
	digest->suspects[0].holder = HOLDER_PACKET_SOCKET;
	assert_int_equal(add_line(tally, &of), 0);
	assert_int_equal(add_line(tally, &of), 0); /* once more says nothing new */
	tally_summary(tally, &summary);
	assert_int_equal(summary.nr_findings, 2);
	assert_string_equal(summary.findings[0].signature,
			    "leak/net_device/route/icmp6_dst_alloc<ndisc_send_skb");
	assert_string_equal(summary.findings[1].signature,
			    "leak/net_device/packet_socket/packet_do_bind");
	for (int i = 0; i < 2; i++) {
		const struct tally_finding *finding = &summary.findings[i];

		assert_string_equal(finding->trial_signature, "leak/net_device");
		assert_int_equal(finding->count, 1);
		assert_int_equal(finding->trials[0], i ? 3 : 7);
		assert_int_equal(finding->first_trial, i ? 3 : 7);
		assert_int_equal(finding->smallest.trial, i ? 3 : 7);
		assert_int_equal(finding->shares[0].count, 1);
		assert_int_equal(finding->delta, 2);
	}
	tally_free(tally);
	free(digest);
	free((void *)of.evidence);
}

static void test_smallest_first_and_last(void **state)
{
	const struct judgement judgement = leak("net_device");
	struct tally *tally = leaky_tally(&judgement);
	struct summary summary = { 0 };

	(void)state;
	tally_summary(tally, &summary);
	assert_int_equal(summary.findings[0].first_trial, 3);
	assert_int_equal(summary.findings[0].last_trial, 7);
	assert_int_equal(summary.findings[0].smallest.trial, 3); /* one hold less */
	assert_int_equal(summary.findings[0].rate_ppm, 1000000);
	tally_free(tally);
}

/* --- those that outlive the trial --- */

static struct digest digest_with(int64_t surplus, const char *stack, double usual)
{
	struct digest digest = { .state = LEDGER_WHOLE, .surplus = surplus, .nr_suspects = 1 };

	snprintf(digest.suspects[0].stack, sizeof(digest.suspects[0].stack), "%s", stack);
	digest.suspects[0].unmatched = 1;
	digest.suspects[0].usual = usual;
	return digest;
}

static void test_survivors_are_accused_first(void **state)
{
	static struct digest all[DIGEST_OBJECTS];

	(void)state;
	all[DIGEST_NET_DEVICE] = digest_with(1, "nexthop", 0);
	all[DIGEST_INET6_DEV] = digest_with(0, "an older one's put hides it", 0);
	all[DIGEST_DST] = digest_with(1, "route", 0);
	all[DIGEST_NEIGHBOUR] = digest_with(1, "usual one", 1);
	all[DIGEST_IFADDR] = digest_with(1, "unarmed", 0);
	all[DIGEST_IFADDR].state = LEDGER_UNARMED;
	digest_accuse_survivors(all);
	assert_int_equal(all[DIGEST_NET_DEVICE].nr_suspects, 2);
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[0].stack, "route");
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[0].kind, "dst not freed");
	assert_true(all[DIGEST_NET_DEVICE].suspects[0].exact);
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[1].stack, "nexthop");
	assert_string_equal(all[DIGEST_INET6_DEV].suspects[0].stack, "route");
}

/* Both outlive the trial; the counter has a neighbour's hold left, and no route's. */
static void test_a_survivor_whose_hold_is_left_comes_first(void **state)
{
	static struct digest all[DIGEST_OBJECTS];
	struct digest *device = &all[DIGEST_NET_DEVICE];

	(void)state;
	*device = digest_with(1, "___neigh_create", 0);
	device->suspects[0].holder = HOLDER_NEIGHBOUR;
	all[DIGEST_DST] = digest_with(1, "icmp6_dst_alloc", 0);
	all[DIGEST_NEIGHBOUR] = digest_with(1, "echo_seen", 0);
	all[DIGEST_IFADDR].state = LEDGER_UNARMED;
	digest_accuse_survivors(all);
	assert_int_equal(device->nr_suspects, 1); /* it explains the sum */
	assert_string_equal(device->suspects[0].stack, "echo_seen");
}

/*
 * What is missing is more than the survivors themselves hold: one holds its route's device,
 * too. Still nobody else is suspected of a hold that dst_alloc() took.
 */
static void test_the_hold_of_a_dst_that_died_is_not_suspected(void **state)
{
	static const char *const stacks[] = { "dst_alloc < ip6_rt_cache_alloc < [softirq]",
					      "dst_alloc < icmp6_dst_alloc < [workqueue]" };
	static struct digest all[DIGEST_OBJECTS];
	struct digest *device = &all[DIGEST_NET_DEVICE];

	(void)state;
	*device = digest_with(3, "", 0);
	for (int i = 0; i < 3; i++) {
		device->suspects[i] = device->suspects[0];
		device->suspects[i].holder = HOLDER_ROUTE;
		snprintf(device->suspects[i].stack, DIGEST_STACK, "%s",
			 i < 2 ? stacks[i] : "rt6_do_something < [softirq]");
	}
	device->suspects[1].unmatched = 2;
	device->nr_suspects = 3;
	all[DIGEST_DST] = digest_with(1, "ip6_rt_cache_alloc < [softirq]", 0);
	all[DIGEST_NEIGHBOUR].state = all[DIGEST_IFADDR].state = LEDGER_UNARMED;
	digest_accuse_survivors(all);
	assert_int_equal(device->nr_suspects, 2);
	assert_string_equal(device->suspects[0].stack, "ip6_rt_cache_alloc < [softirq]");
	assert_string_equal(device->suspects[1].stack, "rt6_do_something < [softirq]");
}

/*
 * A reference that a function took for nothing that is born, and for certain, is the one that
 * is left.
 */
static void test_certain_ones_leave_no_survivor_suspected(void **state)
{
	static struct digest all[DIGEST_OBJECTS];

	(void)state;
	all[DIGEST_NET_DEVICE] = digest_with(1, "driver", 0);
	all[DIGEST_NET_DEVICE].exact = true;
	all[DIGEST_DST] = digest_with(1, "route", 0);
	digest_accuse_survivors(all);
	assert_int_equal(all[DIGEST_NET_DEVICE].nr_suspects, 1);
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[0].stack, "driver");

	/* What was missed may have put it. */
	all[DIGEST_NET_DEVICE] = digest_with(1, "driver", 0);
	all[DIGEST_NET_DEVICE].exact = true;
	all[DIGEST_NET_DEVICE].state = LEDGER_MISSED;
	digest_accuse_survivors(all);
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[0].stack, "route");
}

/*
 * An address that survives is accused after those who hold it, where its own counter was
 * watched.
 */
static void test_who_holds_a_surviving_address(void **state)
{
	static struct digest all[DIGEST_OBJECTS];

	(void)state;
	all[DIGEST_INET6_DEV] = digest_with(1, "address", 0);
	all[DIGEST_IFADDR] = digest_with(1, "born", 0);
	all[DIGEST_ADDRESS] = digest_with(-1, "dad", 0);
	digest_accuse_survivors(all);
	assert_int_equal(all[DIGEST_INET6_DEV].nr_suspects, 3);
	assert_string_equal(all[DIGEST_INET6_DEV].suspects[0].stack, "dad");
	assert_string_equal(all[DIGEST_INET6_DEV].suspects[0].kind, "held inet6_ifaddr");
	assert_false(all[DIGEST_INET6_DEV].suspects[0].exact);
	assert_string_equal(all[DIGEST_INET6_DEV].suspects[1].stack, "born");

	/* It was another one that survived. */
	all[DIGEST_INET6_DEV] = digest_with(1, "address", 0);
	all[DIGEST_ADDRESS].sum.ended = true;
	digest_accuse_survivors(all);
	assert_string_equal(all[DIGEST_INET6_DEV].suspects[0].stack, "born");
}

static void test_as_many_survivors_as_there_is_room(void **state)
{
	static struct digest all[DIGEST_OBJECTS];

	(void)state;
	all[DIGEST_NET_DEVICE] = digest_with(1, "nexthop", 0);
	all[DIGEST_DST] = digest_with(1, "route", 0);
	all[DIGEST_DST].nr_suspects = DIGEST_SUSPECTS;
	for (int i = 0; i < DIGEST_SUSPECTS; i++) {
		all[DIGEST_DST].suspects[i] = all[DIGEST_DST].suspects[0];
		all[DIGEST_DST].suspects[i].unmatched = 1 + i;
	}
	all[DIGEST_NEIGHBOUR] = digest_with(1, "[unknown]", 0);
	digest_accuse_survivors(all);
	assert_int_equal(all[DIGEST_NET_DEVICE].nr_suspects, DIGEST_SUSPECTS);
	assert_string_equal(all[DIGEST_NET_DEVICE].suspects[DIGEST_SUSPECTS - 1].stack,
			    "nexthop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_survivors_are_accused_first),
		cmocka_unit_test(test_a_survivor_whose_hold_is_left_comes_first),
		cmocka_unit_test(test_the_hold_of_a_dst_that_died_is_not_suspected),
		cmocka_unit_test(test_certain_ones_leave_no_survivor_suspected),
		cmocka_unit_test(test_who_holds_a_surviving_address),
		cmocka_unit_test(test_as_many_survivors_as_there_is_room),
		cmocka_unit_test(test_first_of_its_signature),
		cmocka_unit_test(test_number_of_signatures),
		cmocka_unit_test(test_known_is_served),
		cmocka_unit_test(test_leaks_of_another_like_are_repeated),
		cmocka_unit_test(test_other_paths_are_other_findings),
		cmocka_unit_test(test_a_rare_leak_is_repeated_again),
		cmocka_unit_test(test_specs),
		cmocka_unit_test(test_every_other_repeat_is_followed),
		cmocka_unit_test(test_without_the_race_it_is_held_for_as_long),
		cmocka_unit_test(test_until_whole_or_spent),
		cmocka_unit_test(test_no_watchpoint_no_repeat),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_which_hold_is_left),
		cmocka_unit_test(test_points_are_bounded),
		cmocka_unit_test(test_finding_is_told),
		cmocka_unit_test(test_other_verdict_accuses_nobody),
		cmocka_unit_test(test_the_put_of_an_older_hold_hides_no_leak),
		cmocka_unit_test(test_a_leak_without_echoes_is_not_caused_by_them),
		cmocka_unit_test(test_smallest_first_and_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
