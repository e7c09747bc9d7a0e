/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PAST_OF_H
#define DADRACE_PAST_OF_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/reader.h"

/* Lines of results, read back; their folder is gone already. */
static struct past *past_of(const char *lines)
{
	char folder[] = "/tmp/test_past.XXXXXX", path[64];
	struct past *past = NULL;
	struct why why = { "" };
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(lines, file);
	assert_int_equal(fclose(file), 0);
	if (past_open(folder, &past, &why))
		fail_msg("%s", why.text);
	unlink(path);
	rmdir(folder);
	return past;
}

#endif
