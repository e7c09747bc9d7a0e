// SPDX-License-Identifier: GPL-2.0-or-later
/* Looks that are recorded, and made again from the file; see fake_kernel.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "who/answer.h"
#include "who/capture.h"

static const char key[] = "kZ8qXw3vJ5yRtQ7mBn2cLd9fGh4sPa6u";

struct scene {
	struct fake *fake;
	char path[64];
	char *live; /* the answer */
	uint8_t *bytes;
	size_t size;
};

static char *answer_of(const struct image *image)
{
	const struct look_ask ask = { .name = "dut" };
	struct why why = { "" };
	struct answer answer;
	struct look look;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (look_make(image, &ask, &look, &why))
		fail_msg("%s", why.text);
	assert_int_equal(answer_make(&look, 0, &answer), 0);
	answer_print(&answer, true, out);
	answer_clear(&answer);
	look_clear(&look);
	fclose(out);
	return text;
}

/*
 * A neighbour entry that a descriptor keeps, one that nothing points to, and a freed one.
 * Returns the first.
 */
static uint64_t fill(struct fake *fake)
{
	uint64_t cache = fake_cache(fake, "kmalloc-512", 512), objects[3];
	uint64_t device = fake_device(fake, "dut", true, 4);

	fake_object(fake, cache);
	for (int i = 0; i < 3; i++) {
		objects[i] = fake_object(fake, cache);
		fake_set(fake, objects[i], "neighbour.dev", device);
		fake_set(fake, objects[i], "neighbour.refcnt", 1);
		fake_set_text(fake, objects[i], "neighbour.ha", key);
	}
	fake_file(fake, 5, objects[0]);
	fake_free(fake, cache, objects[2], false);
	return objects[0];
}

static void read_back(struct scene *scene)
{
	FILE *file = fopen(scene->path, "re");

	scene->bytes = malloc(1 << 26);
	scene->size = fread(scene->bytes, 1, 1 << 26, file);
	fclose(file);
}

static void write_bytes(const struct scene *scene, size_t size)
{
	FILE *file = fopen(scene->path, "we");

	assert_int_equal(fwrite(scene->bytes, 1, size, file), size);
	fclose(file);
}

static int set_up(void **state)
{
	const struct look_ask ask = { .name = "dut" };
	struct scene *scene = calloc(1, sizeof(*scene));
	struct recorder recorder = { .nr = 0 };
	FILE *file;

	scene->fake = fake_open();
	fill(scene->fake);
	snprintf(scene->path, sizeof(scene->path), "/tmp/dadrace-capture-XXXXXX");
	file = fdopen(mkstemp(scene->path), "w");
	scene->live = answer_of(recorder_next(&recorder, fake_image(scene->fake)));
	assert_true(capture_write(file, &recorder, &ask, NULL, "6.1"));
	fclose(file);
	recorder_clear(&recorder);
	read_back(scene);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	unlink(scene->path);
	fake_close(scene->fake);
	free(scene->live);
	free(scene->bytes);
	free(scene);
	return 0;
}

static void test_a_capture_gives_the_same_answer(void **state)
{
	struct scene *scene = *state;
	struct capture *capture;
	struct why why = { "" };
	char *again;

	if (capture_read(scene->path, &capture, &why))
		fail_msg("%s", why.text);
	assert_string_equal(capture_ask(capture).name, "dut");
	assert_string_equal(capture_object(capture), "");
	assert_null(capture_look(capture, 1));
	again = answer_of(capture_look(capture, 0));
	assert_non_null(strstr(again, "LOST"));
	assert_string_equal(again, scene->live);
	free(again);
	capture_free(capture);
}

/* A kernel in which a word becomes another one with each look at it. */
struct restless {
	const struct image *image;
	uint64_t address, values[2];
	uint32_t looks;
};

static int read_restless(void *from, uint64_t address, void *to, size_t size)
{
	struct restless *restless = from;
	int err = restless->image->read(restless->image->from, address, to, size);

	if (!err && address <= restless->address && restless->address + 4 <= address + size)
		memcpy((uint8_t *)to + (restless->address - address),
		       &restless->values[restless->looks++ % 2], 4);
	return err;
}

static void expect_the_same(const struct image *image, const char *path)
{
	const struct look_ask ask = { .name = "dut" };
	struct recorder recorder = { .nr = 0 };
	FILE *file = fopen(path, "we");
	char *live = answer_of(recorder_next(&recorder, image)), *again;
	struct capture *capture;
	struct why why = { "" };

	assert_true(capture_write(file, &recorder, &ask, NULL, "6.1"));
	fclose(file);
	recorder_clear(&recorder);
	if (capture_read(path, &capture, &why))
		fail_msg("%s", why.text);
	again = answer_of(capture_look(capture, 0));
	assert_string_equal(again, live);
	free(again);
	free(live);
	capture_free(capture);
}

/* Whichever look is the last one: the count, and whether it is one at all. */
static void test_a_word_that_changes_is_told_as_it_was_seen(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = fake_open();
	struct restless restless = { .image = fake_image(fake) };
	struct image image = *restless.image;
	static const uint64_t values[][2] = { { 1, 2 }, { 0x7a6b5c4d, 3 } };

	restless.address = fill(fake) + fake_offset(fake, "neighbour.refcnt");
	image.from = &restless;
	image.read = read_restless;
	for (uint32_t i = 0; i < 2; i++) {
		memcpy(restless.values, values[i], sizeof(restless.values));
		restless.looks = i;
		expect_the_same(&image, scene->path);
		assert_true(restless.looks > i + 1);
	}
	fake_close(fake);
}

static void test_content_of_objects_is_not_captured(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i + 8 <= sizeof(key) - 1; i++)
		assert_null(memmem(scene->bytes, scene->size, key + i, 8));
}

/* One that another machine recorded; a circle of a few types, and a stuck device. */
static void test_a_capture_from_elsewhere_is_answered(void **state)
{
	struct capture *capture;
	struct why why = { "" };
	char *text;

	(void)state;
	if (capture_read(CAPTURES_FOLDER "/stuck", &capture, &why))
		fail_msg("%s", why.text);
	text = answer_of(capture_look(capture, 0));
	assert_non_null(strstr(
		text, "dut (index 7, network namespace 8200) is unregistered: holder (42)"));
	assert_non_null(strstr(
		text, "\nLOST: holder, refcount 1, which nothing points to, holds dut.\n"));
	assert_non_null(strstr(text, "\nHeld by holder (pid 42, fd 5): holder.\n"));
	assert_non_null(strstr(
		text,
		"\nusage count 4 = 1 initial + 0 registered + 3 explained + 0 unexplained\n"));
	free(text);
	capture_free(capture);
}

/* What changes between two scans of a look is told as it was seen. */
static void test_scans_are_told_in_their_order(void **state)
{
	struct word seen[] = { { 16, 1 }, { 32, 2 } }, later[] = { { 16, 2 } };
	const struct span values[] = { { 1, 2 }, { 2, 3 } };
	struct recording recording = { .nr_runs = 0 };
	const struct image image = { .recorded = &recording };
	struct words words;

	(void)state;
	recording_keep_scan(&recording, &(struct words){ seen, 2 });
	recording_keep_scan(&recording, &(struct words){ later, 1 });
	assert_int_equal(scan(&image, NULL, &values[1], 1, &words), 0);
	assert_int_equal(words.nr, 1);
	assert_int_equal(words.list[0].at, 32);
	free(words.list);
	assert_int_equal(scan(&image, NULL, values, 2, &words), 0);
	assert_int_equal(words.nr, 1);
	assert_int_equal(words.list[0].value, 2);
	free(words.list);
	assert_int_equal(scan(&image, NULL, values, 2, &words), 0);
	assert_int_equal(words.nr, 0);
	free(words.list);
	recording_clear(&recording);
}

static bool is_refused(const struct scene *scene, const char *words)
{
	struct capture *capture;
	struct why why = { "" };

	if (!capture_read(scene->path, &capture, &why)) {
		capture_free(capture);
		return false;
	}
	return strstr(why.text, scene->path) && strstr(why.text, words);
}

static void test_a_capture_that_was_cut_off_is_refused(void **state)
{
	struct scene *scene = *state;

	for (size_t cut = 1; cut < scene->size; cut = 3 * cut + 1) {
		write_bytes(scene, scene->size - cut);
		assert_true(is_refused(scene, "capture"));
	}
	write_bytes(scene, 0);
	assert_true(is_refused(scene, "not a capture"));
}

static void test_another_version_is_refused(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(scene->bytes[strlen("dadrace capture ")], '2'); /* no CPU symbols */
	scene->bytes[strlen("dadrace capture ")] = '4';
	write_bytes(scene, scene->size);
	assert_true(is_refused(scene, "has format 4, and this dadrace reads 1 to 3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		SCENE(test_a_capture_gives_the_same_answer),
		SCENE(test_a_word_that_changes_is_told_as_it_was_seen),
		SCENE(test_content_of_objects_is_not_captured),
		SCENE(test_a_capture_that_was_cut_off_is_refused),
		SCENE(test_another_version_is_refused),
		cmocka_unit_test(test_a_capture_from_elsewhere_is_answered),
		cmocka_unit_test(test_scans_are_told_in_their_order),
	};
	struct fake *fake = fake_open();

	if (!fake)
		return 77;
	fake_close(fake);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
