// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/match.h"
#include "watchpoint/watchpoint.h"

/* A kernel of 4 KiB functions, in this order. */
static const char *const functions[] = {
	"dev_get_by_index",
	"packet_do_bind",
	"packet_bind",
	"packet_release",
	"__sys_bind",
	"do_syscall_64",
	"entry_SYSCALL_64_after_hwframe",
	"dst_alloc",
	"icmp6_dst_alloc.constprop.0",
	"ndisc_send_ns",
	"mld_sendpack",
	"process_one_work",
	"kthread",
	"dst_destroy",
	"rcu_do_batch",
	"handle_softirqs",
	"bpf_prog_6deef7357e7b4530",
	"kprobe_ftrace_handler",
	"__kretprobe_trampoline",
	"strange_hold",
	"strange_put",
	"other_hold",
	"rawv6_sendmsg",
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };
#define BASE 0xffffffff81000000ULL
#define SIZE 4096

static struct symbols *symbols;

static int make_kernel(void **state)
{
	char text[4096];
	size_t used = 0;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < FUNCTIONS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%llx t %s\n",
					 BASE + i * SIZE, functions[i]);
	file = fmemopen(text, used, "r");
	assert_int_equal(symbols_read(file, &symbols), 0);
	fclose(file);
	return 0;
}

static int forget_kernel(void **state)
{
	(void)state;
	symbols_free(symbols);
	return 0;
}

static uint64_t address_of(const char *name, size_t length, unsigned int offset)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (strlen(functions[i]) == length && !strncmp(functions[i], name, length))
			return BASE + i * SIZE + offset;
	fail_msg("the test's kernel has no function %.*s", (int)length, name);
	return 0;
}

/* --- a timeline --- */

struct play {
	struct ledger *ledger;
	uint64_t now_ns;
	uint32_t pid;
	unsigned int offset; /* into each function: another instruction of it */
	int64_t told;	     /* the sum of the deltas that were told */
};

static void told(const struct ledger_entry *entry, void *arg)
{
	struct play *play = arg;

	play->told += entry->delta;
}

static struct play begin(enum watchpoint_counter counter)
{
	return (struct play){ .ledger = ledger_new(symbols, counter, NULL, NULL),
			      .pid = 100,
			      .offset = 16 };
}

static void mark(struct play *play, uint32_t cpu, int32_t value)
{
	const struct watchpoint_mark record = {
		.type = WATCHPOINT_MARK, .at_ns = ++play->now_ns, .cpu = cpu, .value = value
	};

	ledger_add(play->ledger, &record);
}

/* `stack` as ledgers show it: "innermost < caller < ..." */
static void happened(struct play *play, struct watchpoint_write write, const char *stack)
{
	write.mark.at_ns = ++play->now_ns;
	write.pid = play->pid;
	memcpy(write.comm, "tester", sizeof("tester"));
	while (*stack) {
		const char *end = strstr(stack, " < ");
		size_t length = end ? (size_t)(end - stack) : strlen(stack);

		write.frames[write.nr_frames++] = address_of(stack, length, play->offset);
		stack += length + (end ? 3 : 0);
	}
	ledger_add(play->ledger, &write.mark);
}

static void wrote(struct play *play, uint32_t cpu, int32_t value, const char *stack)
{
	const struct watchpoint_write write = {
		.mark = { .type = WATCHPOINT_WRITE, .cpu = cpu, .value = value },
	};

	happened(play, write, stack);
}

static void born(struct play *play, uint64_t identity, const char *stack)
{
	const struct watchpoint_write write = {
		.mark = { .type = WATCHPOINT_BIRTH, .value = 1 },
		.identity = identity,
	};

	happened(play, write, stack);
}

static void died(struct play *play, uint64_t identity, const char *stack)
{
	const struct watchpoint_write write = {
		.mark = { .type = WATCHPOINT_DEATH, .value = -1 },
		.identity = identity,
	};

	happened(play, write, stack);
}

#define BIND_1	"dev_get_by_index < packet_do_bind < packet_bind < __sys_bind < do_syscall_64"
#define BIND_2	"packet_do_bind < packet_bind < __sys_bind < do_syscall_64"
#define RELEASE "packet_release < do_syscall_64"
#define ROUTE_NS                                                                        \
	"dst_alloc < icmp6_dst_alloc.constprop.0 < ndisc_send_ns < process_one_work < " \
	"kthread"
#define ROUTE_MLD \
	"dst_alloc < icmp6_dst_alloc.constprop.0 < mld_sendpack < process_one_work < kthread"
#define ROUTE_RAW "dst_alloc < rawv6_sendmsg < do_syscall_64"
#define DESTROY	  "dst_destroy < rcu_do_batch < handle_softirqs"

static const struct watchpoint_health healthy = { 0 };

static const struct ledger_path *path_named(const struct ledger *ledger, const char *stack)
{
	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++)
		if (!strcmp(ledger_path(ledger, i)->stack, stack))
			return ledger_path(ledger, i);
	fail_msg("no path %s", stack);
	return NULL;
}

/* --- folding --- */

static void test_helpers_offsets_and_suffixes_are_no_part_of_a_path(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	const struct ledger_path *path;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, BIND_1);
	play.offset = 400;
	wrote(&play, 0, 2, BIND_2);
	wrote(&play, 0, 3, ROUTE_NS);
	assert_int_equal(ledger_nr_paths(play.ledger), 2);
	path = path_named(play.ledger, "packet_do_bind < packet_bind < __sys_bind < [syscall]");
	assert_int_equal(path->holds, 2);
	assert_int_equal(path->puts, 0);
	assert_string_equal(path->holder, "packet_do_bind");
	assert_string_equal(path->kind_words, "packet socket");
	assert_int_equal(path->nr_tasks, 1);
	assert_int_equal(path->tasks[0].balance, 2);
	path = path_named(play.ledger,
			  "dst_alloc < icmp6_dst_alloc < ndisc_send_ns < [workqueue]");
	assert_int_equal(path->context, LEDGER_WORKQUEUE);
	assert_int_equal(path->nr_tasks, 0); /* a worker is not who asked */
	ledger_free(play.ledger);
}

static void test_watchers_in_a_stack_are_left_out(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, RELEASE);
	wrote(&play, 0, 0,
	      "packet_release < bpf_prog_6deef7357e7b4530 < kprobe_ftrace_handler < "
	      "do_syscall_64");
	assert_int_equal(ledger_nr_paths(play.ledger), 1);
	play.offset = 0; /* a return to the start of the trampoline */
	wrote(&play, 0, 1, "__kretprobe_trampoline");
	assert_string_equal(ledger_path(play.ledger, 1)->stack, "[unknown]");
	ledger_free(play.ledger);
}

static void test_an_empty_stack_is_counted(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, "");
	assert_string_equal(ledger_path(play.ledger, 0)->stack, "[unknown]");
	assert_int_equal(ledger_sum(play.ledger).holds, 1);
	ledger_free(play.ledger);
}

/* --- sums --- */

static void test_parts_go_below_zero_and_only_the_sum_counts(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_sum sum;

	(void)state;
	mark(&play, 0, 9);
	mark(&play, 1, -1);
	wrote(&play, 0, 10, BIND_2);
	wrote(&play, 1, -2, RELEASE);
	wrote(&play, 1, -3, RELEASE);
	mark(&play, 0, 10);
	mark(&play, 1, -3);
	sum = ledger_sum(play.ledger);
	assert_int_equal(sum.baseline, 8);
	assert_int_equal(sum.count, 7);
	assert_int_equal(sum.marked, 7);
	assert_int_equal(sum.holds, 1);
	assert_int_equal(sum.puts, 2);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	ledger_free(play.ledger);
}

static void test_what_was_written_before_the_first_mark_is_not_of_this_ledger(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	(void)state;
	wrote(&play, 0, 4, BIND_2);
	mark(&play, 0, 5);
	wrote(&play, 0, 5, BIND_2); /* reports behind the mark that has read it */
	wrote(&play, 0, 6, BIND_2);
	assert_int_equal(ledger_sum(play.ledger).entries, 1);
	assert_int_equal(ledger_sum(play.ledger).count, 6);
	ledger_free(play.ledger);
}

static void test_more_than_one_at_once(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 3, BIND_2);
	assert_int_equal(ledger_sum(play.ledger).holds, 3);
	ledger_free(play.ledger);
}

static void test_a_missed_write_shows_at_the_mark(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, BIND_2);
	mark(&play, 0, 2);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_SUM);
	wrote(&play, 0, 2, BIND_2); /* it was only late */
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	ledger_free(play.ledger);
}

static void test_every_hole_is_named(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	const struct {
		struct watchpoint_health health;
		enum ledger_hole hole;
	} cases[] = {
		{ { .counted = 7, .hits = 7 }, LEDGER_WHOLE },
		{ { .counted = 7, .hits = 7, .lost = 1 }, LEDGER_LOST },
		{ { .counted = 7, .hits = 6 }, LEDGER_MISSED },
		{ { .counted = 7, .hits = 7, .idle = 1 }, LEDGER_STOPPED },
		{ { .counted = 7, .hits = 7, .cpus_changed = true }, LEDGER_CPUS },
	};

	(void)state;
	mark(&play, 0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ledger_check(play.ledger, &cases[i].health), cases[i].hole);
	ledger_free(play.ledger);
}

/* --- single counters --- */

static void test_two_cpus_at_once_are_told_apart_by_their_instructions(void **state)
{
	struct play play = { .offset = 16 };
	const struct ledger_path *hold, *put;

	(void)state;
	play.ledger = ledger_new(symbols, WATCHPOINT_ATOMIC, told, &play);
	mark(&play, 0, 5);
	wrote(&play, 0, 6, "strange_hold < do_syscall_64");
	wrote(&play, 0, 5, "strange_put < do_syscall_64");
	/* Both read what both have written. */
	wrote(&play, 0, 5, "strange_hold < do_syscall_64");
	wrote(&play, 1, 5, "strange_put < do_syscall_64");
	wrote(&play, 0, 7, "strange_hold < do_syscall_64");
	assert_int_equal(play.told, 0); /* the other half is not here yet */
	wrote(&play, 1, 7, "strange_hold < do_syscall_64");
	assert_int_equal(play.told, 2);
	hold = path_named(play.ledger, "strange_hold < [syscall]");
	put = path_named(play.ledger, "strange_put < [syscall]");
	assert_int_equal(hold->holds, 4);
	assert_int_equal(hold->puts, 0);
	assert_int_equal(put->puts, 2);
	assert_int_equal(put->holds, 0);
	assert_int_equal(ledger_sum(play.ledger).unsure, 0);
	assert_int_equal(ledger_sum(play.ledger).count, 7);
	ledger_free(play.ledger);
}

static void test_what_cannot_be_told_apart_is_declared_and_adds_up(void **state)
{
	struct play play = begin(WATCHPOINT_ATOMIC);

	(void)state;
	mark(&play, 0, 5);
	wrote(&play, 0, 7, "strange_hold < do_syscall_64");
	wrote(&play, 1, 7, "other_hold < do_syscall_64");
	mark(&play, 0, 7);
	assert_int_equal(ledger_sum(play.ledger).unsure, 2);
	assert_int_equal(ledger_sum(play.ledger).count, 7);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	ledger_free(play.ledger);
}

static void test_the_last_put_ends_it(void **state)
{
	struct play play = begin(WATCHPOINT_ATOMIC);

	(void)state;
	mark(&play, 0, 1);
	wrote(&play, 0, 0, "strange_put < do_syscall_64");
	wrote(&play, 0, 77, "strange_hold < do_syscall_64"); /* somebody else's memory */
	mark(&play, 0, 78);
	assert_true(ledger_sum(play.ledger).ended);
	assert_int_equal(ledger_sum(play.ledger).count, 0);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	ledger_free(play.ledger);
}

static void test_rcuref_counts_from_minus_one(void **state)
{
	struct play play = begin(WATCHPOINT_RCUREF);

	(void)state;
	mark(&play, 0, 0);
	assert_int_equal(ledger_sum(play.ledger).baseline, 1);
	wrote(&play, 0, 1, "strange_hold < do_syscall_64");
	wrote(&play, 0, 0, "strange_put < do_syscall_64");
	wrote(&play, 0, -1, "strange_put < do_syscall_64");
	assert_int_equal(ledger_sum(play.ledger).count, 0);
	assert_false(ledger_sum(play.ledger).ended); /* until it is marked dead */
	wrote(&play, 0, (int32_t)0xe0000000U, "strange_put < do_syscall_64");
	assert_true(ledger_sum(play.ledger).ended);
	assert_int_equal(ledger_sum(play.ledger).count, 0);
	ledger_free(play.ledger);
}

/* --- matching --- */

static void test_a_socket_that_is_still_bound(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, BIND_1);
	wrote(&play, 0, 2, BIND_2);
	wrote(&play, 0, 1, BIND_2);
	wrote(&play, 0, 2, ROUTE_NS);
	wrote(&play, 0, 3, ROUTE_MLD);
	wrote(&play, 0, 2, DESTROY);
	wrote(&play, 0, 1, DESTROY);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.surplus, 1);
	assert_true(match.exact);
	assert_int_equal(match.nr_suspects, 1);
	assert_string_equal(match.suspects[0].path->holder, "packet_do_bind");
	assert_int_equal(match.suspects[0].unmatched, 1);
	wrote(&play, 0, 0, RELEASE);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.surplus, 0);
	assert_int_equal(match.nr_suspects, 0);
	ledger_free(play.ledger);
}

static void test_one_of_several_routes_is_inferred(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, ROUTE_NS);
	wrote(&play, 0, 2, ROUTE_MLD);
	wrote(&play, 0, 3, ROUTE_RAW);
	wrote(&play, 0, 2, DESTROY);
	wrote(&play, 0, 1, DESTROY);
	match = ledger_match(play.ledger, NULL);
	assert_false(match.exact);
	assert_int_equal(match.nr_suspects, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(match.suspects[i].unmatched, 1);
	ledger_free(play.ledger);
}

static void learn_clean(struct ledger_profile *profile, const char *hold, const char *put)
{
	struct play play = begin(WATCHPOINT_PER_CPU);

	mark(&play, 0, 0);
	wrote(&play, 0, 1, ROUTE_NS);
	wrote(&play, 0, 2, ROUTE_MLD);
	wrote(&play, 0, 1, DESTROY);
	wrote(&play, 0, 0, DESTROY);
	if (hold) {
		wrote(&play, 0, 1, hold);
		wrote(&play, 0, 0, put);
	}
	assert_int_equal(ledger_learn(profile, play.ledger), 0);
	ledger_free(play.ledger);
}

static void test_clean_ledgers_tell_which_route_is_unusual(void **state)
{
	struct ledger_profile *profile = ledger_profile_new();
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	for (int i = 0; i < 5; i++)
		learn_clean(profile, NULL, NULL);
	mark(&play, 0, 0);
	wrote(&play, 0, 1, ROUTE_NS);
	wrote(&play, 0, 2, ROUTE_MLD);
	wrote(&play, 0, 3, ROUTE_RAW);
	wrote(&play, 0, 2, DESTROY);
	wrote(&play, 0, 1, DESTROY);
	match = ledger_match(play.ledger, profile);
	assert_int_equal(match.nr_clean, 5);
	assert_false(match.exact);
	assert_string_equal(match.suspects[0].path->stack,
			    "dst_alloc < rawv6_sendmsg < [syscall]");
	assert_true(match.suspects[0].usual == 0);
	assert_true(match.suspects[1].usual == 1);
	ledger_profile_free(profile);
	ledger_free(play.ledger);
}

static void test_functions_that_no_table_knows_are_paired_by_learning(void **state)
{
	struct ledger_profile *profile = ledger_profile_new();
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, "strange_hold < do_syscall_64");
	wrote(&play, 0, 0, "strange_put < do_syscall_64");
	wrote(&play, 0, 1, BIND_2);
	match = ledger_match(play.ledger, NULL);
	assert_false(match.exact); /* the put could be anybody's */
	assert_int_equal(match.nr_suspects, 2);
	for (int i = 0; i < 3; i++)
		learn_clean(profile, "strange_hold < do_syscall_64",
			    "strange_put < do_syscall_64");
	match = ledger_match(play.ledger, profile);
	assert_true(match.exact);
	assert_int_equal(match.nr_suspects, 1);
	assert_string_equal(match.suspects[0].path->kind_words, "packet socket");
	ledger_profile_free(profile);
	ledger_free(play.ledger);
}

static void test_one_coincidence_makes_no_partners(void **state)
{
	struct ledger_profile *profile = ledger_profile_new();
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	learn_clean(profile, "strange_hold < do_syscall_64", "strange_put < do_syscall_64");
	learn_clean(profile, NULL, NULL);
	mark(&play, 0, 0);
	wrote(&play, 0, 1, "strange_hold < do_syscall_64");
	wrote(&play, 0, 0, "strange_put < do_syscall_64");
	wrote(&play, 0, 1, BIND_2);
	match = ledger_match(play.ledger, profile);
	assert_false(match.exact);
	assert_int_equal(match.nr_suspects, 2);
	ledger_profile_free(profile);
	ledger_free(play.ledger);
}

static void test_a_count_that_ends_where_it_began_accuses_nobody(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 5);
	wrote(&play, 0, 4, DESTROY);
	wrote(&play, 0, 5, BIND_2);
	match = ledger_left(play.ledger);
	assert_int_equal(match.surplus, 0);
	assert_int_equal(match.nr_suspects, 0);

	wrote(&play, 0, 4, DESTROY);
	match = ledger_left(play.ledger); /* as of a device that is unregistered */
	assert_int_equal(match.surplus, -1);
	assert_int_equal(match.nr_suspects, 1);
	assert_int_equal(match.suspects[0].unmatched, 1);

	wrote(&play, 0, 6, BIND_2);
	match = ledger_left(play.ledger);
	assert_int_equal(match.surplus, 1);
	assert_int_equal(match.nr_suspects, 1);
	assert_int_equal(match.suspects[0].path->kind, HOLDER_PACKET_SOCKET);
	assert_true(match.exact); /* the table knows both: a route is no socket's */

	ledger_free(play.ledger);
}

/* A route by connect(), others by packets of the kernel's own, of which one more has gone. */
static void test_a_process_stands_beside_the_paths_that_it_ran(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, ROUTE_MLD);
	wrote(&play, 0, 2, ROUTE_MLD);
	wrote(&play, 0, 3, ROUTE_RAW);
	wrote(&play, 0, 2, DESTROY);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.nr_suspects, 2);
	assert_string_equal(match.suspects[0].path->stack,
			    "dst_alloc < rawv6_sendmsg < [syscall]");
	assert_int_equal(match.suspects[0].nr_tasks, 1);
	assert_int_equal(match.suspects[0].tasks[0].pid, play.pid);
	assert_int_equal(match.suspects[0].tasks[0].balance, 1);
	assert_int_equal(match.suspects[1].path->context, LEDGER_WORKQUEUE);
	assert_int_equal(match.suspects[1].nr_tasks, 0);
	ledger_free(play.ledger);
}

/* One process has closed its socket by another path, another has not. */
static void test_a_process_that_has_put_what_it_held_is_not_named(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, BIND_2);
	play.pid = 200;
	wrote(&play, 0, 2, BIND_2);
	play.pid = 100;
	wrote(&play, 0, 1, RELEASE);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.nr_suspects, 1);
	assert_int_equal(match.suspects[0].nr_tasks, 1);
	assert_int_equal(match.suspects[0].tasks[0].pid, 200);
	ledger_free(play.ledger);
}

static void test_what_a_process_puts_of_another_kind_does_not_clear_it(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	wrote(&play, 0, 1, ROUTE_NS);
	wrote(&play, 0, 2, BIND_2);
	wrote(&play, 0, 1, "dst_destroy < do_syscall_64");
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.nr_suspects, 1);
	assert_int_equal(match.suspects[0].nr_tasks, 1);
	assert_int_equal(match.suspects[0].tasks[0].pid, 100);
	ledger_free(play.ledger);
}

static void test_more_paths_than_there_is_room_for_still_add_up(void **state)
{
	struct play play = begin(WATCHPOINT_PER_CPU);
	int32_t value = 0;

	(void)state;
	mark(&play, 0, 0);
	/* The number in base 5 names the callers. */
	for (int i = 0; i < 3125; i++) {
		char stack[256];

		snprintf(stack, sizeof(stack), "strange_hold < %s < %s < %s < %s < %s",
			 functions[i % 5], functions[i / 5 % 5], functions[i / 25 % 5],
			 functions[i / 125 % 5], functions[i / 625]);
		wrote(&play, 0, ++value, stack);
	}
	assert_int_equal(ledger_sum(play.ledger).count, value);
	assert_int_equal(ledger_nr_paths(play.ledger), LEDGER_PATHS_MAX);
	assert_int_equal(ledger_sum(play.ledger).unsure, 3125 - LEDGER_PATHS_MAX);
	ledger_free(play.ledger);
}

/*
 * A caller that holds, and has another function drop it, is not who lost it: ndisc_recv_na().
 */
static void test_a_put_from_the_same_caller_speaks_for_a_hold(void **state)
{
	struct play play = begin(WATCHPOINT_ATOMIC);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 2);
	wrote(&play, 0, 3, "other_hold < rawv6_sendmsg < do_syscall_64");
	wrote(&play, 0, 2, "strange_put < rawv6_sendmsg < do_syscall_64");
	wrote(&play, 0, 3, "strange_hold < ndisc_send_ns < process_one_work");
	mark(&play, 0, 3);
	match = ledger_match(play.ledger, NULL);
	assert_false(match.exact);
	assert_int_equal(match.nr_suspects, 2);
	assert_string_equal(match.suspects[0].path->holder, "strange_hold");
	assert_false(match.suspects[0].answered);
	assert_true(match.suspects[1].answered);
	ledger_free(play.ledger);
}

/* --- births and deaths --- */

enum { FIRST = 0x1000, SECOND = 0x2000, THIRD = 0x3000, FOURTH = 0x4000 };

static void test_a_death_is_a_put_of_its_birth(void **state)
{
	struct play play = begin(WATCHPOINT_ALIVE);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	born(&play, FIRST, ROUTE_RAW);
	born(&play, SECOND, ROUTE_RAW);
	born(&play, THIRD, ROUTE_NS);
	died(&play, SECOND, DESTROY);
	died(&play, THIRD, DESTROY);
	mark(&play, 0, 1);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.surplus, 1);
	assert_true(match.exact);
	assert_int_equal(match.nr_suspects, 1);
	assert_int_equal(match.suspects[0].unmatched, 1);
	assert_string_equal(match.suspects[0].path->stack,
			    "dst_alloc < rawv6_sendmsg < [syscall]");
	assert_int_equal(ledger_nr_paths(play.ledger), 2);
	ledger_free(play.ledger);
}

static void test_memory_is_used_again(void **state)
{
	struct play play = begin(WATCHPOINT_ALIVE);
	struct ledger_match match;

	(void)state;
	mark(&play, 0, 0);
	for (int i = 0; i < 10000; i++) {
		born(&play, FIRST, ROUTE_RAW);
		died(&play, FIRST, DESTROY);
	}
	born(&play, FIRST, ROUTE_MLD);
	mark(&play, 0, 1);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	match = ledger_match(play.ledger, NULL);
	assert_int_equal(match.nr_suspects, 1);
	assert_string_equal(match.suspects[0].path->stack,
			    "dst_alloc < icmp6_dst_alloc < mld_sendpack < [workqueue]");
	ledger_free(play.ledger);
}

static void test_an_older_one_may_die_and_a_lost_birth_shows(void **state)
{
	struct play play = begin(WATCHPOINT_ALIVE);

	(void)state;
	mark(&play, 0, 1);
	died(&play, FOURTH, DESTROY);
	assert_int_equal(ledger_sum(play.ledger).count, 0);
	assert_int_equal(ledger_match(play.ledger, NULL).nr_suspects, 0);
	mark(&play, 0, 0);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_WHOLE);
	mark(&play, 0, 1);
	assert_int_equal(ledger_check(play.ledger, &healthy), LEDGER_SUM);
	ledger_free(play.ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_put_from_the_same_caller_speaks_for_a_hold),
		cmocka_unit_test(test_a_death_is_a_put_of_its_birth),
		cmocka_unit_test(test_memory_is_used_again),
		cmocka_unit_test(test_an_older_one_may_die_and_a_lost_birth_shows),
		cmocka_unit_test(test_helpers_offsets_and_suffixes_are_no_part_of_a_path),
		cmocka_unit_test(test_watchers_in_a_stack_are_left_out),
		cmocka_unit_test(test_an_empty_stack_is_counted),
		cmocka_unit_test(test_parts_go_below_zero_and_only_the_sum_counts),
		cmocka_unit_test(
			test_what_was_written_before_the_first_mark_is_not_of_this_ledger),
		cmocka_unit_test(test_more_than_one_at_once),
		cmocka_unit_test(test_a_missed_write_shows_at_the_mark),
		cmocka_unit_test(test_every_hole_is_named),
		cmocka_unit_test(test_two_cpus_at_once_are_told_apart_by_their_instructions),
		cmocka_unit_test(test_what_cannot_be_told_apart_is_declared_and_adds_up),
		cmocka_unit_test(test_the_last_put_ends_it),
		cmocka_unit_test(test_rcuref_counts_from_minus_one),
		cmocka_unit_test(test_a_socket_that_is_still_bound),
		cmocka_unit_test(test_one_of_several_routes_is_inferred),
		cmocka_unit_test(test_clean_ledgers_tell_which_route_is_unusual),
		cmocka_unit_test(test_functions_that_no_table_knows_are_paired_by_learning),
		cmocka_unit_test(test_one_coincidence_makes_no_partners),
		cmocka_unit_test(test_a_process_that_has_put_what_it_held_is_not_named),
		cmocka_unit_test(test_what_a_process_puts_of_another_kind_does_not_clear_it),
		cmocka_unit_test(test_a_count_that_ends_where_it_began_accuses_nobody),
		cmocka_unit_test(test_a_process_stands_beside_the_paths_that_it_ran),
		cmocka_unit_test(test_more_paths_than_there_is_room_for_still_add_up),
	};

	return cmocka_run_group_tests_name("ledger", tests, make_kernel, forget_kernel);
}
