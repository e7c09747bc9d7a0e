// SPDX-License-Identifier: GPL-2.0-or-later
/* What follows from a list of moments; stamps in microseconds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "record/record.h"
#include "trial/evidence.h"

struct at {
	uint64_t us;
	enum moment_kind kind;
	uint32_t sequence;
	int64_t value;
};

static struct evidence evidence;

static void derive_planned(const struct at *list, uint32_t steps)
{
	evidence = (struct evidence){ .spec.steps = steps };
	for (; list->us; list++)
		evidence.moments[evidence.nr_moments++] = (struct moment){
			.at_ns = list->us * 1000,
			.kind = list->kind,
			.sequence = list->sequence,
			.value = list->value,
		};
	evidence_derive(&evidence);
}

static void derive(const struct at *list)
{
	derive_planned(list, 0);
}

static void test_change(void **state)
{
	const struct at made[] = { { 10, MOMENT_CHANGE }, { 20, MOMENT_CHANGED }, { 0 } };
	const struct at failed[] = { { 10, MOMENT_CHANGE },
				     { 20, MOMENT_CHANGED, .value = -EPERM },
				     { 0 } };
	const struct at begun[] = { { 10, MOMENT_CHANGE }, { 0 } };

	(void)state;
	derive(made);
	assert_true(evidence.changed);
	assert_int_equal(evidence.change_error, 0);
	derive(failed);
	assert_false(evidence.changed);
	assert_int_equal(evidence.change_error, EPERM);
	derive(begun);
	assert_false(evidence.changed);
}

static void derive_deletion(const struct at *list)
{
	evidence = (struct evidence){ .spec.change = CHANGE_LINK_DELETE };
	for (; list->us; list++)
		evidence.moments[evidence.nr_moments++] = (struct moment){
			.at_ns = list->us * 1000, .kind = list->kind, .value = list->value
		};
	evidence_derive(&evidence);
}

static void test_deletion(void **state)
{
	const struct at made[] = { { 10, MOMENT_CHANGE }, { 30, MOMENT_CHANGED }, { 0 } };
	const struct at refused[] = { { 10, MOMENT_CHANGE },
				      { 30, MOMENT_CHANGED, .value = -EPERM },
				      { 0 } };
	const struct at begun[] = { { 10, MOMENT_CHANGE }, { 0 } };
	const struct at none[] = { { 10, MOMENT_OPENED }, { 0 } };

	(void)state;
	derive_deletion(made);
	assert_true(evidence.deleted && evidence.changed);
	assert_true(evidence.unregister_tried && evidence.unregister_returned);
	assert_int_equal(evidence.unregister_ns, 20000);
	derive_deletion(begun);
	assert_true(evidence.deleted && evidence.unregister_tried);
	assert_false(evidence.unregister_returned);
	assert_int_equal(evidence.unregister_ns, 0);
	derive_deletion(refused);
	assert_false(evidence.deleted || evidence.unregister_tried);
	derive_deletion(none);
	assert_false(evidence.deleted || evidence.unregister_tried);
	derive(made); /* another change */
	assert_false(evidence.deleted || evidence.unregister_tried);
}

static void assert_left(int64_t net_device, int64_t inet6_dev, int64_t expected_net_device)
{
	const struct evidence_counts left = {
		.found = true, .net_device = net_device, .inet6_dev = inet6_dev, .dst = 3
	};

	evidence = (struct evidence){ .baseline = { .found = true,
						    .net_device = 10,
						    .inet6_dev = 4,
						    .dst = 5,
						    .groups = 2 } };
	evidence_left(&evidence, &left);
	assert_true(evidence.baseline.found && evidence.after.found);
	assert_int_equal(evidence.after.net_device - evidence.baseline.net_device,
			 expected_net_device);
	assert_int_equal(evidence.after.inet6_dev - evidence.baseline.inet6_dev, inet6_dev);
	assert_int_equal(evidence.after.dst - evidence.baseline.dst, 0);
	assert_int_equal(evidence.baseline.groups, 0);
}

/* net_device without the reference of an inet6_dev that is left. */
static void test_left(void **state)
{
	(void)state;
	assert_left(5, 0, 4);
	assert_left(2, 0, 1);
	assert_left(1, 0, 1); /* before 5.13 */
	assert_left(1, 2, 0);
	assert_left(0, 2, 0); /* before 5.13 */
	assert_left(3, 1, 2);
}

/* clang-format off */
static void test_race(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 10,	MOMENT_START },
		{ 100,	MOMENT_FLAGS_ENTER },
		{ 190,	MOMENT_FLAGS_RETURN },
		{ 191,	MOMENT_OPENED },
		{ 200,	MOMENT_HELD },
		{ 230,	MOMENT_ECHO_IN, 1 },
		{ 5205, MOMENT_RELEASED },
		{ 5210, MOMENT_CLOSED },
		{ 5210, MOMENT_FLAGS_ENTER },
		{ 5300, MOMENT_FLAGS_RETURN },
		{ 5400, MOMENT_ECHO_IN, 2 },
		{ 0 } });
	assert_true(evidence.opened);
	assert_true(evidence.closed);
	assert_int_equal(evidence.flag_sets, 2);
	assert_int_equal(evidence.first_flags_ns, 90000);
	assert_int_equal(evidence.second_flags_ns, 90000);
	assert_int_equal(evidence.held_ns, 5005000);
	assert_int_equal(evidence.echoes_delivered, 2);
	assert_int_equal(evidence.echoes_inside, 1);
	assert_int_equal(evidence.first_echo_ns, 39000);
}

static void test_records_of_two_cpus_out_of_order(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 900, MOMENT_CLOSED },
		{ 300, MOMENT_ECHO_IN, 2 },
		{ 100, MOMENT_OPENED },
		{ 200, MOMENT_ECHO_IN, 1 },
		{ 0 } });
	assert_int_equal(evidence.moments[0].kind, MOMENT_OPENED);
	assert_int_equal(evidence.moments[3].kind, MOMENT_CLOSED);
	assert_int_equal(evidence.echoes_inside, 2);
	assert_int_equal(evidence.first_echo_ns, 100000);
}

static void test_an_echo_counts_once(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 100, MOMENT_OPENED },
		{ 200, MOMENT_ECHO_IN, 1 },
		{ 210, MOMENT_ECHO_IN, 1 },
		{ 900, MOMENT_CLOSED },
		{ 0 } });
	assert_int_equal(evidence.echoes_delivered, 1);
	assert_int_equal(evidence.echoes_inside, 1);
}

static void test_nothing_is_inside_a_window_that_never_closed(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 50,  MOMENT_ECHO_IN, 1 },
		{ 100, MOMENT_OPENED },
		{ 200, MOMENT_ECHO_IN, 2 },
		{ 0 } });
	assert_false(evidence.closed);
	assert_int_equal(evidence.echoes_delivered, 2);
	assert_int_equal(evidence.echoes_inside, 0);
}

static void test_first_flag_set_fails(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 100, MOMENT_FLAGS_ENTER },
		{ 150, MOMENT_FLAGS_RETURN, 0, -1 },
		{ 0 } });
	assert_int_equal(evidence.flag_sets, 1);
	assert_int_equal(evidence.flags_error, 1);
	assert_false(evidence.opened);
}

static void test_somebody_else_continues_it(void **state)
{
	(void)state;
	derive((const struct at[]){
		{ 100,	MOMENT_OPENED },
		{ 110,	MOMENT_HELD },
		{ 130,	MOMENT_RELEASED },
		{ 5110, MOMENT_RELEASED },
		{ 0 } });
	assert_int_equal(evidence.held_ns, 20000);
}

static void test_order(void **state)
{
	const struct at kept[] = {
		{ 100, MOMENT_OPENED },
		{ 200, MOMENT_STEP_HELD, 1 },
		{ 300, MOMENT_STEP_HELD, 2 },
		{ 310, MOMENT_STEP_RELEASED, 1 },
		{ 400, MOMENT_STEP_RELEASED, 2 },
		{ 0 } };
	const struct at cut[] = {
		{ 200, MOMENT_STEP_HELD, 1 },
		{ 300, MOMENT_STEP_HELD, 2 },
		{ 310, MOMENT_STEP_RELEASED, 1, -125 },
		{ 0 } };
	const struct at broken[] = {
		{ 200, MOMENT_STEP_HELD, 1 },
		{ 300, MOMENT_STEP_HELD, 2 },
		{ 310, MOMENT_STEP_RELEASED, 1 },
		{ 400, MOMENT_STEP_RELEASED, 2, -110 },
		{ 0 } };

	(void)state;
	derive_planned(kept, 2);
	assert_int_equal(evidence.steps_held, 2);
	assert_true(evidence.order_kept);
	assert_int_equal(evidence.steps[0].outcome, STEP_KEPT);
	assert_int_equal(evidence.steps[0].held_ns, 110000);
	assert_int_equal(evidence.steps[1].held_ns, 100000);
	derive_planned(kept, 3);
	assert_false(evidence.order_kept);
	assert_int_equal(evidence.steps[2].outcome, STEP_NOT_REACHED);
	derive_planned(cut, 2);
	assert_false(evidence.order_kept);
	assert_int_equal(evidence.steps[0].outcome, STEP_CUT);
	assert_int_equal(evidence.steps[1].outcome, STEP_CUT);
	derive_planned(broken, 2);
	assert_int_equal(evidence.steps[1].outcome, STEP_DEADLINE);
	assert_int_equal(evidence.steps[1].held_ns, 100000);
	assert_int_equal(evidence.steps_held, 2);
	assert_false(evidence.order_kept);
	derive_planned(kept, 0);
	assert_false(evidence.order_kept);
}

static void derive_answered(const struct at *list, enum dad_answer answer)
{
	evidence = (struct evidence){ .spec.dad_answer = answer };
	for (; list->us; list++)
		evidence.moments[evidence.nr_moments++] = (struct moment){
			.at_ns = list->us * 1000, .kind = list->kind, .value = list->value };
	evidence_derive(&evidence);
}

static void test_dad_fails(void **state)
{
	(void)state;
	derive_answered((const struct at[]){
		{ 90,	MOMENT_DAD_IN, 0, 135 }, /* another node's */
		{ 100,	MOMENT_OPENED },
		{ 130,	MOMENT_DAD_PROBE, 1 },
		{ 140,	MOMENT_DAD_ANSWERED, 1 },
		{ 150,	MOMENT_DAD_IN, 0, 136 },
		{ 155,	MOMENT_DAD_IN, 0, 136 }, /* another node's */
		{ 160,	MOMENT_DADFAILED },
		{ 900,	MOMENT_CLOSED },
		{ 910,	MOMENT_DAD_ANSWERED, 2 },
		{ 920,	MOMENT_DAD_IN, 0, 136 },
		{ 930,	MOMENT_DAD_ANSWERED, 3, -100 },
		{ 0 } }, DAD_ANSWER_NA);
	assert_int_equal(evidence.dad_probes, 1);
	assert_int_equal(evidence.dad_answers_sent, 2);
	assert_int_equal(evidence.dad_answers_delivered, 2);
	assert_int_equal(evidence.dad_answers_inside, 1);
	assert_int_equal(evidence.echoes_inside, 0);
	assert_true(evidence.tentative_inside);
	assert_int_equal(evidence.dad_end, DAD_FAILED);
	assert_false(evidence.dad_fooled);
}

static void test_an_answer_before_the_window(void **state)
{
	(void)state;
	derive_answered((const struct at[]){
		{ 50,	MOMENT_DAD_ANSWERED, 1 },
		{ 60,	MOMENT_DAD_IN, 0, 136 },
		{ 100,	MOMENT_OPENED },
		{ 900,	MOMENT_CLOSED },
		{ 0 } }, DAD_ANSWER_NA);
	assert_int_equal(evidence.dad_answers_delivered, 1);
	assert_int_equal(evidence.dad_answers_inside, 0);
}

static void test_dad_ends(void **state)
{
	(void)state;
	derive((const struct at[]){ { 100, MOMENT_OPENED }, { 110, MOMENT_TENTATIVE }, { 0 } });
	assert_int_equal(evidence.dad_end, DAD_UNFINISHED);
	derive((const struct at[]){ { 100, MOMENT_OPENED }, { 110, MOMENT_PERMANENT }, { 0 } });
	assert_int_equal(evidence.dad_end, DAD_COMPLETED);
	/* A further address, after the first one failed. */
	derive((const struct at[]){ { 110, MOMENT_DADFAILED }, { 120, MOMENT_PERMANENT }, { 0 } });
	assert_int_equal(evidence.dad_end, DAD_FAILED);
}

static void test_an_answer_after_dad(void **state)
{
	(void)state;
	derive_answered((const struct at[]){
		{ 100,	MOMENT_OPENED },
		{ 130,	MOMENT_DAD_PROBE, 1 },
		{ 200,	MOMENT_PERMANENT },
		{ 300,	MOMENT_DAD_ANSWERED, 1 },
		{ 310,	MOMENT_DAD_IN, 0, 136 },
		{ 900,	MOMENT_CLOSED },
		{ 0 } }, DAD_ANSWER_NA);
	assert_int_equal(evidence.dad_answers_inside, 1);
	assert_false(evidence.tentative_inside);
	assert_int_equal(evidence.dad_end, DAD_COMPLETED);
}

static void test_dad_is_fooled(void **state)
{
	const struct at came[] = {
		{ 140, MOMENT_DAD_ANSWERED, 1 },
		{ 150, MOMENT_DAD_IN, 0, 135 },
		{ 160, MOMENT_DADFAILED },
		{ 0 } };
	const struct at did_not_come[] = {
		{ 140, MOMENT_DAD_ANSWERED, 1 },
		{ 160, MOMENT_DADFAILED },
		{ 0 } };
	const struct at completed[] = {
		{ 140, MOMENT_DAD_ANSWERED, 1 },
		{ 150, MOMENT_DAD_IN, 0, 135 },
		{ 160, MOMENT_PERMANENT },
		{ 0 } };

	(void)state;
	derive_answered(came, DAD_ANSWER_LOOPBACK);
	assert_true(evidence.dad_fooled);
	derive_answered(came, DAD_ANSWER_NS);
	assert_false(evidence.dad_fooled);
	derive_answered(did_not_come, DAD_ANSWER_LOOPBACK);
	assert_false(evidence.dad_fooled);
	derive_answered(completed, DAD_ANSWER_LOOPBACK);
	assert_false(evidence.dad_fooled);
}
/* clang-format on */

/* What one row of moments.def leaves out would be missing in results, reports or pictures. */
static void test_moments_are_complete(void **state)
{
	(void)state;
	for (int kind = MOMENT_NONE + 1; kind < MOMENTS; kind++) {
		const struct moment_row *row = &moment_table[kind];

		assert_non_null(moment_names[kind]);
		assert_true(*row->words && *row->brief && *row->counted);
		assert_true(row->value && row->feature);
		for (int other = MOMENT_NONE + 1; other < kind; other++)
			assert_string_not_equal(moment_names[kind], moment_names[other]);
	}
	for (uint32_t type = 1; type < RECORD_TYPES; type++)
		assert_true(moment_is_known(moment_of_record(type)));
	assert_int_equal(moment_of_record(RECORD_DAD_IN), MOMENT_DAD_IN);
	assert_int_equal(moment_of_record(0), MOMENT_NONE);
	assert_int_equal(moment_of_record(RECORD_TYPES), MOMENT_NONE);
	assert_false(moment_is_known(MOMENT_NONE) || moment_is_known(MOMENTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_deletion),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_records_of_two_cpus_out_of_order),
		cmocka_unit_test(test_an_echo_counts_once),
		cmocka_unit_test(test_nothing_is_inside_a_window_that_never_closed),
		cmocka_unit_test(test_first_flag_set_fails),
		cmocka_unit_test(test_somebody_else_continues_it),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_dad_fails),
		cmocka_unit_test(test_dad_ends),
		cmocka_unit_test(test_an_answer_before_the_window),
		cmocka_unit_test(test_an_answer_after_dad),
		cmocka_unit_test(test_dad_is_fooled),
		cmocka_unit_test(test_moments_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
