// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "explore/proposals.h"
#include "ledger/match.h"
#include "watchpoint/watchpoint.h"

/*
 * Ledgers of real kernels, played again: tests/unit/ledger/recordings/NAME.ndjson is what
 * `dadrace watch --records` printed there (README.md beside them), its last line what that
 * watch made of it.
 */
enum { NAMES_MAX = 512, OBJECTS_MAX = 4 };
#define BASE  0xffffffff81000000ULL
#define SPACE 0x100000ULL /* more than any function has */

struct recording {
	json_t *lines[4096];
	size_t nr;
	const json_t *end; /* the watch line */
	const char *names[NAMES_MAX];
	size_t lengths[NAMES_MAX];
	size_t nr_names;
	struct symbols *symbols;
};

/* --- frames: "function+0x12" at an address of our own --- */

static uint64_t address_of(struct recording *r, const char *frame)
{
	const char *plus = strchr(frame, '+');
	size_t length, i = 0;

	if (!plus)
		return 1; /* in no function there, and in none here */
	length = (size_t)(plus - frame);
	while (i < r->nr_names &&
	       (r->lengths[i] != length || memcmp(r->names[i], frame, length) != 0))
		i++;
	if (i == r->nr_names) {
		assert_true(r->nr_names < NAMES_MAX);
		r->names[i] = frame;
		r->lengths[i] = length;
		r->nr_names++;
	}
	return BASE + i * SPACE + strtoull(plus + 1, NULL, 16);
}

static void make_symbols(struct recording *r)
{
	char *text = NULL;
	size_t size, i;
	json_t *frame;
	FILE *file = open_memstream(&text, &size);

	for (size_t line = 0; line < r->nr; line++)
		json_array_foreach(json_object_get(r->lines[line], "frames"), i, frame)
			address_of(r, json_string_value(frame));
	for (i = 0; i < r->nr_names; i++)
		fprintf(file, "%llx t %.*s\n", BASE + i * SPACE, (int)r->lengths[i],
			r->names[i]);
	fclose(file);
	file = fmemopen(text, size, "r");
	assert_int_equal(symbols_read(file, &r->symbols), 0);
	fclose(file);
	free(text);
}

static struct recording *recording_open(const char *name)
{
	struct recording *r = calloc(1, sizeof(*r));
	char path[512], line[16384];
	FILE *file;

	assert_non_null(r);
	snprintf(path, sizeof(path), "%s/%s.ndjson", LEDGERS_FOLDER, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		json_t *json = json_loads(line, 0, NULL);

		assert_non_null(json);
		assert_true(r->nr < sizeof(r->lines) / sizeof(r->lines[0]));
		r->lines[r->nr++] = json;
	}
	fclose(file);
	assert_true(r->nr > 1);
	r->end = r->lines[r->nr - 1];
	assert_string_equal(json_string_value(json_object_get(r->end, "type")), "watch");
	make_symbols(r);
	return r;
}

static void recording_close(struct recording *r)
{
	symbols_free(r->symbols);
	for (size_t i = 0; i < r->nr; i++)
		json_decref(r->lines[i]);
	free(r);
}

/* --- one counter --- */

static int64_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static enum watchpoint_counter counter_of(const json_t *record)
{
	const char *name = text(record, "counter");

	return !strcmp(name, "per-cpu") ? WATCHPOINT_PER_CPU :
	       !strcmp(name, "rcuref")	? WATCHPOINT_RCUREF :
					  WATCHPOINT_ATOMIC;
}

/* What the records say, without a ledger: memory as it was first and last. */
struct memory {
	struct {
		bool known;
		int64_t first, last;
	} cpus[CPUS_MAX];
	uint32_t writers; /* CPUs that have written */
	bool negative;
	enum watchpoint_counter counter;
};

static void remember(struct memory *memory, const json_t *record, bool written[CPUS_MAX])
{
	uint32_t cpu = (uint32_t)number(record, "cpu");
	uint32_t part = counter_of(record) == WATCHPOINT_PER_CPU ? cpu : 0;
	int64_t value = number(record, "value");
	bool mark = json_is_true(json_object_get(record, "mark"));

	assert_true(cpu < CPUS_MAX);
	memory->counter = counter_of(record);
	if (mark && !memory->cpus[part].known) {
		memory->cpus[part].known = true;
		memory->cpus[part].first = value;
	}
	memory->cpus[part].last = value;
	memory->negative |= memory->counter == WATCHPOINT_PER_CPU && value < 0;
	memory->writers += !mark && !written[cpu];
	written[cpu] |= !mark;
}

static int64_t count_in(const struct memory *memory, bool last)
{
	int64_t sum = memory->counter == WATCHPOINT_RCUREF; /* 0 is one reference */

	for (int i = 0; i < CPUS_MAX; i++)
		sum += last ? memory->cpus[i].last : memory->cpus[i].first;
	return sum;
}

static void give(struct recording *r, struct ledger *ledger, const json_t *record)
{
	struct watchpoint_write write = {
		.mark = { .type = json_is_true(json_object_get(record, "mark")) ?
					  WATCHPOINT_MARK :
					  WATCHPOINT_WRITE,
			  .at_ns = (uint64_t)number(record, "at_ns"),
			  .value = (int32_t)number(record, "value"),
			  .cpu = (uint32_t)number(record, "cpu") },
		.pid = (uint32_t)number(record, "pid"),
	};
	json_t *frame;
	size_t i;

	if (text(record, "comm"))
		snprintf(write.comm, sizeof(write.comm), "%s", text(record, "comm"));
	json_array_foreach(json_object_get(record, "frames"), i, frame)
		write.frames[write.nr_frames++] = address_of(r, json_string_value(frame));
	ledger_add(ledger, &write.mark);
}

static struct ledger *play(struct recording *r, const char *object, struct memory *memory)
{
	bool written[CPUS_MAX] = { false };
	struct ledger *ledger = NULL;

	*memory = (struct memory){ 0 };
	for (size_t i = 0; i + 1 < r->nr; i++) {
		const json_t *record = r->lines[i];

		if (strcmp(text(record, "object"), object) != 0)
			continue;
		if (!ledger)
			ledger = ledger_new(r->symbols, counter_of(record), NULL, NULL);
		assert_non_null(ledger);
		remember(memory, record, written);
		give(r, ledger, record);
	}
	assert_non_null(ledger);
	return ledger;
}

static const json_t *end_of(const struct recording *r, const char *object)
{
	json_t *told;
	size_t i;

	json_array_foreach(json_object_get(r->end, "objects"), i,
			   told) if (!strcmp(text(told, "object"), object)) return told;
	fail_msg("the recording has no %s", object);
	return NULL;
}

/* --- what is known of each --- */

static const struct watchpoint_health healthy = { 0 };

static const struct expected {
	const char *name, *object;
	const char
		*function; /* with which the first suspect's path begins; NULL: there is none */
	const char *kind;  /* of that suspect */
	int64_t surplus, unmatched;
	enum ledger_hole
		hole; /* that a ledger sees by itself, whoever may have told it of others */
	bool exact;
	bool interleaved; /* several CPUs wrote */
	bool negative;	  /* a CPU's share is below zero */
} recordings[] = {
#include "recordings/expected.h"
};

static void check_sums(const struct ledger_sum *sum, const struct memory *memory)
{
	assert_int_equal(sum->baseline, count_in(memory, false));
	assert_int_equal(sum->marked, count_in(memory, true));
	assert_int_equal(sum->count, sum->marked);
	assert_int_equal(sum->count - sum->baseline, (int64_t)sum->holds - (int64_t)sum->puts);
}

static void check_match(const struct ledger_match *match, const struct expected *expected)
{
	const char *stack;

	assert_int_equal(match->surplus, expected->surplus);
	assert_int_equal(match->nr_suspects > 0, expected->function != NULL);
	if (!expected->function)
		return;
	stack = match->suspects[0].path->stack;
	if (strncmp(stack, expected->function, strlen(expected->function)) != 0)
		fail_msg("%s is suspected, not %s", stack, expected->function);
	assert_string_equal(match->suspects[0].path->kind_words, expected->kind);
	assert_int_equal(match->suspects[0].unmatched, expected->unmatched);
	assert_int_equal(match->exact, expected->exact);
}

static void check_recording(const struct expected *expected)
{
	struct recording *r = recording_open(expected->name);
	const json_t *end = end_of(r, expected->object);
	struct memory memory;
	struct ledger *ledger = play(r, expected->object, &memory);
	struct ledger_sum sum = ledger_sum(ledger);
	struct ledger_match match = ledger_match(ledger, NULL);

	assert_int_equal(memory.writers > 1, expected->interleaved);
	assert_int_equal(memory.negative, expected->negative);
	assert_string_equal(ledger_hole_names[ledger_check(ledger, &healthy)],
			    ledger_hole_names[expected->hole]);
	assert_int_equal(sum.entries, number(end, "entries"));
	assert_int_equal(sum.count, number(end, "count"));
	if (!expected->hole) {
		check_sums(&sum, &memory);
		check_match(&match, expected);
	}
	ledger_free(ledger);
	recording_close(r);
}

static void test_recordings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		print_message("%s, %s\n", recordings[i].name, recordings[i].object);
		check_recording(&recordings[i]);
	}
}

static void propose(const char *name, const char *object, struct proposals *proposals)
{
	struct recording *r = recording_open(name);
	struct memory memory;
	struct ledger *ledger = play(r, object, &memory);

	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++) {
		const struct ledger_path *path = ledger_path(ledger, i);

		proposals_add(proposals, path->stack, path->holds, path->puts);
	}
	ledger_free(ledger);
	recording_close(r);
}

/*
 * What a trial's ledger shows of the kernel is found as places, on the threads that pass them.
 */
static void test_places_are_proposed(void **state)
{
	static const struct {
		const char *name, *place;
	} rows[] = {
		{ "clean-6.1", "I held at rt6_disable_ip" },
		{ "clean-6.1", "DAD held at return of ___neigh_create" },
		{ "saddr-fail-6.12", "II held at return of icmpv6_echo_reply" },
		{ "saddr-fail-6.12", "II held at return of ip6_dst_lookup_tail" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proposals *proposals = calloc(1, sizeof(*proposals));
		struct proposal ranked[64];
		char words[ORDER_WORDS];
		bool found = false;
		uint32_t nr;

		assert_non_null(proposals);
		propose(rows[i].name, "net_device", proposals);
		nr = proposals_rank(proposals, ranked, 64);
		for (uint32_t j = 0; j < nr; j++) {
			struct order read = { 0 };

			order_write_place(&ranked[j].place, words);
			assert_int_equal(order_read_place(&read, words, NULL), 0);
			found |= !strcmp(words, rows[i].place);
		}
		if (!found)
			fail_msg("%s: %s is not proposed", rows[i].name, rows[i].place);
		free(proposals);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_places_are_proposed),
	};

	return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
