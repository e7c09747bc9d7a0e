// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpus LAST MUTATIONS FOLDER...: a fuzzer's function over a kept corpus, without libFuzzer:
 * every file of the folders as it is, then so many mutations of each, the same ones every time.
 * The input in hand is in the file LAST, so that one that crashes is there afterwards.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES_MAX = 256, SIZE_MAX_OF_FILE = 16384, ROOM = 4 * SIZE_MAX_OF_FILE, EDITS_MAX = 4 };

struct input {
	char name[256];
	uint8_t data[SIZE_MAX_OF_FILE];
	size_t size;
};

static struct input inputs[FILES_MAX];
static uint32_t nr_inputs;

/* SplitMix64, from a seed that never changes. */
static uint64_t next_random(void)
{
	static uint64_t state = 20050919;
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? next_random() % n : 0;
}

/* --- edits: each keeps within ROOM --- */

struct edited {
	uint8_t data[ROOM];
	size_t size;
};

static void cut(struct edited *e, size_t at, size_t length)
{
	memmove(e->data + at, e->data + at + length, e->size - at - length);
	e->size -= length;
}

static void insert(struct edited *e, size_t at, const uint8_t *what, size_t length)
{
	if (length > ROOM - e->size)
		length = ROOM - e->size;
	memmove(e->data + at + length, e->data + at, e->size - at);
	memcpy(e->data + at, what, length);
	e->size += length;
}

static void flip(struct edited *e)
{
	if (e->size)
		e->data[below(e->size)] ^= (uint8_t)(1U << below(8));
}

static void cut_some(struct edited *e)
{
	size_t at = below(e->size);

	cut(e, at, below(e->size - at + 1));
}

static void repeat_some(struct edited *e)
{
	static uint8_t copy[ROOM];
	size_t from = below(e->size), length = below(e->size - from + 1);

	memcpy(copy, e->data + from, length);
	insert(e, below(e->size + 1), copy, length);
}

/* What parsers stumble over. */
static void insert_token(struct edited *e)
{
	static const char *const tokens[] = {
		"\"",
		"\\",
		"{",
		"}",
		"[",
		"]",
		":",
		": ",
		",",
		"\n",
		"- ",
		"&a ",
		"*a",
		"<<: *a\n",
		"!!str ",
		"|\n",
		"#",
		"\t",
		"null",
		"true",
		"-1",
		"1e9",
		"0x7f",
		"\\u0000",
		"\xff",
		"\xc3\x28",
		"'",
		"\xef\xbb\xbf",
		"---\n",
		"9223372036854775808",
		"-9223372036854775809",
		"4294967296",
	};
	const char *token = tokens[below(sizeof(tokens) / sizeof(tokens[0]))];

	insert(e, below(e->size + 1), (const uint8_t *)token, strlen(token));
}

static void insert_zero(struct edited *e)
{
	insert(e, below(e->size + 1), (const uint8_t *)"", 1);
}

/* A piece of another input. */
static void splice(struct edited *e)
{
	const struct input *other = &inputs[below(nr_inputs)];
	size_t from = below(other->size);

	insert(e, below(e->size + 1), other->data + from, below(other->size - from + 1));
}

static void (*const edits[])(struct edited *e) = {
	flip, cut_some, repeat_some, insert_token, insert_zero, splice,
};

static void mutate(const struct input *input, struct edited *e)
{
	size_t nr = 1 + below(EDITS_MAX);

	memcpy(e->data, input->data, input->size);
	e->size = input->size;
	while (nr--)
		edits[below(sizeof(edits) / sizeof(edits[0]))](e);
}

/* --- running --- */

static void try_one(FILE *last, const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1); /* so that one byte too far is seen */

	if (!exact)
		abort();
	rewind(last);
	if (ftruncate(fileno(last), 0) || fwrite(data, 1, size, last) != size || fflush(last))
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static int read_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];

	if (!dir)
		return -1;
	while ((entry = readdir(dir)) && nr_inputs < FILES_MAX) {
		struct input *input = &inputs[nr_inputs];
		struct stat stat_of;
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		file = entry->d_name[0] == '.' || stat(path, &stat_of) ||
				       !S_ISREG(stat_of.st_mode) ?
			       NULL :
			       fopen(path, "re");
		if (!file)
			continue;
		snprintf(input->name, sizeof(input->name), "%s", entry->d_name);
		input->size = fread(input->data, 1, sizeof(input->data), file);
		fclose(file);
		nr_inputs++;
	}
	closedir(dir);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long mutations = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
	static struct edited edited;
	FILE *last = argc > 3 ? fopen(argv[1], "we") : NULL;

	if (!last) {
		fprintf(stderr, "usage: %s LAST MUTATIONS FOLDER...\n", argv[0]);
		return 64;
	}
	for (int i = 3; i < argc; i++)
		if (read_folder(argv[i])) {
			fprintf(stderr, "%s cannot be read\n", argv[i]);
			return 1;
		}
	qsort(inputs, nr_inputs, sizeof(*inputs), by_name); /* readdir's order is nobody's */
	for (uint32_t i = 0; i < nr_inputs; i++) {
		try_one(last, inputs[i].data, inputs[i].size);
		for (unsigned long j = 0; j < mutations; j++) {
			mutate(&inputs[i], &edited);
			try_one(last, edited.data, edited.size);
		}
	}
	printf("%u inputs, %lu mutations of each\n", nr_inputs, mutations);
	fclose(last);
	return nr_inputs ? 0 : 1;
}
