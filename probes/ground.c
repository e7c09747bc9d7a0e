// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"
#include "probes.h"

void ground_clear(struct ground *ground)
{
	btf__free(ground->types);
	*ground = (struct ground){ 0 };
}

static bool ground_has(const struct ground *ground, const char *function)
{
	for (uint32_t i = 0; i < ground->nr_functions; i++)
		if (!strcmp(ground->functions[i], function))
			return true;
	return false;
}

static void ground_note(struct ground *ground, const char *function)
{
	for (int i = 0; probe_table[i]; i++)
		for (int j = 0; j < RUNGS_MAX && probe_table[i]->rungs[j].tier; j++)
			for (int k = 0; k < RUNG_FUNCTIONS_MAX; k++) {
				const char *wanted = probe_table[i]->rungs[j].functions[k];

				if (wanted && !strcmp(wanted, function) &&
				    ground->nr_functions < GROUND_FUNCTIONS &&
				    !ground_has(ground, function))
					ground->functions[ground->nr_functions++] = wanted;
			}
}

/* True when kallsyms lists the function; an inlined one is not there. */
bool ground_has_function(struct ground *ground, const char *function)
{
	FILE *file = ground->listed ? NULL : fopen("/proc/kallsyms", "re");
	char line[512];

	while (file &&
	       fgets(line, sizeof(line), file)) { /* "ffffffff81e68eb0 T name\t[module]" */
		char *type = strchr(line, ' ');

		if (!type || (type[1] != 't' && type[1] != 'T'))
			continue;
		type[3 + strcspn(type + 3, "\t\n")] = '\0';
		ground_note(ground, type + 3);
	}
	if (file)
		fclose(file);
	ground->listed = true;
	return ground_has(ground, function);
}

/* The name that kallsyms has for a function: its own, or with a suffix that the compiler gave it. */
bool ground_find_function(const char *function, char *found, size_t size)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	size_t length = strlen(function);
	bool exact = false;
	char line[512];

	found[0] = '\0';
	while (file && !exact && fgets(line, sizeof(line), file)) {
		char *type = strchr(line, ' ');

		if (!type || (type[1] != 't' && type[1] != 'T') ||
		    strncmp(type + 3, function, length) != 0)
			continue;
		type[3 + strcspn(type + 3, "\t\n")] = '\0';
		exact = !type[3 + length];
		if (exact || (type[3 + length] == '.' && !strstr(type + 3, ".cold")))
			snprintf(found, size, "%s", type + 3);
	}
	if (file)
		fclose(file);
	return found[0];
}

/* Loads and attaches an empty fentry program: what a kernel says of itself is not enough. */
int ground_try_fentry(struct ground *ground, const char *function)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id, program, link;

	if (!ground->types)
		ground->types = btf__load_vmlinux_btf();
	id = ground->types ? btf__find_by_name_kind(ground->types, function, BTF_KIND_FUNC) :
			     -errno;
	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "try_fentry", "GPL", nothing, 2, &opts);
	if (program < 0)
		return program;
	link = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

bool ground_has_kprobes(void)
{
	return !access("/sys/bus/event_source/devices/kprobe/type", F_OK);
}
