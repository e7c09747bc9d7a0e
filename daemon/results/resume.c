// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/parts.h"

bool results_ends_for_good(const char *by)
{
	return strcmp(by, "signal") != 0 && strcmp(by, "error") != 0 &&
	       strcmp(by, "control") != 0;
}

/* Whether nothing is left to run after this summary. */
static bool is_final(const char *line)
{
	json_auto_t *summary = fields_parse(line);
	const char *by = json_string_value(json_object_get(summary, "ended_by"));

	return by && results_ends_for_good(by);
}

/* Finds the end of the last line to keep. 1: the campaign had ended by itself. */
static int find_end(struct results *results, FILE *lines, struct why *why)
{
	bool kept = true;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int r = 0;

	while (!r && (n = getline(&line, &size, lines)) > 0 && line[n - 1] == '\n') {
		if (!results->first_line && line_is(line, "campaign"))
			results->first_line = strdup(line);
		else
			kept = kept && (line_is(line, "trial") || line_is(line, "control") ||
					line_is(line, "ledger"));
		if (!results->first_line)
			break;
		if (kept)
			results->kept_bytes += n;
		r = line_is(line, "summary") && is_final(line);
	}
	free(line);
	if (ferror(lines))
		return why_set(why, EIO, "%s/" LINES_FILE " cannot be read", results->folder);
	return r;
}

static int open_kept(struct results *results, struct why *why)
{
	FILE *lines;
	int r;

	results->folder_fd = open(results->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	results->lines_fd =
		openat(results->folder_fd, LINES_FILE, O_RDWR | O_APPEND | O_CLOEXEC);
	lines = results->lines_fd < 0 ? NULL : fdopen(dup(results->lines_fd), "r");
	if (!lines)
		return why_exit(why, results_exit_of(errno), errno,
				"%s/" LINES_FILE " cannot be opened: %s", results->folder,
				strerror(errno));
	r = find_end(results, lines, why);
	fclose(lines);
	if (r > 0)
		return why_set(why, EALREADY,
			       "%s: the campaign has ended, so there is nothing to resume",
			       results->folder);
	if (!r &&
	    (ftruncate(results->lines_fd, results->kept_bytes) || fdatasync(results->lines_fd)))
		r = why_exit(why, results_exit_of(errno), errno,
			     "%s/" LINES_FILE " cannot be truncated: %s", results->folder,
			     strerror(errno));
	return r;
}

static int take_id(struct results *results, struct why *why)
{
	json_auto_t *first = fields_parse(results->first_line);
	const char *id = json_string_value(json_object_get(first, "id"));

	if (!id)
		return why_set(why, EINVAL, "%s/" LINES_FILE ": the first line has no id",
			       results->folder);
	snprintf(results->id, sizeof(results->id), "%s", id);
	return 0;
}

int results_open_again(const char *folder, const struct campaign *campaign, FILE *stream,
		       struct results **out, struct why *why)
{
	char path[4096], stem[STEM_SIZE];
	struct results *results;
	int r;

	snprintf(path, sizeof(path), "%s/" LINES_FILE, folder);
	if (access(path, F_OK))
		return results_open(folder, campaign, stream, out, why);
	results = calloc(1, sizeof(*results));
	if (!results)
		return why_memory(why);
	results->folder_fd = results->lines_fd = -1;
	results->stream = stream;
	results->folder = strdup(folder);
	r = results->folder ? open_kept(results, why) : why_memory(why);
	if (!r && results->first_line)
		r = take_id(results, why);
	else if (!r) /* cut to nothing; the file stays, since others may follow it */
		results_name(results, campaign, stem);
	if (r) {
		results_close(results);
		return r;
	}
	*out = results;
	return 0;
}
