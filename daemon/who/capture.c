// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "who/capture_parts.h"

enum {
	CAPTURE_MAX = 1 << 29,
	HEAD_MAX = 4096,
	BLOBS_MAX = 512,
	ALIASES_MAX = 4096,
	CPU_SYMBOLS_MAX = 4096,
	SCANS_MAX = 4096,
	SLAB_MAX = 1024, /* pages */
};

#define PAGES_MAX (1ULL << 32) /* of memory: 16 TiB */

struct capture {
	uint8_t *bytes; /* the file */
	size_t size;
	struct image image; /* without what it reads from */
	struct image images[LOOKS_MAX];
	struct recording looks[LOOKS_MAX];
	uint32_t nr_looks;
	struct capture_question question;
	bool has_question;
	struct types_raw raw[BLOBS_MAX];
	uint32_t nr_raw;
	struct symbols *functions;
	struct span *ram;
	struct image_alias aliases[ALIASES_MAX];
	struct image_cpu_symbol cpu_symbols[CPU_SYMBOLS_MAX];
};

/* --- bytes that are taken one after the other --- */

struct bytes {
	const uint8_t *at;
	size_t left;
};

static bool take(struct bytes *bytes, void *to, size_t size)
{
	if (bytes->left < size)
		return false;
	memcpy(to, bytes->at, size);
	bytes->at += size;
	bytes->left -= size;
	return true;
}

/* A text that ends within; NULL when none does. */
static const char *take_text(struct bytes *bytes)
{
	const char *text = (const char *)bytes->at;
	const uint8_t *end = bytes->left ? memchr(text, '\0', bytes->left) : NULL;

	if (!end)
		return NULL;
	bytes->left -= (size_t)(end + 1 - bytes->at);
	bytes->at = end + 1;
	return text;
}

/* A list of its own; NULL when it is empty, or memory ran out. */
static void *take_all(struct bytes *bytes, size_t size_of_one, uint32_t *nr)
{
	void *list = bytes->left % size_of_one ? NULL : malloc(bytes->left);

	*nr = list ? (uint32_t)(bytes->left / size_of_one) : 0;
	if (list)
		take(bytes, list, bytes->left);
	return list;
}

/* --- each part --- */

static bool read_bases(struct capture *capture, struct bytes *bytes)
{
	struct capture_bases bases;

	if (!take(bytes, &bases, sizeof(bases)))
		return false;
	capture->image.direct_map = bases.direct_map;
	capture->image.page_structs = bases.page_structs;
	capture->image.task = bases.task;
	capture->image.task_reads = bases.task_reads;
	return true;
}

static bool read_cpus(struct capture *capture, struct bytes *bytes)
{
	size_t nr = bytes->left / sizeof(uint64_t);

	if (!nr || nr > IMAGE_CPUS_MAX)
		return false;
	capture->image.nr_cpus = (uint32_t)nr;
	return take(bytes, capture->image.cpu_offsets, nr * sizeof(uint64_t));
}

/* Ascending, and no more than there can be. */
static bool read_ram(struct capture *capture, struct bytes *bytes)
{
	uint64_t end = 0;

	if (capture->ram)
		return false;
	capture->ram = take_all(bytes, sizeof(struct span), &capture->image.nr_ram);
	capture->image.ram = capture->ram;
	for (uint32_t i = 0; i < capture->image.nr_ram; i++) {
		if (capture->ram[i].from < end || capture->ram[i].to <= capture->ram[i].from ||
		    capture->ram[i].to > PAGES_MAX)
			return false;
		end = capture->ram[i].to;
	}
	return capture->image.nr_ram;
}

static bool read_aliases(struct capture *capture, struct bytes *bytes)
{
	struct image *image = &capture->image;

	image->aliases = capture->aliases;
	while (bytes->left && image->nr_aliases < ALIASES_MAX) {
		struct image_alias *alias = &capture->aliases[image->nr_aliases];

		alias->name = take_text(bytes);
		alias->group = alias->name ? take_text(bytes) : NULL;
		if (!alias->group)
			return false;
		image->nr_aliases++;
	}
	return true;
}

static bool read_cpu_symbols(struct capture *capture, struct bytes *bytes)
{
	struct image *image = &capture->image;
	struct capture_cpu_symbol head;

	image->cpu_symbols = capture->cpu_symbols;
	while (image->nr_cpu_symbols < CPU_SYMBOLS_MAX && take(bytes, &head, sizeof(head))) {
		const char *name = take_text(bytes);

		if (!name)
			return false;
		capture->cpu_symbols[image->nr_cpu_symbols++] =
			(struct image_cpu_symbol){ name, head.offset, head.size };
	}
	return true;
}

static bool read_functions(struct capture *capture, struct bytes *bytes)
{
	FILE *file = bytes->left && !capture->functions ?
			     fmemopen((void *)bytes->at, bytes->left, "r") :
			     NULL;
	bool is_good = file && !symbols_read(file, &capture->functions);

	if (file)
		fclose(file);
	capture->image.functions = capture->functions;
	bytes->left = 0;
	return is_good;
}

static bool read_types(struct capture *capture, struct bytes *bytes)
{
	if (capture->nr_raw == BLOBS_MAX || bytes->left > UINT32_MAX)
		return false;
	capture->raw[capture->nr_raw++] =
		(struct types_raw){ bytes->at, (uint32_t)bytes->left };
	bytes->left = 0;
	return true;
}

static bool read_question(struct capture *capture, struct bytes *bytes)
{
	struct capture_question *question = &capture->question;

	capture->has_question = take(bytes, question, sizeof(*question));
	return capture->has_question &&
	       memchr(question->device, '\0', sizeof(question->device)) &&
	       memchr(question->object, '\0', sizeof(question->object));
}

/* --- looks --- */

static bool read_cell(struct cells *cells, struct bytes *bytes)
{
	struct capture_cell head;
	struct cell *cell =
		take(bytes, &head, sizeof(head)) ? cells_at(cells, head.number) : NULL;

	if (!cell)
		return false;
	for (uint32_t i = 0; i < CELL_WORDS; i++)
		if (head.set >> i & 1 && !take(bytes, &cell->words[i], sizeof(cell->words[i])))
			return false;
	return true;
}

static bool read_look(struct capture *capture, struct bytes *bytes)
{
	if (capture->nr_looks == LOOKS_MAX)
		return false;
	capture->nr_looks++;
	while (bytes->left)
		if (!read_cell(&capture->looks[capture->nr_looks - 1].cells, bytes))
			return false;
	return true;
}

/* The look that a part belongs to; NULL: none has begun. */
static struct recording *last_look(struct capture *capture)
{
	return capture->nr_looks ? &capture->looks[capture->nr_looks - 1] : NULL;
}

static bool read_changes(struct capture *capture, struct bytes *bytes)
{
	struct recording *look = last_look(capture);
	size_t nr = bytes->left / sizeof(struct capture_change);
	struct cell_change *changes;
	struct capture_change change;

	if (!look || look->cells.nr_changes || !nr || nr > CHANGES_MAX)
		return false;
	changes = calloc(nr, sizeof(*changes));
	for (size_t i = 0; changes && i < nr && take(bytes, &change, sizeof(change)); i++)
		changes[i] = (struct cell_change){ change.address, change.word,
						   change.looks < UINT32_MAX ?
							   (uint32_t)change.looks :
							   UINT32_MAX };
	if (!changes) {
		memory_note_short();
		return false;
	}
	cells_take_changes(&look->cells, changes, (uint32_t)nr);
	return true;
}

static bool is_run(const struct capture_run *run, uint64_t after)
{
	return run->page >= after && run->nr && run->nr < PAGES_MAX && run->page < PAGES_MAX &&
	       (run->kind == PAGE_KERNEL || run->kind == PAGE_LARGE ||
		(run->kind == PAGE_SLAB && run->nr <= SLAB_MAX));
}

static bool read_runs(struct capture *capture, struct bytes *bytes)
{
	struct recording *look = last_look(capture);
	struct capture_run run;
	uint64_t end = 0;

	if (!look || look->nr_runs)
		return false;
	while (take(bytes, &run, sizeof(run))) {
		const struct run kept = { .page = run.page,
					  .nr = run.nr,
					  .cache = run.cache,
					  .kind = (enum page_kind)run.kind };

		if (!is_run(&run, end))
			return false;
		end = run.page + run.nr;
		recording_keep_run(look, &kept);
	}
	return !look->is_incomplete;
}

static bool read_scan(struct capture *capture, struct bytes *bytes)
{
	struct recording *look = last_look(capture);
	struct words words = { 0 };

	if (!look || look->nr_scans == SCANS_MAX)
		return false;
	words.list = take_all(bytes, sizeof(*words.list), &words.nr);
	recording_keep_scan(look, &words);
	free(words.list);
	return !look->is_incomplete;
}

/* --- the file --- */

/* clang-format off */
static const struct {
	const char *name;
	bool (*read)(struct capture *capture, struct bytes *bytes);
} kinds[CAPTURE_KINDS] = {
	[CAPTURE_BASES]     = { "bases",     read_bases },
	[CAPTURE_CPUS]      = { "cpus",      read_cpus },
	[CAPTURE_RAM]       = { "ram",       read_ram },
	[CAPTURE_ALIASES]   = { "aliases",   read_aliases },
	[CAPTURE_FUNCTIONS] = { "functions", read_functions },
	[CAPTURE_TYPES]     = { "types",     read_types },
	[CAPTURE_QUESTION]  = { "question",  read_question },
	[CAPTURE_LOOK]      = { "look",      read_look },
	[CAPTURE_RUNS]      = { "runs",      read_runs },
	[CAPTURE_SCAN]      = { "scan",      read_scan },
	[CAPTURE_CHANGES]   = { "changes",   read_changes },
	[CAPTURE_CPU_SYMBOLS] = { "CPU symbols", read_cpu_symbols },
};
/* clang-format on */

static int is_damaged(const char *path, const char *what, struct why *why)
{
	return why_exit(why, EXIT_CONFIG, EINVAL,
			"%s: the capture is damaged: %s; make it again, or copy it again", path,
			what);
}

static int read_part(const char *path, struct capture *capture, struct bytes *bytes,
		     struct why *why)
{
	struct capture_part part;
	struct bytes of_part = { bytes->at };

	if (!take(bytes, &part, sizeof(part)) || part.size > bytes->left)
		return is_damaged(path, "it ends within a part", why);
	if (part.kind >= CAPTURE_KINDS || !kinds[part.kind].read)
		return is_damaged(path, "it has a part of no known kind", why);
	of_part = (struct bytes){ bytes->at, part.size };
	bytes->at += part.size;
	bytes->left -= part.size;
	if (kinds[part.kind].read(capture, &of_part) && !of_part.left)
		return 0;
	if (memory_was_short())
		return why_memory(why);
	return why_exit(
		why, EXIT_CONFIG, EINVAL,
		"%s: the capture is damaged: its part \"%s\" is invalid; make it again, or copy it again",
		path, kinds[part.kind].name);
}

/* The lines for people: the first has the version, an empty one ends them. */
static int read_head(const char *path, struct bytes *bytes, struct why *why)
{
	size_t most = bytes->left < HEAD_MAX ? bytes->left : HEAD_MAX;
	const size_t length = strlen(CAPTURE_HEAD);
	const uint8_t *end = most ? memmem(bytes->at, most, "\n\n", 2) : NULL;
	int version = 0;

	if (!end || most < length || memcmp(bytes->at, CAPTURE_HEAD, length) != 0)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: not a capture of dadrace who; name a file that --capture wrote",
			path);
	for (const uint8_t *at = bytes->at + length;
	     at < end && *at >= '0' && *at <= '9' && version < 1000; at++)
		version = 10 * version + (*at - '0');
	if (version < 1 || version > CAPTURE_VERSION)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: the capture has format %d, and this dadrace reads 1 to %d; use the dadrace that wrote it",
			path, version, CAPTURE_VERSION);
	bytes->left -= (size_t)(end + 2 - bytes->at);
	bytes->at = end + 2;
	return 0;
}

/* O_NONBLOCK: a FIFO is refused, and not waited for. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int read_file(const char *path, struct capture *capture, struct why *why)
{
	AUTO_FD int fd = open_file(path);
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st))
		return why_exit(why, EXIT_CONFIG, errno, "%s: cannot be read: %s", path,
				strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > CAPTURE_MAX)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: not a regular file of at most 512 MiB; name a file that dadrace who --capture wrote",
			path);
	capture->bytes = malloc((size_t)st.st_size + 1);
	if (!capture->bytes)
		return why_memory(why);
	while (n > 0 && capture->size < (size_t)st.st_size) {
		n = read(fd, capture->bytes + capture->size,
			 (size_t)st.st_size - capture->size);
		capture->size += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

bool capture_is(const char *path)
{
	char head[sizeof(CAPTURE_HEAD) - 1];
	AUTO_FD int fd = open_file(path);

	return fd >= 0 && pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	       !memcmp(head, CAPTURE_HEAD, sizeof(head));
}

static bool is_complete(const struct capture *capture)
{
	return capture->has_question && capture->image.nr_cpus && capture->image.nr_ram &&
	       capture->functions && capture->nr_raw && capture->nr_looks;
}

static int read_all(const char *path, struct capture *capture, struct why *why)
{
	int err = read_file(path, capture, why);
	struct bytes bytes = { capture->bytes, capture->size };
	struct why of_types;

	if (!err)
		err = read_head(path, &bytes, why);
	while (!err && bytes.left)
		err = read_part(path, capture, &bytes, why);
	if (!err && !is_complete(capture))
		err = is_damaged(path, "a part is missing", why);
	if (!err &&
	    types_open_raw(capture->raw, capture->nr_raw, &capture->image.types, &of_types))
		err = is_damaged(path, "the types (BTF) cannot be read", why);
	return err;
}

int capture_read(const char *path, struct capture **out, struct why *why)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int err = capture ? read_all(path, capture, why) : why_memory(why);

	if (err) {
		capture_free(capture);
		return err;
	}
	for (uint32_t i = 0; i < capture->nr_looks; i++) {
		capture->images[i] = capture->image;
		capture->images[i].read = cells_read;
		capture->images[i].from = &capture->looks[i].cells;
		capture->images[i].recorded = &capture->looks[i];
	}
	*out = capture;
	return 0;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	while (capture->nr_looks)
		recording_clear(&capture->looks[--capture->nr_looks]);
	types_close(capture->image.types);
	symbols_free(capture->functions);
	free(capture->ram);
	free(capture->bytes);
	free(capture);
}

struct look_ask capture_ask(const struct capture *capture)
{
	const struct capture_question *question = &capture->question;

	return (struct look_ask){
		.name = *question->device ? question->device : NULL,
		.ifindex = question->ifindex,
		.netns = question->netns,
		.home = question->home,
		.all_waiting = question->all_waiting,
		.check_netns = { question->check_netns[0], question->check_netns[1] },
	};
}

const char *capture_object(const struct capture *capture)
{
	return capture->question.object;
}

const struct image *capture_look(const struct capture *capture, uint32_t look)
{
	return look < capture->nr_looks ? &capture->images[look] : NULL;
}
