// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/ground.h"
#include "loader/probes.h"

static struct ground_function *entry_of(struct ground *ground, const char *function)
{
	for (uint32_t i = 0; i < ground->nr_functions; i++)
		if (!strcmp(ground->functions[i].name, function))
			return &ground->functions[i];
	return NULL;
}

/* Of a name without what the compiler has added: most functions are none of ours. */
static uint8_t mark_of(const char *symbol)
{
	return (uint8_t)(31 * (unsigned char)symbol[0] + strcspn(symbol, "."));
}

void ground_want(struct ground *ground, const char *function)
{
	if (ground->nr_functions == GROUND_FUNCTIONS || entry_of(ground, function))
		return;
	ground->functions[ground->nr_functions++] =
		(struct ground_function){ .name = function };
	ground->marked[mark_of(function)] = true;
}

static void want_table(struct ground *ground)
{
	for (int i = 0; probe_table[i]; i++)
		for (int j = 0; j < RUNGS_MAX && probe_table[i]->rungs[j].tier; j++)
			for (int k = 0; k < RUNG_FUNCTIONS_MAX; k++)
				if (probe_table[i]->rungs[j].functions[k])
					ground_want(ground,
						    probe_table[i]->rungs[j].functions[k]);
}

/* ".cold" is the part of a function that is moved away, not the function. */
static void note_symbol(struct ground *ground, const char *symbol, const char *module)
{
	size_t length = strcspn(symbol, ".");

	for (uint32_t i = 0; i < ground->nr_functions; i++) {
		struct ground_function *f = &ground->functions[i];
		bool exact = !strcmp(f->name, symbol);

		if (!exact && (f->found[0] || strncmp(f->name, symbol, length) != 0 ||
			       f->name[length] || strstr(symbol, ".cold")))
			continue;
		snprintf(f->found, sizeof(f->found), "%s", symbol);
		snprintf(f->module, sizeof(f->module), "%.*s", (int)strcspn(module, "]"),
			 module);
	}
}

static void list_functions(struct ground *ground)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	want_table(ground);
	/* "ffffffff81e68eb0 T name\t[module]" */
	while (file && fgets(line, sizeof(line), file)) {
		char *type = strchr(line, ' '), *module;

		if (!type || (type[1] != 't' && type[1] != 'T'))
			continue;
		module = strchr(type, '[');
		type[3 + strcspn(type + 3, "\t\n")] = '\0';
		if (ground->marked[mark_of(type + 3)])
			note_symbol(ground, type + 3, module ? module + 1 : "");
	}
	if (file)
		fclose(file);
	ground->listed = true;
}

const char *ground_find(struct ground *ground, const char *function)
{
	const struct ground_function *f;

	if (!ground->listed)
		list_functions(ground);
	f = entry_of(ground, function);
	return f && f->found[0] ? f->found : NULL;
}

/* The kernel's own type information of a module: a descriptor, or -errno. */
static int module_types_fd(const char *module)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[56] = "";
		struct bpf_btf_info info = { .name = (__u64)(uintptr_t)name,
					     .name_len = sizeof(name) };
		__u32 size = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue; /* it went, with its module */
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf &&
		    !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

/* Loads and attaches an empty fentry program: what a kernel says of itself is not enough. */
static int try_fentry(uint32_t type, int types_fd)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = type, .attach_btf_obj_fd = (__u32)types_fd);
	int program =
		bpf_prog_load(BPF_PROG_TYPE_TRACING, "try_fentry", "GPL", nothing, 2, &opts);
	int link;

	if (program < 0)
		return program;
	link = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

static void number(const char *function, uint32_t type, void *arg)
{
	struct ground *ground = arg;
	struct ground_function *f =
		ground->marked[mark_of(function)] ? entry_of(ground, function) : NULL;

	if (f && !f->type) /* of two with one name libbpf takes the first */
		f->type = type;
}

static int read_types(struct ground *ground)
{
	return ground->vmlinux.types ? 0 : types_of_vmlinux(number, ground, &ground->vmlinux);
}

struct search {
	const char *function;
	uint32_t type;
};

static void search(const char *function, uint32_t type, void *arg)
{
	struct search *search = arg;

	if (!search->type && !strcmp(function, search->function))
		search->type = type;
}

static int try_fentry_of_module(const struct ground *ground, const struct ground_function *f)
{
	struct search wanted = { .function = f->name };
	int fd = module_types_fd(f->module), err;

	if (fd < 0)
		return fd;
	err = types_of_module(f->module, &ground->vmlinux, search, &wanted);
	if (!err)
		err = wanted.type ? try_fentry(wanted.type, fd) : -ENOENT;
	close(fd);
	return err;
}

int ground_try_fentry(struct ground *ground, const char *function)
{
	const struct ground_function *f = entry_of(ground, function);
	int err = f ? read_types(ground) : -ENOENT;

	if (err)
		return err;
	if (f->module[0])
		return try_fentry_of_module(ground, f);
	return f->type ? try_fentry(f->type, 0) : -ENOENT;
}

bool ground_has_fentry(struct ground *ground)
{
	static const char everywhere[] = "__dev_change_flags";

	if (!ground->tried_fentry) {
		want_table(ground);
		ground_want(ground, everywhere);
		ground->has_fentry = ground_try_fentry(ground, everywhere) != -EPERM;
		ground->tried_fentry = true;
	}
	return ground->has_fentry;
}

/* perf's number for events that are kprobes. */
static int kprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type = -1;

	if (file && fscanf(file, "%d", &type) != 1)
		type = -1;
	if (file)
		fclose(file);
	return type;
}

int ground_try_kprobe(const char *function)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (__u32)kprobe_type(),
		.kprobe_func = (__u64)(uintptr_t)function,
	};
	long fd;

	if (!ground_has_kprobes())
		return -EOPNOTSUPP;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

bool ground_has_kprobes(void)
{
	return !access("/sys/bus/event_source/devices/kprobe/type", F_OK);
}

const struct probes_helper probes_helpers[] = {
	{ "bpf_loop", "5.17", "holds of an order end later than asked, and are shorter at most",
	  BPF_FUNC_loop },
	{ "bpf_map_lookup_percpu_elem", "5.19",
	  "references can be counted only where /proc/kallsyms lists __per_cpu_offset",
	  BPF_FUNC_map_lookup_percpu_elem },
	{ NULL },
};

bool probes_helper_works(int number)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, (enum bpf_func_id)number, NULL) ==
	       1;
}
