// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "who/capture.h"
#include "who/capture_parts.h"

const struct image *recorder_next(struct recorder *recorder, const struct image *image)
{
	struct image *next = &recorder->images[recorder->nr];

	*next = *image;
	next->record = &recorder->looks[recorder->nr++];
	return next;
}

void recorder_clear(struct recorder *recorder)
{
	while (recorder->nr)
		recording_clear(&recorder->looks[--recorder->nr]);
}

/* --- parts --- */

static void write_part(FILE *file, enum capture_kind kind, const void *data, size_t size)
{
	const struct capture_part part = { .kind = kind, .size = size };

	fwrite(&part, sizeof(part), 1, file);
	if (size)
		fwrite(data, 1, size, file);
}

/* A part whose size is known only once it is written. False: out of memory. */
static bool write_listed(FILE *file, enum capture_kind kind, const void *subject,
			 void (*list)(const void *subject, FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	bool is_whole;

	if (memory)
		list(subject, memory);
	is_whole = !memstream_close(memory, &text);
	if (is_whole)
		write_part(file, kind, text, size);
	free(text);
	return is_whole;
}

static void list_aliases(const void *subject, FILE *out)
{
	const struct image *image = subject;

	for (uint32_t i = 0; i < image->nr_aliases; i++)
		fprintf(out, "%s%c%s%c", image->aliases[i].name, '\0', image->aliases[i].group,
			'\0');
}

static void list_functions(const void *subject, FILE *out)
{
	const struct symbols *functions = subject;

	for (size_t i = 0; i < symbols_nr(functions); i++) {
		uint64_t size;
		const struct symbol *symbol = symbols_get(functions, i, &size);

		fprintf(out, "%016" PRIx64 " T %s", symbol->start, symbol->name);
		if (symbol->module)
			fprintf(out, "\t[%s]", symbol->module);
		fputc('\n', out);
	}
}

static void list_cpu_symbols(const void *subject, FILE *out)
{
	const struct image *image = subject;

	for (uint32_t i = 0; i < image->nr_cpu_symbols; i++) {
		const struct image_cpu_symbol *symbol = &image->cpu_symbols[i];
		const struct capture_cpu_symbol head = { symbol->offset, symbol->size };

		fwrite(&head, sizeof(head), 1, out);
		fwrite(symbol->name, strlen(symbol->name) + 1, 1, out);
	}
}

static void list_cell(const struct cell *cell, FILE *out)
{
	struct capture_cell head = { .number = cell->number };

	for (uint32_t i = 0; i < CELL_WORDS; i++)
		if (cell->words[i])
			head.set |= 1ULL << i;
	fwrite(&head, sizeof(head), 1, out);
	for (uint32_t i = 0; i < CELL_WORDS; i++)
		if (cell->words[i])
			fwrite(&cell->words[i], sizeof(cell->words[i]), 1, out);
}

static void list_cells(const void *subject, FILE *out)
{
	const struct cells *cells = subject;

	for (uint32_t i = 0; i < cells->nr; i++)
		list_cell(&cells->list[i], out);
}

static int compare_runs(const void *a, const void *b)
{
	const struct capture_run *one = a, *other = b;

	return one->page < other->page ? -1 : one->page > other->page;
}

static bool write_runs(FILE *file, const struct recording *look)
{
	struct capture_run *runs = calloc(look->nr_runs + 1, sizeof(*runs));

	for (uint32_t i = 0; runs && i < look->nr_runs; i++)
		runs[i] = (struct capture_run){ look->runs[i].page, look->runs[i].nr,
						look->runs[i].cache, look->runs[i].kind };
	if (runs) {
		qsort(runs, look->nr_runs, sizeof(*runs), compare_runs);
		write_part(file, CAPTURE_RUNS, runs, look->nr_runs * sizeof(*runs));
	}
	free(runs);
	return runs;
}

static void list_changes(const void *subject, FILE *out)
{
	const struct cells *cells = subject;

	for (uint32_t i = 0; i < cells->nr_changes; i++) {
		const struct capture_change change = { cells->changes[i].address,
						       cells->changes[i].word,
						       cells->changes[i].looks };

		fwrite(&change, sizeof(change), 1, out);
	}
}

static bool write_look(FILE *file, const struct recording *look)
{
	bool is_whole = write_listed(file, CAPTURE_LOOK, &look->cells, list_cells);

	if (look->cells.nr_changes)
		is_whole &= write_listed(file, CAPTURE_CHANGES, &look->cells, list_changes);
	for (uint32_t i = 0; i < look->nr_scans; i++)
		write_part(file, CAPTURE_SCAN, look->scans[i].list,
			   look->scans[i].nr * sizeof(struct word));
	is_whole &= write_runs(file, look);
	return is_whole && !look->is_incomplete && !look->cells.is_full;
}

/* --- the file --- */

static void write_head(FILE *file, int version, const struct capture_question *question,
		       const char *release)
{
	fprintf(file, CAPTURE_HEAD "%d\n", version);
	fprintf(file, "kernel: %s\n", release);
	fprintf(file, "device: %s\n",
		*question->device ? question->device : "by index, or all");
	fputs("contents: types (BTF) and functions of the kernel; of its memory the pointers, counts and names that dadrace who used, among them addresses and the secrets of the slab allocator's free lists\n"
	      "no contents: packets, keys, memory of processes, files\n"
	      "to read it: dadrace who --from FILE\n\n",
	      file);
}

static struct capture_question question_of(const struct look_ask *ask, const char *object)
{
	struct capture_question question = {
		.ifindex = ask->ifindex,
		.netns = ask->netns,
		.home = ask->home,
		.all_waiting = ask->all_waiting,
		.check_netns = { ask->check_netns[0], ask->check_netns[1] },
	};

	snprintf(question.device, sizeof(question.device), "%s", ask->name ? ask->name : "");
	snprintf(question.object, sizeof(question.object), "%s", object ? object : "");
	return question;
}

bool capture_write(FILE *file, const struct recorder *recorder, const struct look_ask *ask,
		   const char *object, const char *release)
{
	const struct capture_question question = question_of(ask, object);
	const struct image *image = &recorder->images[0];
	const struct capture_bases bases = { image->direct_map, image->page_structs,
					     image->task, image->task_reads };
	struct types_raw raw;
	bool is_whole = true;

	write_head(file, image->nr_cpu_symbols ? CAPTURE_VERSION : CAPTURE_WITHOUT_CPU_SYMBOLS,
		   &question, release);
	write_part(file, CAPTURE_QUESTION, &question, sizeof(question));
	write_part(file, CAPTURE_BASES, &bases, sizeof(bases));
	write_part(file, CAPTURE_CPUS, image->cpu_offsets, image->nr_cpus * sizeof(uint64_t));
	write_part(file, CAPTURE_RAM, image->ram, image->nr_ram * sizeof(*image->ram));
	is_whole &= write_listed(file, CAPTURE_ALIASES, image, list_aliases);
	is_whole &= write_listed(file, CAPTURE_FUNCTIONS, image->functions, list_functions);
	if (image->nr_cpu_symbols)
		is_whole &= write_listed(file, CAPTURE_CPU_SYMBOLS, image, list_cpu_symbols);
	for (uint32_t i = 0; (raw = types_raw(image->types, i)).data; i++)
		write_part(file, CAPTURE_TYPES, raw.data, raw.size);
	for (uint32_t i = 0; i < recorder->nr; i++)
		is_whole &= write_look(file, &recorder->looks[i]);
	return is_whole && !fflush(file) && !ferror(file);
}
