// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "written_runs.h"

static char folders[WRITTEN_RUNS_MOST][64];
struct past *runs[WRITTEN_RUNS_MOST];
uint32_t nr_runs;

const char *run_folder(const char *test)
{
	char *folder = folders[nr_runs];

	assert_true(nr_runs < WRITTEN_RUNS_MOST);
	snprintf(folder, sizeof(folders[0]), "/tmp/%s.XXXXXX", test);
	assert_non_null(mkdtemp(folder));
	runs[nr_runs++] = NULL;
	return folder;
}

FILE *run_begin(const char *test)
{
	char path[96];
	FILE *lines;

	snprintf(path, sizeof(path), "%s/results.ndjson", run_folder(test));
	lines = fopen(path, "we");
	assert_non_null(lines);
	return lines;
}

void run_end(FILE *lines)
{
	struct why why = { "" };

	assert_int_equal(fclose(lines), 0);
	if (past_open(folders[nr_runs - 1], &runs[nr_runs - 1], &why))
		fail_msg("%s", why.text);
}

int runs_remove(void **state)
{
	char path[96];
	int err = 0;

	(void)state;
	for (uint32_t i = 0; i < nr_runs; i++) {
		past_close(runs[i]);
		snprintf(path, sizeof(path), "%s/results.ndjson", folders[i]);
		err |= unlink(path) | rmdir(folders[i]);
	}
	nr_runs = 0;
	return err;
}

struct merged runs_merged(void)
{
	struct merged merged;
	struct why why = { "" };

	if (merged_make(runs, nr_runs, &merged, &why))
		fail_msg("%s", why.text);
	return merged;
}
