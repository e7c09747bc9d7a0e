// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/results.h"
#include "results/syncer.h"

/* --- a disk that works when it is told to, and tells when it has begun --- */

static int begun[2], may_end[2];
static int syncs;

static int slow_disk(int fd)
{
	char byte = 0;

	(void)fd;
	syncs++;
	if (write(begun[1], &byte, 1) != 1 || read(may_end[0], &byte, 1) != 1)
		abort();
	errno = EIO;
	return byte ? -1 : 0;
}

static void end_sync(char fails)
{
	assert_int_equal(write(may_end[1], &fails, 1), 1);
}

static void await_sync(void)
{
	char byte;

	assert_int_equal(read(begun[0], &byte, 1), 1);
}

static struct syncer *on_slow_disk(void)
{
	struct syncer *syncer;

	syncs = 0;
	assert_int_equal(pipe(begun), 0);
	assert_int_equal(pipe(may_end), 0);
	syncer = syncer_new(-1, slow_disk);
	assert_non_null(syncer);
	return syncer;
}

static void take_away(struct syncer *syncer)
{
	syncer_free(syncer);
	for (int i = 0; i < 2; i++) {
		close(begun[i]);
		close(may_end[i]);
	}
}

static void test_one_sync_covers_all_that_came_meanwhile(void **state)
{
	struct syncer *syncer = on_slow_disk();

	(void)state;
	assert_int_equal(syncer_ask(syncer), 0);
	await_sync();
	for (int i = 0; i < 100; i++)
		assert_int_equal(syncer_ask(syncer), 0); /* returns while the disk works */
	end_sync(0);
	end_sync(0);
	assert_int_equal(syncer_wait(syncer), 0);
	assert_int_equal(syncs, 2);
	take_away(syncer);
}

static void test_error_is_told_once(void **state)
{
	struct syncer *syncer = on_slow_disk();

	(void)state;
	assert_int_equal(syncer_ask(syncer), 0);
	end_sync(1);
	assert_int_equal(syncer_wait(syncer), -EIO);
	assert_int_equal(syncer_wait(syncer), 0);
	take_away(syncer);
}

static void test_what_was_asked_for_is_synced_before_the_end(void **state)
{
	struct syncer *syncer = on_slow_disk();

	(void)state;
	assert_int_equal(syncer_ask(syncer), 0);
	end_sync(0);
	syncer_free(syncer);
	assert_int_equal(syncs, 1);
	close(begun[0]);
}

/* --- results on a disk of which only what was synced is left --- */

static off_t durable, told_beyond;
static int disk_error;

/* In place of the C library's. */
int fdatasync(int fd)
{
	int error = __atomic_load_n(&disk_error, __ATOMIC_SEQ_CST);
	struct stat file;

	if (error || fstat(fd, &file)) {
		errno = error ? error : errno;
		return -1;
	}
	__atomic_store_n(&durable, file.st_size, __ATOMIC_SEQ_CST);
	return 0;
}

static off_t told;
static int faults_told;

/* The stream: how much of the file is durable when a fault is told. */
static ssize_t hear(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	told += (off_t)size;
	if (memmem(text, size, "\"leak\"", 6)) {
		faults_told++;
		if (told > __atomic_load_n(&durable, __ATOMIC_SEQ_CST))
			told_beyond = told;
	}
	return (ssize_t)size;
}

static const struct campaign campaign = { .name = "synced", .seed = 7 };
static const struct judgement clean = { .verdict = VERDICT_CLEAN, .reason = "fine" };
static const struct judgement leak = { .verdict = VERDICT_LEAK, .reason = "1 reference" };
static char folder[] = "/tmp/test_syncer.XXXXXX";

static struct results *open_results(FILE *stream)
{
	const struct machine machine = { .release = "6.12.0-test" };
	struct results *results;
	struct why why;

	durable = told = told_beyond = faults_told = disk_error = 0;
	memcpy(strchr(folder, '.'), ".XXXXXX", sizeof(".XXXXXX"));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(results_open(folder, &campaign, stream, &results, &why), 0);
	assert_int_equal(results_begin(results, &campaign, &machine, NULL, 0, &why), 0);
	return results;
}

static void remove_results(struct results *results, FILE *stream)
{
	char path[64];

	results_close(results);
	fclose(stream);
	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/summary.json", folder);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

static int add(struct results *results, uint32_t trial, const struct judgement *judgement)
{
	const struct evidence evidence = { .spec = { .trial = trial }, .device = "dut" };
	struct why why;

	return results_trial(results, &evidence, judgement, &why);
}

static void test_fault_is_durable_when_it_is_told(void **state)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = hear });
	const struct summary summary = { .id = "x", .campaign = "x", .reason = "x" };
	struct results *results = open_results(stream);
	struct why why;

	(void)state;
	setvbuf(stream, NULL, _IOFBF, 1 << 16);
	for (uint32_t i = 1; i <= 200; i++)
		assert_int_equal(add(results, i, i % 10 ? &clean : &leak), 0);
	assert_int_equal(faults_told, 20);
	assert_int_equal(told_beyond, 0);
	assert_int_equal(results_summary(results, &summary, &why), 0);
	assert_int_equal(__atomic_load_n(&durable, __ATOMIC_SEQ_CST), told);
	remove_results(results, stream);
}

static void test_sync_that_fails_ends_as_a_write_does(void **state)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = hear });
	struct results *results = open_results(stream);

	(void)state;
	assert_int_equal(add(results, 1, &clean), 0);
	__atomic_store_n(&disk_error, EIO, __ATOMIC_SEQ_CST);
	assert_int_equal(add(results, 2, &leak), -EIO);
	__atomic_store_n(&disk_error, 0, __ATOMIC_SEQ_CST);
	remove_results(results, stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_sync_covers_all_that_came_meanwhile),
		cmocka_unit_test(test_error_is_told_once),
		cmocka_unit_test(test_what_was_asked_for_is_synced_before_the_end),
		cmocka_unit_test(test_fault_is_durable_when_it_is_told),
		cmocka_unit_test(test_sync_that_fails_ends_as_a_write_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
