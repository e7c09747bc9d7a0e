// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/write_all.h"
#include "results/parts.h"
#include "results/syncer.h"
#include "trial/shard.h"

#define HINT "choose another folder with --out"

/* When a line is told to the stream and its writer goes on. */
enum when {
	AT_ONCE,      /* written: it outlives this process */
	ONCE_DURABLE, /* it outlives a power cut, too, and so does every line before it */
};

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* mkdir -p; an existing folder is fine. */
static int make_folders(const char *path, struct why *why)
{
	char *part = strdup(path);
	int r = 0;

	if (!part)
		return why_memory(why);
	for (char *end = part; !r && *end; end += *end == '/') {
		char cut;

		end += strcspn(end, "/");
		cut = *end;
		*end = '\0';
		if (*part && mkdir(part, 0755) && errno != EEXIST)
			r = why_exit(why, results_exit_of(errno), errno,
				     "folder %s cannot be created: %s; " HINT, part,
				     strerror(errno));
		*end = cut;
	}
	free(part);
	return r;
}

/* results/STEM, or with -2, -3, ... when others started in the same second. */
static int make_default_folder(const char *stem, char **out, struct why *why)
{
	enum { TRIES = 1000 };
	int r = make_folders("results", why);

	if (r)
		return r;
	for (int i = 1;; i++) {
		char suffix[16] = "";
		char *path;

		if (i > 1)
			snprintf(suffix, sizeof(suffix), "-%d", i);
		if (asprintf(&path, "results/%s%s", stem, suffix) < 0)
			return why_memory(why);
		if (!mkdir(path, 0755)) {
			*out = path;
			return 0;
		}
		if (errno != EEXIST || i == TRIES) {
			r = why_exit(why, results_exit_of(errno), errno,
				     "folder %s cannot be created: %s; " HINT, path,
				     strerror(errno));
			free(path);
			return r;
		}
		free(path);
	}
}

static int cannot_write(const struct results *results, const char *file, int err,
			struct why *why)
{
	char kept[64] = "no trial was written";

	if (results->last_trial)
		snprintf(kept, sizeof(kept), "all lines up to trial %u are kept",
			 results->last_trial);
	return why_exit(why, results_exit_of(err), err, "%s/%s cannot be written: %s; %s",
			results->folder, file, strerror(err), kept);
}

/* The syncer comes with the first line: a campaign that is refused needs none. */
static int make_durable(struct results *results, enum when when)
{
	int r;

	if (!results->syncer)
		results->syncer = syncer_new(results->lines_fd, fdatasync);
	if (!results->syncer)
		return -ENOMEM;
	r = syncer_ask(results->syncer);
	return !r && when == ONCE_DURABLE ? syncer_wait(results->syncer) : r;
}

static int append(struct results *results, const char *line, enum when when, struct why *why)
{
	size_t length = strlen(line);
	int r = file_write_all(results->lines_fd, line, length);

	if (!r)
		r = make_durable(results, when);
	if (!r) {
		results->kept_bytes += (off_t)length;
		return 0;
	}
	/*
	 * Half a line would spoil those that may still come; if it must stay, a reader copes.
	 */
	if (ftruncate(results->lines_fd, results->kept_bytes))
		lseek(results->lines_fd, 0, SEEK_END);
	return cannot_write(results, LINES_FILE, -r, why);
}

/*
 * A reader that went away must not kill the campaign, and SIGPIPE must not be ignored for good:
 * the bring-up would inherit that. So it is blocked around the write and, when it came, taken.
 */
static int stream_write(FILE *stream, const char *line)
{
	const struct timespec at_once = { 0 };
	sigset_t pipe, before, pending;
	int r = 0;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	if (fputs(line, stream) == EOF || fflush(stream) == EOF)
		r = -errno;
	if (r == -EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int stream_line(struct results *results, const char *line, struct why *why)
{
	int r;

	if (!results->stream)
		return 0;
	r = stream_write(results->stream, line);
	if (!r)
		return 0;
	results->stream = NULL;
	return why_set(why, -r, "the stream can no longer be written: %s; %s/%s has every line",
		       strerror(-r), results->folder, LINES_FILE);
}

/* Writes a line to the file, then to the stream; an error of the file takes precedence. */
static int put(struct results *results, const struct fields *fields, const char *type,
	       const void *data, enum when when, char **kept_line, struct why *why)
{
	char *line = fields_to_line(fields, type, data);
	int r, streamed;

	if (!line)
		return cannot_write(results, LINES_FILE, ENOMEM, why);
	r = append(results, line, when, why);
	streamed = stream_line(results, line, r ? NULL : why);
	if (kept_line)
		*kept_line = line;
	else
		free(line);
	return r ? r : streamed;
}

/* The same with a line that was made elsewhere. */
static int put_line(struct results *results, const char *line, uint32_t trial, enum when when,
		    struct why *why)
{
	int r = append(results, line, when, why);
	int streamed = stream_line(results, line, r ? NULL : why);

	if (!r)
		results->last_trial = trial;
	return r ? r : streamed;
}

/* The name of the campaign as a part of file names. */
static void put_name(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++)
		out[n++] = isascii(*name) && (isalnum(*name) || strchr("._-", *name)) ? *name :
											'_';
	out[n] = '\0';
	if (out[0] == '.')
		out[0] = '_';
}

/* -errno, or the descriptor of a new file. */
static int create_lines(const struct results *results)
{
	int fd = openat(results->folder_fd, LINES_FILE,
			O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

/*
 * A campaign that could not be started has left its summary only, and is no reason not to try
 * again.
 */
static bool never_began(const struct results *results)
{
	char *line = results_first_line(results->folder);
	bool never = line && line_is(line, "summary");

	free(line);
	return never;
}

static int open_files(struct results *results, struct why *why)
{
	int parent, fd;

	results->folder_fd = open(results->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (results->folder_fd < 0)
		return why_exit(why, results_exit_of(errno), errno,
				"folder %s cannot be opened: %s", results->folder,
				strerror(errno));
	fd = create_lines(results);
	if (fd == -EEXIST && never_began(results)) {
		unlinkat(results->folder_fd, LINES_FILE, 0);
		fd = create_lines(results);
	}
	results->lines_fd = fd;
	if (fd == -EEXIST)
		return why_set(why, EEXIST, "folder %s already holds %s; " HINT,
			       results->folder, LINES_FILE);
	if (fd < 0)
		return cannot_write(results, LINES_FILE, -fd, why);
	/* The names, too, should outlive a crash; some file systems cannot sync a folder. */
	fsync(results->folder_fd);
	parent = openat(results->folder_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent >= 0) {
		fsync(parent);
		close(parent);
	}
	return 0;
}

/* A folder without a line must not block the next try. */
static int begun(struct results *results, int r)
{
	if (r && !results->kept_bytes)
		unlinkat(results->folder_fd, LINES_FILE, 0);
	return r;
}

void results_name(struct results *results, const struct campaign *campaign,
		  char stem[STEM_SIZE])
{
	time_t seconds = time(NULL);
	char name[72], stamp[32];
	uint32_t chance = 0;
	struct tm utc;

	put_name(name, sizeof(name), campaign->name);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
	snprintf(stem, STEM_SIZE, "%s-%s", name, stamp);
	/* Without entropy the name may not be unique, but the campaign can run. */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)getpid();
	snprintf(results->id, sizeof(results->id), "%s-%08x", stem, chance);
}

int results_open(const char *folder, const struct campaign *campaign, FILE *stream,
		 struct results **out, struct why *why)
{
	struct results *results = calloc(1, sizeof(*results));
	char stem[STEM_SIZE];
	int r;

	if (!results)
		return why_memory(why);
	results->folder_fd = results->lines_fd = -1;
	results->stream = stream;
	results_name(results, campaign, stem);

	if (folder) {
		results->folder = strdup(folder);
		r = make_folders(folder, why);
		if (!results->folder) {
			why_memory(why);
			r = -ENOMEM;
		}
	} else {
		r = make_default_folder(stem, &results->folder, why);
	}
	if (!r)
		r = open_files(results, why);
	if (r) {
		results_close(results);
		return r;
	}
	*out = results;
	return 0;
}

int results_begin(struct results *results, const struct campaign *campaign,
		  const struct machine *machine, const struct results_hook *hooks,
		  uint32_t nr_hooks, struct why *why)
{
	struct results_campaign line = {
		.schema_version = RESULTS_SCHEMA_VERSION,
		.id = results->id,
		.dadrace_version = DADRACE_VERSION,
		.seed = campaign->seed,
		.shard = shard_deal(campaign).shard,
		.started_unix_ms = clock_ms(CLOCK_REALTIME),
		.machine = *machine,
		.hooks = hooks,
		.nr_hooks = nr_hooks,
		.campaign = *campaign,
	};

	if (results->first_line)
		return results_begin_kept(results, &line, why);
	return begun(results, put(results, &campaign_line_fields, "campaign", &line,
				  ONCE_DURABLE, NULL, why));
}

int results_begin_line(struct results *results, const char *line, const char *id,
		       struct why *why)
{
	if (results->first_line)
		return results_check_kept(results, line, why);
	snprintf(results->id, sizeof(results->id), "%s", id);
	return begun(results, put_line(results, line, 0, ONCE_DURABLE, why));
}

const char *results_folder(const struct results *results)
{
	return results->folder;
}

const char *results_id(const struct results *results)
{
	return results->id;
}

static enum when told(const struct judgement *judgement)
{
	return verdict_fault(judgement->verdict) ? ONCE_DURABLE : AT_ONCE;
}

static int put_trial(struct results *results, const char *type, const struct evidence *evidence,
		     const struct judgement *judgement, enum when when, struct why *why)
{
	uint64_t now_ms = clock_ms(CLOCK_MONOTONIC);
	uint64_t started_ms = evidence->started_ns / 1000000;
	uint64_t ago_ms = now_ms > started_ms ? now_ms - started_ms : 0;
	struct trial_line line = trial_line(evidence, judgement,
					    clock_ms(CLOCK_REALTIME) - ago_ms, &results->told);

	return put(results, &trial_fields, type, &line, when, NULL, why);
}

int results_trial(struct results *results, const struct evidence *evidence,
		  const struct judgement *judgement, struct why *why)
{
	off_t before = results->kept_bytes;
	int r = put_trial(results, "trial", evidence, judgement, told(judgement), why);

	if (results->kept_bytes > before)
		results->last_trial = evidence->spec.trial;
	return r;
}

int results_trial_line(struct results *results, const char *line, uint32_t trial,
		       const struct judgement *judgement, struct why *why)
{
	return put_line(results, line, trial, told(judgement), why);
}

int results_control(struct results *results, const struct evidence *evidence,
		    const struct judgement *judgement, struct why *why)
{
	return put_trial(results, "control", evidence, judgement, AT_ONCE, why);
}

int results_control_line(struct results *results, const char *line, struct why *why)
{
	return put_line(results, line, results->last_trial, AT_ONCE, why);
}

int results_ledger(struct results *results, const struct ledger_line *line, struct why *why)
{
	return put(results, &ledger_fields, "ledger", line, AT_ONCE, NULL, why);
}

int results_ledger_line(struct results *results, const char *line, struct why *why)
{
	return put_line(results, line, results->last_trial, AT_ONCE, why);
}

int results_finding(struct results *results, const struct tally_finding *finding,
		    struct why *why)
{
	return put(results, &tally_finding_fields, "finding", finding, AT_ONCE, NULL, why);
}

static int print_indented(const char *line, FILE *out)
{
	json_auto_t *json = fields_parse(line);

	if (!json)
		return -ENOMEM;
	if (json_dumpf(json, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}

/* Written under another name first, so that a reader sees all of it or nothing. */
static int replace_summary(struct results *results, const char *line)
{
	int fd = openat(results->folder_fd, SUMMARY_NEW,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int r;

	if (!out) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = print_indented(line, out);
	if (!r && fsync(fd))
		r = -errno;
	if (fclose(out) && !r)
		r = -errno;
	if (!r && renameat(results->folder_fd, SUMMARY_NEW, results->folder_fd, SUMMARY_FILE))
		r = -errno;
	if (r)
		unlinkat(results->folder_fd, SUMMARY_NEW, 0);
	else
		fsync(results->folder_fd);
	return r;
}

int results_summary(struct results *results, const struct summary *summary, struct why *why)
{
	char *line = NULL;
	int r = put(results, &summary_fields, "summary", summary, ONCE_DURABLE, &line, why);

	/* summary.json is written even when results.ndjson has no room for the line. */
	if (line) {
		int replaced = replace_summary(results, line);

		if (replaced && !r)
			r = cannot_write(results, SUMMARY_FILE, -replaced, why);
	}
	free(line);
	return r;
}

void results_close(struct results *results)
{
	if (!results)
		return;
	syncer_free(results->syncer);
	if (results->lines_fd >= 0)
		close(results->lines_fd);
	if (results->folder_fd >= 0)
		close(results->folder_fd);
	free(results->done);
	free(results->first_line);
	free(results->folder);
	free(results);
}
